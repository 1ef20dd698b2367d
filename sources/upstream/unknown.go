package upstream

import (
	"context"
	"log/slog"
	"sync"
)

// unknownStates remembers which states were logged. The zero value is ready.
type unknownStates struct {
	mu     sync.Mutex
	logged map[string]bool
}

// A source that makes up a new state each time gets neither all of the memory
// nor all of the log.
const (
	mostStates   = 100
	longestState = 64
)

// UnknownState counts a subscription whose state no table knows, and logs each
// distinct state once. A setting of the source can give it a status.
func (c *Client) UnknownState(ctx context.Context, state string) {
	c.health.unknownState()
	state = state[:min(len(state), longestState)]
	if c.unknown.isNew(state) {
		slog.WarnContext(ctx, "a source has a state that no table knows; its states setting can give it a status",
			"source", c.source, "state", state)
	}
}

func (u *unknownStates) isNew(state string) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.logged[state] || len(u.logged) >= mostStates {
		return false
	}
	if u.logged == nil {
		u.logged = map[string]bool{}
	}
	u.logged[state] = true
	return true
}
