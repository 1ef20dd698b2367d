package secrets

import (
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// File is a secret file that is followed. It is looked at when its value is
// used, and not watched: secrets are mounted as links through folders that are
// replaced as a whole, which a look follows and a watch of one folder does not,
// and it takes no goroutine.
type File struct {
	path  string
	value atomic.Pointer[string]
	due   atomic.Int64 // when to look again, in nanoseconds of Unix

	mu    sync.Mutex
	read  os.FileInfo // of the file as it was read
	seen  os.FileInfo // of the file at the latest look
	fault string      // what is wrong with the file now; "" for nothing
}

const (
	// interval is how long a value is used without a look at its file.
	interval = time.Second
	// settle is how long a file must be left alone before it is read, since
	// many programs write one in several steps.
	settle = 100 * time.Millisecond
)

// Path is where the file is.
func (f *File) Path() string { return f.path }

// Value is what the file holds, or the last that it held before it broke.
func (f *File) Value() string {
	if time.Now().UnixNano() >= f.due.Load() && f.mu.TryLock() {
		f.look()
		f.mu.Unlock()
	}
	return *f.value.Load()
}

// look needs the lock.
func (f *File) look() {
	now := time.Now()
	f.due.Store(now.Add(interval).UnixNano())
	info, err := os.Stat(f.path)
	if err == nil && f.fault == "" && same(info, f.read) {
		return
	}
	if err == nil && now.Sub(info.ModTime()) < settle && !same(info, f.seen) {
		f.seen = info
		f.due.Store(now.Add(settle).UnixNano())
		return
	}
	_ = f.take()
}

// Reload reads the file at once. Its error leaves the value as it was, and
// where there was one it is in the log.
func (f *File) Reload() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.due.Store(time.Now().Add(interval).UnixNano())
	return f.take()
}

// take needs the lock.
func (f *File) take() error {
	value, info, err := read(f.path)
	before := f.value.Load()
	if err != nil {
		if before != nil && err.Error() != f.fault {
			slog.Error("a secret is kept as it was, for its file has a fault", "file", f.path, "fault", err.Error())
		}
		f.fault = err.Error()
		return err
	}
	f.read, f.fault = info, ""
	if before == nil || *before != value {
		f.value.Store(&value)
	}
	if before != nil && *before != value {
		slog.Info("a secret was read again", "file", f.path)
	}
	return nil
}

func same(a, b os.FileInfo) bool {
	return a != nil && b != nil && os.SameFile(a, b) && a.ModTime().Equal(b.ModTime()) && a.Size() == b.Size()
}
