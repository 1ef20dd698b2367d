package cache

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime/debug"
	"sync/atomic"
	"time"

	"tributary/billing"
)

// flight is one key of a fetch that is under way, and those who wait for it.
type flight struct {
	key    Key
	trip   *trip
	done   chan struct{}
	unkept bool // its answer is not kept, for it was asked for during a hold
	alone  bool // it is fetched without a lease

	// Under Cache.mu.
	dropped bool    // its answer is older than a Drop and not kept
	joined  bool    // somebody waits for it, or did
	lease   string  // its token in Redis; "" for none
	news    *ending // what came of another replica's fetch of the key

	// Set before done is closed.
	entry *entry
	err   error
	kept  bool // entry is in the cache
}

// trip is a fetch of some keys. What it has not begun when nobody waits any more
// is not begun; what is under way lands and is kept.
type trip struct {
	codec  codec
	policy Policy
	fetch  fetchFunc

	refresh bool          // goes on by itself
	waiting atomic.Int64  // those who wait, once for each key
	until   atomic.Int64  // when the last of them gives up, in Unix nanoseconds; never is for not at all
	stirred chan struct{} // holds one when there is news of a flight; nil without Redis
}

var _ billing.Demand = new(trip)

// IsWanted, Until and IsBackground are those of billing.Demand.
func (t *trip) IsWanted() bool     { return t.refresh || t.waiting.Load() > 0 }
func (t *trip) IsBackground() bool { return t.refresh && t.waiting.Load() == 0 }

// never is later than any time at which somebody gives up.
const never = math.MaxInt64

func (t *trip) Until() time.Time {
	if t.refresh { // which is of use whoever leaves
		return time.Time{}
	}
	if until := t.until.Load(); until != 0 && until != never {
		return time.Unix(0, until)
	}
	return time.Time{}
}

// join counts one who waits under ctx. It needs Cache.mu.
func (t *trip) join(ctx context.Context) {
	t.waiting.Add(1)
	until := int64(never)
	if deadline, ok := ctx.Deadline(); ok {
		until = deadline.UnixNano()
	}
	t.until.Store(max(t.until.Load(), until))
}

// fetchFunc asks the source; absence is a nil value without an error.
type fetchFunc func(context.Context, []Key) map[Key]billing.Outcome[any]

// takeOff returns a flight for each key, joining those under way and starting
// one trip for the others. The caller waits for each.
func (c *Cache) takeOff(ctx context.Context, own *trip, keys []Key) map[Key]*flight {
	flights := make(map[Key]*flight, len(keys))
	var mine []*flight
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		f := c.underWay(own.policy, key)
		if f == nil {
			f = c.add(own, key)
			mine = append(mine, f)
		}
		f.joined = true
		f.trip.join(ctx)
		flights[key] = f
	}
	c.start(ctx, own, mine)
	return flights
}

// underWay is a flight of key, or one that has just landed; nil where there is
// none. It needs the lock.
func (c *Cache) underWay(policy Policy, key Key) *flight {
	if f, ok := c.flights[key]; ok {
		return f
	}
	return c.landed(policy, key)
}

// add makes a flight of a trip. It needs the lock.
func (c *Cache) add(own *trip, key Key) *flight {
	f := &flight{key: key, trip: own, done: make(chan struct{}), unkept: c.isHeld(key), alone: c.inDoubt(key)}
	c.flights[key] = f
	return f
}

// start begins a trip. It needs the lock, so that Close waits for all that
// began before it.
func (c *Cache) start(ctx context.Context, own *trip, flights []*flight) {
	switch {
	case len(flights) == 0:
	case c.closed:
		for _, f := range flights {
			f.err = errClosed
			delete(c.flights, f.key)
			close(f.done)
		}
	default:
		if c.redis != nil {
			own.stirred = make(chan struct{}, 1)
		}
		ctx = billing.WithDemand(context.WithoutCancel(ctx), own)
		c.running.Go(func() { c.fly(ctx, own, flights) })
	}
}

var errClosed = errors.New("the cache is closed")

// landed is a flight that came in after its caller looked and before it asked,
// with an answer or a fault of the source; nil where there is none.
func (c *Cache) landed(policy Policy, key Key) *flight {
	e, ok := c.memory.GetIfPresent(key)
	if !ok {
		return nil
	}
	f := &flight{trip: new(trip), done: make(chan struct{}), kept: true}
	now := c.now()
	switch grade := c.grade(policy, key, e, now); {
	case grade == fresh:
		f.entry = e
	case grade >= reserve && e.paused(now):
		f.err = e.pauseErr
	default:
		return nil
	}
	close(f.done)
	return f
}

// fly brings the answers of flights. It goes on when the caller that started it
// has left, for others may wait.
func (c *Cache) fly(ctx context.Context, own *trip, flights []*flight) {
	ctx, cancel := context.WithTimeout(ctx, c.fetchTime)
	defer cancel()
	defer context.AfterFunc(c.background, cancel)()
	if own.refresh {
		defer c.refreshed()
	}
	if c.redis == nil {
		c.fetch(ctx, own, flights)
		return
	}
	c.share(ctx, own, flights)
}

// fetch asks the source, keeps what came and lands the flights.
func (c *Cache) fetch(ctx context.Context, own *trip, flights []*flight) {
	if len(flights) == 0 {
		return
	}
	defer c.renew(flights)()
	keys := keysOf(flights)
	outcomes := ask(ctx, keys, own.fetch)
	fetchedAt := c.now().UTC().Truncate(time.Millisecond)
	for _, f := range flights {
		outcome, ok := outcomes[f.key]
		switch {
		case !ok:
			f.err = errNoAnswer
		case outcome.Err != nil:
			f.err = outcome.Err
		default:
			f.entry = &entry{value: outcome.Value, absent: outcome.Value == nil, fetchedAt: fetchedAt}
		}
		c.land(f)
	}
	c.releaseAll(flights) // behind what was stored
}

func keysOf(flights []*flight) []Key {
	keys := make([]Key, len(flights))
	for i, f := range flights {
		keys[i] = f.key
	}
	return keys
}

var errNoAnswer = errors.New("the source gave no answer for a key")

// ask turns a panic of a fetch into an error, so that no flight stays up.
func ask[V any](ctx context.Context, keys []Key, fetch func(context.Context, []Key) map[Key]billing.Outcome[V]) (outcomes map[Key]billing.Outcome[V]) {
	defer func() {
		if fault := recover(); fault != nil {
			slog.ErrorContext(ctx, "a fetch panicked", "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			outcomes = make(map[Key]billing.Outcome[V], len(keys))
			for _, key := range keys {
				outcomes[key] = billing.Outcome[V]{Err: fmt.Errorf("a fetch panicked: %v", fault)}
			}
		}
	}()
	return fetch(ctx, keys)
}

// wait is for the flight, or for the caller to give up.
func (f *flight) wait(ctx context.Context) (*entry, error) {
	defer f.trip.waiting.Add(-1)
	select {
	case <-f.done:
		return f.entry, f.err
	case <-ctx.Done():
		return nil, &billing.Error{Code: billing.CodeSourceTimeout, Op: "wait for the source", Err: ctx.Err()}
	}
}
