package filewatch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/config"
	"tributary/filewatch"
	"tributary/logtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// held is what a file of words holds; "bad" is none.
type held struct {
	*filewatch.File
	words atomic.Pointer[string]
	taken atomic.Int64
}

func open(t *testing.T, path string, log *logtest.Log) *held {
	t.Helper()
	h := &held{File: &filewatch.File{Path: path, Holds: "words", Log: log.Logger()}}
	h.Take = func() (slog.Attr, error) {
		h.taken.Add(1)
		text, err := os.ReadFile(path)
		if err != nil {
			return slog.Attr{}, config.Unreadable(path, err)
		}
		words := string(text)
		if n := strings.Count(words, "bad"); n > 0 {
			var problems config.Problems
			for i := range n {
				problems = append(problems, config.Problem{File: path, Line: i + 1, Column: 2, Path: "words", Message: "it is bad"})
			}
			return slog.Attr{}, problems
		}
		h.words.Store(&words)
		return slog.Int("words", len(strings.Fields(words))), nil
	}
	must(t, h.Load())
	return h
}

// watch watches until the test ends.
func (h *held) watch(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var watching sync.WaitGroup
	watching.Go(func() { h.Watch(ctx) })
	t.Cleanup(func() {
		cancel()
		watching.Wait()
	})
}

