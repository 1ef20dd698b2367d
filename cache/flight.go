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
	trip    *trip
	done    chan struct{}
	dropped bool // under Cache.mu: its answer is older than a Drop and not kept
	unkept  bool // its answer is not kept, for it was asked for during a hold

	// Set before done is closed.
	entry *entry
	err   error
}

// trip is a fetch of some keys. What it has not begun when nobody waits any more
// is not begun; what is under way lands and is kept.
type trip struct {
	refresh bool         // goes on by itself
	waiting atomic.Int64 // those who wait, once for each key
	until   atomic.Int64 // when the last of them gives up, in Unix nanoseconds; never is for not at all
}

var _ billing.Demand = new(trip)

// IsWanted, Until and IsBackground are those of billing.Demand.
func (t *trip) IsWanted() bool     { return t.refresh || t.waiting.Load() > 0 }
func (t *trip) IsBackground() bool { return t.refresh }

// never is later than any time at which somebody gives up.
const never = math.MaxInt64

func (t *trip) Until() time.Time {
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
// one fetch for the others. The caller waits for each, or else refreshes.
func (c *Cache) takeOff(ctx context.Context, codec codec, policy Policy, keys []Key, refresh bool, fetch fetchFunc) map[Key]*flight {
	own := &trip{refresh: refresh}
	flights := make(map[Key]*flight, len(keys))
	var mine []Key
	c.mu.Lock()
	for _, key := range keys {
		f, ok := c.flights[key]
		if !ok {
			f = c.landed(policy, key)
		}
		if f == nil {
			f = &flight{trip: own, done: make(chan struct{}), unkept: c.isHeld(key)}
			c.flights[key] = f
			mine = append(mine, key)
		}
		if !refresh {
			f.trip.join(ctx)
		}
		flights[key] = f
	}
	ctx = billing.WithDemand(ctx, own)
	c.start(ctx, codec, policy, mine, flights, fetch)
	c.mu.Unlock()
	return flights
}

// start begins the fetch of keys, whose flights are among the given ones. It
// needs the lock, so that Close waits for all that began before it.
func (c *Cache) start(ctx context.Context, codec codec, policy Policy, keys []Key, flights map[Key]*flight, fetch fetchFunc) {
	own := make(map[Key]*flight, len(keys))
	for _, key := range keys {
		own[key] = flights[key]
	}
	switch {
	case len(keys) == 0:
	case c.closed:
		for key, f := range own {
			f.err = errClosed
			delete(c.flights, key)
			close(f.done)
		}
	default:
		c.running.Go(func() { c.fly(context.WithoutCancel(ctx), codec, policy, keys, own, fetch) })
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
	f := &flight{trip: new(trip), done: make(chan struct{})}
	now := c.now()
	switch grade := policy.grade(key, e, now); {
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

// fly fetches keys, keeps what came and lands their flights. It goes on when
// the caller that started it has left, for others may wait.
func (c *Cache) fly(ctx context.Context, codec codec, policy Policy, keys []Key, flights map[Key]*flight, fetch fetchFunc) {
	ctx, cancel := context.WithTimeout(ctx, c.fetchTime)
	defer cancel()
	defer context.AfterFunc(c.background, cancel)()
	outcomes := ask(ctx, keys, fetch)
	fetchedAt := c.now().UTC().Truncate(time.Millisecond)
	for _, key := range keys {
		f := flights[key]
		outcome, ok := outcomes[key]
		switch {
		case !ok:
			f.err = errNoAnswer
		case outcome.Err != nil:
			f.err = outcome.Err
		default:
			f.entry = &entry{value: outcome.Value, absent: outcome.Value == nil, fetchedAt: fetchedAt}
		}
		c.land(codec, policy, key, f)
	}
}

var errNoAnswer = errors.New("the source gave no answer for a key")

// ask turns a panic of a fetch into an error, so that no flight stays up.
func ask(ctx context.Context, keys []Key, fetch fetchFunc) (outcomes map[Key]billing.Outcome[any]) {
	defer func() {
		if fault := recover(); fault != nil {
			slog.ErrorContext(ctx, "a fetch panicked", "panic", fmt.Sprint(fault), "stack", string(debug.Stack()))
			outcomes = make(map[Key]billing.Outcome[any], len(keys))
			for _, key := range keys {
				outcomes[key] = billing.Outcome[any]{Err: fmt.Errorf("a fetch panicked: %v", fault)}
			}
		}
	}()
	return fetch(ctx, keys)
}

// land keeps a flight's answer, unless a Drop overtook it or holds its subject,
// and lets go those who wait.
func (c *Cache) land(codec codec, policy Policy, key Key, f *flight) {
	defer close(f.done)
	var plain []byte
	keep := time.Duration(0)
	if f.err == nil {
		keep = policy.keep(f.entry.absent)
	}
	if keep > 0 && !f.entry.absent {
		var err error
		if plain, err = codec.marshal(f.entry.value); err != nil {
			slog.Error("an answer cannot be kept", "error", err)
			keep = 0
		}
		f.entry.size = len(plain)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.dropped {
		return
	}
	delete(c.flights, key)
	switch {
	case errors.Is(f.err, billing.ErrUnwanted): // nothing was learnt
	case keep > 0 && f.unkept:
	case keep > 0:
		c.memory.Set(key, f.entry)
		// Who hears of no drop can't take back what it stores.
		if c.redis != nil && !c.deaf.Load() {
			c.redis.store(key, f.entry, plain, keep)
		}
	case f.err == nil || isRefused(f.err):
		c.forget(key)
	case canBeStale(f.err):
		c.pause(key, f.err)
	}
}

// forget lets go an older answer that the source has taken back.
func (c *Cache) forget(key Key) {
	c.drops++
	if c.onDrop != nil {
		c.onDrop([]Subject{key.Subject()})
	}
	c.memory.Invalidate(key)
	if c.redis != nil {
		c.redis.forget(key)
	}
}

// pause lets a kept answer stand for a while after its refresh failed.
func (c *Cache) pause(key Key, err error) {
	old, ok := c.memory.GetIfPresent(key)
	if !ok || old.absent {
		return
	}
	paused := *old
	paused.pausedUntil = c.now().Add(errorPause)
	paused.pauseErr = err
	c.memory.Set(key, &paused)
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
