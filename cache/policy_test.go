package cache_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
)

func TestJitterShortensWithinItsBoundAndStandsStill(t *testing.T) {
	clock, s := newClock(), has("Acme")
	c := newCache(t, cache.Options{Now: clock.Now})
	jittery := policy
	jittery.Jitter = 0.5
	const n = 400
	for i := range n {
		look(c, jittery, s, key(fmt.Sprint(i)))
	}
	stale := func(p cache.Policy) map[int]bool {
		found := map[int]bool{}
		for i := range n {
			// Nobody refreshes: only what is asked again would change.
			hung := &source{answer: func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
				return billing.Outcome[*billing.Subscription]{Err: errors.New("not now")}
			}}
			if look(c, p, hung, key(fmt.Sprint(i))).Provenance.Freshness == billing.StaleRevalidating {
				found[i] = true
			}
		}
		return found
	}
	clock.advance(jittery.TTL / 2)
	if early := stale(jittery); len(early) > 0 {
		t.Errorf("%d entries ended before the bound", len(early))
	}
	clock.advance(jittery.TTL / 4)
	half := stale(jittery)
	if len(half) < n/3 || len(half) > n*2/3 {
		t.Errorf("%d of %d entries ended halfway through the jitter", len(half), n)
	}
	if again := stale(jittery); fmt.Sprint(again) != fmt.Sprint(half) {
		t.Error("another look saw other entries end")
	}
	if full := stale(policy); len(full) > 0 {
		t.Errorf("without jitter %d entries ended early", len(full))
	}
	clock.advance(jittery.TTL/4 + time.Millisecond)
	if late := stale(jittery); len(late) != n {
		t.Errorf("%d of %d entries ended after their whole time", len(late), n)
	}
}

func TestAbsenceIsKeptForItsOwnTime(t *testing.T) {
	clock, s := newClock(), &source{}
	s.fails(nil)
	c := newCache(t, cache.Options{Now: clock.Now})
	expect(t, look(c, policy, s, key("1")), "none FRESH MISS")
	clock.advance(policy.NegativeTTL)
	expect(t, look(c, policy, s, key("1")), "none FRESH HIT")
	s.set("Born")
	clock.advance(time.Millisecond)
	expect(t, look(c, policy, s, key("1")), "Born FRESH MISS")
	s.fails(nil)
	look(c, policy, s, key("2"))
	clock.advance(policy.NegativeTTL + time.Millisecond)
	s.fails(fault(billing.CodeSourceUnavailable))
	expect(t, look(c, policy, s, key("2")), "error SOURCE_UNAVAILABLE")
}

func TestWithoutATimeForAbsenceItIsNotKeptAndEndsWhatWas(t *testing.T) {
	never := policy
	never.NegativeTTL = 0
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, never, s, key("1"))
	s.fails(nil)
	clock.advance(never.TTL + time.Millisecond)
	expect(t, look(c, never, s, key("1")), "Old STALE_REVALIDATING STALE")
	eventually(t, "the absence is known", func() bool { return told(look(c, never, s, key("1"))) == "none FRESH MISS" })
	asked := s.asked()
	expect(t, look(c, never, s, key("1")), "none FRESH MISS")
	if s.asked() != asked+1 {
		t.Errorf("an absence was kept")
	}
}

func TestAnEmptyListIsNoAbsence(t *testing.T) {
	c := newCache(t, cache.Options{})
	k := must(cache.NewKey(listCodec.Version(), "psa", "tenant", "holdings", "1"))
	asked := 0
	fetch := func(context.Context, []cache.Key) map[cache.Key]billing.Outcome[[]*billing.Subscription] {
		asked++
		return map[cache.Key]billing.Outcome[[]*billing.Subscription]{k: {Value: []*billing.Subscription{}}}
	}
	long := policy
	long.NegativeTTL = 0
	for _, want := range []billing.CacheStatus{billing.CacheMiss, billing.CacheHit} {
		got := cache.Through(context.Background(), c, listCodec, long, []cache.Key{k}, fetch)[k]
		if got.Value == nil || len(got.Value) != 0 || got.Err != nil || got.Provenance.Cache != want {
			t.Errorf("got %#v, want an empty list by %s", got, want)
		}
	}
	if asked != 1 {
		t.Errorf("the source was asked %d times", asked)
	}
}
