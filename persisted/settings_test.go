package persisted_test

import (
	"strings"
	"testing"
	"time"

	"tributary/config"
	"tributary/persisted"
)

func decode(t *testing.T, text string) (persisted.Settings, error) {
	t.Helper()
	root, err := config.Read("config.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	var s persisted.Settings
	err = root.Decode(&s)
	return s, err
}

func TestSettings(t *testing.T) {
	off := defaults()
	off.APQ.Enabled = false
	only := defaults()
	only.Mode, only.Manifest = persisted.Only, "m.json"
	short := defaults()
	short.APQ.TTL, short.APQ.Entries, short.APQ.Memory, short.APQ.Largest = time.Hour, 5, 1<<20, 1<<10
	for text, want := range map[string]persisted.Settings{
		"{}":                               defaults(),
		"mode: off":                        defaults(),
		"apq: { enabled: false }":          off,
		"{ mode: only, manifest: m.json }": only,
		"apq: { ttl: 1h, entries: 5, memory: 1MiB, largest: 1KiB }": short,
	} {
		if got, err := decode(t, text); err != nil || got != want {
			t.Errorf("%s reads %+v, %v", text, got, err)
		}
	}
}

func TestSettingsThatCannotBe(t *testing.T) {
	for text, want := range map[string]string{
		"mode: strict":                         "mode: there are the modes off, log and only",
		"mode: only":                           "manifest: mode only needs a manifest",
		"mode: log":                            "manifest: mode log needs a manifest",
		"apq: { ttl: 0s }":                     "apq.ttl: a document is kept for 1s or longer",
		"apq: { entries: 0 }":                  "apq.entries: at least 1 document",
		"apq: { largest: 0 }":                  "apq.largest: the longest document",
		"apq: { memory: 1KiB, largest: 2KiB }": "apq.memory: one document of the largest size has to fit",
	} {
		if _, err := decode(t, text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s says %v, want %s", text, err, want)
		}
	}
}
