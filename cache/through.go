package cache

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tributary/billing"
)

// Answer is what became of one key. Value is the zero V where the source has
// none, and where Err is set. FreshUntil is when a fresh answer that the cache
// keeps stops being fresh; zero for any other.
type Answer[V any] struct {
	Value      V
	Provenance billing.Provenance
	FreshUntil time.Time
	Err        error
}

// Through answers keys from the cache where policy lets it, and else through
// fetch, which is called once for the keys that need it, or for parts of them,
// perhaps at once, where other replicas were to fetch the rest and did not.
// Concurrent calls for one key share one fetch, on all replicas that share
// Redis. Values are shared: nobody changes them.
func Through[V any](ctx context.Context, c *Cache, codec Codec[V], policy Policy, keys []Key, fetch func(context.Context, []Key) map[Key]billing.Outcome[V]) map[Key]Answer[V] {
	if policy.TTL <= 0 {
		return bypass(ctx, c, keys, fetch)
	}
	untyped := func(ctx context.Context, keys []Key) map[Key]billing.Outcome[any] {
		return erase(fetch(ctx, keys), codec.IsAbsent)
	}
	r := reader{cache: c, codec: codec.erase(), policy: policy, fetch: untyped, now: c.now()}
	found := r.read(ctx, keys)
	answers := make(map[Key]Answer[V], len(found))
	for key, f := range found {
		answers[key] = typed[V](f)
	}
	return answers
}

// Peek answers a key that is fresh in this process, and for any other says that
// it does not. It never waits and starts nothing.
func Peek[V any](c *Cache, policy Policy, key Key) (Answer[V], bool) {
	e, ok := c.memory.GetIfPresent(key)
	if !ok || c.grade(policy, key, e, c.now()) != fresh {
		return Answer[V]{}, false
	}
	answer := typed[V](found(e, billing.Fresh, billing.CacheHit, nil))
	answer.FreshUntil = c.freshUntil(policy, key, e)
	return answer, true
}

func erase[V any](outcomes map[Key]billing.Outcome[V], isAbsent func(V) bool) map[Key]billing.Outcome[any] {
	out := make(map[Key]billing.Outcome[any], len(outcomes))
	for key, outcome := range outcomes {
		if outcome.Err != nil || isAbsent(outcome.Value) {
			out[key] = billing.Outcome[any]{Err: outcome.Err}
			continue
		}
		out[key] = billing.Outcome[any]{Value: outcome.Value}
	}
	return out
}

// bypass asks the source each time.
func bypass[V any](ctx context.Context, c *Cache, keys []Key, fetch func(context.Context, []Key) map[Key]billing.Outcome[V]) map[Key]Answer[V] {
	answers := make(map[Key]Answer[V], len(keys))
	outcomes := ask(ctx, keys, fetch)
	provenance := billing.Provenance{FetchedAt: c.now(), Freshness: billing.Fresh, Cache: billing.CacheBypass}
	for _, key := range keys {
		outcome, ok := outcomes[key]
		if !ok {
			outcome.Err = errNoAnswer
		}
		answer := Answer[V]{Value: outcome.Value, Provenance: provenance}
		if outcome.Err != nil {
			answer = Answer[V]{Provenance: provenance, Err: outcome.Err}
		}
		answers[key] = answer
	}
	return answers
}

func typed[V any](f finding) Answer[V] {
	answer := Answer[V]{Provenance: f.provenance, FreshUntil: f.freshUntil, Err: f.err}
	if f.err != nil || f.value == nil {
		return answer
	}
	value, ok := f.value.(V)
	if !ok {
		answer.Err = fmt.Errorf("the cache holds a %T where a %T belongs", f.value, answer.Value)
	}
	answer.Value = value
	return answer
}

// finding is an Answer whose type is not known yet.
type finding struct {
	value      any
	provenance billing.Provenance
	freshUntil time.Time
	err        error
}

// reader is one call of Through.
type reader struct {
	cache  *Cache
	codec  codec
	policy Policy
	fetch  fetchFunc
	now    time.Time
}

func (r *reader) read(ctx context.Context, keys []Key) map[Key]finding {
	findings := make(map[Key]finding, len(keys))
	var misses, refresh []Key
	entries := r.cache.load(ctx, r.codec, r.policy, keys)
	for _, key := range keys {
		e, ok := entries[key]
		if !ok {
			misses = append(misses, key)
			continue
		}
		switch grade := r.cache.grade(r.policy, key, e, r.now); {
		case grade == fresh:
			findings[key] = r.fresh(key, e, billing.CacheHit)
		case grade >= reserve && e.paused(r.now):
			findings[key] = found(e, billing.StaleSourceDown, billing.CacheStale, e.pauseErr)
		case grade == stale:
			findings[key] = found(e, billing.StaleRevalidating, billing.CacheStale, nil)
			refresh = append(refresh, key)
		default:
			misses = append(misses, key)
		}
	}
	if len(refresh) > 0 {
		r.cache.refreshAll(ctx, r.newTrip(), refresh)
	}
	r.miss(ctx, misses, entries, findings)
	return findings
}

// miss waits for the source, and falls back on what is kept where it fails.
func (r *reader) miss(ctx context.Context, keys []Key, kept map[Key]*entry, findings map[Key]finding) {
	if len(keys) == 0 {
		return
	}
	flights := r.cache.takeOff(ctx, r.newTrip(), keys)
	var again []Key
	for _, key := range keys {
		f := flights[key]
		e, err := f.wait(ctx)
		if errors.Is(err, billing.ErrUnwanted) && ctx.Err() == nil {
			again = append(again, key) // its other callers left before this one came
			continue
		}
		if err == nil && f.kept {
			findings[key] = r.fresh(key, e, billing.CacheMiss)
			continue
		}
		if err == nil {
			findings[key] = found(e, billing.Fresh, billing.CacheMiss, nil)
			continue
		}
		old, ok := kept[key]
		if ok && canBeStale(err) && r.policy.grade(key, old, r.now) >= reserve {
			findings[key] = found(old, billing.StaleSourceDown, billing.CacheStale, err)
			continue
		}
		findings[key] = finding{err: err}
	}
	r.miss(ctx, again, kept, findings)
}

// fresh is a finding that is kept, and says for how long it is fresh.
func (r *reader) fresh(key Key, e *entry, status billing.CacheStatus) finding {
	f := found(e, billing.Fresh, status, nil)
	f.freshUntil = r.cache.freshUntil(r.policy, key, e)
	return f
}

func (r *reader) newTrip() *trip {
	return &trip{codec: r.codec, policy: r.policy, fetch: r.fetch}
}

func found(e *entry, freshness billing.Freshness, status billing.CacheStatus, err error) finding {
	return finding{
		value:      e.value,
		provenance: billing.Provenance{FetchedAt: e.fetchedAt, Freshness: freshness, Cache: status, Degraded: billing.CodeOf(err)},
	}
}
