package loaders

import (
	"context"
	"time"

	"tributary/billing"
	"tributary/cache"
)

// Read asks the source of ref at once, past every cache and batch: what a write
// decides on and what it shows must be as of now. It is nil where the source
// has none.
func (s *Set) Read(ctx context.Context, ref billing.Ref) (*billing.Subscription, error) {
	outcome, ok := s.byName[ref.Source].Subscriptions(ctx, []billing.Ref{ref})[ref]
	if !ok {
		return nil, errNoAnswer(ref.Source, "get subscription")
	}
	return outcome.Value, outcome.Err
}

// ReadPlans asks the source for a catalogue as Read does for a subscription.
// The source must be a billing.PlanLister.
func (s *Set) ReadPlans(ctx context.Context, source *Source, key string) ([]*billing.Plan, error) {
	outcome, ok := source.Source.(billing.PlanLister).Plans(ctx, []string{key})[key]
	if !ok {
		return nil, errNoAnswer(source.Name(), "list plans")
	}
	return outcome.Value, outcome.Err
}

func errNoAnswer(source, op string) error {
	return &billing.Error{Code: billing.CodeInternal, Source: source, Op: op}
}

// SubjectsOf is everything that is cached about the subscription at ref: its own
// document, the lists it stands in, its trial, and the catalogue that its source
// takes from it.
func (s *Set) SubjectsOf(ref billing.Ref) []cache.Subject {
	source := s.byName[ref.Source]
	of := func(entity, id string) cache.Subject {
		return cache.Subject{Source: ref.Source, Entity: entity, ID: id}
	}
	ref.Billing = ""
	subjects := []cache.Subject{of(entitySubscription, refID(ref))}
	if _, ok := source.Source.(billing.Lister); ok {
		subjects = append(subjects, of(entityHoldings, refID(billing.Ref{Source: ref.Source, Org: ref.Org})))
	}
	if _, ok := source.Source.(billing.TrialJoiner); ok {
		subjects = append(subjects, of(entityTrial, ref.Org))
	}
	if lister, ok := source.Source.(billing.PlanLister); ok {
		if key, err := lister.PlansKey(ref.Org); err == nil && key != "" {
			subjects = append(subjects, of(entityPlans, key))
		}
	}
	return subjects
}

// SubjectOfPlans is the catalogue of a source that has one for all.
func SubjectOfPlans(source *Source) cache.Subject {
	return cache.Subject{Source: source.Name(), Entity: entityPlans}
}

// Drop forgets subjects everywhere, as cache.Cache.Drop does.
func (s *Set) Drop(ctx context.Context, subjects []cache.Subject, by string, hold time.Duration) (acknowledged bool) {
	return s.cache.Drop(ctx, subjects, by, hold)
}

// Show is a subscription that was just read, with its parts.
func (op *Operation) Show(sub *billing.Subscription, provenance billing.Provenance, parts Parts) *Subscription {
	release := op.Hold()
	rest := op.await(op.set.byName[sub.Ref.Source], sub.Ref, parts)
	release()
	return rest.join(sub, provenance)
}

// Forget lets go what the operation has loaded, for a write has changed it.
func (op *Operation) Forget() {
	op.subscriptions.forget()
	op.holdings.forget()
	op.plans.forget()
	op.customers.forget()
	op.trials.forget()
}

// NewCodec makes a codec in the format of the set, whose Details types it knows.
func NewCodec[V any](s *Set, codec cache.Codec[V]) cache.Codec[V] {
	return cache.NewCodec(s.format, codec)
}

// SettleSubscription, SettlePlan and SettleTrial finish a decoded value: the
// decoder leaves Details as struct values where all else expects pointers. nil is
// left alone.
func SettleSubscription(sub *billing.Subscription) {
	if sub != nil {
		settleSubscription(sub)
	}
}

// SettlePlan is told of at SettleSubscription.
func SettlePlan(plan *billing.Plan) { settlePlan(plan) }

// SettleTrial is told of at SettleSubscription.
func SettleTrial(trial *billing.Trial) { settleTrial(trial) }
