package loaders

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
)

// Operation is a GraphQL operation as one of its root fields sees it: the
// loaders belong to all, the visit to the field.
type Operation struct {
	*batches
	visit visit
}

// batches are the loaders of one operation.
type batches struct {
	set *Set
	ctx context.Context
	now time.Time

	caller    *access.Caller
	directory *accounts.Directory // as it was when the operation began

	subscriptions loader[billing.Ref, *billing.Subscription]
	holdings      loader[billing.Ref, []*billing.Subscription]
	plans         loader[documentKey, []*billing.Plan]
	customers     loader[documentKey, []*billing.Customer]
	trials        loader[documentKey, *billing.Trial]

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
	b.subscriptions.question = &s.subscriptions
	b.holdings.question = &s.holdings
	b.plans.question = &s.plans
	b.customers.question = &s.customers
	b.trials.question = &s.trials
	b.flusher.send = b.flush
	b.flusher.holds.Store(int64(rootFields))
	op := &Operation{batches: b}
	b.ctx = context.WithValue(ctx, operationKey{}, op)
	return b.ctx, op
}

func (op *batches) flush() {
	op.subscriptions.flush()
	op.holdings.flush()
	op.plans.flush()
	op.customers.flush()
	op.trials.flush()
}

// Visit returns a context for one of the root fields that Begin was told of,
// and the function to call when the field is done.
func (op *Operation) Visit(ctx context.Context) (context.Context, func()) {
	visiting := &Operation{batches: op.batches, visit: visit{holding: &op.flusher}}
	return context.WithValue(ctx, operationKey{}, visiting), visiting.visit.release
}

// visit is a root field that may still ask for something before it waits.
type visit struct {
	holding *flusher // nil where it holds nothing back
	over    atomic.Bool
}

// release lets batches leave, as far as this field is concerned.
func (v *visit) release() {
	if v.holding != nil && !v.over.Swap(true) {
		v.holding.release()
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

// count takes note of how an answer of the cache was come by.
func (op *batches) count(provenance billing.Provenance) {
	switch provenance.Cache {
	case billing.CacheHit, billing.CacheStale:
		op.hits.Add(1)
	default:
		op.misses.Add(1)
	}
}
