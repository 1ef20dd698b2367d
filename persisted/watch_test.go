package persisted_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tributary/persisted"
)

// heard is a log whose lines can be waited for.
type heard struct{ lines chan string }

func (h heard) Write(line []byte) (int, error) {
	h.lines <- string(line)
	return len(line), nil
}

func listen() (heard, *slog.Logger) {
	h := heard{make(chan string, 100)}
	return h, slog.New(slog.NewTextHandler(h, nil))
}

// wait is the next line of the log that holds part.
func (h heard) wait(t *testing.T, part string) string {
	t.Helper()
	for {
		select {
		case line := <-h.lines:
			if strings.Contains(line, part) {
				return line
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("the log never said %q", part)
		}
	}
}

// watch runs Watch until the test ends, and then waits for it.
func watch(t *testing.T, d *persisted.Documents) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- d.Watch(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("watch: %v", err)
		}
	})
}

// replace puts a file in the place of another, as builds do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func TestAnEditOfTheManifestIsTaken(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(t *testing.T, path, text string)
	}{
		{"written in place", func(t *testing.T, path, text string) { write(t, path, text) }},
		{"replaced by a rename", replace},
		{"removed and written", func(t *testing.T, path, text string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, text)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			settings := manifestFile(t, `{"old": "{ a }"}`)
			h, log := listen()
			d := open(t, settings, persisted.Options{Log: log})
			watch(t, d)
			test.edit(t, settings.Manifest, `{"new": "{ a }", "newer": "{ b }"}`)
			h.wait(t, "documents=2")
			expect(t, resolve(d, persisted.Request{DocumentID: "new"}), "trusted { a }")
			expectStart(t, resolve(d, persisted.Request{DocumentID: "old"}), "PERSISTED_QUERY_NOT_FOUND")
		})
	}
}

func TestAnEditThroughALinkOfTheFolderIsTaken(t *testing.T) {
	dir := t.TempDir()
	for i := range 2 {
		folder := filepath.Join(dir, fmt.Sprint("..", i))
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(folder, "manifest.json"), fmt.Sprintf(`{"a%d": "{ a }"}`, i))
	}
	link := func(target, name string) {
		if err := os.Symlink(target, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	link("..0", "..data")
	link(filepath.Join("..data", "manifest.json"), "manifest.json")
	h, log := listen()
	settings := defaults()
	settings.Manifest = filepath.Join(dir, "manifest.json")
	d := open(t, settings, persisted.Options{Log: log})
	watch(t, d)
	link("..1", "..data_new")
	if err := os.Rename(filepath.Join(dir, "..data_new"), filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
	h.wait(t, "documents=1")
	expect(t, resolve(d, persisted.Request{DocumentID: "a1"}), "trusted { a }")
}

func TestABrokenEditKeepsTheOldDocumentsAndSaysWhere(t *testing.T) {
	settings := manifestFile(t, `{"old": "{ a }"}`)
	h, log := listen()
	d := open(t, settings, persisted.Options{Log: log, Check: func(text string) error {
		if text == "bad" {
			return errors.New("it is bad")
		}
		return nil
	}})
	watch(t, d)
	replace(t, settings.Manifest, "{\"new\": \"{ a }\",\n \"b\": \"bad\"}")
	line := h.wait(t, "level=ERROR")
	if !strings.Contains(line, settings.Manifest+":2:2") || !strings.Contains(line, "it is bad") || !strings.Contains(line, "faults=1") {
		t.Errorf("the log says %s", line)
	}
	expect(t, resolve(d, persisted.Request{DocumentID: "old"}), "trusted { a }")
	replace(t, settings.Manifest, `{"mended": "{ a }"}`)
	h.wait(t, "documents=1")
	expect(t, resolve(d, persisted.Request{DocumentID: "mended"}), "trusted { a }")
}

func TestReloadReadsAtOnceAndTellsWhatIsWrong(t *testing.T) {
	settings := manifestFile(t, `{"a": "{ a }"}`)
	d := open(t, settings, persisted.Options{})
	replace(t, settings.Manifest, `{"b": "{ b }"}`)
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	expect(t, resolve(d, persisted.Request{DocumentID: "b"}), "trusted { b }")
	if err := os.Remove(settings.Manifest); err != nil {
		t.Fatal(err)
	}
	if err := d.Reload(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("it says %v", err)
	}
	expect(t, resolve(d, persisted.Request{DocumentID: "b"}), "trusted { b }")
	none := open(t, defaults(), persisted.Options{})
	if err := none.Reload(); err != nil {
		t.Errorf("without a manifest it says %v", err)
	}
	watch(t, none)
}
