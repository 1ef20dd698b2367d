package config

import (
	"path/filepath"

	"tributary/sealing"
	"tributary/secrets"
)

// leastSecret is the fewest characters of a secret that cannot be guessed.
const leastSecret = 16

// readSecrets reads what the configuration leaves to files, once: to connect to
// Redis, to encrypt what is kept there, and to sign what clients keep, with another secret takes a start.
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
		ofRedis = Join(ofRedis, c.Redis.Encryption.open(folder, root))
	}
	return Join(err, ofRedis)
}

// open makes the ring of the keys as they are written.
func (e *Encryption) open(folder string, root Node) error {
	var keys []sealing.Key
	var faults []error
	refuse := func(i int, err error) {
		faults = append(faults, root.Problem("redis.encryption.keys", "number %d: %v", i+1, err))
	}
	for i, written := range e.Keys {
		text, err := secrets.Read(folder, written.Key)
		if err != nil {
			refuse(i, err)
			continue
		}
		key, err := sealing.ParseKey(written.ID, text)
		if err != nil {
			refuse(i, err)
			continue
		}
		keys = append(keys, key)
	}
	var err error
	if e.Ring, err = sealing.NewRing(keys...); err != nil {
		faults = append(faults, root.Problem("redis.encryption.keys", "%v", err))
	}
	return Join(faults...)
}
