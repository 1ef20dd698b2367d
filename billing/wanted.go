package billing

import (
	"context"
	"errors"
	"time"
)

// ErrUnwanted is inside the error of a call that was not made, for nobody waits
// for its answer any more.
var ErrUnwanted = errors.New("nobody waits for it any more")

// Demand says who waits for what calls to sources bring.
type Demand interface {
	// IsWanted reports whether somebody waits, or the calls go on by themselves.
	IsWanted() bool
	// Until is when the last of those who wait gives up, as far as is known; zero
	// where nobody said.
	Until() time.Time
	// IsBackground reports calls that nobody waits for just now, such as the refresh
	// of an answer that is shown meanwhile.
	IsBackground() bool
}

type demandKey struct{}

// WithDemand returns a context whose calls to sources are begun while demand
// wants them. Those under way are let finish.
func WithDemand(ctx context.Context, demand Demand) context.Context {
	return context.WithValue(ctx, demandKey{}, demand)
}

// IsWanted reports whether somebody waits for what a call under ctx would bring.
func IsWanted(ctx context.Context) bool {
	demand, ok := ctx.Value(demandKey{}).(Demand)
	return !ok || demand.IsWanted()
}

// IsBackground reports whether nobody waits for what a call under ctx brings.
func IsBackground(ctx context.Context) bool {
	demand, ok := ctx.Value(demandKey{}).(Demand)
	return ok && demand.IsBackground()
}

// WantedUntil is when the answer of a call under ctx is of use to nobody any
// more: ctx's own deadline, or when the last of those who wait gives up. ok is
// false where there is no such time.
func WantedUntil(ctx context.Context) (until time.Time, ok bool) {
	until, ok = ctx.Deadline()
	demand, has := ctx.Value(demandKey{}).(Demand)
	if !has {
		return until, ok
	}
	if wanted := demand.Until(); !wanted.IsZero() && (!ok || wanted.Before(until)) {
		return wanted, true
	}
	return until, ok
}
