package e2e

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// redisTimeout is what a gateway under load waits for Redis at most.
const redisTimeout = 50 * time.Millisecond

// pastAll is more time than an answer is fresh or stale for.
const pastAll = 12 * time.Minute

// loaded is a gateway that is asked by several clients at once, and one without
// Redis that is asked the same.
type loaded struct {
	t     testing.TB
	asked []*world // gateways over one Redis
	plain *world
	seats int // that the last write bought
	// refused is the code of a write that a fault of Redis may keep from being
	// made; "" where none may.
	refused string
}

// startLoaded starts so many gateways over the Redis that where tells of.
func startLoaded(t testing.TB, gateways int, where string) *loaded {
	t.Helper()
	edit := func(text string) string {
		// Budgets are counted in Redis too.
		return overRedis(where, redisTimeout)(text) + "throttle: { rate: { cost: 10000000, per: 1m } }\n"
	}
	first := start(t, edit)
	l := &loaded{t: t, asked: []*world{first}, seats: 100}
	for range gateways - 1 {
		l.asked = append(l.asked, first.beside(edit))
	}
	l.plain = first.beside(nil)
	return l
}

// beside starts one more gateway over the world's upstreams, by the same clock.
func (w *world) beside(edit func(string) string) *world {
	w.t.Helper()
	other := &world{t: w.t, clock: w.clock, upstreams: w.upstreams, log: new(lockedBuffer)}
	other.serve(edit)
	return other
}

// figures are the times of queries under load, in order of size, and of writes.
type figures struct{ queries, writes []time.Duration }

func (f *figures) p50() time.Duration     { return f.queries[len(f.queries)/2] }
func (f *figures) p99() time.Duration     { return f.queries[len(f.queries)*99/100] }
func (f *figures) slowest() time.Duration { return f.queries[len(f.queries)-1] }

const clients, idsEach = 4, 8

// idOf are ids of the sandbox, another for each client; none is written to.
func idOf(client, i int) string {
	n := client*idsEach + i
	if n < 14 {
		return fmt.Sprintf("subscription/focus/%d", 4711+n)
	}
	return fmt.Sprintf("subscription/psa/%d", 684+n-14)
}

func aboutID(id string) string {
	return fmt.Sprintf(`{ subscription(id: %q) { id status plan { name } seats { purchased } customer { name } } }`, id)
}

// round has each client ask for ids of its own, of which nothing is fresh, twice
// each, while a write is made and read again. Each answer must be what a gateway
// without Redis says.
func (l *loaded) round(f *figures) {
	l.t.Helper()
	l.plain.clock.advance(pastAll)
	var mu sync.Mutex
	answers := map[string][]string{}
	var asking sync.WaitGroup
	for client := range clients {
		asking.Go(func() {
			for i := range 2 * idsEach {
				id, w := idOf(client, i/2), l.asked[(client+i)%len(l.asked)]
				begun := time.Now()
				a := w.ask(aboutID(id), nil)
				took := time.Since(begun)
				mu.Lock()
				f.queries = append(f.queries, took)
				answers[id] = append(answers[id], string(a.raw))
				mu.Unlock()
			}
		})
	}
	begun := time.Now()
	switch a := l.asked[0].ask(buySeats(l.seats+1, ""), nil); a.ending("changeSubscription") {
	case "":
		l.seats++
	case l.refused:
	default:
		l.t.Errorf("a write failed: %s", a.raw)
	}
	f.writes = append(f.writes, time.Since(begun))
	l.asked[0].ask(purchased, nil).shows(l.t, l.seats)
	asking.Wait()
	for id, got := range answers {
		truth := l.plain.mustAsk(aboutID(id), nil)
		for _, raw := range got {
			if raw != string(truth.raw) {
				l.t.Errorf("a query for %s is answered %s, without Redis %s", id, raw, truth.raw)
			}
		}
	}
}

// rounds are so many of them.
func (l *loaded) rounds(n int) *figures {
	l.t.Helper()
	f := new(figures)
	for range n {
		l.round(f)
	}
	f.sort()
	return f
}

func (f *figures) sort() {
	slices.Sort(f.queries)
	slices.Sort(f.writes)
}

// expectSharing waits until a gateway that has nothing in memory takes from Redis
// what the first one fetched.
func (l *loaded) expectSharing(other *world) {
	l.t.Helper()
	first, query := l.asked[0], aboutID(idOf(0, 0))
	isShared := func() bool {
		first.clock.advance(pastAll)
		first.mustAsk(query, nil)
		for range 5 { // it is stored behind the answer
			if calls := other.during(func() { other.mustAsk(query, nil) }); calls == 0 {
				return true
			}
			first.clock.advance(pastAll)
			first.mustAsk(query, nil)
		}
		return false
	}
	// A Redis that failed several times, be it for a busy machine, is left alone
	// for five seconds at a time.
	for deadline := time.Now().Add(time.Minute); !isShared(); {
		if time.Now().After(deadline) {
			l.t.Fatalf("within a minute nothing was shared over Redis, which the one says is %s and the other %s",
				first.readiness("redis"), other.readiness("redis"))
		}
	}
}
