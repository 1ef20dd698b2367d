// Package logtest listens to a log in tests.
package logtest

import (
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"
)

// Log is what was logged, at every level.
type Log struct {
	mu    sync.Mutex
	all   strings.Builder
	lines chan string
}

// Listen is an empty log.
func Listen() *Log { return &Log{lines: make(chan string, 1000)} }

// Logger writes to the log.
func (l *Log) Logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// Write is for the Logger.
func (l *Log) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all.Write(line)
	select {
	case l.lines <- string(line):
	default: // nobody waits in a test that writes so much
	}
	return len(line), nil
}

// Text is all that was logged.
func (l *Log) Text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.String()
}

// Wait is the next line that holds part, after the one waited for before.
func (l *Log) Wait(t testing.TB, part string) string {
	t.Helper()
	for deadline := time.After(20 * time.Second); ; {
		select {
		case line := <-l.lines:
			if strings.Contains(line, part) {
				return line
			}
		case <-deadline:
			t.Fatalf("the log never said %q", part)
		}
	}
}
