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

// endingOf is what to tell of a flight that has landed. It needs the lock.
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
		end.Key = f.key.text
		c.redis.release(f.key, f.lease, end)
		f.lease = ""
	}
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

// await lands flights that other replicas are to fetch: with what they tell, or
// by fetching them here. until is when the first of their leases ends.
func (c *Cache) await(ctx context.Context, own *trip, flights []*flight, until time.Time) {
	var parts sync.WaitGroup
	defer parts.Wait()
	for len(flights) > 0 {
		ended := own.rest(ctx, until)
		if err := ctx.Err(); err != nil {
			c.abandon(flights, err)
			return
		}
		s := c.sort(flights, ended)
		missing := c.adoptKept(ctx, own, s.kept)
		granted, elsewhere, first := c.claim(ctx, own, append(s.free, missing...), markWaiting)
		if mine := append(s.alone, granted...); len(mine) > 0 {
			parts.Go(func() { c.fetch(ctx, own, mine) })
		}
		if ended || len(elsewhere) > 0 && first.Before(until) {
			until = first
		}
		flights = append(s.waiting, elsewhere...)
	}
}

// rest waits for news, and reports whether until came first.
func (t *trip) rest(ctx context.Context, until time.Time) (ended bool) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-t.stirred:
	case <-ctx.Done():
	case <-timer.C:
		return true
	}
	return false
}

// stir tells the trip that there is news.
func (t *trip) stir() {
	select {
	case t.stirred <- struct{}{}:
	default: // it is about to look, or nobody is to
	}
}

// abandon lands flights for which there is no more time.
func (c *Cache) abandon(flights []*flight, err error) {
	for _, f := range flights {
		f.err = &billing.Error{Code: billing.CodeSourceTimeout, Op: "wait for the answer of another replica", Err: err}
		c.land(f)
	}
}

// sorted are flights by what to do about them.
type sorted struct {
	waiting []*flight
	kept    []*flight // the answer should be in Redis
	free    []*flight // the lease may be had
	alone   []*flight // to be fetched without one
}

// sort takes in what is known of flights by now, and lands those that failed.
// ended says that the leases of those without news may have ended.
func (c *Cache) sort(flights []*flight, ended bool) (s sorted) {
	var failed []*flight
	c.mu.Lock()
	for _, f := range flights {
		switch {
		case f.dropped || !c.hears(): // another's answer is too old, or would not be heard of
			s.alone = append(s.alone, f)
		case f.news == nil && ended:
			s.free = append(s.free, f)
		case f.news == nil:
			s.waiting = append(s.waiting, f)
		case f.news.How == keptInRedis:
			s.kept = append(s.kept, f)
		case f.news.How == keptNowhere:
			s.alone = append(s.alone, f)
		case f.news.How == refusedBy:
			f.err = f.news.err(f.key)
			failed = append(failed, f)
		default:
			s.free = append(s.free, f)
		}
		f.news = nil
	}
	c.mu.Unlock()
	for _, f := range failed {
		c.land(f)
	}
	return s
}

// adoptKept lands flights with what Redis has, and returns those that it has
// nothing fresh for.
func (c *Cache) adoptKept(ctx context.Context, own *trip, flights []*flight) (missing []*flight) {
	if len(flights) == 0 {
		return nil
	}
	entries := c.redis.load(ctx, own.codec, keysOf(flights))
	for _, f := range flights {
		e, ok := entries[f.key]
		if ok && c.grade(own.policy, f.key, e, c.now()) == fresh {
			c.adopt(f, e)
			continue
		}
		missing = append(missing, f)
	}
	return missing
}

// adopt lands a flight with what another replica fetched. Those who wait began
// before any Drop that has overtaken it; nobody else is shown it after that.
func (c *Cache) adopt(f *flight, e *entry) {
	defer close(f.done)
	c.mu.Lock()
	defer c.mu.Unlock()
	f.entry = e
	c.release(f, ending{How: keptInRedis})
	if f.dropped {
		return
	}
	delete(c.flights, f.key)
	f.kept = true
	if own, ok := c.memory.GetIfPresent(f.key); ok && own.fetchedAt.After(e.fetchedAt) {
		f.entry = own
		return
	}
	c.memory.Set(f.key, e)
}

// learn takes in what another replica tells of its flights.
func (c *Cache) learn(endings []ending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, end := range endings {
		if f, ok := c.flights[Key{text: end.Key}]; ok && f.lease == "" {
			f.news = &end
			f.trip.stir()
		}
	}
}

// stirAll has all who wait for other replicas look again.
func (c *Cache) stirAll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range c.flights {
		f.trip.stir()
	}
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
