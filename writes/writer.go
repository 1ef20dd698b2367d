// Package writes carries out changes at the sources: each is judged before
// anything is sent, made by one request at most, and told as what it is: done,
// not done, or in doubt with what was seen.
package writes

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync/atomic"
	"time"

	"tributary/access"
	"tributary/billing"
	"tributary/cache"
	"tributary/ledger"
	"tributary/loaders"
)

// Writer makes writes. Its fields are set before the first one; New fills in
// the rest.
type Writer struct {
	Sources *loaders.Set
	Ledger  *ledger.Ledger
	// Canonical is a ref with what the directory adds to it.
	Canonical func(billing.Ref) billing.Ref
	// Secret keys the digests of inputs.
	Secret []byte
	// Sees tells whether the caller of ctx may see a subscription, or for a ref
	// without a key what the organisation holds.
	Sees func(context.Context, billing.Ref) bool
	// RequestID names the request that ctx belongs to.
	RequestID func(ctx context.Context) string
	// Observe is told how each write ended.
	Observe func(mutation, source string, ending Ending)
	Log     *slog.Logger

	// confirmWithin bounds how long a change may take to show.
	confirmWithin time.Duration
	answers       cache.Codec[*kept]
	running       atomic.Int64
}

// New completes a Writer.
func New(w *Writer) *Writer {
	w.confirmWithin = 2 * time.Second
	w.answers = loaders.NewCodec(w.Sources, cache.Codec[*kept]{
		IsAbsent: func(k *kept) bool { return k == nil },
		Settle: func(k *kept) {
			loaders.SettleSubscription(k.Subscription)
			loaders.SettleTrial(k.Trial)
			loaders.SettlePlan(k.Plan)
		},
	})
	return w
}

// Wait waits until no write is under way, and reports whether there was one.
func (w *Writer) Wait(atMost time.Duration) bool {
	if w.running.Load() == 0 {
		return false
	}
	untilTrue(context.Background(), atMost, func() bool { return w.running.Load() == 0 })
	return true
}

// The bounds of a write.
const (
	// keyTime is for waiting for a write with the same idempotency key: a request
	// to the gateway may take 30 s. prepareTime is for waiting for other writes
	// and for reading, lockTime of it for the former alone; sendTime is for the
	// one request, lookTime for reading what came of it.
	keyTime     = 25 * time.Second
	prepareTime = 12 * time.Second
	lockTime    = 8 * time.Second
	sendTime    = 10 * time.Second
	lookTime    = 6 * time.Second
	// inFlight is for how long nothing is kept of what a write is about to
	// change, should this process die before it can say that the write is over.
	inFlight = 30 * time.Second
	// doubt is for how long nothing is kept of what a write may yet change.
	doubt = 30 * time.Second
)

// Result is what came of a write.
type Result struct {
	Subscription *billing.Subscription // as the source shows it; nil for none
	Provenance   billing.Provenance    // of Subscription
	Trial        *billing.Trial
	Changed      bool // false where the source left all as it was
	Checkout     *billing.Checkout
	Plan         *billing.Plan
	PlanID       string // the global id of a plan that was deleted

	// Refusals are what the caller can mend. Beside Changed they tell of a write
	// that the source carried out otherwise than it was asked to.
	Refusals []*billing.Error
	// Fault is a failure that the caller can't mend. Unless its code is
	// CodeOutcomeUnknown the write was surely not made.
	Fault *billing.Error
}

// refusals are an error that the caller can mend.
type refusals []*billing.Error

func (r refusals) Error() string { return r[0].Error() }

// refuse is one refusal about a field of the input; field is empty for none.
func refuse(code billing.Code, source string, field []string, message string) refusals {
	return refusals{{Code: code, Source: source, Op: "write", Field: field, Message: message}}
}

// failed is the result of a write that was surely not made, or that is in doubt.
func failed(err error) *Result {
	if list, ok := err.(refusals); ok {
		return &Result{Refusals: list}
	}
	e, ok := billing.AsError(err)
	if !ok {
		e = &billing.Error{Code: billing.CodeInternal, Op: "write", Err: err}
	}
	if e.Code.Mendable() {
		return &Result{Refusals: refusals{e}}
	}
	return &Result{Fault: e}
}

// job is one write, in the order in which its methods are called.
type job interface {
	// prepare reads what has to be known and judges it; nothing is changed.
	prepare(ctx context.Context) error
	// send makes the one request.
	send(ctx context.Context) error
	// settle is what came of a request that the source carried out.
	settle(ctx context.Context) *Result
	// look reads once what a request in doubt would have changed.
	look(ctx context.Context) (billing.Sighting, *Result)
}

// order is a write as it was asked for.
type order struct {
	mutation string          // its name in the schema
	source   *loaders.Source // nil where the input names none that there is
	target   string          // the id of what it is about; "" where it did not parse
	key      *string
	input    any             // all of what is asked, for the digest
	lock     string          // what it may not be made at the same time as; "" for nothing
	subjects []cache.Subject // what it changes
	check    []*billing.Error
	job      job
}

// carryOut makes a write, unless early says why it is not to be made at all, and
// tells everyone who has to know. A panic is told as what it leaves: doubt, where
// the request may have left.
func (w *Writer) carryOut(ctx context.Context, o order, early error) (result *Result) {
	w.running.Add(1)
	defer w.running.Add(-1)
	r := &run{Writer: w, order: o, id: rand.Text()}
	begun := time.Now()
	defer func() {
		if fault := recover(); fault != nil {
			w.Log.ErrorContext(ctx, "a write panicked", "mutation", o.mutation, "panic", fmt.Sprint(fault),
				"requestId", w.RequestID(ctx), "stack", string(debug.Stack()))
			result = r.afterPanic()
		}
		r.record(context.WithoutCancel(ctx), result, time.Since(begun))
	}()
	if scope := o.scope(); !access.From(ctx).Has(scope) {
		return failed(refuse(billing.CodeForbidden, "", nil, access.Missing(scope)+"; nothing was sent"))
	}
	if early != nil {
		return failed(early)
	}
	return r.once(ctx)
}

func (r *run) afterPanic() *Result {
	fault := &billing.Error{Code: billing.CodeInternal, Source: r.sourceName(), Op: r.mutation}
	if r.sent {
		fault.Code, fault.Seen = billing.CodeOutcomeUnknown, billing.SeenNothing
		fault.Message = "The gateway failed while it made the change. " + sightings[billing.SeenNothing]
	}
	return &Result{Fault: fault}
}

// scope is what the caller needs.
func (o order) scope() access.Scope {
	switch o.mutation {
	case "createPlan", "updatePlan", "deletePlan":
		return access.Plans
	default:
		return access.Write
	}
}

// sourceName is "" where there is no source.
func (o order) sourceName() string {
	if o.source == nil {
		return ""
	}
	return o.source.Name()
}

// run is an order under way.
type run struct {
	*Writer
	order
	id     string // of this run, among all on all replicas
	ending Ending
	sent   bool                       // whether the one request was made, or may have been
	isHeld func(context.Context) bool // of the lock; nil without one
	keyID  string                     // of the idempotency key; "" without one
}
