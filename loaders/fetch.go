package loaders

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"tributary/billing"
	"tributary/cache"
)

// The kinds of document that caches keep, as their keys name them.
const (
	entitySubscription = "subscription"
	entityHoldings     = "holdings"
	entityPlans        = "plans"
	entityCustomers    = "customers"
	entityTrial        = "trial"
)

// question is how one kind of document is asked for.
type question[K comparable, V any] struct {
	codec  cache.Codec[V]
	entity string
	source func(K) string // the name of the source that has it
	id     func(K) string // its id within source and entity
	org    func(K) string // the organisation that the question is about; "" for none
	ask    func(context.Context, *Source, []K) map[K]billing.Outcome[V]
}

// fetch answers keys through the cache, each source's in one batch and all
// sources at once.
func (q question[K, V]) fetch(ctx context.Context, s *Set, keys []K) map[K]cache.Answer[V] {
	groups := map[string][]K{}
	for _, key := range keys {
		name := q.source(key)
		groups[name] = append(groups[name], key)
	}
	answers := make(map[K]cache.Answer[V], len(keys))
	if len(groups) == 1 {
		for name, group := range groups {
			q.fetchFrom(ctx, s, s.byName[name], group, func(key K, a cache.Answer[V]) { answers[key] = a })
		}
		return answers
	}
	var mu sync.Mutex
	var running sync.WaitGroup
	for name, group := range groups {
		running.Go(func() {
			q.fetchFrom(ctx, s, s.byName[name], group, func(key K, a cache.Answer[V]) {
				mu.Lock()
				defer mu.Unlock()
				answers[key] = a
			})
		})
	}
	running.Wait()
	return answers
}

// fetchFrom answers keys of one source. A panic is their answer: it would end the
// process, for each source has a goroutine of its own.
func (q question[K, V]) fetchFrom(ctx context.Context, s *Set, source *Source, keys []K, put func(K, cache.Answer[V])) {
	defer func() {
		if fault := recover(); fault != nil {
			err := fmt.Errorf("a fetch panicked: %v\n%s", fault, debug.Stack())
			for _, key := range keys {
				put(key, cache.Answer[V]{Err: err})
			}
		}
	}()
	ctx = source.Pinned(ctx)
	basis := &From(ctx).basis
	cacheKeys := make([]cache.Key, 0, len(keys))
	byCacheKey := make(map[cache.Key]K, len(keys))
	for _, key := range keys {
		tenant := source.Tenant(ctx, q.org(key))
		basis.asked(source, q.org(key), tenant)
		cacheKey, err := s.cache.Key(q.codec.Version(), source.Name(), tenant, q.entity, q.id(key))
		if err != nil {
			put(key, cache.Answer[V]{Err: err})
			continue
		}
		cacheKeys = append(cacheKeys, cacheKey)
		byCacheKey[cacheKey] = key
	}
	ask := func(ctx context.Context, missing []cache.Key) map[cache.Key]billing.Outcome[V] {
		wanted := make([]K, len(missing))
		for i, cacheKey := range missing {
			wanted[i] = byCacheKey[cacheKey]
		}
		outcomes := q.ask(ctx, source, wanted)
		out := make(map[cache.Key]billing.Outcome[V], len(missing))
		for i, cacheKey := range missing {
			if outcome, ok := outcomes[wanted[i]]; ok {
				out[cacheKey] = outcome
			}
		}
		return out
	}
	for cacheKey, answer := range cache.Through(ctx, s.cache, q.codec, source.Policy, cacheKeys, ask) {
		basis.rest(cacheKey.Subject(), answer.FreshUntil, answer.Provenance)
		put(byCacheKey[cacheKey], answer)
	}
}

func (s *Set) fetchSubscriptions(ctx context.Context, refs []billing.Ref) map[billing.Ref]cache.Answer[*billing.Subscription] {
	return question[billing.Ref, *billing.Subscription]{
		codec:  s.subscriptions,
		entity: entitySubscription,
		source: func(ref billing.Ref) string { return ref.Source },
		id:     refID,
		org:    func(ref billing.Ref) string { return ref.Org },
		ask: func(ctx context.Context, source *Source, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
			return source.Subscriptions(ctx, refs)
		},
	}.fetch(ctx, s, refs)
}

func (s *Set) fetchHoldings(ctx context.Context, owners []billing.Ref) map[billing.Ref]cache.Answer[[]*billing.Subscription] {
	return question[billing.Ref, []*billing.Subscription]{
		codec:  s.holdings,
		entity: entityHoldings,
		source: func(ref billing.Ref) string { return ref.Source },
		id:     refID,
		org:    func(ref billing.Ref) string { return ref.Org },
		ask: func(ctx context.Context, source *Source, owners []billing.Ref) map[billing.Ref]billing.Outcome[[]*billing.Subscription] {
			return source.Source.(billing.Lister).Holdings(ctx, owners)
		},
	}.fetch(ctx, s, owners)
}

// refID tells apart what differs upstream: a billing account changes the
// question even where the id is the same.
func refID(ref billing.Ref) string {
	id := billing.GlobalID("", ref.Org, ref.Key)
	if ref.Billing != "" {
		id += "?" + ref.Billing
	}
	return id
}

func (s *Set) fetchPlans(ctx context.Context, keys []documentKey) map[documentKey]cache.Answer[[]*billing.Plan] {
	return documents(s.plans, entityPlans, func(ctx context.Context, source *Source, ids []string) map[string]billing.Outcome[[]*billing.Plan] {
		return source.Source.(billing.PlanLister).Plans(ctx, ids)
	}).fetch(ctx, s, keys)
}

func (s *Set) fetchCustomers(ctx context.Context, keys []documentKey) map[documentKey]cache.Answer[[]*billing.Customer] {
	return documents(s.customers, entityCustomers, func(ctx context.Context, source *Source, ids []string) map[string]billing.Outcome[[]*billing.Customer] {
		return source.Source.(billing.CustomerJoiner).Customers(ctx, ids)
	}).fetch(ctx, s, keys)
}

func (s *Set) fetchTrials(ctx context.Context, keys []documentKey) map[documentKey]cache.Answer[*billing.Trial] {
	return documents(s.trials, entityTrial, func(ctx context.Context, source *Source, ids []string) map[string]billing.Outcome[*billing.Trial] {
		return source.Source.(billing.TrialJoiner).Trials(ctx, ids)
	}).fetch(ctx, s, keys)
}

// documents is the question for what a source keeps beside its subscriptions.
func documents[V any](codec cache.Codec[V], entity string, ask func(context.Context, *Source, []string) map[string]billing.Outcome[V]) question[documentKey, V] {
	return question[documentKey, V]{
		codec:  codec,
		entity: entity,
		source: func(key documentKey) string { return key.source },
		id:     func(key documentKey) string { return key.id },
		org:    func(key documentKey) string { return key.id }, // "" for the catalogue of all
		ask: func(ctx context.Context, source *Source, keys []documentKey) map[documentKey]billing.Outcome[V] {
			ids := make([]string, len(keys))
			for i, key := range keys {
				ids[i] = key.id
			}
			outcomes := ask(ctx, source, ids)
			out := make(map[documentKey]billing.Outcome[V], len(keys))
			for _, key := range keys {
				if outcome, ok := outcomes[key.id]; ok {
					out[key] = outcome
				}
			}
			return out
		},
	}
}
