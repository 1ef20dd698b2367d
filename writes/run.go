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
	if r.lock == "" {
		return r.make(ctx, claim)
	}
	waiting, cancel := context.WithTimeout(ctx, lockTime)
	defer cancel()
	unlock, err := r.Ledger.Lock(waiting, r.lock)
	if errors.Is(err, ledger.ErrBusy) {
		return failed(refuse(billing.CodeConflict, r.source.Name(), nil,
			"another write to it is still under way, so nothing was sent; try again in a moment"))
	}
	if err != nil {
		return failed(err)
	}
	defer unlock()
	return r.make(ctx, claim)
}

// make prepares, sends and settles. From the request on it goes on though the
// client may leave: what was begun is to be known.
func (r *run) make(ctx context.Context, claim *ledger.Claim) *Result {
	if err := r.job.prepare(ctx); err != nil {
		return failed(err)
	}
	if err := ctx.Err(); err != nil {
		return failed(&billing.Error{Code: billing.CodeSourceTimeout, Source: r.source.Name(), Op: "prepare the write", Err: err,
			Message: "The time for the write ran out before anything was sent."})
	}
	if claim != nil {
		if err := claim.Sending(ctx); err != nil {
			return failed(r.keyError(err))
		}
	}
	ctx = context.WithoutCancel(ctx)
	r.Sources.Drop(ctx, r.subjects, inFlight)
	r.sent = true
	err := within(ctx, sendTime, r.job.send)
	switch {
	case err == nil:
		result := r.settle(ctx)
		r.Sources.Drop(ctx, r.subjects, holdAfter(result))
		return result
	case billing.CodeOf(err) == billing.CodeOutcomeUnknown:
		r.Sources.Drop(ctx, r.subjects, doubt)
		return r.inDoubt(ctx, err)
	default:
		r.Sources.Drop(ctx, r.subjects, 0)
		return failed(err)
	}
}

// holdAfter is for how long nothing is kept of what was changed: a source that
// does not show a change yet would have the old value kept.
func holdAfter(result *Result) time.Duration {
	if result.Provenance.Confirmation == billing.NotConfirmed {
		return doubt
	}
	return 0
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

func within(ctx context.Context, bound time.Duration, do func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, bound)
	defer cancel()
	return do(ctx)
}
