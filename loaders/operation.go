package loaders

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
	"tributary/cache"
)

// Operation is a GraphQL operation as one of its root fields sees it: the
// loaders belong to all, the visit to the field.
type Operation struct {
	*batches
	visit *visit
}

// batches are the loaders of one operation.
type batches struct {
	set *Set
	ctx context.Context
	now time.Time

	caller    *access.Caller
	directory *accounts.Directory // as it was when the operation began

	subscriptions *loader[billing.Ref, *billing.Subscription]
	holdings      *loader[billing.Ref, []*billing.Subscription]
	plans         *loader[documentKey, []*billing.Plan]
	customers     *loader[documentKey, []*billing.Customer]
	trials        *loader[documentKey, *billing.Trial]

	flusher  flusher
	basis    basis
	looked   atomic.Int64
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

// Begin returns a context for one operation of ctx's caller, and the operation
// itself. Its
// loaders fetch under ctx, whichever field asked first. No batch leaves before
// as many root fields as are named have begun their Visit and either wait for a
// batch or are done.
func (s *Set) Begin(ctx context.Context, rootFields int) (context.Context, *Operation) {
	b := &batches{set: s, now: s.now(), caller: access.From(ctx), directory: s.current()}
	b.subscriptions = newLoader(b, s.fetchSubscriptions)
	b.holdings = newLoader(b, s.fetchHoldings)
	b.plans = newLoader(b, s.fetchPlans)
	b.customers = newLoader(b, s.fetchCustomers)
	b.trials = newLoader(b, s.fetchTrials)
	b.flusher.holds.Store(int64(rootFields))
	op := &Operation{batches: b, visit: &visit{}}
	b.ctx = context.WithValue(ctx, operationKey{}, op)
	return b.ctx, op
}

// Visit returns a context for one of the root fields that Begin was told of,
// and the function to call when the field is done.
func (op *Operation) Visit(ctx context.Context) (context.Context, func()) {
	visit := &visit{holding: &op.flusher}
	return context.WithValue(ctx, operationKey{}, &Operation{batches: op.batches, visit: visit}), visit.release
}

// visit is a root field that may still ask for something before it waits.
type visit struct {
	holding *flusher // nil where it holds nothing back
	once    sync.Once
}

// release lets batches leave, as far as this field is concerned.
func (v *visit) release() {
	if v.holding != nil {
		v.once.Do(v.holding.release)
	}
}

// Now is the instant at which the operation began: all of its answer is as of then.
func (op *batches) Now() time.Time { return op.now }

// Directory is the directory of accounts that all of the operation goes by.
func (op *batches) Directory() *accounts.Directory { return op.directory }

// Look counts subscriptions that a list looks at, and Looked is how many it were.
func (op *batches) Look(subscriptions int) { op.looked.Add(int64(subscriptions)) }
func (op *batches) Looked() int            { return int(op.looked.Load()) }

// CacheHits counts the documents that came from a cache, CacheMisses those
// that a source was asked for.
func (op *batches) CacheHits() int64   { return op.hits.Load() }
func (op *batches) CacheMisses() int64 { return op.misses.Load() }

// loader is a dataloader whose batches leave when the executor has queued what
// it has. It is made when first used: most operations need one or two.
type loader[K comparable, V any] struct {
	op   *batches
	once sync.Once
	make func() *dataloader.Loader[K, cache.Answer[V]]
	data atomic.Pointer[dataloader.Loader[K, cache.Answer[V]]]
}

// patience is how long a batch would wait if nobody flushed it. The flusher
// always does; this is the end of the wait should it ever fail to.
const patience = time.Second

func newLoader[K comparable, V any](op *batches, fetch func(context.Context, []K) map[K]cache.Answer[V]) *loader[K, V] {
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

func (op *batches) count(status billing.CacheStatus) {
	switch status {
	case billing.CacheHit, billing.CacheStale:
		op.hits.Add(1)
	default:
		op.misses.Add(1)
	}
}

// queue asks for a key and returns at once; the function it returns waits, and
// with it the root field of v.
func (l *loader[K, V]) queue(v *visit, key K) func() cache.Answer[V] {
	l.once.Do(func() { l.data.Store(l.make()) })
	thunk := l.data.Load().Load(l.op.ctx, key)
	l.op.flusher.notice(l.op)
	return func() cache.Answer[V] {
		v.release()
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

func (l *loader[K, V]) forget() {
	if data := l.data.Load(); data != nil {
		data.ClearAll()
	}
}
