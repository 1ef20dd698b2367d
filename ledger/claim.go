package ledger

import (
	"context"
	"errors"
)

var errEnded = errors.New("the claim has ended")

// Claim is the right to carry out the write of an idempotency key. It is for one
// goroutine.
type Claim struct {
	ledger *Ledger
	name   name
	input  []byte
	held   lease
	doubt  bool // an earlier holder may have sent it
	ended  bool
}

// open notes the claim, unless there is a past. It has the lease, so whoever
// wrote a record that is not done has died.
func (c *Claim) open(ctx context.Context) (*Past, error) {
	data, found, err := c.ledger.store.take(ctx, c.name)
	var full *FullError
	switch {
	case errors.As(err, &full):
		return nil, err
	case err != nil:
		return nil, unreachable(err)
	case !found:
		return nil, c.note(ctx, record{State: claimed})
	}
	r, err := read(data, c.input)
	if err != nil {
		return nil, err
	}
	switch r.State {
	case done:
		return &Past{Answer: r.Answer}, nil
	case sending:
		c.doubt = true
		return &Past{}, nil
	}
	return nil, c.note(ctx, record{State: claimed})
}

// Sending notes that the write is about to be sent: from here on a death leaves
// doubt. After an error nothing is to be sent; it is ErrUnreachable, or the
// error of a ctx that had ended already.
func (c *Claim) Sending(ctx context.Context) error {
	if c.ended {
		return errEnded
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	// One whose lease is gone, be it that it stood still for longer than that or
	// that Redis was flushed, may have been followed by another, which sends the
	// write itself.
	if err := c.held.renew(ctx); err != nil {
		return unreachable(err)
	}
	if err := c.note(ctx, record{State: sending}); err != nil {
		return err
	}
	// And one that lost it in between must not send what another has.
	if err := c.held.renew(ctx); err != nil {
		return unreachable(err)
	}
	return nil
}

// Finish keeps the answer for 24 hours, even where ctx has ended, and ends the
// claim. After an error, which is ErrUnreachable, the next caller is told what
// an Abandon would have left.
func (c *Claim) Finish(ctx context.Context, answer []byte) error {
	if c.ended {
		return errEnded
	}
	defer c.end()
	return c.note(ctx, record{State: done, Answer: answer})
}

// Release forgets the claim, even where ctx has ended, and ends it: nothing was
// sent, or surely not received, and a repeat may try again. One that came with a
// Past is abandoned instead, since another may have sent it. Release does
// nothing to a claim that has ended.
func (c *Claim) Release(ctx context.Context) {
	if c.ended {
		return
	}
	defer c.end()
	// A record that another has followed up is no longer this claim's to delete.
	// One that stays behind errs on the safe side.
	if !c.doubt && c.held.renew(ctx) == nil {
		_ = c.ledger.store.forget(ctx, c.name)
	}
}

// Abandon ends the claim as the caller's death would: after Sending the next
// caller is told of a doubt, before it the next one may run. It does nothing to a
// claim that has ended, so that it can be deferred.
func (c *Claim) Abandon() {
	if !c.ended {
		c.end()
	}
}

func (c *Claim) note(ctx context.Context, r record) error {
	r.Input = c.input
	data, err := r.encode()
	if err != nil {
		return unreachable(err)
	}
	if err := c.ledger.store.set(ctx, c.name, data); err != nil {
		return unreachable(err)
	}
	return nil
}

func (c *Claim) end() {
	c.ended = true
	c.held.end()
	c.ledger.turns.pass(c.name.key)
}
