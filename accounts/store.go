package accounts

import (
	"context"
	"log/slog"
	"os"
	"sync/atomic"

	"tributary/config"
	"tributary/filewatch"
)

// Store holds the present directory and replaces it when its file changes.
type Store struct {
	origin  Origin
	file    filewatch.File
	present atomic.Pointer[Directory]
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
	s := &Store{origin: origin}
	s.file = filewatch.File{Path: origin.path(), Holds: "accounts", Take: s.take, Log: log}
	if err := s.file.Load(); err != nil {
		return nil, err
	}
	return s, nil
}

// path is of the file that holds the accounts; "" where none does.
func (o Origin) path() string {
	switch {
	case o.Accounts.File != "":
		return o.Accounts.File
	case !o.Accounts.Inline.IsZero():
		return o.ConfigFile
	default:
		return ""
	}
}

// Fixed is a Store of a directory that no file changes.
func Fixed(directory *Directory) *Store {
	s := &Store{}
	s.present.Store(directory)
	return s
}

// Current is the present directory, never nil. An operation asks once and
// keeps it, so that it sees one directory.
func (s *Store) Current() *Directory { return s.present.Load() }

// Reload reads the directory again, and keeps the present one where that
// fails. It logs what came of it; its error is config.Problems.
func (s *Store) Reload() error { return s.file.Reload() }

// Watch reloads the directory when its file changes, until ctx ends.
func (s *Store) Watch(ctx context.Context) { s.file.Watch(ctx) }

func (s *Store) take() (slog.Attr, error) {
	directory, err := s.load()
	if err != nil {
		return slog.Attr{}, err
	}
	s.present.Store(directory)
	return slog.Int("accounts", directory.Len()), nil
}

func (s *Store) load() (*Directory, error) {
	path := s.file.Path
	if path == "" {
		return Inline("accounts", s.origin.Accounts.Inline, s.origin.Sources)
	}
	if s.origin.Accounts.File != "" {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, config.Unreadable(path, err)
		}
		return Parse(path, data, s.origin.Sources, s.origin.Env)
	}
	accounts, err := config.LoadAccounts(path, s.origin.Env)
	if err != nil {
		return nil, err
	}
	if accounts.File != "" {
		return nil, config.Problems{{File: path, Path: "accounts",
			Message: "the accounts went to a file of their own; start the gateway again to follow them there"}}
	}
	return Inline(path, accounts.Inline, s.origin.Sources)
}
