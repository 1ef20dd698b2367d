package quota

import (
	"time"

	"tributary/sources/upstream"
)

const (
	// slack is how far apart two answers may tell the end of one window:
	// sources tell whole seconds.
	slack = 2 * time.Second
	// longest bounds what an answer can close, whatever it says.
	longest = 24 * time.Hour
	// unsaid is how long a limit holds whose end is not told.
	unsaid = 10 * time.Second
	// least is how long a credential is left alone at least whose quota is used up.
	least = time.Second
)

// news is what an answer said, with times counted from when it came.
type news struct {
	left, limit int // unknown where it does not say
	ends        time.Duration
	exhausted   bool
}

// news is false where the answer said nothing that can be heeded.
func (g *Governor) news(call upstream.QuotaCall, seen upstream.QuotaSeen) (news, bool) {
	n := news{left: unknown, limit: unknown, exhausted: seen.Exhausted}
	if seen.Left != nil {
		n.left = max(0, *seen.Left)
	}
	if seen.ResetsAt.IsZero() {
		n.ends = unsaid
		for _, w := range call.Quota.Windows {
			n.ends = min(n.ends, w.Per)
		}
	} else {
		n.ends = min(seen.ResetsAt.Sub(g.now()), longest)
		if seen.Limit != nil && *seen.Limit > 0 {
			n.limit = *seen.Limit
		}
	}
	if n.exhausted {
		if n.ends <= 0 {
			n.ends = least
		}
		return n, true
	}
	if n.left == unknown {
		n.left = n.limit
	}
	return n, n.left != unknown && n.ends > 0
}

// said is what a source's answers said of its quota. take.lua and learn.lua do
// the same in Redis. Times are the governor's.
type said struct {
	blocked time.Duration // until then nothing is asked
	left    int           // calls until the end; meaningless without one
	until   time.Duration // the window's end; 0 where no window is known
	limit   int           // calls of a window; 0 where the source does not say
	size    int           // the most that were ever left, where it does not
	per     time.Duration // the window's length, as far as it was seen
}

// present reports whether a window is known, and begins the next one where the
// last is over and the source told its size.
func (s *said) present(at time.Duration) bool {
	if s.until > at {
		return true
	}
	if s.limit == 0 || s.until == 0 {
		s.until, s.size = 0, 0
		return false
	}
	s.left, s.until = s.limit, at+s.per
	return true
}

// shown is the verdict on a call that leaves reserve alone, of a source whose
// smallest configured window is smallest, or 0.
func (s *said) shown(at time.Duration, reserve float64, smallest int) verdict {
	v := verdict{allowed: true, left: unknown}
	if s.blocked > at {
		v = v.heed(limit{ends: s.blocked - at, free: s.blocked - at})
	}
	if s.present(at) {
		size := s.size
		if s.limit > 0 {
			size = s.limit
		} else if smallest > 0 {
			size = smallest
		}
		v = v.heed(limit{left: s.left, floor: floor(reserve, size), ends: s.until - at, free: s.until - at})
	}
	return v
}

// learn takes news in, and reports whether it leaves less than was known, or
// knows more.
func (s *said) learn(at time.Duration, n news) bool {
	was := s.present(at)
	before := *s
	if n.exhausted {
		s.blocked = max(s.blocked, at+n.ends)
	}
	if n.limit != unknown {
		s.limit = n.limit
	}
	if n.left != unknown {
		s.window(at, n)
	}
	blocked := s.blocked > at && before.blocked <= at || s.blocked > before.blocked+slack
	window := s.until > at && (!was || s.left < before.left || s.until > before.until+slack)
	return blocked || window || s.limit != before.limit
}

// window takes in how many calls are left until when.
func (s *said) window(at time.Duration, n news) {
	until := at + n.ends
	switch {
	case !s.present(at) || until > s.until+slack: // another window
		s.left, s.until = n.left, until
	case until >= s.until-slack: // the same, and the answer may be older than another one
		s.left, s.until = min(s.left, n.left), max(s.until, until)
	default:
		s.left, s.until = min(s.left, n.left), until
	}
	s.per = max(s.per, n.ends)
	s.size = max(s.size, n.left)
}
