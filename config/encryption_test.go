package config_test

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/config"
)

func TestKeysOfRedisAreReadOrRefused(t *testing.T) {
	folder := t.TempDir()
	key := base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef"))
	if err := os.WriteFile(filepath.Join(folder, "redis.key"), []byte(key+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ keys, says string }{
		"none":            {"[]", ""},
		"one in a file":   {"[ { id: a, key: 'file:redis.key' } ]", ""},
		"two of one id":   {"[ { id: a, key: 'file:redis.key' }, { id: a, key: 'file:redis.key' } ]", `two keys have the id "a"`},
		"a short one":     {"[ { id: a, key: hunter2 } ]", "32 bytes in base64 or hex"},
		"a missing file":  {"[ { id: a, key: 'file:no' } ]", "cannot be read"},
		"one without id":  {"[ { key: 'file:redis.key' } ]", "the id of a key"},
		"no key but a id": {"[ { id: a } ]", "32 bytes in base64 or hex"},
	} {
		t.Run(name, func(t *testing.T) {
			text := "redis: { url: 'redis://h', encryption: { keys: " + c.keys + " } }\nsources: { a: { kind: focus } }\n"
			got, err := config.Parse(filepath.Join(folder, "c.yaml"), []byte(text), nil)
			if c.says == "" {
				if err != nil || (got.Redis.Encryption.Ring == nil) != (name == "none") {
					t.Errorf("got %+v, %v", got, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), "redis.encryption.keys") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v", err)
			}
		})
	}
}
