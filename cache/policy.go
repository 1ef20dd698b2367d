package cache

import (
	"time"

	"github.com/cespare/xxhash/v2"

	"tributary/billing"
)

// Policy says how long a source's answers are kept. Stale and StaleIfError
// begin when TTL ends.
type Policy struct {
	TTL          time.Duration // fresh for so long; 0 turns the cache off
	Stale        time.Duration // then shown at once while a new answer is fetched
	StaleIfError time.Duration // shown where the source fails
	NegativeTTL  time.Duration // of "there is none"; 0 keeps no absence
	Jitter       float64       // each entry's TTL is shortened by up to this part of it, 0 to 1
}

// DefaultPolicy suits billing data behind a quota of some hundred requests an hour.
var DefaultPolicy = Policy{
	TTL:          time.Minute,
	Stale:        10 * time.Minute,
	StaleIfError: 24 * time.Hour,
	NegativeTTL:  15 * time.Second,
	Jitter:       0.1,
}

// errorPause is for how long after a failed refresh a kept answer is shown
// without waiting for the source again.
const errorPause = 5 * time.Second

// skew is how far replicas' clocks may be apart. An answer from later than that
// comes from a broken one, and would be fresh for who knows how long.
const skew = time.Minute

// grade is what an entry of some age is good for.
type grade int

const (
	dead    grade = iota // for nothing
	reserve              // for when the source fails
	stale                // to be shown while a new answer is fetched
	fresh
)

// trusted is how old an answer may be and still count as fresh while what other
// replicas drop is not heard of: about as long as it takes to notice that the
// subscription is gone. Of what is older it is not known whether it was dropped.
const trusted = 5 * time.Second

// grade is the policy's, but for a memory that may have missed a drop.
func (c *Cache) grade(policy Policy, key Key, e *entry, now time.Time) grade {
	grade := policy.grade(key, e, now)
	if e.isDoubted {
		return min(grade, reserve)
	}
	if grade == fresh && c.deaf.Load() && now.Sub(e.fetchedAt) > trusted {
		return stale
	}
	return grade
}

// freshUntil is when grade no longer calls e fresh.
func (c *Cache) freshUntil(policy Policy, key Key, e *entry) time.Time {
	lifetime := policy.lifetime(key, e)
	if c.deaf.Load() {
		lifetime = min(lifetime, trusted)
	}
	return e.fetchedAt.Add(lifetime)
}

// grade tells what e is good for at now.
func (p Policy) grade(key Key, e *entry, now time.Time) grade {
	age := now.Sub(e.fetchedAt)
	ttl := p.lifetime(key, e)
	switch {
	case age < -skew:
		return dead
	case age <= ttl:
		return fresh
	case e.absent:
		return dead
	case age <= ttl+p.Stale:
		return stale
	case age <= ttl+p.StaleIfError:
		return reserve
	default:
		return dead
	}
}

// lifetime is the entry's own time to live: jitter follows from the key and
// the time of the fetch, so that every look and every replica sees the same.
func (p Policy) lifetime(key Key, e *entry) time.Duration {
	if e.absent {
		return p.NegativeTTL
	}
	if p.Jitter <= 0 {
		return p.TTL
	}
	const steps = 1 << 16
	dice := xxhash.Sum64String(key.text) ^ uint64(e.fetchedAt.UnixMilli())*0x9E3779B97F4A7C15
	share := float64(dice>>16%steps) / steps
	return p.TTL - time.Duration(float64(p.TTL)*p.Jitter*share)
}

// keep is for how long an entry is worth keeping at all; 0 for not.
func (p Policy) keep(absent bool) time.Duration {
	if absent {
		return p.NegativeTTL
	}
	return p.TTL + max(p.Stale, p.StaleIfError)
}

// canBeStale reports whether a fault of the source may be bridged with a kept
// answer. A refusal may not: access that was taken away stays away.
func canBeStale(err error) bool {
	switch billing.CodeOf(err) {
	case billing.CodeSourceTimeout, billing.CodeSourceUnavailable,
		billing.CodeSourceRateLimited, billing.CodeSourceBadData:
		return true
	}
	return false
}

// isHeldBack reports whether the gateway itself did not make the call, such as to
// spare the quota: that says nothing against the source. An open circuit, which
// tells when it closes, does.
func isHeldBack(err error) bool {
	e, ok := billing.AsError(err)
	if !ok || !e.Unsent {
		return false
	}
	return e.Code != billing.CodeSourceUnavailable || e.RetryAfter.IsZero()
}

// isRefused reports whether a source that works says that there is nothing for
// this caller, or no longer: what was kept is let go.
func isRefused(err error) bool {
	switch billing.CodeOf(err) {
	case billing.CodeForbidden, billing.CodeUnauthenticated,
		billing.CodeSourceAuthFailed, billing.CodeNotFound:
		return true
	}
	return false
}
