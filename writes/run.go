package writes

import (
	"context"
	"errors"
	"time"

	"tributary/billing"
	"tributary/ledger"
)

// alone makes the write while no other of its kind is made, on any replica.
func (r *run) alone(ctx context.Context, claim *ledger.Claim) *Result {
	ctx, cancel := context.WithTimeout(ctx, prepareTime)
	defer cancel()
	if r.lock == "" {
		return r.make(ctx, claim)
	}
	waiting, give := context.WithTimeout(ctx, lockTime)
	defer give()
	unlock, isHeld, err := r.Ledger.Lock(waiting, r.lock)
	switch {
	case err != nil && ctx.Err() != nil:
		return failed(r.outOfTime(ctx.Err()))
	case errors.Is(err, ledger.ErrBusy):
		return failed(refuse(billing.CodeConflict, r.source.Name(), nil,
			"another write to it is still under way, so nothing was sent; try again in a moment"))
	case err != nil:
		return failed(err)
	}
	defer unlock()
	r.isHeld = isHeld
	return r.make(ctx, claim)
}

func (r *run) outOfTime(cause error) error {
	return &billing.Error{Code: billing.CodeSourceTimeout, Source: r.source.Name(), Op: "prepare the write", Err: cause,
		Message: "The time for the request ran out before anything was sent."}
}

// make prepares, sends and settles. From the request on it goes on though the
// client may leave: what was begun is to be known.
func (r *run) make(ctx context.Context, claim *ledger.Claim) *Result {
	if err := r.job.prepare(ctx); err != nil {
		return failed(err)
	}
	if err := ctx.Err(); err != nil {
		return failed(r.outOfTime(err))
	}
	if r.isHeld != nil && !r.isHeld(ctx) {
		return failed(refuse(billing.CodeConflict, r.source.Name(), nil,
			"the gateway lost its lock on it while it prepared the write, and another may have been made meanwhile; nothing was sent, look and try again"))
	}
	if claim != nil {
		if err := claim.Sending(ctx); err != nil {
			return failed(r.keyError(ctx, err))
		}
	}
	ctx = context.WithoutCancel(ctx)
	r.drop(ctx, inFlight)
	r.sent = true // until it is known better: this may panic
	err := r.send(ctx)
	switch {
	case err == nil:
		result := r.settle(ctx)
		r.drop(ctx, holdAfter(result))
		return result
	case billing.CodeOf(err) == billing.CodeOutcomeUnknown:
		r.drop(ctx, doubt)
		return r.inDoubt(ctx, err)
	default:
		r.drop(ctx, 0)
		r.sent = !isUnsent(err)
		return failed(err)
	}
}

func (r *run) drop(ctx context.Context, hold time.Duration) {
	r.Sources.Drop(ctx, r.subjects, r.id, hold)
}

func isUnsent(err error) bool {
	e, ok := billing.AsError(err)
	return ok && e.Unsent
}

// holdAfter is for how long nothing is kept of what was changed: a source that
// does not show a change yet would have the old value kept.
func holdAfter(result *Result) time.Duration {
	if result.Fault != nil || result.Provenance.Confirmation == billing.NotConfirmed {
		return doubt
	}
	return 0
}

func (r *run) send(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sendTime)
	defer cancel()
	return r.job.send(ctx)
}

func (r *run) settle(ctx context.Context) *Result {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return r.job.settle(ctx)
}

// inDoubt reads once more and says what that showed.
func (r *run) inDoubt(ctx context.Context, cause error) *Result {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	seen, result := r.job.look(ctx)
	name := r.source.Name()
	result.Fault = &billing.Error{Code: billing.CodeOutcomeUnknown, Source: name, Op: r.mutation, Seen: seen, Err: cause,
		Message: "Source " + name + " did not say whether it made the change. " + sightings[seen]}
	return result
}

var sightings = map[billing.Sighting]string{
	billing.SeenDone:    "Read again, it shows the change.",
	billing.SeenNotDone: "Read again, it does not show the change, which may still come.",
	billing.SeenNothing: "Nothing could be read that would show it.",
}

// untilTrue looks again and again, less and less often, until it is true or the
// time is over.
func untilTrue(ctx context.Context, bound time.Duration, look func() bool) {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	for pause := 50 * time.Millisecond; !look(); pause = min(2*pause, 500*time.Millisecond) {
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
	}
}
