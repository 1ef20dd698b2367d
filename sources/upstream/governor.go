package upstream

import (
	"context"
	"time"
)

// Governor keeps calls within what a source allows, over all replicas.
type Governor interface {
	// Take asks for one call. It does not wait for the quota: it says whether the
	// call may go, or how long until one could.
	Take(ctx context.Context, call QuotaCall) QuotaDecision
	// Learn takes in what an answer said of the quota.
	Learn(ctx context.Context, call QuotaCall, seen QuotaSeen)
}

// QuotaCall is a call that takes of a quota.
type QuotaCall struct {
	Source     string
	Tenant     string // whose calls are counted: a fingerprint of credentials, with the organisation where that has a quota of its own
	Quota      Quota
	Background bool // nobody waits for it: it leaves the reserve alone
}

// QuotaDecision is what came of asking for a call.
type QuotaDecision struct {
	Allowed  bool
	Wait     time.Duration // until a call would be allowed; 0 where this one is
	Left     *int          // calls left in the tightest window; nil where not known
	ResetsAt time.Time     // when that window ends; zero where not known
}

// QuotaSeen is what an answer said of its source's quota.
type QuotaSeen struct {
	Left      *int      // calls left; nil where it does not say
	Limit     *int      // calls of a window; nil where it does not say
	ResetsAt  time.Time // when the window ends; zero where it does not say
	Exhausted bool      // the call was refused for the quota
}

// Quota is how many calls a source allows. Zero is no limit that is known; what
// answers say is heeded all the same.
type Quota struct {
	Windows []Window      `yaml:"windows"` // all of them hold
	Reserve float64       `yaml:"reserve"` // part of each window that background calls leave alone
	Wait    time.Duration `yaml:"wait"`    // the longest wait for the quota instead of a refusal
}

// Window is a number of calls within a time.
type Window struct {
	Calls int           `yaml:"calls"`
	Per   time.Duration `yaml:"per"`
}
