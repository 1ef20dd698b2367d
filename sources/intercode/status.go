package intercode

import (
	"context"
	"log/slog"
	"strings"
	"sync"

	"tributary/billing"
)

// states are Stripe's words: the vendor shows only "active", and the ids it
// shows are Stripe's.
var states = map[string]billing.Status{
	"active":             billing.StatusActive,
	"trialing":           billing.StatusTrialing,
	"past_due":           billing.StatusPastDue,
	"unpaid":             billing.StatusUnpaid,
	"canceled":           billing.StatusCanceled,
	"cancelled":          billing.StatusCanceled,
	"incomplete":         billing.StatusIncomplete,
	"incomplete_expired": billing.StatusExpired,
	"paused":             billing.StatusPaused,
}

func foldStatus(word string) string { return strings.ToLower(strings.TrimSpace(word)) }

// status is what a word means: the configuration's table first, then states.
func (t terms) status(word *string) billing.Status {
	if word == nil {
		return billing.StatusUnknown
	}
	key := foldStatus(*word)
	if status, ok := t.states[key]; ok {
		return status
	}
	if status, ok := states[key]; ok {
		return status
	}
	return billing.StatusUnknown
}

// runs reports whether a subscription in that status has a current period,
// which endDate then ends.
func runs(status billing.Status) bool {
	switch status {
	case billing.StatusActive, billing.StatusTrialing, billing.StatusPastDue, billing.StatusUnpaid:
		return true
	}
	return false
}

// unknownStates remembers which words were logged. The zero value is ready.
type unknownStates struct {
	mu     sync.Mutex
	logged map[string]bool
}

const (
	mostUnknown    = 100 // words; a deployment that invents more of them says nothing new
	longestUnknown = 64  // bytes of a word that the log shows
)

// report logs the state of sub once per distinct word where no table knows it.
func (u *unknownStates) report(ctx context.Context, source string, sub *billing.Subscription) {
	if sub.Status != billing.StatusUnknown || sub.SourceStatus == nil {
		return
	}
	word := *sub.SourceStatus
	word = word[:min(len(word), longestUnknown)]
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.logged[word] || len(u.logged) >= mostUnknown {
		return
	}
	if u.logged == nil {
		u.logged = map[string]bool{}
	}
	u.logged[word] = true
	slog.WarnContext(ctx, "a source has a state that no table knows", "source", source, "state", word)
}
