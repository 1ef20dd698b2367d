package accounts

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/fsnotify/fsnotify"

	"tributary/config"
)

// Store holds the present directory and replaces it when its file changes.
type Store struct {
	origin  Origin
	path    string // of the file that holds the accounts; "" where none does
	log     *slog.Logger
	present atomic.Pointer[Directory]

	reading sync.Mutex
	read    os.FileInfo // of the file when it was last read; nil where it could not be
}

// Origin says where a directory comes from and what it is read with.
type Origin struct {
	ConfigFile string // of the configuration whose accounts these are; "" keeps inline ones as they are
	Accounts   config.Accounts
	Sources    Sources
	Env        config.Env
}

// NewStore reads the directory for the first time. Its error is config.Problems.
func NewStore(origin Origin, log *slog.Logger) (*Store, error) {
	s := &Store{origin: origin, log: log}
	switch {
	case origin.Accounts.File != "":
		s.path = origin.Accounts.File
	case !origin.Accounts.Inline.IsZero():
		s.path = origin.ConfigFile
	}
	directory, err := s.load()
	if err != nil {
		return nil, err
	}
	s.present.Store(directory)
	return s, nil
}

// Fixed is a Store of a directory that no file changes.
func Fixed(directory *Directory) *Store {
	s := &Store{log: slog.New(slog.DiscardHandler)}
	s.present.Store(directory)
	return s
}

// Current is the present directory, never nil. An operation asks once and
// keeps it, so that it sees one directory.
func (s *Store) Current() *Directory { return s.present.Load() }

// Reload reads the directory again, and keeps the present one where that
// fails. It logs what came of it; its error is config.Problems.
func (s *Store) Reload() error {
	if s.path == "" {
		return nil
	}
	s.reading.Lock()
	defer s.reading.Unlock()
	return s.reload()
}

// reload needs the lock.
func (s *Store) reload() error {
	directory, err := s.load()
	if err != nil {
		var problems config.Problems
		errors.As(err, &problems)
		for _, problem := range problems[:min(len(problems), mostLogged)] {
			s.log.Error("the accounts are kept as they were, for the file has a fault",
				"at", problem.At(), "fault", problem.Message, "faults", len(problems))
		}
		return err
	}
	s.present.Store(directory)
	s.log.Info("the accounts were read again", "file", s.path, "accounts", directory.Len())
	return nil
}

// mostLogged bounds the lines that one broken edit writes.
const mostLogged = 20

func (s *Store) load() (*Directory, error) {
	if s.path == "" {
		return Inline("accounts", s.origin.Accounts.Inline, s.origin.Sources)
	}
	// What is written while the file is being read shows as a change later.
	s.read, _ = os.Stat(s.path)
	if s.origin.Accounts.File != "" {
		data, err := os.ReadFile(s.path)
		if err != nil {
			return nil, config.Unreadable(s.path, err)
		}
		return Parse(s.path, data, s.origin.Sources, s.origin.Env)
	}
	accounts, err := config.LoadAccounts(s.path, s.origin.Env)
	if err != nil {
		return nil, err
	}
	if accounts.File != "" {
		return nil, config.Problems{{File: s.path, Path: "accounts",
			Message: "the accounts went to a file of their own; start the gateway again to follow them there"}}
	}
	return Inline(s.path, accounts.Inline, s.origin.Sources)
}

// settle is how long the folder must be quiet before the file is read, since
// an editor writes a file in several steps.
const settle = 100 * time.Millisecond

// longestSettle bounds the wait in a folder that is never quiet.
const longestSettle = time.Second

// Watch reloads the directory when its file changes, until ctx ends. It
// watches the folder, as editors and Kubernetes replace a file instead of
// writing to it. A link into another folder is not followed: Reload serves
// that. The error says that the folder cannot be watched.
func (s *Store) Watch(ctx context.Context) error {
	if s.path == "" {
		<-ctx.Done()
		return nil
	}
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return fmt.Errorf("watch the accounts: %w", err)
	}
	defer watcher.Close()
	if err := watcher.Add(filepath.Dir(s.path)); err != nil {
		return fmt.Errorf("watch the folder of the accounts: %w", err)
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
			s.log.Warn("watching the accounts failed for a moment", "error", err)
			wait()
		case <-quiet.C:
			since = time.Time{}
			s.reloadChanged()
		}
	}
}

// reloadChanged reloads where the file is another one than was read.
func (s *Store) reloadChanged() {
	s.reading.Lock()
	defer s.reading.Unlock()
	now, err := os.Stat(s.path)
	switch {
	case err != nil && s.read == nil:
		return
	case err == nil && s.read != nil && os.SameFile(now, s.read) &&
		now.ModTime().Equal(s.read.ModTime()) && now.Size() == s.read.Size():
		return
	}
	// The fault is in the log, and the directory is as it was.
	_ = s.reload()
}
