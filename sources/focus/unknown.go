package focus

import (
	"context"
	"log/slog"
	"sync"
)

// unknownStates logs states that no table knows, each once.
type unknownStates struct {
	source string
	mu     sync.Mutex
	seen   map[string]bool
}

func newUnknownStates(source string) *unknownStates {
	return &unknownStates{source: source, seen: make(map[string]bool)}
}

// A source that makes up a new state each time gets neither all of the memory
// nor all of the log.
const (
	mostStates   = 100
	longestState = 64
)

func (u *unknownStates) warn(ctx context.Context, state string) {
	state = state[:min(len(state), longestState)]
	u.mu.Lock()
	told := u.seen[state] || len(u.seen) >= mostStates
	if !told {
		u.seen[state] = true
	}
	u.mu.Unlock()
	if !told {
		slog.WarnContext(ctx, "the source sent a state without a certain meaning", "source", u.source, "state", state)
	}
}
