package upstream

import (
	"sync/atomic"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"tributary/billing"
)

// partition is what is known of a source's calls with the same credentials.
// What one caller's credentials run into is nothing to another's.
type partition struct {
	tenant    string
	circuit   *circuit
	room      chan struct{} // holds a token for each call under way; nil for no bound
	extra     budget
	latencies latencies
	usedAt    atomic.Int64 // in Unix nanoseconds
}

// mostPartitions bounds what forwarded credentials make a client remember.
const mostPartitions = 1024

// ofLate is for how long credentials that were used count in a source's health.
const ofLate = time.Minute

func newPartitions() *lru.Cache[string, *partition] {
	partitions, err := lru.New[string, *partition](mostPartitions)
	if err != nil {
		panic(err) // only a size below one is refused
	}
	return partitions
}

// partition is that of a fingerprint of credentials.
func (c *Client) partition(tenant string, now time.Time) *partition {
	p, ok := c.partitions.Get(tenant)
	if !ok {
		p = &partition{tenant: tenant, circuit: newCircuit(*c.config.Circuit, c.now), extra: budget{share: c.config.Retry.Budget, floor: few}}
		if c.config.Bulkhead.Calls > 0 {
			p.room = make(chan struct{}, c.config.Bulkhead.Calls)
		}
		if before, there, _ := c.partitions.PeekOrAdd(tenant, p); there {
			p = before
		}
	}
	p.usedAt.Store(now.UnixNano())
	return p
}

// enter reports whether there was room.
func (p *partition) enter() bool {
	if p.room == nil {
		return true
	}
	select {
	case p.room <- struct{}{}:
		return true
	default:
		return false
	}
}

func (p *partition) isFull() bool { return p.room != nil && len(p.room) == cap(p.room) }

func (p *partition) leave() {
	if p.room != nil {
		<-p.room
	}
}

// circuits is the worst circuit of the credentials that were used of late, and
// when the last of the open ones half-opens.
func (c *Client) circuits() (worst billing.Circuit, openUntil time.Time) {
	now := c.now()
	for _, p := range c.partitions.Values() {
		if now.Sub(time.Unix(0, p.usedAt.Load())) > ofLate {
			continue
		}
		state, until := p.circuit.state()
		worst = max(worst, state)
		if until.After(openUntil) {
			openUntil = until
		}
	}
	return worst, openUntil
}
