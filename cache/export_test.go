package cache

import "github.com/redis/go-redis/v9"

// What only tests look at from outside.

// ErrorPause is how long a failed source is left alone.
const ErrorPause = errorPause

// Universal is the client's options for a RedisConfig.
func Universal(config RedisConfig) (*redis.UniversalOptions, error) { return universal(config) }

// Unpack reads an entry as Redis holds it, and returns its value.
func Unpack[V any](c Codec[V], key Key, data []byte) (any, error) {
	e, err := unpack(c.erase(), key, data)
	if err != nil {
		return nil, err
	}
	return e.value, nil
}
