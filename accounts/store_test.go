package accounts_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tributary/accounts"
	"tributary/config"
	"tributary/logtest"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts a file in the place of another, as editors do.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

func openStore(t *testing.T, origin accounts.Origin, log *slog.Logger) *accounts.Store {
	t.Helper()
	origin.Sources = known
	store, err := accounts.NewStore(origin, log)
	if err != nil {
		t.Fatalf("new store: %v", err)
	}
	return store
}

// watch runs Watch until the test ends, and then waits for it.
func watch(t *testing.T, store *accounts.Store) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { store.Watch(ctx) })
	t.Cleanup(func() {
		cancel()
		watching.Wait()
	})
}

func TestAnEditOfTheFileIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.yaml")
	write(t, path, "- id: old\n")
	log := logtest.Listen()
	store := openStore(t, accounts.Origin{Accounts: config.Accounts{File: path}}, log.Logger())
	watch(t, store)
	replace(t, path, "- id: new\n- id: newer\n")
	log.Wait(t, "accounts=2")
	if store.Current().Get("new") == nil || store.Current().Get("old") != nil {
		t.Error("the directory is not the new one")
	}
}

func TestABrokenEditKeepsTheOldDirectoryAndSaysWhere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "accounts.yaml")
	write(t, path, "- id: old\n")
	log := logtest.Listen()
	store := openStore(t, accounts.Origin{Accounts: config.Accounts{File: path}}, log.Logger())
	watch(t, store)
	replace(t, path, "- id: a\n- id: a\n")
	line := log.Wait(t, "level=ERROR")
	if !strings.Contains(line, path+":2:7") || !strings.Contains(line, "first at "+path+":1:7") {
		t.Errorf("the log says %s", line)
	}
	if store.Current().Get("old") == nil {
		t.Error("the old directory is gone")
	}
	replace(t, path, "- id: mended\n")
	log.Wait(t, "accounts=1")
	if store.Current().Get("mended") == nil {
		t.Error("the mended file was not taken")
	}
}

const inline = "listen: :1\nsources: { psa: { kind: productive } }\naccounts:\n  - id: %s\n"

func inlineStore(t *testing.T, path string, log *slog.Logger) *accounts.Store {
	t.Helper()
	write(t, path, fmt.Sprintf(inline, "old"))
	c, err := config.Load(path, nil)
	if err != nil {
		t.Fatal(err)
	}
	return openStore(t, accounts.Origin{ConfigFile: path, Accounts: c.Accounts}, log)
}

func TestInlineAccountsFollowTheConfiguration(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	log := logtest.Listen()
	store := inlineStore(t, path, log.Logger())
	if store.Current().Get("old") == nil {
		t.Fatal("the inline account is missing")
	}
	watch(t, store)
	replace(t, path, fmt.Sprintf(inline, "new"))
	log.Wait(t, "accounts=1")
	if store.Current().Get("new") == nil {
		t.Error("the directory is not the new one")
	}
}

func TestReloadReadsAtOnceAndTellsWhatIsWrong(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	store := inlineStore(t, path, slog.New(slog.DiscardHandler))
	write(t, path, fmt.Sprintf(inline, "new"))
	if err := store.Reload(); err != nil || store.Current().Get("new") == nil {
		t.Fatalf("reload: %v", err)
	}
	for _, test := range []struct{ name, text, want string }{
		{"a fault of an account", fmt.Sprintf(inline, "[]"), path + ":4:9: a single value is needed here"},
		{"a file of their own", "accounts: { file: other.yaml }\n", path + ": accounts: the accounts went to a file of their own; start the gateway again to follow them there"},
		{"no YAML", "a: [", path + ":2:1: this is no YAML: did not find expected node content"},
	} {
		t.Run(test.name, func(t *testing.T) {
			write(t, path, test.text)
			err := store.Reload()
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
			if store.Current().Get("new") == nil {
				t.Error("the old directory is gone")
			}
		})
	}
}

func TestAStoreNeedsAFileThatCanBeRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "none.yaml")
	_, err := accounts.NewStore(accounts.Origin{Accounts: config.Accounts{File: path}}, slog.Default())
	if want := path + ": the file cannot be read: no such file or directory"; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestAConfigurationWithoutAccountsHasAnEmptyDirectory(t *testing.T) {
	store := openStore(t, accounts.Origin{}, slog.Default())
	watch(t, store)
	if err := store.Reload(); err != nil || store.Current().Len() != 0 {
		t.Errorf("reload: %v with %d accounts", err, store.Current().Len())
	}
}

func TestInlineAccountsOfNoFileStayAsTheyAre(t *testing.T) {
	c, err := config.Parse("", []byte(fmt.Sprintf(inline, "a")), nil)
	if err != nil {
		t.Fatal(err)
	}
	store := openStore(t, accounts.Origin{Accounts: c.Accounts}, slog.Default())
	if err := store.Reload(); err != nil || store.Current().Get("a") == nil {
		t.Errorf("reload: %v", err)
	}
}

func TestAFixedStoreKeepsItsDirectory(t *testing.T) {
	store := accounts.Fixed(parse(t, sample))
	if err := store.Reload(); err != nil || store.Current().Len() != 3 {
		t.Errorf("reload: %v with %d accounts", err, store.Current().Len())
	}
}
