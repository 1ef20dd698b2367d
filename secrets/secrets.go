// Package secrets reads values that stand in files of their own, file:PATH in
// the configuration, and follows those files. No error and no log line of it
// holds what a file holds.
package secrets

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

const (
	prefix  = "file:"
	longest = 64 << 10 // bytes of a file
)

// Read is the value that text stands for: what a file holds, without one line
// feed at its end, or text itself where it names none. A relative path starts
// in folder.
func Read(folder, text string) (string, error) {
	path, ok := pathOf(folder, text)
	if !ok {
		return text, nil
	}
	value, _, err := read(path)
	return value, err
}

// Names reports whether text names a file and is no secret itself.
func Names(text string) bool { return strings.HasPrefix(text, prefix) }

// pathOf is the path that text names; false where it names none.
func pathOf(folder, text string) (string, bool) {
	path, ok := strings.CutPrefix(text, prefix)
	if ok && !filepath.IsAbs(path) {
		path = filepath.Join(folder, path)
	}
	return path, ok
}

func read(path string) (string, os.FileInfo, error) {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return "", nil, unreadable(path, err)
	case !info.Mode().IsRegular(): // to open a pipe would wait for its writer
		return "", nil, fmt.Errorf("the secret %s is no file", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return "", nil, unreadable(path, err)
	}
	defer file.Close()
	content, err := io.ReadAll(io.LimitReader(file, longest+1))
	if err != nil {
		return "", nil, unreadable(path, err)
	}
	if len(content) > longest {
		return "", nil, fmt.Errorf("the file %s is longer than %d KiB, and no secret", path, longest>>10)
	}
	value := strings.TrimSuffix(strings.TrimSuffix(string(content), "\n"), "\r")
	if value == "" {
		return "", nil, fmt.Errorf("the file %s is empty; it holds the secret and nothing else", path)
	}
	return value, info, nil
}

func unreadable(path string, err error) error {
	var reason *os.PathError
	if errors.As(err, &reason) {
		err = reason.Err
	}
	return fmt.Errorf("the file %s cannot be read: %w", path, err)
}

// Files are the secret files of one configuration, each opened once.
type Files struct {
	Folder string // where relative paths start

	mu     sync.Mutex
	opened map[string]*File
}

// Open reads the file that text names; nil where it names none.
func (f *Files) Open(text string) (*File, error) {
	path, ok := pathOf(f.Folder, text)
	if !ok {
		return nil, nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if file := f.opened[path]; file != nil {
		return file, file.Reload()
	}
	file := &File{path: path}
	if err := file.Reload(); err != nil {
		return nil, err
	}
	if f.opened == nil {
		f.opened = map[string]*File{}
	}
	f.opened[path] = file
	return file, nil
}

// Reload reads all files again. A fault is in the log and leaves its file's
// value as it was.
func (f *Files) Reload() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, file := range f.opened {
		_ = file.Reload()
	}
}
