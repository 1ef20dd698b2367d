// Package loaders gathers what one GraphQL operation asks for into batches, and
// answers them from the cache and the sources: one question for each distinct
// thing, however often and at whatever depth it is asked for.
package loaders

import (
	"context"
	"reflect"
	"time"

	"tributary/accounts"
	"tributary/billing"
	"tributary/cache"
)

// Source is a configured source with what the schema shows of it.
type Source struct {
	billing.Source
	Policy cache.Policy
}

// ID is the source's global id.
func (s *Source) ID() string { return billing.GlobalID("source", s.Name()) }

// Set is what the loaders of all operations share.
type Set struct {
	sources []*Source
	byName  map[string]*Source
	cache   *cache.Cache
	current func() *accounts.Directory
	now     func() time.Time
	format  *cache.Format

	subscriptions question[billing.Ref, *billing.Subscription]
	holdings      question[billing.Ref, []*billing.Subscription]
	plans         question[documentKey, []*billing.Plan]
	customers     question[documentKey, []*billing.Customer]
	trials        question[documentKey, *billing.Trial]
}

// NewSet makes a Set. details are the Details types of the sources, a stable
// list of struct types; directory is the one in force.
func NewSet(sources []*Source, store *cache.Cache, details []reflect.Type, directory func() *accounts.Directory) (*Set, error) {
	format, err := cache.NewFormat(details...)
	if err != nil {
		return nil, err
	}
	s := &Set{
		sources: sources,
		byName:  make(map[string]*Source, len(sources)),
		cache:   store,
		current: directory,
		now:     store.Now,
		format:  format,
	}
	for _, source := range sources {
		s.byName[source.Name()] = source
	}
	s.subscriptions = subscriptionsQuestion(cache.NewCodec(format, cache.Codec[*billing.Subscription]{
		IsAbsent: func(sub *billing.Subscription) bool { return sub == nil },
		Settle:   settleSubscription,
	}))
	s.holdings = holdingsQuestion(cache.NewCodec(format, cache.Codec[[]*billing.Subscription]{
		IsAbsent: never[[]*billing.Subscription],
		Settle:   func(subs []*billing.Subscription) { each(subs, SettleSubscription) },
	}))
	s.plans = plansQuestion(cache.NewCodec(format, cache.Codec[[]*billing.Plan]{
		IsAbsent: never[[]*billing.Plan],
		Settle:   func(plans []*billing.Plan) { each(plans, settlePlan) },
	}))
	s.customers = customersQuestion(cache.NewCodec(format, cache.Codec[[]*billing.Customer]{
		IsAbsent: never[[]*billing.Customer],
		Settle:   func(customers []*billing.Customer) { each(customers, settleCustomer) },
	}))
	s.trials = trialsQuestion(cache.NewCodec(format, cache.Codec[*billing.Trial]{
		IsAbsent: func(trial *billing.Trial) bool { return trial == nil },
		Settle:   settleTrial,
	}))
	return s, nil
}

// Sources lists the sources in the order of the configuration.
func (s *Set) Sources() []*Source { return s.sources }

// Source is the source of that name, nil where there is none.
func (s *Set) Source(name string) *Source { return s.byName[name] }

// Now is the gateway's clock.
func (s *Set) Now() time.Time { return s.now() }

func never[V any](V) bool { return false }

func each[T any](list []T, do func(T)) {
	for _, item := range list {
		do(item)
	}
}

// The decoder leaves Details as struct values; all else expects pointers.

func settleSubscription(sub *billing.Subscription) {
	sub.Details = pointerTo(sub.Details)
	settlePlan(sub.Plan)
	settleCustomer(sub.Customer)
	settleTrial(sub.Trial)
	if sub.PendingChange != nil {
		settlePlan(sub.PendingChange.Plan)
	}
}

func settlePlan(plan *billing.Plan) {
	if plan != nil {
		plan.Details = pointerTo(plan.Details)
	}
}

func settleCustomer(customer *billing.Customer) {
	if customer != nil {
		customer.Details = pointerTo(customer.Details)
	}
}

func settleTrial(trial *billing.Trial) {
	if trial != nil {
		trial.Details = pointerTo(trial.Details)
		settlePlan(trial.Plan)
	}
}

func pointerTo(value any) any {
	v := reflect.ValueOf(value)
	if !v.IsValid() || v.Kind() == reflect.Pointer {
		return value
	}
	p := reflect.New(v.Type())
	p.Elem().Set(v)
	return p.Interface()
}

type operationKey struct{}

// From is the operation that ctx belongs to. It panics where there is none,
// which is a fault of the program.
func From(ctx context.Context) *Operation {
	return ctx.Value(operationKey{}).(*Operation)
}
