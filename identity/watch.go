package identity

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/fsnotify/fsnotify"

	"tributary/config"
)

// watched is a file that is taken again when it changes.
type watched struct {
	path string
	what string       // the file holds, for the log
	take func() error // reads the file; what it refuses leaves all as it was
	log  *slog.Logger

	reading sync.Mutex
	read    os.FileInfo // of the file when it was last read; nil where it could not be
}

// reload takes the file, and logs what came of it.
func (w *watched) reload() error {
	w.reading.Lock()
	defer w.reading.Unlock()
	return w.retake()
}

// mostLogged bounds the lines that one broken edit writes.
const mostLogged = 20

// retake needs the lock.
func (w *watched) retake() error {
	// What is written while the file is being read shows as a change later.
	w.read, _ = os.Stat(w.path)
	err := w.take()
	if err == nil {
		w.log.Info("the "+w.what+" were read", "file", w.path)
		return nil
	}
	var problems config.Problems
	errors.As(err, &problems)
	for _, problem := range problems[:min(len(problems), mostLogged)] {
		w.log.Error("the "+w.what+" in force stay, for the file has a fault",
			"at", problem.At(), "fault", problem.Message, "faults", len(problems))
	}
	return err
}

// settle is how long the folder must be quiet before the file is read, since
// an editor writes a file in several steps.
const settle = 100 * time.Millisecond

// longestSettle bounds the wait in a folder that is never quiet.
const longestSettle = time.Second

// run takes the file when it changes, until ctx ends. It watches the folder, as
// editors and Kubernetes replace a file instead of writing to it. A link into
// another folder is not followed: a reload serves that.
func (w *watched) run(ctx context.Context) {
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer watcher.Close()
		err = watcher.Add(filepath.Dir(w.path))
	}
	if err != nil {
		w.log.Warn("the file of the "+w.what+" cannot be watched; SIGHUP reads it again", "file", w.path, "error", err)
		return
	}
	// The file may have changed before the folder was watched.
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	var since time.Time // the first event that was not looked at yet
	wait := func() {
		if since.IsZero() {
			since = time.Now()
		}
		quiet.Reset(min(settle, max(0, longestSettle-time.Since(since))))
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-watcher.Events:
			wait()
		case err := <-watcher.Errors:
			// Events were lost, so any file may have changed.
			w.log.Warn("watching the "+w.what+" failed for a moment", "error", err)
			wait()
		case <-quiet.C:
			since = time.Time{}
			w.reloadChanged()
		}
	}
}

// reloadChanged takes the file where it is another one than was read.
func (w *watched) reloadChanged() {
	w.reading.Lock()
	defer w.reading.Unlock()
	now, err := os.Stat(w.path)
	switch {
	case err != nil && w.read == nil:
		return
	case err == nil && w.read != nil && os.SameFile(now, w.read) &&
		now.ModTime().Equal(w.read.ModTime()) && now.Size() == w.read.Size():
		return
	}
	// The fault is in the log, and the keys are as they were.
	_ = w.retake()
}
