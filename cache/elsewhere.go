package cache

import (
	"context"
	"sync"
	"time"

	"tributary/billing"
)

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
