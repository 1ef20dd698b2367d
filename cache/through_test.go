package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
)

func TestAFreshAnswerIsNotAskedForAgain(t *testing.T) {
	clock, s := newClock(), has("Acme")
	c := newCache(t, cache.Options{Now: clock.Now})
	expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
	fetchedAt := clock.Now()
	s.set("Other")
	clock.advance(policy.TTL)
	got := look(c, policy, s, key("1"))
	expect(t, got, "Acme FRESH HIT")
	if !got.Provenance.FetchedAt.Equal(fetchedAt) {
		t.Errorf("it was fetched at %v, and says %v", fetchedAt, got.Provenance.FetchedAt)
	}
	if s.asked() != 1 {
		t.Errorf("the source was asked %d times", s.asked())
	}
}

func TestATTLOfZeroTurnsTheCacheOff(t *testing.T) {
	s := has("Acme")
	c := newCache(t, cache.Options{})
	off := policy
	off.TTL = 0
	expect(t, look(c, off, s, key("1")), "Acme FRESH BYPASS")
	s.set("Other")
	expect(t, look(c, off, s, key("1")), "Other FRESH BYPASS")
	s.fails(nil)
	expect(t, look(c, off, s, key("1")), "none FRESH BYPASS")
	s.fails(fault(billing.CodeSourceTimeout))
	expect(t, look(c, off, s, key("1")), "error SOURCE_TIMEOUT")
}

func TestAStaleAnswerIsShownAtOnceAndRefreshedOnce(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		return billing.Outcome[*billing.Subscription]{Value: small("New")}
	})
	clock.advance(policy.TTL + time.Millisecond)
	// None of these waits: the source answers nobody yet.
	for range 20 {
		expect(t, look(c, policy, s, key("1")), "Old STALE_REVALIDATING STALE")
	}
	close(release)
	eventually(t, "the new answer is there", func() bool {
		return told(look(c, policy, s, key("1"))) == "New FRESH HIT"
	})
	if s.asked() != 2 {
		t.Errorf("the source was asked %d times, want once at first and once to refresh", s.asked())
	}
}

func TestAnAnswerTooOldToShowIsWaitedFor(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	s.set("New")
	clock.advance(policy.TTL + policy.Stale + time.Millisecond)
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
}

func TestAFailingSourceIsBridgedAndLeftAlone(t *testing.T) {
	for _, code := range []billing.Code{
		billing.CodeSourceTimeout, billing.CodeSourceUnavailable, billing.CodeSourceRateLimited, billing.CodeSourceBadData,
	} {
		t.Run(string(code), func(t *testing.T) {
			clock, s := newClock(), has("Old")
			c := newCache(t, cache.Options{Now: clock.Now})
			look(c, policy, s, key("1"))
			s.fails(fault(code))
			clock.advance(policy.TTL + policy.Stale + time.Millisecond)
			bridged := "Old STALE_SOURCE_DOWN STALE because " + string(code)
			for range 5 {
				expect(t, look(c, policy, s, key("1")), bridged)
			}
			if s.asked() != 2 {
				t.Errorf("the source was asked %d times, want once for each answer", s.asked())
			}
			clock.advance(cache.ErrorPause)
			expect(t, look(c, policy, s, key("1")), bridged)
			if s.asked() != 3 {
				t.Errorf("after the pause the source was asked %d times in all, want 3", s.asked())
			}
			s.set("New")
			clock.advance(cache.ErrorPause)
			expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
			expect(t, look(c, policy, s, key("1")), "New FRESH HIT")
		})
	}
}

func TestAFailedRefreshIsToldAndPauses(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	s.fails(fault(billing.CodeSourceTimeout))
	clock.advance(policy.TTL + time.Millisecond)
	expect(t, look(c, policy, s, key("1")), "Old STALE_REVALIDATING STALE")
	bridged := "Old STALE_SOURCE_DOWN STALE because SOURCE_TIMEOUT"
	eventually(t, "the refresh failed", func() bool { return told(look(c, policy, s, key("1"))) == bridged })
	asked := s.asked()
	for range 5 {
		expect(t, look(c, policy, s, key("1")), bridged)
	}
	if s.asked() != asked {
		t.Errorf("the source was asked %d times within the pause", s.asked()-asked)
	}
}

