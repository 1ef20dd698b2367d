package loaders

import (
	"context"
	"errors"

	"tributary/billing"
	"tributary/cache"
)

// Purge forgets all of a scope everywhere, as cache.Cache.Purge does.
func (s *Set) Purge(ctx context.Context, scope cache.Scope) (acknowledged bool) {
	return s.cache.Purge(ctx, scope)
}

// DropHoldings forgets everywhere what is cached about an account's holdings: for
// a whole organisation the subscriptions too that its list has, which the cache
// or else the source is asked for. The error is of a list that could not be had;
// all else is forgotten.
func (s *Set) DropHoldings(ctx context.Context, account *billing.Account) (acknowledged bool, err error) {
	var lists []billing.Ref
	subjects := map[cache.Subject]bool{}
	take := func(ref billing.Ref) {
		for _, subject := range s.SubjectsOf(ref) {
			subjects[subject] = true
		}
		source := s.byName[ref.Source]
		if _, ok := source.Source.(billing.CustomerJoiner); ok {
			subjects[cache.Subject{Source: ref.Source, Entity: entityCustomers, ID: ref.Org}] = true
		}
	}
	for _, ref := range account.Holdings {
		take(ref)
		if _, ok := s.byName[ref.Source].Source.(billing.Lister); ok && ref.Key == "" {
			lists = append(lists, ref)
		}
	}
	var faults []error
	if len(lists) > 0 {
		_, op := s.Begin(ctx, 0)
		for _, list := range s.holdings.fetch(op.ctx, op.batches, lists) {
			faults = append(faults, list.Data.Err)
			for _, sub := range list.Data.Value {
				take(sub.Ref)
			}
		}
	}
	dropped := make([]cache.Subject, 0, len(subjects))
	for subject := range subjects {
		dropped = append(dropped, subject)
	}
	return s.Drop(ctx, dropped, "a purge", 0), errors.Join(faults...)
}
