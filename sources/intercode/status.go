package intercode

import (
	"strings"

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
