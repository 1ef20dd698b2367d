package upstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"tributary/billing"
)

// call is one request on its way, with all that its attempts share.
type call struct {
	req        Request
	address    string
	used       *sealed
	partition  *partition
	background bool
}

// outcome is what came of an attempt. sent is false where the source surely
// never saw it; it is always true of a read, of which nobody asks.
type outcome struct {
	resp *Response
	sent bool
	err  error
	held bool // back by the gateway, so that the source was not asked
}

// The reasons for which the gateway holds a call back.
var (
	errCircuitOpen = errors.New("too many calls failed; none is made for a while")
	errNoRoom      = errors.New("too many calls are under way")
	errNoQuota     = errors.New("the quota is spent")
	errTooLate     = errors.New("the source takes longer than there is time left")
)

// hold makes the outcome of a call that is held back.
func (c *Client) hold(k *call, code billing.Code, why error, retryAfter time.Time) outcome {
	return outcome{held: true, err: &billing.Error{
		Code: code, Source: c.source, Op: k.req.Op, RetryAfter: retryAfter, Unsent: true, Err: why,
	}}
}

// send makes the attempts of a call and returns the last that was made.
func (c *Client) send(ctx context.Context, k *call) outcome {
	if c.isTooLate(ctx, k, 0) {
		c.counts.late.Add(1)
		return c.hold(k, billing.CodeSourceTimeout, errTooLate, time.Time{})
	}
	k.partition.extra.called(c.now())
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
	if c.config.Hedge.After > 0 && !k.req.isWrite() && !k.background {
		return c.hedged(ctx, k)
	}
	return c.attempt(ctx, k)
}

// isTooLate reports that a call which began after wait could not end before its
// answer is of use to nobody: it would take longer than any of late.
func (c *Client) isTooLate(ctx context.Context, k *call, wait time.Duration) bool {
	until, ok := billing.WantedUntil(ctx)
	if !ok {
		return false
	}
	now := time.Now()
	left := until.Sub(now) - wait
	return left <= 0 || left < k.partition.latencies.recent(now).shortest
}

// attempt sends a request once, where there is room and quota for it.
func (c *Client) attempt(ctx context.Context, k *call) outcome {
	p := k.partition
	if !p.enter(ctx, c.config.Bulkhead.Wait) {
		if err := ctx.Err(); err != nil {
			return outcome{held: true, err: unsent(c.transportError(ctx, k.req, err))}
		}
		c.counts.noRoom.Add(1)
		return c.hold(k, billing.CodeSourceUnavailable, errNoRoom, time.Time{})
	}
	defer p.leave()
	if err := c.takeQuota(ctx, k); err != nil {
		return outcome{held: true, err: err}
	}
	c.counts.underWay.Add(1)
	defer c.counts.underWay.Add(-1)
	begun := time.Now()
	o := c.exchange(ctx, k)
	if o.err == nil && o.resp.Status < 500 {
		now := time.Now()
		p.latencies.observe(now.Sub(begun), now)
	}
	return o
}

// hedged sends a read, and once more where no answer has come after a while. The
// first good answer is taken, and the other is not waited for.
func (c *Client) hedged(ctx context.Context, k *call) outcome {
	ctx, cancel := context.WithCancel(ctx)
	outcomes := make(chan outcome, 2)
	go func() { outcomes <- c.attempt(ctx, k) }()
	timer := time.NewTimer(c.config.Hedge.After)
	defer timer.Stop()
	underWay := 1
	var failed outcome
	for {
		select {
		case <-timer.C:
			if !c.mayHedge(ctx, k) {
				continue
			}
			underWay++
			c.counts.hedges.Add(1)
			go func() { outcomes <- c.attempt(ctx, k) }()
		case o := <-outcomes:
			underWay--
			isGood := o.err == nil && o.resp.Status < 500
			if !o.held || failed.err == nil && failed.resp == nil {
				failed = o
			}
			if isGood || underWay == 0 {
				cancel()
				return failed
			}
		}
	}
}

// mayHedge keeps to what retries are bound by. It goes without a wait for room.
func (c *Client) mayHedge(ctx context.Context, k *call) bool {
	p := k.partition
	state, _ := p.circuit.state()
	return state == billing.CircuitClosed && len(p.room) < max(cap(p.room), 1) &&
		billing.IsWanted(ctx) && !c.isTooLate(ctx, k, 0) && p.extra.spend(c.now())
}

// counts are the client's since it was made.
type counts struct {
	underWay, retries, hedges   atomic.Int64
	open, noRoom, noQuota, late atomic.Int64 // held back
}
