package ledger

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// Lock makes the caller the only writer of name over all replicas, until it
// calls unlock, which may be called again without effect. isHeld reports whether
// it still is: one that stood still for longer than the lease, or whose lease was
// flushed, may have been followed by another. Callers of one process get it in the order they came. Lock waits as long as ctx lets it, and then
// returns ErrBusy, its only error.
//
// The lock is a lease in Redis of 5 seconds that is extended while it is held,
// so that one whose holder died ends soon. A lease that was lost while it was
// held is told in the log. Where Redis does not answer, the lock holds in this
// process alone; the log says so once. The lease of another that was seen before
// is waited for even then, as long as it can last.
func (l *Ledger) Lock(ctx context.Context, name string) (unlock func(), isHeld func(context.Context) bool, err error) {
	key := "tributary:lock:" + name
	if err := l.turns.wait(ctx, key); err != nil {
		return nil, nil, err
	}
	held, err := l.obtain(ctx, key)
	if err != nil {
		l.turns.pass(key)
		return nil, nil, err
	}
	unlock = sync.OnceFunc(func() {
		held.end()
		l.turns.pass(key)
	})
	// A Redis that fell silent takes nothing away from who has the lock.
	isHeld = func(ctx context.Context) bool { return !errors.Is(held.renew(ctx), errLost) }
	return unlock, isHeld, nil
}

// obtain asks for the lease on key until it is free, or Redis silent.
func (l *Ledger) obtain(ctx context.Context, key string) (lease, error) {
	var seen time.Time // when it was another's
	for {
		held, err := l.store.lease(ctx, key)
		switch {
		case err == nil:
			l.silent.Store(false)
			return held, nil
		case errors.Is(err, errTaken):
			seen = time.Now()
		case time.Since(seen) > leaseLength:
			if l.silent.CompareAndSwap(false, true) {
				slog.Warn("redis does not answer; writes exclude one another in this process alone", "error", err)
			}
			return unshared{}, nil
		}
		if err := pause(ctx); err != nil {
			return nil, err
		}
	}
}

// unshared is what there is instead of a lease where Redis is silent.
type unshared struct{}

func (unshared) renew(context.Context) error { return nil }
func (unshared) end()                        {}
