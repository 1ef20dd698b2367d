package loaders

import (
	"context"
	"runtime"
	"sync/atomic"
)

// flusher sends off the batches when the executor is quiet: nobody who is about
// to ask for more holds it back, and giving way to all other goroutines a few
// times over has queued nothing new. No timer runs on a query's way; under load,
// giving way takes as long as the others need.
type flusher struct {
	queued  atomic.Int64
	holds   atomic.Int64
	running atomic.Bool
}

// calm is how often in a row giving way must have queued nothing.
const calm = 3

// hold keeps batches from leaving until release.
func (f *flusher) hold()    { f.holds.Add(1) }
func (f *flusher) release() { f.holds.Add(-1) }

func (f *flusher) notice(op *batches) {
	f.queued.Add(1)
	if f.running.CompareAndSwap(false, true) {
		go f.run(op)
	}
}

func (f *flusher) run(op *batches) {
	for {
		seen := f.quiet(op.ctx)
		op.subscriptions.flush()
		op.holdings.flush()
		op.plans.flush()
		op.customers.flush()
		op.trials.flush()
		f.running.Store(false)
		// A key queued after the flush and before the line above has started
		// no flusher of its own.
		if f.queued.Load() == seen || !f.running.CompareAndSwap(false, true) {
			return
		}
	}
}

// quiet returns when nothing more is queued for now, or when the operation has
// ended, with the number of keys that were queued till then.
func (f *flusher) quiet(ctx context.Context) int64 {
	seen := f.queued.Load()
	for quiet, looks := 0, 0; quiet < calm; quiet, looks = quiet+1, looks+1 {
		runtime.Gosched()
		if now := f.queued.Load(); now != seen || f.holds.Load() > 0 {
			seen, quiet = now, -1
		}
		if looks%64 == 63 && ctx.Err() != nil {
			break
		}
	}
	return seen
}
