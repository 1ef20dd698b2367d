package cache_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
)

// slow is a source that answers keys one after the other, each when it is let,
// as long as somebody waits.
type slow struct {
	begun atomic.Int64
	ended atomic.Int64 // fetches
	let   chan struct{}
}

func (s *slow) fetch(ctx context.Context, keys []cache.Key) map[cache.Key]billing.Outcome[*billing.Subscription] {
	defer s.ended.Add(1)
	outcomes := map[cache.Key]billing.Outcome[*billing.Subscription]{}
	for _, key := range keys {
		if !billing.IsWanted(ctx) {
			outcomes[key] = billing.Outcome[*billing.Subscription]{Err: &billing.Error{Code: billing.CodeSourceUnavailable, Err: billing.ErrUnwanted}}
			continue
		}
		s.begun.Add(1)
		<-s.let
		outcomes[key] = billing.Outcome[*billing.Subscription]{Value: small("Acme")}
	}
	return outcomes
}

func keysUpTo(n int) []cache.Key {
	var keys []cache.Key
	for i := range n {
		keys = append(keys, key(fmt.Sprint(i)))
	}
	return keys
}

func TestWhatNobodyWaitsForAnyMoreIsNotBegun(t *testing.T) {
	s := &slow{let: make(chan struct{})}
	c := newCache(t, cache.Options{})
	keys := keysUpTo(50)
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan map[cache.Key]cache.Answer[*billing.Subscription])
	go func() { left <- cache.Through(ctx, c, codec, policy, keys, s.fetch) }()
	eventually(t, "the source is asked", func() bool { return s.begun.Load() == 1 })
	leave()
	for _, answer := range <-left {
		expect(t, answer, "error SOURCE_TIMEOUT")
	}
	close(s.let)
	eventually(t, "the fetch is over", func() bool { return s.ended.Load() == 1 })
	if begun := s.begun.Load(); begun != 1 {
		t.Errorf("%d were asked for, and nobody waited for any but the one under way", begun)
	}
	// Who comes after gets what was under way from the cache, and the rest is asked for.
	for key, answer := range cache.Through(context.Background(), c, codec, policy, keys[:3], s.fetch) {
		if answer.Err != nil || *answer.Value.Name != "Acme" {
			t.Errorf("%v is %q to who came after", key, told(answer))
		}
	}
	if begun := s.begun.Load(); begun != 3 {
		t.Errorf("%d were asked for, 3 of them needed", begun)
	}
	expect(t, cache.Through(context.Background(), c, codec, policy, keys[:1], s.fetch)[keys[0]], "Acme FRESH HIT")
}

func TestWhoComesWhileNobodyWaitsGetsAnAnswer(t *testing.T) {
	for range 200 {
		s := &slow{let: make(chan struct{}, 100)}
		c := newCache(t, cache.Options{})
		keys := keysUpTo(20)
		ctx, leave := context.WithCancel(context.Background())
		go cache.Through(ctx, c, codec, policy, keys, s.fetch)
		go leave()
		for range 100 {
			s.let <- struct{}{}
		}
		for key, answer := range cache.Through(context.Background(), c, codec, policy, keys, s.fetch) {
			if answer.Err != nil {
				t.Fatalf("%v is %q to who came in the middle", key, told(answer))
			}
		}
	}
}

func TestWhatOneStillWaitsForIsBegun(t *testing.T) {
	s := &slow{let: make(chan struct{})}
	c := newCache(t, cache.Options{})
	keys := keysUpTo(5)
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	go cache.Through(ctx, c, codec, policy, keys, s.fetch)
	eventually(t, "the source is asked", func() bool { return s.begun.Load() == 1 })
	stays := make(chan map[cache.Key]cache.Answer[*billing.Subscription], 1)
	go func() { stays <- cache.Through(context.Background(), c, codec, policy, keys[4:], s.fetch) }()
	s.let <- struct{}{}
	s.let <- struct{}{}
	leave()
	close(s.let)
	if answer := (<-stays)[keys[4]]; answer.Err != nil {
		t.Errorf("who stays got %q", told(answer))
	}
}

func TestARefreshThatSomebodyWaitsForIsNotInTheBackgroundAndKeepsItsTime(t *testing.T) {
	s, clock := has("Old"), newClock()
	c := newCache(t, cache.Options{Now: clock.Now, FetchTime: time.Hour})
	look(c, policy, s, key("1"))
	refresh := make(chan context.Context, 1)
	let := make(chan struct{})
	s.will(func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
		refresh <- ctx
		<-let
		return billing.Outcome[*billing.Subscription]{Value: small("New")}
	})
	clock.advance(policy.TTL + time.Millisecond)
	expect(t, look(c, policy, s, key("1")), "Old STALE_REVALIDATING STALE")
	ctx := <-refresh
	if !billing.IsBackground(ctx) {
		t.Error("nobody waits for the refresh, and it is not in the background")
	}
	before, _ := billing.WantedUntil(ctx)
	clock.advance(policy.Stale) // so that the next has to wait
	soon, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	impatient, leave := context.WithCancel(soon)
	left := make(chan struct{})
	go func() {
		cache.Through(impatient, c, codec, policy, []cache.Key{key("1")}, s.fetch)
		close(left)
	}()
	eventually(t, "somebody waits for it", func() bool { return !billing.IsBackground(ctx) })
	if after, _ := billing.WantedUntil(ctx); !after.Equal(before) {
		t.Errorf("it is wanted until %v, and by itself until %v", after, before)
	}
	leave()
	<-left
	eventually(t, "it is in the background again", func() bool { return billing.IsBackground(ctx) })
	close(let)
	eventually(t, "the refresh lands", func() bool { return told(look(c, policy, s, key("1"))) == "New FRESH HIT" })
}