func (h *held) expect(t *testing.T, want string) {
	t.Helper()
	if got := *h.words.Load(); got != want {
		t.Errorf("it holds %q, want %q", got, want)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	must(t, os.WriteFile(path, []byte(text), 0o600))
}

func rename(t *testing.T, from, to string) {
	t.Helper()
	must(t, os.Rename(from, to))
}

// replace puts a file in the place of another, which never is half written.
func replace(t *testing.T, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	rename(t, path+".new", path)
}

func remove(t *testing.T, path string) {
	t.Helper()
	must(t, os.Remove(path))
}

func link(t *testing.T, target, path string) {
	t.Helper()
	must(t, os.Symlink(target, path))
}

func TestAnEditIsTaken(t *testing.T) {
	for _, test := range []struct {
		name string
		edit func(t *testing.T, path, text string)
	}{
		{"written in place", write},
		{"written in steps", func(t *testing.T, path, text string) {
			write(t, path, "")
			write(t, path, text[:2])
			write(t, path, text)
		}},
		{"replaced by a rename", replace},
		{"moved aside and written, as with a backup", func(t *testing.T, path, text string) {
			rename(t, path, path+"~")
			write(t, path, text)
		}},
		{"removed and written", func(t *testing.T, path, text string) {
			remove(t, path)
			write(t, path, text)
		}},
		{"replaced by a link", func(t *testing.T, path, text string) {
			write(t, path+".other", text)
			remove(t, path)
			link(t, filepath.Base(path)+".other", path)
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path, log := filepath.Join(t.TempDir(), "words"), logtest.Listen()
			write(t, path, "old")
			h := open(t, path, log)
			h.watch(t)
			test.edit(t, path, "new words")
			log.Wait(t, "words=2")
			h.expect(t, "new words")
		})
	}
}

func TestAnEditBeforeTheFolderIsWatchedIsTaken(t *testing.T) {
	path, log := filepath.Join(t.TempDir(), "words"), logtest.Listen()
	write(t, path, "old")
	h := open(t, path, log)
	write(t, path, "new words")
	h.watch(t)
	log.Wait(t, "words=2")
	h.expect(t, "new words")
}

// Kubernetes links a file through a folder, and swaps that.
func TestAnEditThroughALinkOfTheFolderIsTaken(t *testing.T) {
	dir, log := t.TempDir(), logtest.Listen()
	version := func(n int) string { return filepath.Join(dir, fmt.Sprint("..", n)) }
	swap := func(n int) {
		must(t, os.Mkdir(version(n), 0o700))
		write(t, filepath.Join(version(n), "words"), strings.Repeat("word ", n))
		link(t, filepath.Base(version(n)), filepath.Join(dir, "..data_new"))
		rename(t, filepath.Join(dir, "..data_new"), filepath.Join(dir, "..data"))
	}
	swap(1)
	link(t, filepath.Join("..data", "words"), filepath.Join(dir, "words"))
	h := open(t, filepath.Join(dir, "words"), log)
	h.watch(t)
	for n := 2; n < 5; n++ {
		swap(n)
		must(t, os.RemoveAll(version(n-1)))
		log.Wait(t, fmt.Sprint("words=", n))
		h.expect(t, strings.Repeat("word ", n))
	}
}

func TestAFaultIsToldOnceAndKeepsWhatIsInForce(t *testing.T) {
	path, log := filepath.Join(t.TempDir(), "words"), logtest.Listen()
	write(t, path, "old")
	h := open(t, path, log)
	h.watch(t)
	remove(t, path)
	log.Wait(t, "no such file")
	replace(t, path, "bad bad")
	for i := range 2 {
		line := log.Wait(t, "level=ERROR")
		for _, part := range []string{"the words are kept as they were", fmt.Sprintf("%s:%d:2", path, i+1), "words: it is bad", "faults=2"} {
			if !strings.Contains(line, part) {
				t.Errorf("%q is not in %s", part, line)
			}
		}
	}
	h.expect(t, "old")
	write(t, filepath.Join(filepath.Dir(path), "other"), "") // is not of this file
	replace(t, path, "mended once more")
	log.Wait(t, "words=3")
	h.expect(t, "mended once more")
	if n := strings.Count(log.Text(), "level=ERROR"); n != 3 {
		t.Errorf("%d lines for two faults and one", n)
	}
}

func TestABrokenEditWritesABoundedLog(t *testing.T) {
	path, log := filepath.Join(t.TempDir(), "words"), logtest.Listen()
	write(t, path, "old")
	h := open(t, path, log)
	write(t, path, strings.Repeat("bad ", 1000))
	if err := h.Reload(); err == nil {
		t.Error("it was taken")
	}
	if n := strings.Count(log.Text(), "faults=1000"); n != 20 {
		t.Errorf("%d lines", n)
	}
}

func TestAnErrorOfAnotherKindIsLoggedToo(t *testing.T) {
	log := logtest.Listen()
	f := filewatch.File{Path: "words", Holds: "words", Log: log.Logger(), Take: func() (slog.Attr, error) { return slog.Attr{}, errors.New("it is odd") }}
	if err := f.Reload(); err == nil || !strings.Contains(log.Text(), "it is odd") {
		t.Errorf("got %v, and the log says %s", err, log.Text())
	}
}

func TestOtherFilesOfTheFolderAreNotTaken(t *testing.T) {
	dir, log := t.TempDir(), logtest.Listen()
	path := filepath.Join(dir, "words")
	write(t, path, "old")
	h := open(t, path, log)
	h.watch(t)
	write(t, filepath.Join(dir, "other"), "bad")
	replace(t, path, "new words")
	log.Wait(t, "words=2")
	if n := h.taken.Load(); n != 2 {
		t.Errorf("the file was taken %d times", n)
	}
}

func TestAFolderThatIsNeverQuietIsReadAllTheSame(t *testing.T) {
	dir, log := t.TempDir(), logtest.Listen()
	path := filepath.Join(dir, "words")
	write(t, path, "old")
	h := open(t, path, log)
	h.watch(t)
	ctx, cancel := context.WithCancel(context.Background())
	var busy sync.WaitGroup
	busy.Go(func() {
		for tick := time.NewTicker(10 * time.Millisecond); ; {
			select {
			case <-ctx.Done():
				tick.Stop()
				return
			case <-tick.C:
				_ = os.WriteFile(filepath.Join(dir, "other"), nil, 0o600)
			}
		}
	})
	defer busy.Wait()
	defer cancel()
	write(t, path, "new words")
	log.Wait(t, "words=2")
}

func TestAFolderThatCannotBeWatchedIsInTheLog(t *testing.T) {
	dir, log := filepath.Join(t.TempDir(), "sub"), logtest.Listen()
	must(t, os.Mkdir(dir, 0o700))
	path := filepath.Join(dir, "words")
	write(t, path, "old")
	h := open(t, path, log)
	must(t, os.RemoveAll(dir))
	h.Watch(context.Background())
	if !strings.Contains(log.Text(), "changes of the words are not seen") {
		t.Errorf("the log says %s", log.Text())
	}
	h.expect(t, "old")
}

func TestReloadTakesAtOnceAndTellsWhatIsWrong(t *testing.T) {
	path, log := filepath.Join(t.TempDir(), "words"), logtest.Listen()
	write(t, path, "old")
	h := open(t, path, log)
	write(t, path, "new words")
	must(t, h.Reload())
	h.expect(t, "new words")
	remove(t, path)
	if err := h.Reload(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("it says %v", err)
	}
	h.expect(t, "new words")
}

func TestWithoutAPathNothingIsTakenAgain(t *testing.T) {
	var f filewatch.File
	if err := f.Reload(); err != nil {
		t.Error(err)
	}
	f.Watch(context.Background())
}
