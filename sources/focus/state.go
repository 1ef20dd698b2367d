package focus

import (
	"time"

	"tributary/billing"
)

// words is what subscription.state means. The vendor documents no vocabulary:
// the words are Stripe's, which handles the payments, and those of the older
// provider whose traces (site, handle) are still in the document.
var words = map[string]billing.Status{
	"canceled":           billing.StatusCanceled,
	"cancelled":          billing.StatusCanceled,
	"expired":            billing.StatusExpired,
	"trial_ended":        billing.StatusExpired,
	"incomplete_expired": billing.StatusExpired,
	"incomplete":         billing.StatusIncomplete,
	"pending":            billing.StatusIncomplete,
	"awaiting_signup":    billing.StatusIncomplete,
	"paused":             billing.StatusPaused,
	"on_hold":            billing.StatusPaused,
	"unpaid":             billing.StatusUnpaid,
	"past_due":           billing.StatusPastDue,
	"soft_failure":       billing.StatusPastDue,
	"trialing":           billing.StatusTrialing,
	"trial":              billing.StatusTrialing,
	"active":             billing.StatusActive,
}

// facts are what the status follows from.
type facts struct {
	word          string // subscription.state, folded
	noItem        bool   // nothing was bought: no item, or one with an empty id
	paymentFailed bool
	trialLives    bool
	trialEnded    bool
}

// meaning is what the state's word means by itself; UNKNOWN for other words.
func (r rules) meaning(word string) billing.Status {
	if status, ok := r.states[word]; ok {
		return status
	}
	if status, ok := words[word]; ok {
		return status
	}
	return billing.StatusUnknown
}

// status reads the facts from the most to the least certain.
func (r rules) status(f facts) billing.Status {
	meaning := r.meaning(f.word)
	switch {
	case meaning != billing.StatusTrialing && meaning != billing.StatusActive && meaning != billing.StatusUnknown:
		return meaning
	case f.paymentFailed:
		return billing.StatusPastDue
	case meaning == billing.StatusTrialing, f.noItem && f.trialLives:
		return billing.StatusTrialing
	case meaning == billing.StatusActive:
		return billing.StatusActive
	case f.word == "" && f.trialEnded && f.noItem:
		return billing.StatusExpired
	default:
		return billing.StatusUnknown
	}
}

// lives reports whether now lies between a trial's dates, of which the end has
// to be known.
func (t *TrackTrial) lives(now time.Time) bool {
	return t != nil && ahead(t.EndDate, now) && !ahead(t.StartDate, now)
}

// ahead reports a known instant after now.
func ahead(t *time.Time, now time.Time) bool { return t != nil && t.After(now) }

// over reports a known instant that is not after now.
func over(t *time.Time, now time.Time) bool { return t != nil && !t.After(now) }
