package loaders

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"

	"github.com/graph-gophers/dataloader/v7"

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

// cacheKey names the answer to key under ctx's credentials, of which op takes note.
func (q *question[K, V]) cacheKey(ctx context.Context, op *batches, source *Source, key K) (cache.Key, error) {
	org := q.org(key)
	tenant := source.Tenant(ctx, org)
	op.basis.asked(source, org, tenant)
	return op.set.cache.Key(q.codec.Version(), source.Name(), tenant, q.entity, q.id(key))
}

// peek answers a key that is fresh in this process.
func (q *question[K, V]) peek(op *batches, key K) (cache.Answer[V], bool) {
	source := op.set.byName[q.source(key)]
	if source.Policy.TTL <= 0 {
		return cache.Answer[V]{}, false
	}
	cacheKey, err := q.cacheKey(op.ctx, op, source, key)
	if err != nil {
		return cache.Answer[V]{}, false // fetch tells it
	}
	answer, ok := cache.Peek[V](op.set.cache, source.Policy, cacheKey)
	if ok {
		op.rest(cacheKey, answer.FreshUntil, answer.Provenance)
	}
	return answer, ok
}

// fetch answers keys, each another, through the cache: each source's in one batch
// and all sources at once. The answers have the order of the keys.
func (q *question[K, V]) fetch(ctx context.Context, op *batches, keys []K) []*dataloader.Result[cache.Answer[V]] {
	answers := make([]dataloader.Result[cache.Answer[V]], len(keys))
	place := make(map[K]*cache.Answer[V], len(keys))
	groups := map[string][]K{}
	results := make([]*dataloader.Result[cache.Answer[V]], len(keys))
	for i, key := range keys {
		results[i], place[key] = &answers[i], &answers[i].Data
		name := q.source(key)
		groups[name] = append(groups[name], key)
	}
	// Each answer has a place of its own, so the sources need no lock.
	put := func(key K, answer cache.Answer[V]) { *place[key] = answer }
	if len(groups) == 1 {
		q.fetchFrom(ctx, op, op.set.byName[q.source(keys[0])], keys, put)
		return results
	}
	var running sync.WaitGroup
	for name, group := range groups {
		running.Go(func() { q.fetchFrom(ctx, op, op.set.byName[name], group, put) })
	}
	running.Wait()
	return results
}

// fetchFrom answers keys of one source. A panic is their answer: it would end the
// process, for each source has a goroutine of its own.
func (q *question[K, V]) fetchFrom(ctx context.Context, op *batches, source *Source, keys []K, put func(K, cache.Answer[V])) {
	defer func() {
		if fault := recover(); fault != nil {
			err := fmt.Errorf("a fetch panicked: %v\n%s", fault, debug.Stack())
			op.Fleeting()
			for _, key := range keys {
				put(key, cache.Answer[V]{Err: err})
			}
		}
	}()
	ctx = source.Pinned(ctx)
	cacheKeys := make([]cache.Key, 0, len(keys))
	byCacheKey := make(map[cache.Key]K, len(keys))
	for _, key := range keys {
		cacheKey, err := q.cacheKey(ctx, op, source, key)
		if err != nil {
			op.Fleeting()
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
	for cacheKey, answer := range cache.Through(ctx, op.set.cache, q.codec, source.Policy, cacheKeys, ask) {
		op.rest(cacheKey, answer.FreshUntil, answer.Provenance)
		put(byCacheKey[cacheKey], answer)
	}
}

func subscriptionsQuestion(codec cache.Codec[*billing.Subscription]) question[billing.Ref, *billing.Subscription] {
	return question[billing.Ref, *billing.Subscription]{
		codec:  codec,
		entity: entitySubscription,
		source: func(ref billing.Ref) string { return ref.Source },
		id:     refID,
		org:    func(ref billing.Ref) string { return ref.Org },
		ask: func(ctx context.Context, source *Source, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
			return source.Subscriptions(ctx, refs)
		},
	}
}

func holdingsQuestion(codec cache.Codec[[]*billing.Subscription]) question[billing.Ref, []*billing.Subscription] {
	return question[billing.Ref, []*billing.Subscription]{
		codec:  codec,
		entity: entityHoldings,
		source: func(ref billing.Ref) string { return ref.Source },
		id:     refID,
		org:    func(ref billing.Ref) string { return ref.Org },
		ask: func(ctx context.Context, source *Source, owners []billing.Ref) map[billing.Ref]billing.Outcome[[]*billing.Subscription] {
			return source.Source.(billing.Lister).Holdings(ctx, owners)
		},
	}
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

func plansQuestion(codec cache.Codec[[]*billing.Plan]) question[documentKey, []*billing.Plan] {
	return documents(codec, entityPlans, func(ctx context.Context, source *Source, ids []string) map[string]billing.Outcome[[]*billing.Plan] {
		return source.Source.(billing.PlanLister).Plans(ctx, ids)
	})
}

func customersQuestion(codec cache.Codec[[]*billing.Customer]) question[documentKey, []*billing.Customer] {
	return documents(codec, entityCustomers, func(ctx context.Context, source *Source, ids []string) map[string]billing.Outcome[[]*billing.Customer] {
		return source.Source.(billing.CustomerJoiner).Customers(ctx, ids)
	})
}

func trialsQuestion(codec cache.Codec[*billing.Trial]) question[documentKey, *billing.Trial] {
	return documents(codec, entityTrial, func(ctx context.Context, source *Source, ids []string) map[string]billing.Outcome[*billing.Trial] {
		return source.Source.(billing.TrialJoiner).Trials(ctx, ids)
	})
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
