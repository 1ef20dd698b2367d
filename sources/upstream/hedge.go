package upstream

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"tributary/billing"
)

// hedged sends a read, and once more where no answer has come after a while. The
// first good answer is taken, and the other call is cut off.
func (c *Client) hedged(ctx context.Context, k *call) outcome {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	outcomes := make(chan outcome, 2)
	attempt := func() { outcomes <- c.tried(ctx, k) }
	c.hedging.Go(attempt)
	timer := time.NewTimer(c.config.Hedge.After)
	defer timer.Stop()
	best := outcome{held: true}
	for underWay := 1; underWay > 0; {
		select {
		case <-timer.C:
			if c.mayHedge(ctx, k) {
				underWay++
				c.counts.hedges.Add(1)
				c.hedging.Go(attempt)
			}
		case o := <-outcomes:
			underWay--
			if best.held {
				best = o
			}
			if !o.held && o.isGood() {
				return o
			}
		}
	}
	return best
}

// tried is an attempt whose panic, in a goroutine that nobody else watches, does
// not end the process.
func (c *Client) tried(ctx context.Context, k *call) (o outcome) {
	defer func() {
		if fault := recover(); fault != nil {
			o = outcome{sent: true, err: &billing.Error{
				Code: billing.CodeInternal, Source: c.source, Op: k.req.Op,
				Err: fmt.Errorf("a call panicked: %v\n%s", fault, debug.Stack()),
			}}
		}
	}()
	return c.attempt(ctx, k)
}

// mayHedge keeps to what bounds the retries, and waits for nothing.
func (c *Client) mayHedge(ctx context.Context, k *call) bool {
	p := k.partition
	state, _ := p.circuit.state()
	return state == billing.CircuitClosed && !p.isFull() &&
		billing.IsWanted(ctx) && !isTooLate(ctx, p, 0) && c.mayAdd(p)
}
