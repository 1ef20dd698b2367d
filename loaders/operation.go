package loaders

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"tributary/billing"
	"tributary/cache"
)

// Operation holds the loaders of one GraphQL operation.
type Operation struct {
	set *Set
	ctx context.Context
	now time.Time

	subscriptions *loader[billing.Ref, *billing.Subscription]
	holdings      *loader[billing.Ref, []*billing.Subscription]
	plans         *loader[documentKey, []*billing.Plan]
	customers     *loader[documentKey, []*billing.Customer]
	trials        *loader[documentKey, *billing.Trial]

	flusher  flusher
	hits     atomic.Int64
	misses   atomic.Int64
	reported sync.Map // fault -> struct{}
}

// documentKey names a document that a source keeps beside its subscriptions:
// a catalogue, the customers or the trial of an organisation.
type documentKey struct {
	source string
	id     string
}

// Begin returns a context for one operation and the operation itself. Its
// loaders fetch under ctx, whichever field asked first.
func (s *Set) Begin(ctx context.Context) (context.Context, *Operation) {
	op := &Operation{set: s, now: s.now()}
	op.subscriptions = newLoader(op, s.fetchSubscriptions)
	op.holdings = newLoader(op, s.fetchHoldings)
	op.plans = newLoader(op, s.fetchPlans)
	op.customers = newLoader(op, s.fetchCustomers)
	op.trials = newLoader(op, s.fetchTrials)
	op.ctx = context.WithValue(ctx, operationKey{}, op)
	return op.ctx, op
}

// Now is the instant at which the operation began: all of its answer is as of then.
func (op *Operation) Now() time.Time { return op.now }

// Set is what all operations share.
func (op *Operation) Set() *Set { return op.set }

// CacheHits counts the documents that came from a cache, CacheMisses those
// that a source was asked for.
func (op *Operation) CacheHits() int64   { return op.hits.Load() }
func (op *Operation) CacheMisses() int64 { return op.misses.Load() }

// loader is a dataloader whose batches leave when the executor has queued what
// it has. It is made when first used: most operations need one or two.
type loader[K comparable, V any] struct {
	op   *Operation
	once sync.Once
	make func() *dataloader.Loader[K, cache.Answer[V]]
	data atomic.Pointer[dataloader.Loader[K, cache.Answer[V]]]
}

// patience is how long a batch would wait if nobody flushed it. The flusher
// always does; this is the end of the wait should it ever fail to.
const patience = time.Second

func newLoader[K comparable, V any](op *Operation, fetch func(context.Context, []K) map[K]cache.Answer[V]) *loader[K, V] {
	l := &loader[K, V]{op: op}
	l.make = func() *dataloader.Loader[K, cache.Answer[V]] {
		return dataloader.NewBatchedLoader(
			func(ctx context.Context, keys []K) []*dataloader.Result[cache.Answer[V]] {
				answers := fetch(ctx, keys)
				results := make([]*dataloader.Result[cache.Answer[V]], len(keys))
				for i, key := range keys {
					answer := answers[key]
					op.count(answer.Provenance.Cache)
					results[i] = &dataloader.Result[cache.Answer[V]]{Data: answer}
				}
				return results
			},
			dataloader.WithWait[K, cache.Answer[V]](patience),
			dataloader.WithInputCapacity[K, cache.Answer[V]](16),
		)
	}
	return l
}

func (op *Operation) count(status billing.CacheStatus) {
	switch status {
	case billing.CacheHit, billing.CacheStale:
		op.hits.Add(1)
	default:
		op.misses.Add(1)
	}
}

// queue asks for a key and returns at once; the function it returns waits.
func (l *loader[K, V]) queue(key K) func() cache.Answer[V] {
	l.once.Do(func() { l.data.Store(l.make()) })
	thunk := l.data.Load().Load(l.op.ctx, key)
	l.op.flusher.notice(l.op)
	return func() cache.Answer[V] {
		answer, err := thunk()
		if err != nil {
			answer.Err = err
		}
		return answer
	}
}

func (l *loader[K, V]) flush() {
	if data := l.data.Load(); data != nil {
		data.Flush()
	}
}

// flusher sends off the batches when the executor is quiet: when giving way to
// all other goroutines a few times over has queued nothing new. No timer runs
// on a query's way; under load, giving way takes as long as the others need.
type flusher struct {
	queued  atomic.Int64
	running atomic.Bool
}

// calm is how often in a row giving way must have queued nothing.
const calm = 3

func (f *flusher) notice(op *Operation) {
	f.queued.Add(1)
	if f.running.CompareAndSwap(false, true) {
		go f.run(op)
	}
}

func (f *flusher) run(op *Operation) {
	for {
		seen := f.queued.Load()
		for quiet := 0; quiet < calm; quiet++ {
			runtime.Gosched()
			if now := f.queued.Load(); now != seen {
				seen, quiet = now, -1
			}
		}
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
