package upstream

import (
	"math/rand/v2"
	"sync"
	"time"
)

// budget bounds the calls that are made beyond those that were asked for, by a
// part of these. It looks at the last ten seconds.
type budget struct {
	share float64
	floor int // may be made whatever the share

	mu      sync.Mutex
	seconds [10]tally
}

// tally counts the calls that began within one second.
type tally struct {
	second       int64
	calls, extra int
}

// few is the floor of the same credentials' budget, so that one fault of a quiet
// gateway is tried again, and fewInAll that of a source's, however many credentials
// are forwarded to it.
const (
	few      = 3
	fewInAll = 10
)

// mayAdd takes one extra call of both the credentials' budget and the source's.
func (c *Client) mayAdd(p *partition) bool {
	now := c.now()
	return p.extra.spend(now) && c.extra.spend(now)
}

func (b *budget) called(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.at(now.Unix()).calls++
}

// spend takes one extra call; false where there is none.
func (b *budget) spend(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	calls, extra := 0, 0
	for _, t := range b.seconds {
		if age := now.Unix() - t.second; age >= 0 && age < int64(len(b.seconds)) {
			calls, extra = calls+t.calls, extra+t.extra
		}
	}
	if float64(extra+1) > float64(b.floor)+b.share*float64(calls) {
		return false
	}
	b.at(now.Unix()).extra++
	return true
}

func (b *budget) at(second int64) *tally {
	t := &b.seconds[uint64(second)%uint64(len(b.seconds))] // #nosec G115 -- an index, whatever the sign
	if t.second != second {
		*t = tally{second: second}
	}
	return t
}

// Wait is how long to wait after that many tries: any time up to a bound
// that doubles, so that those who failed together do not come back together.
func (r Retry) Wait(tries int) time.Duration {
	longest := r.Backoff
	for range tries - 1 {
		longest = min(2*longest, r.MaxBackoff)
	}
	if longest <= 0 {
		return 0
	}
	return rand.N(longest + 1) // #nosec G404 -- spreads load, guards nothing
}
