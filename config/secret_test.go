package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/config"
)

func TestSecretsMayStandInFiles(t *testing.T) {
	folder := t.TempDir()
	for name, content := range map[string]string{"secret": "sixteen characters\n", "password": "hunter2\n", "short": "hunter2\n", "empty": ""} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	load := func(secret, password string) (*config.Config, error) {
		path := filepath.Join(folder, "c.yaml")
		text := "secret: " + secret + "\nredis: { url: 'redis://h', password: " + password + " }\nsources: { a: { kind: focus } }\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.Load(path, nil)
	}
	c, err := load("file:secret", "file:"+filepath.Join(folder, "password"))
	if err != nil || c.Secret != "sixteen characters" || c.Redis.Password != "hunter2" {
		t.Fatalf("got %+v, %v", c, err)
	}
	for _, wrong := range []struct{ secret, password, place, says string }{
		{"file:short", "''", "c.yaml:1:9: secret: ", "at least 16 characters"},
		{"file:empty", "''", "c.yaml:1:9: secret: ", "is empty"},
		{"file:no", "''", "c.yaml:1:9: secret: ", "cannot be read"},
		{"''", "file:no", "c.yaml:2:38: redis.password: ", "cannot be read"},
	} {
		_, err := load(wrong.secret, wrong.password)
		if err == nil || !strings.Contains(err.Error(), wrong.place) || !strings.Contains(err.Error(), wrong.says) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%+v: got %v", wrong, err)
		}
	}
}
