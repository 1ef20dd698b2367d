package quota

import "time"

// unknown is a number of calls that nobody has named.
const unknown = -1

// verdict is what comes of limits that all hold. Times are counted from when it
// was made.
type verdict struct {
	allowed bool
	wait    time.Duration // until the call would be allowed
	left    int           // in the tightest, without the call; unknown where there is no limit
	ends    time.Duration // of the tightest
}

// limit is one limit as a call finds it.
type limit struct {
	left  int           // calls, this one among them
	floor int           // of those that stay for others
	ends  time.Duration // until then some are taken
	free  time.Duration // until the call would fit
}

// heed adds a limit to a verdict.
func (v verdict) heed(l limit) verdict {
	next := verdict{allowed: l.left > l.floor, left: max(l.left, 0), ends: l.ends}
	if !next.allowed {
		next.wait = l.free
	}
	return v.and(next)
}

// and is the stricter of each.
func (v verdict) and(other verdict) verdict {
	both := verdict{allowed: v.allowed && other.allowed, wait: max(v.wait, other.wait), left: v.left, ends: v.ends}
	switch {
	case other.left == unknown:
	case v.left == unknown, other.left < v.left, other.left == v.left && other.ends > v.ends:
		both.left, both.ends = other.left, other.ends
	}
	return both
}

// floor is how many of some calls a reserve keeps.
func floor(reserve float64, calls int) int { return int(reserve * float64(calls)) }
