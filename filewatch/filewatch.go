// Package filewatch takes what a file holds again when the file changes.
package filewatch

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

// File is taken again when it changes. One without a path never does.
type File struct {
	Path  string
	Holds string // what it holds, many of them, for the log: "accounts"
	// Take reads the file, puts what it holds in force and tells how much that
	// is, for the log. Where it fails, all stays as it was; its error is
	// config.Problems.
	Take func() (slog.Attr, error)
	Log  *slog.Logger

	reading sync.Mutex
	read    os.FileInfo // of the file when it was last read; nil where it could not be
}

// Load takes the file for the first time, which is not in the log: who loads it
// tells of the fault. Without a path Take is asked all the same.
func (f *File) Load() error {
	f.reading.Lock()
	defer f.reading.Unlock()
	_, err := f.taken()
	return err
}

// Reload takes the file again, changed or not, and logs what came of it. Its
// error is that of Take.
func (f *File) Reload() error {
	if f.Path == "" {
		return nil
	}
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.reload()
}

// taken needs the lock.
func (f *File) taken() (slog.Attr, error) {
	// What is written while the file is being read shows as a change later.
	f.read, _ = os.Stat(f.Path)
	return f.Take()
}

// mostLogged bounds the lines that one broken edit writes.
const mostLogged = 20

// reload needs the lock.
func (f *File) reload() error {
	size, err := f.taken()
	if err == nil {
		f.Log.Info("the "+f.Holds+" were read again", slog.String("file", f.Path), size)
		return nil
	}
	var problems config.Problems
	errors.As(config.Join(err), &problems)
	for _, problem := range problems[:min(len(problems), mostLogged)] {
		fault := config.Problem{Path: problem.Path, Message: problem.Message}
		f.Log.Error("the "+f.Holds+" are kept as they were, for the file has a fault",
			"at", problem.At(), "fault", fault.Error(), "faults", len(problems))
	}
	return err
}

// settle is how long the folder must be quiet before the file is read, since
// an editor writes a file in several steps.
const settle = 100 * time.Millisecond

// longestSettle bounds the wait in a folder that is never quiet.
const longestSettle = time.Second

// Watch takes the file when it changes, until ctx ends. It watches the folder,
// as editors, builds and Kubernetes replace a file instead of writing to it. A
// link into another folder is not followed: Reload serves that, and where the
// folder cannot be watched, which is in the log.
func (f *File) Watch(ctx context.Context) {
	if f.Path == "" {
		return
	}
	watcher, err := fsnotify.NewWatcher()
	if err == nil {
		defer watcher.Close()
		err = watcher.Add(filepath.Dir(f.Path))
	}
	if err != nil {
		f.Log.Warn("changes of the "+f.Holds+" are not seen; SIGHUP reloads them", "file", f.Path, "error", err)
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
		case _, open := <-watcher.Events:
			if !open {
				return
			}
			wait()
		case err, open := <-watcher.Errors:
			if !open {
				return
			}
			// Events were lost, so any file may have changed.
			f.Log.Warn("watching the "+f.Holds+" failed for a moment", "file", f.Path, "error", err)
			wait()
		case <-quiet.C:
			since = time.Time{}
			f.reloadChanged()
		}
	}
}

// reloadChanged takes the file where it is another one than was read.
func (f *File) reloadChanged() {
	f.reading.Lock()
	defer f.reading.Unlock()
	now, err := os.Stat(f.Path)
	switch {
	case err != nil && f.read == nil:
		return
	case err == nil && f.read != nil && os.SameFile(now, f.read) &&
		now.ModTime().Equal(f.read.ModTime()) && now.Size() == f.read.Size():
		return
	}
	// The fault is in the log, and what is in force stays.
	_ = f.reload()
}
