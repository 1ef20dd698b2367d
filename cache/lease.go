package cache

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"time"

	"tributary/billing"
)

// Replicas that miss one key ask the source once: who gets the key's lease in
// Redis fetches, and the others wait until its holder tells what came of it, or
// until the lease ends without a word. A lease saves calls and nothing else
// depends on it: where it can't be had each replica fetches, and what may be
// kept is for Drops to say.

// leaseTime is how long a lease outlives a holder that died. One that lives
// renews it.
const leaseTime = 3 * time.Second

// ending is what became of a leased fetch, as its holder tells the others.
type ending struct {
	Key string `json:"key"`
	How how    `json:"how"`
	// What the source said, where that is How.
	Code       billing.Code `json:"code,omitempty"`
	Message    string       `json:"message,omitempty"`
	RetryAfter time.Time    `json:"retryAfter,omitzero"`
	Own        bool         `json:"own,omitempty"`
}

type how string

const (
	keptInRedis how = "kept"   // the answer is in Redis
	keptNowhere how = "unkept" // there is an answer, and it is not kept: each has to ask
	refusedBy   how = "failed" // the source said so to the holder, and would to others
	givenUp     how = "gone"   // nothing was learnt: one of the others may try
)

// endingOf is what to tell of a flight that has landed.
func (c *Cache) endingOf(f *flight) ending {
	var fault *billing.Error
	switch {
	case f.kept:
		return ending{How: keptInRedis}
	case f.err == nil:
		return ending{How: keptNowhere}
	case c.background.Err() != nil || errors.Is(f.err, billing.ErrUnwanted):
		return ending{How: givenUp}
	case errors.As(f.err, &fault) && !fault.Unsent && (canBeStale(fault) || isRefused(fault)):
		return ending{How: refusedBy, Code: fault.Code, Message: fault.Message, RetryAfter: fault.RetryAfter, Own: fault.Own}
	}
	return ending{How: givenUp}
}

// err is the holder's fault of the source, for those who waited for it.
func (e *ending) err(key Key) error {
	return &billing.Error{
		Code: e.Code, Source: key.Subject().Source, Op: "wait for the answer of another replica",
		Message: e.Message, RetryAfter: e.RetryAfter, Own: e.Own,
	}
}

// share fetches those flights whose leases the process gets, and waits for the
// other replicas' answers to the rest meanwhile.
func (c *Cache) share(ctx context.Context, own *trip, flights []*flight) {
	var mine, claimed []*flight
	for _, f := range flights {
		if f.alone || !c.hears() {
			mine = append(mine, f)
		} else {
			claimed = append(claimed, f)
		}
	}
	mark := markWaiting
	if own.refresh {
		mark = ""
	}
	granted, elsewhere, until := c.claim(ctx, own, claimed, mark)
	if own.refresh {
		elsewhere, until = c.leave(elsewhere), time.Now()
	}
	var parts sync.WaitGroup
	if len(elsewhere) > 0 {
		parts.Go(func() { c.await(ctx, own, elsewhere, until) })
	}
	c.fetch(ctx, own, append(mine, granted...))
	parts.Wait()
}

// hears reports whether what other replicas tell arrives.
func (c *Cache) hears() bool { return c.listener.subscribed.Load() }

// claim asks for the leases of flights. It lands those whose answer Redis has
// by now, and returns which are this process's to fetch, which are another's,
// and when the first of their leases ends. mark is left with those who hold them.
func (c *Cache) claim(ctx context.Context, own *trip, flights []*flight, mark string) (granted, elsewhere []*flight, until time.Time) {
	if len(flights) == 0 || c.redis.gate.isShut() {
		return flights, nil, until
	}
	token := c.address + "/" + strconv.FormatUint(c.leases.Add(1), 10)
	for i, claim := range c.redis.claim(ctx, own.codec, keysOf(flights), c.address, token, mark) {
		f := flights[i]
		if claim.isMine {
			c.take(f, token)
		}
		switch {
		case claim.entry != nil && c.grade(own.policy, f.key, claim.entry, c.now()) == fresh:
			c.adopt(f, claim.entry)
		case claim.left > 0:
			elsewhere = append(elsewhere, f)
			if end := time.Now().Add(claim.left); until.IsZero() || end.Before(until) {
				until = end
			}
		default:
			granted = append(granted, f)
		}
	}
	return granted, elsewhere, until
}

// take notes that a flight has its lease, or gives it back where a Drop came
// meanwhile: who asks after that Drop must not wait for this flight.
func (c *Cache) take(f *flight, token string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.lease = token
	if f.dropped {
		c.release(f, ending{How: givenUp})
	}
}

// release gives a flight's lease back, if it has one, after all that was stored
// before. It needs the lock.
func (c *Cache) release(f *flight, end ending) {
	if f.lease != "" {
		c.redis.release(f.end(end))
	}
}

// releaseAll gives back the leases of flights that have landed.
func (c *Cache) releaseAll(flights []*flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var leases []ended
	for _, f := range flights {
		if f.lease != "" {
			leases = append(leases, f.end(c.endingOf(f)))
		}
	}
	if len(leases) > 0 {
		c.redis.release(leases...)
	}
}

// end takes a flight's lease from it.
func (f *flight) end(end ending) ended {
	l := lease{f.key, f.lease}
	f.lease, end.Key = "", f.key.text
	return ended{l, end}
}

// leave ends the flights of a refresh that another replica is at, and returns
// those that somebody waits for by now.
func (c *Cache) leave(flights []*flight) (awaited []*flight) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range flights {
		if f.joined {
			awaited = append(awaited, f)
			continue
		}
		if !f.dropped {
			delete(c.flights, f.key)
		}
		f.err = billing.ErrUnwanted
		close(f.done)
	}
	return awaited
}

// renew keeps the leases of flights until stop is called.
func (c *Cache) renew(flights []*flight) (stop func()) {
	if len(c.held(flights)) == 0 {
		return func() {}
	}
	over := make(chan struct{})
	var running sync.WaitGroup
	running.Go(func() {
		tick := time.NewTicker(leaseTime / 3)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				c.redis.renew(c.held(flights))
			}
		}
	})
	return func() {
		close(over)
		running.Wait()
	}
}

// held are the leases that flights have.
func (c *Cache) held(flights []*flight) []lease {
	if c.redis == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	var leases []lease
	for _, f := range flights {
		if f.lease != "" {
			leases = append(leases, lease{f.key, f.lease})
		}
	}
	return leases
}
