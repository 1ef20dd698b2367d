package persisted

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/fsnotify/fsnotify"

	"tributary/config"
)

// largestManifest bounds the file, in bytes.
const largestManifest = 32 << 20

// Reload reads the manifest again, and keeps the present one where that fails.
// It logs what came of it; its error is config.Problems.
func (d *Documents) Reload() error {
	d.reading.Lock()
	defer d.reading.Unlock()
	return d.reload()
}

// reload needs the lock.
func (d *Documents) reload() error {
	trusted, err := d.load()
	if err != nil {
		var problems config.Problems
		errors.As(err, &problems)
		for _, problem := range problems {
			d.log.Error("the trusted documents are kept as they were, for the manifest has a fault",
				"at", problem.At(), "document", problem.Path, "fault", problem.Message, "faults", len(problems))
		}
		return err
	}
	if trusted != nil {
		d.trusted.Store(trusted)
		d.log.Info("the trusted documents were read again", "file", d.settings.Manifest, "documents", trusted.size())
	}
	return nil
}

// load is nil where there is no manifest.
func (d *Documents) load() (*manifest, error) {
	path := d.settings.Manifest
	if path == "" {
		return nil, nil
	}
	// What is written while the file is being read shows as a change later.
	d.read, _ = os.Stat(path)
	file, err := os.Open(path)
	if err != nil {
		return nil, config.Unreadable(path, err)
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, largestManifest+1))
	if err != nil {
		return nil, config.Unreadable(path, err)
	}
	if len(data) > largestManifest {
		return nil, config.Problems{{File: path, Message: fmt.Sprintf("a manifest has at most %s", config.Size(largestManifest))}}
	}
	return parse(path, data, d.check)
}

// settle is how long the folder must be quiet before the file is read, since
// what writes a file does so in several steps.
const settle = 100 * time.Millisecond

// longestSettle bounds the wait in a folder that is never quiet.
const longestSettle = time.Second

// Watch reloads the manifest when its file changes, until ctx ends. It watches
// the folder, as builds and Kubernetes replace a file instead of writing to it.
// A link into another folder is not followed: Reload serves that. The error
// says that the folder cannot be watched.
func (d *Documents) Watch(ctx context.Context) error {
	if d.settings.Manifest == "" {
		<-ctx.Done()
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the manifest: %w", err)
	}
	defer watcher.Close()
	if err := watcher.Add(filepath.Dir(d.settings.Manifest)); err != nil {
		return fmt.Errorf("watch the folder of the manifest: %w", err)
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
			return nil
		case _, open := <-watcher.Events:
			if !open {
				return nil
			}
			wait()
		case err, open := <-watcher.Errors:
			if !open {
				return nil
			}
			// Events were lost, so any file may have changed.
			d.log.Warn("watching the manifest failed for a moment", "error", err)
			wait()
		case <-quiet.C:
			since = time.Time{}
			d.reloadChanged()
		}
	}
}

// reloadChanged reloads where the file is another one than was read.
func (d *Documents) reloadChanged() {
	d.reading.Lock()
	defer d.reading.Unlock()
	now, err := os.Stat(d.settings.Manifest)
	switch {
	case err != nil && d.read == nil:
		return
	case err == nil && d.read != nil && os.SameFile(now, d.read) &&
		now.ModTime().Equal(d.read.ModTime()) && now.Size() == d.read.Size():
		return
	}
	// The fault is in the log, and the documents are as they were.
	_ = d.reload()
}
