package upstream

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"tributary/billing"
)

// call is one request on its way, with all that its attempts share.
type call struct {
	req       Request
	address   *url.URL
	used      *sealed
	partition *partition
}

// outcome is what came of an attempt. sent is false where the source surely
// never saw it; it is always true of a read, of which nobody asks.
type outcome struct {
	resp *Response
	sent bool
	err  error
	held bool // back by the gateway, so that the source was not asked
}

// isGood reports an answer that is not of a source out of order.
func (o outcome) isGood() bool { return o.err == nil && o.resp.Status < http.StatusInternalServerError }

// The reasons for which the gateway holds a call back.
var (
	errCircuitOpen = errors.New("too many calls failed; none is made for a while")
	errNoRoom      = errors.New("too many calls are under way")
	errNoQuota     = errors.New("the quota is spent")
	errTooLate     = errors.New("the source takes longer than there is time left")
)

// hold makes the outcome of a call that is held back. What the credentials of
// one organisation ran into is its own.
func (c *Client) hold(k *call, code billing.Code, why error, retryAfter time.Time) outcome {
	return outcome{held: true, err: &billing.Error{
		Code: code, Source: c.source, Op: k.req.Op, RetryAfter: retryAfter, Unsent: true, Own: k.used.own, Err: why,
	}}
}

// send makes the attempts of a call and returns the last that was made.
func (c *Client) send(ctx context.Context, k *call) outcome {
	now := c.now()
	k.partition.extra.called(now)
	c.extra.called(now)
	last := c.first(ctx, k)
	for tries := 1; tries < c.config.Retry.Attempts && mayRepeat(k.req, last); tries++ {
		if !c.waitToRepeat(ctx, k, tries, last.resp) {
			break
		}
		c.learn(ctx, k, last.resp, nil)
		next := c.attempt(ctx, k)
		if next.held {
			break
		}
		c.counts.retries.Add(1)
		last = next
	}
	return last
}

func (c *Client) first(ctx context.Context, k *call) outcome {
	if c.config.Hedge.After > 0 && !k.req.isWrite() && !billing.IsBackground(ctx) {
		return c.hedged(ctx, k)
	}
	return c.attempt(ctx, k)
}

// due is nil while a call is worth to begin: somebody waits for it, and it can
// end before they leave.
func (c *Client) due(ctx context.Context, k *call) error {
	switch {
	case ctx.Err() != nil:
		return unsent(c.transportError(ctx, k.req, ctx.Err()))
	case !billing.IsWanted(ctx):
		return unsent(c.transportError(ctx, k.req, billing.ErrUnwanted))
	case isTooLate(ctx, k.partition, 0):
		c.counts.late.Add(1)
		return c.hold(k, billing.CodeSourceTimeout, errTooLate, time.Time{}).err
	}
	return nil
}

// isTooLate reports that a call which began after wait could not end before its
// answer is of use to nobody: it would take longer than any of late.
func isTooLate(ctx context.Context, p *partition, wait time.Duration) bool {
	until, ok := billing.WantedUntil(ctx)
	if !ok {
		return false
	}
	now := time.Now()
	left := until.Sub(now) - wait
	return left <= 0 || left < p.latencies.recent(now).shortest
}

// attempt sends a request once, where there is room and quota for it.
func (c *Client) attempt(ctx context.Context, k *call) outcome {
	p := k.partition
	if !p.enter() {
		if o := c.awaitRoom(ctx, k); o.held {
			return o
		}
	}
	defer p.leave()
	if err := c.takeQuota(ctx, k); err != nil {
		return outcome{held: true, err: err}
	}
	c.counts.underWay.Add(1)
	defer c.counts.underWay.Add(-1)
	begun := time.Now()
	o := c.exchange(ctx, k)
	if o.isGood() {
		now := time.Now()
		p.latencies.observe(now.Sub(begun), now)
	}
	return o
}

// awaitRoom enters a bulkhead that is full, in the end, or holds the call back.
func (c *Client) awaitRoom(ctx context.Context, k *call) outcome {
	wait := c.config.Bulkhead.Wait
	if until, ok := billing.WantedUntil(ctx); ok {
		wait = min(wait, time.Until(until))
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case k.partition.room <- struct{}{}:
		if err := c.due(ctx, k); err != nil {
			k.partition.leave()
			return outcome{held: true, err: err}
		}
		return outcome{}
	case <-timer.C:
		c.counts.noRoom.Add(1)
		return c.hold(k, billing.CodeSourceUnavailable, errNoRoom, time.Time{})
	case <-ctx.Done():
		return outcome{held: true, err: c.due(ctx, k)}
	}
}

// counts are the client's since it was made.
type counts struct {
	underWay, retries, hedges   atomic.Int64
	open, noRoom, noQuota, late atomic.Int64 // held back
}
