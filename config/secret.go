package config

import (
	"path/filepath"

	"tributary/secrets"
)

// leastSecret is the fewest characters of a secret that cannot be guessed.
const leastSecret = 16

// readSecrets reads what the configuration leaves to files, once: to connect to
// Redis, and to sign what clients keep, with another secret takes a start.
func (c *Config) readSecrets(name string, root Node, secret string) error {
	folder := filepath.Dir(name)
	var err, ofRedis error
	if c.Secret, err = secrets.Read(folder, secret); err != nil {
		err = root.Problem("secret", "%v", err)
	} else if c.Secret != "" && len(c.Secret) < leastSecret {
		err = root.Problem("secret", "a secret has at least %d characters", leastSecret)
	}
	if c.Redis != nil {
		if c.Redis.Password, ofRedis = secrets.Read(folder, c.Redis.Password); ofRedis != nil {
			ofRedis = root.Problem("redis.password", "%v", ofRedis)
		}
	}
	return Join(err, ofRedis)
}