func TestAnAnswerTooOldToBridgeIsNotShown(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	s.fails(fault(billing.CodeSourceUnavailable))
	clock.advance(policy.TTL + policy.StaleIfError + time.Millisecond)
	expect(t, look(c, policy, s, key("1")), "error SOURCE_UNAVAILABLE")
}

func TestErrorsAreNotKept(t *testing.T) {
	s := &source{}
	c := newCache(t, cache.Options{})
	for asked, code := range []billing.Code{billing.CodeSourceUnavailable, billing.CodeForbidden, billing.CodeInternal} {
		s.fails(fault(code))
		expect(t, look(c, policy, s, key("1")), "error "+string(code))
		if s.asked() != asked+1 {
			t.Errorf("the source was asked %d times, want %d", s.asked(), asked+1)
		}
	}
	s.set("Acme")
	expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
}

func TestARefusalIsNotBridgedAndTakesBackWhatWasKept(t *testing.T) {
	for _, code := range []billing.Code{
		billing.CodeForbidden, billing.CodeSourceAuthFailed, billing.CodeUnauthenticated, billing.CodeNotFound,
	} {
		t.Run(string(code), func(t *testing.T) {
			clock, s := newClock(), has("Old")
			c := newCache(t, cache.Options{Now: clock.Now})
			look(c, policy, s, key("1"))
			s.fails(fault(code))
			clock.advance(policy.TTL + time.Millisecond)
			expect(t, look(c, policy, s, key("1")), "Old STALE_REVALIDATING STALE")
			refused := "error " + string(code)
			eventually(t, "the refusal arrived", func() bool { return told(look(c, policy, s, key("1"))) == refused })
			s.fails(fault(billing.CodeSourceUnavailable))
			expect(t, look(c, policy, s, key("1")), "error SOURCE_UNAVAILABLE")

			s.set("Again")
			look(c, policy, s, key("2"))
			s.fails(fault(code))
			clock.advance(policy.TTL + policy.Stale + time.Millisecond)
			expect(t, look(c, policy, s, key("2")), refused)
		})
	}
}

func TestAFaultOfOurOwnIsNotBridgedAndTakesNothingBack(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	clock.advance(policy.TTL + policy.Stale + time.Millisecond)
	s.fails(errors.New("index out of range"))
	expect(t, look(c, policy, s, key("1")), "error INTERNAL")
	s.fails(fault(billing.CodeSourceUnavailable))
	expect(t, look(c, policy, s, key("1")), "Old STALE_SOURCE_DOWN STALE because SOURCE_UNAVAILABLE")
}

func TestOneCallAsksForWhatItNeedsAtOnce(t *testing.T) {
	s := has("Acme")
	c := newCache(t, cache.Options{})
	look(c, policy, s, key("1"))
	keys := []cache.Key{key("1"), key("2"), key("3"), key("2")}
	var needed []cache.Key
	answers := cache.Through(context.Background(), c, codec, policy, keys, func(ctx context.Context, missing []cache.Key) map[cache.Key]billing.Outcome[*billing.Subscription] {
		needed = append(needed, missing...)
		return s.fetch(ctx, missing)
	})
	if len(answers) != 3 || len(needed) != 2 {
		t.Errorf("%d answers, of which %v were asked for", len(answers), needed)
	}
	expect(t, answers[key("1")], "Acme FRESH HIT")
	expect(t, answers[key("3")], "Acme FRESH MISS")
}

func TestASourceThatForgetsAKeyIsAFault(t *testing.T) {
	c := newCache(t, cache.Options{})
	silent := func(context.Context, []cache.Key) map[cache.Key]billing.Outcome[*billing.Subscription] { return nil }
	off := policy
	off.TTL = 0
	for _, p := range []cache.Policy{policy, off} {
		got := cache.Through(context.Background(), c, codec, p, []cache.Key{key("1")}, silent)
		expect(t, got[key("1")], "error INTERNAL")
	}
}

func TestWhatCannotBeEncodedIsAnsweredAndNotKept(t *testing.T) {
	c := newCache(t, cache.Options{})
	s := &source{}
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		odd := small("Acme")
		odd.Details = make(chan int)
		return billing.Outcome[*billing.Subscription]{Value: odd}
	})
	for range 2 {
		expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
	}
}
