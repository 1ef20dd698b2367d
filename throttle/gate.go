package throttle

import (
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"tributary/billing"
)

// Gate bounds how many are inside, in all and of one kind. It keeps nobody
// waiting: who does not fit is shed at once. It is safe for concurrent use.
type Gate struct {
	all, each int

	mu     sync.Mutex
	inside int
	of     map[string]int // who is inside; nobody stays in it with 0

	shedAll, shedEach atomic.Int64
}

// Stats are a Gate's figures for metrics.
type Stats struct {
	Inside   int
	Known    int   // different ones inside
	ShedAll  int64 // because the gate was full
	ShedEach int64 // because one had too many inside
}

// NewGate makes a Gate for all in sum and each of them; 0 is no bound.
func NewGate(all, each int) *Gate {
	return &Gate{all: all, each: each, of: map[string]int{}}
}

// Enter lets one more of who in, where ok; leave is then to be called, and does
// nothing from the second time on. An empty who is bounded by the sum alone.
func (g *Gate) Enter(who string) (leave func(), ok bool) {
	if !g.enter(who) {
		return nil, false
	}
	var left atomic.Bool
	return func() {
		if left.CompareAndSwap(false, true) {
			g.leave(who)
		}
	}, true
}

func (g *Gate) enter(who string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.each > 0 && who != "" && g.of[who] >= g.each {
		g.shedEach.Add(1)
		return false
	}
	if g.all > 0 && g.inside >= g.all {
		g.shedAll.Add(1)
		return false
	}
	g.inside++
	if who != "" {
		g.of[who]++
	}
	return true
}

func (g *Gate) leave(who string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.inside--
	switch n := g.of[who]; {
	case n > 1:
		g.of[who] = n - 1
	case n == 1:
		delete(g.of, who)
	}
}

// Stats are the present figures.
func (g *Gate) Stats() Stats {
	g.mu.Lock()
	defer g.mu.Unlock()
	return Stats{Inside: g.inside, Known: len(g.of), ShedAll: g.shedAll.Load(), ShedEach: g.shedEach.Load()}
}

// Busy is what one is told who was shed.
func Busy() *billing.Error {
	return &billing.Error{
		Code: billing.CodeRateLimited, Message: "too many requests are under way",
		RetryAfter: time.Now().Add(time.Second),
	}
}

// Address is what a connection's remote address counts as: an IPv4 address, or
// the /64 of an IPv6 one, since that is what a single host has.
func Address(remote string) string {
	port, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	addr := port.Addr().Unmap().WithZone("")
	if addr.Is6() {
		// A /64 exists of every IPv6 address.
		network, _ := addr.Prefix(64)
		return network.String()
	}
	return addr.String()
}
