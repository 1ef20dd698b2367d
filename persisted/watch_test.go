package persisted_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"

	"tributary/logtest"
	"tributary/persisted"
)

// watch runs Watch until the test ends, and then waits for it.
func watch(t *testing.T, d *persisted.Documents) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { d.Watch(ctx) })
	t.Cleanup(func() {
		cancel()
		watching.Wait()
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
	settings := manifestFile(t, `{"old": "{ a }"}`)
	log := logtest.Listen()
	d := open(t, settings, persisted.Options{Log: log.Logger()})
	watch(t, d)
	replace(t, settings.Manifest, `{"new": "{ a }", "newer": "{ b }"}`)
	log.Wait(t, "documents=2")
	expect(t, resolve(d, persisted.Request{DocumentID: "new"}), "trusted { a }")
	expectStart(t, resolve(d, persisted.Request{DocumentID: "old"}), "PERSISTED_QUERY_NOT_FOUND")
}

func TestABrokenEditKeepsTheOldDocumentsAndSaysWhere(t *testing.T) {
	settings := manifestFile(t, `{"old": "{ a }"}`)
	log := logtest.Listen()
	d := open(t, settings, persisted.Options{Log: log.Logger(), Check: func(text string) error {
		if text == "bad" {
			return errors.New("it is bad")
		}
		return nil
	}})
	watch(t, d)
	replace(t, settings.Manifest, "{\"new\": \"{ a }\",\n \"b\": \"bad\"}")
	line := log.Wait(t, "level=ERROR")
	if !strings.Contains(line, settings.Manifest+":2:2") || !strings.Contains(line, "it is bad") || !strings.Contains(line, "faults=1") {
		t.Errorf("the log says %s", line)
	}
	expect(t, resolve(d, persisted.Request{DocumentID: "old"}), "trusted { a }")
	replace(t, settings.Manifest, `{"mended": "{ a }"}`)
	log.Wait(t, "documents=1")
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
