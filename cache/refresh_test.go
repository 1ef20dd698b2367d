package cache_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

func TestRefreshesAreBoundedAndTheRestIsLeftForLater(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now, Refreshes: 2})
	keys := keysUpTo(6)
	for _, k := range keys {
		look(c, policy, s, k)
	}
	slow := slowSource("New")
	clock.advance(policy.TTL + time.Millisecond)
	for range 3 {
		for _, k := range keys {
			expect(t, look(c, policy, slow.source, k), "Old STALE_REVALIDATING STALE")
		}
	}
	eventually(t, "two are refreshed", func() bool { return slow.asked() == 2 })
	// What somebody waits for is not among them.
	expect(t, look(c, policy, s, key("another")), "Old FRESH MISS")
	close(slow.release)
	eventually(t, "all are", func() bool {
		fresh := 0
		for _, k := range keys {
			if told(look(c, policy, slow.source, k)) == "New FRESH HIT" {
				fresh++
			}
		}
		return fresh == len(keys)
	})
	if slow.asked() != len(keys) {
		t.Errorf("%d keys took %d refreshes", len(keys), slow.asked())
	}
}

func TestARefreshIsBackgroundAndFailsWithoutHarm(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now, Refreshes: 1})
	look(c, policy, s, key("1"))
	var background atomic.Bool
	s.will(func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
		background.Store(billing.IsBackground(ctx))
		return billing.Outcome[*billing.Subscription]{Err: fault(billing.CodeSourceRateLimited)}
	})
	clock.advance(policy.TTL + time.Millisecond)
	// Each that failed makes room for the next.
	for range 5 {
		eventually(t, "it is paused", func() bool {
			return told(look(c, policy, s, key("1"))) == "Old STALE_SOURCE_DOWN STALE because SOURCE_RATE_LIMITED"
		})
		clock.advance(cache.ErrorPause)
	}
	if !background.Load() || s.asked() != 6 {
		t.Errorf("in the background: %t; the source was asked %d times", background.Load(), s.asked())
	}
}

func TestARefreshThatTheGatewayHeldBackIsNothingAgainstTheSource(t *testing.T) {
	const paused = "Old STALE_SOURCE_DOWN STALE because "
	for name, held := range map[string]struct {
		err  *billing.Error
		want string
	}{
		"for the quota":    {&billing.Error{Code: billing.CodeSourceRateLimited, Unsent: true, RetryAfter: time.Now().Add(time.Hour)}, "Old STALE_REVALIDATING STALE"},
		"for lack of room": {&billing.Error{Code: billing.CodeSourceUnavailable, Unsent: true}, "Old STALE_REVALIDATING STALE"},
		"for lack of time": {&billing.Error{Code: billing.CodeSourceTimeout, Unsent: true}, "Old STALE_REVALIDATING STALE"},
		"by the circuit":   {&billing.Error{Code: billing.CodeSourceUnavailable, Unsent: true, RetryAfter: time.Now().Add(time.Hour)}, paused + "SOURCE_UNAVAILABLE"},
		"not at all":       {&billing.Error{Code: billing.CodeSourceUnavailable}, paused + "SOURCE_UNAVAILABLE"},
	} {
		t.Run(name, func(t *testing.T) {
			clock, s := newClock(), has("Old")
			c := newCache(t, cache.Options{Now: clock.Now})
			look(c, policy, s, key("1"))
			s.fails(held.err)
			clock.advance(policy.TTL + time.Millisecond)
			look(c, policy, s, key("1"))
			eventually(t, "a refresh has ended", func() bool { return cache.UnderWay(c) == 0 })
			expect(t, look(c, policy, s, key("1")), held.want)
		})
	}
}

func TestNoRefreshBeginsAfterItIsStopped(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := cache.New(cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	look(c, policy, s, key("2"))
	slow := slowSource("New")
	clock.advance(policy.TTL + time.Millisecond)
	look(c, policy, slow.source, key("1"))
	c.StopRefreshing()
	for range 3 {
		expect(t, look(c, policy, s, key("2")), "Old STALE_REVALIDATING STALE")
	}
	expect(t, look(c, policy, s, key("3")), "Old FRESH MISS")
	close(slow.release)
	eventually(t, "what was under way lands", func() bool { return told(look(c, policy, s, key("1"))) == "New FRESH HIT" })
	c.Close() // waits for all that began
	if s.asked() != 3 {
		t.Errorf("the source was asked %d times, want 3", s.asked())
	}
}

func TestReplicasRefreshOnce(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Old")
	var caches []*cache.Cache
	for range 3 {
		caches = append(caches, replica(t, server.URL(), clock.Now))
	}
	awaitHearing(t, caches...)
	client := reader(t, server)
	const rounds = 20
	for round := range rounds {
		k := key(fmt.Sprint(round))
		s.set("Old")
		look(caches[0], policy, s, k)
		awaitKept(t, client, k)
		for _, c := range caches {
			expect(t, look(c, policy, s, k), "Old FRESH HIT")
		}
		clock.advance(policy.TTL + time.Millisecond)
		s.set("New")
		asked := s.asked()
		var looking sync.WaitGroup
		for _, c := range caches {
			looking.Go(func() {
				eventually(t, "the new answer is there", func() bool { return told(look(c, policy, s, k)) == "New FRESH HIT" })
			})
		}
		looking.Wait()
		if n := s.asked() - asked; n != 1 {
			t.Errorf("three replicas refreshed %d times", n)
		}
	}
}

// Who waits joins a refresh; where another replica is at it, both wait for that.
func TestWhoJoinsARefreshThatAnotherReplicaIsAtGetsItsAnswer(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Old")
	one, other := replica(t, server.URL(), clock.Now), replica(t, server.URL(), clock.Now)
	awaitHearing(t, one, other)
	client := reader(t, server)
	impatient := policy
	impatient.Stale = 0
	for round := range 20 {
		k := key(fmt.Sprint(round))
		look(one, policy, s, k)
		awaitKept(t, client, k)
		look(other, policy, s, k)
		clock.advance(policy.TTL + time.Millisecond)
		slow, none := slowSource("New"), &source{}
		look(one, policy, slow.source, k)
		eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
		look(other, policy, none, k)
		waits := make(chan cache.Answer[*billing.Subscription])
		go func() { waits <- look(other, impatient, none, k) }()
		awaitWaiting(t, client, k)
		close(slow.release)
		expect(t, <-waits, "New FRESH MISS")
		if none.asked() != 0 {
			t.Error("the other asked, too")
		}
	}
}

func TestMemoryIsSuspectWhileDropsAreNotHeardOf(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Old")
	c, client := replica(t, server.URL(), clock.Now), reader(t, server)
	awaitHearing(t, c)
	look(c, policy, s, key("1"))
	clock.advance(cache.Trusted + time.Millisecond)
	look(c, policy, s, key("2"))
	expect(t, look(c, policy, s, key("1")), "Old FRESH HIT")
	if c.IsDeaf() {
		t.Error("it hears, and says that it is deaf")
	}
	lockOut(t, client, c)
	if !c.IsDeaf() {
		t.Error("it does not hear, and says nothing of it")
	}
	s.set("New")
	got := look(c, policy, s, key("2"))
	expect(t, got, "Old FRESH HIT") // it is young
	if want := clock.Now().Add(cache.Trusted); !got.FreshUntil.Equal(want) {
		t.Errorf("it is fresh until %v, want %v", got.FreshUntil, want)
	}
	expect(t, look(c, policy, s, key("1")), "Old STALE_REVALIDATING STALE")
	eventually(t, "it is refreshed", func() bool { return told(look(c, policy, s, key("1"))) == "New FRESH HIT" })
	s.fails(fault(billing.CodeSourceUnavailable))
	clock.advance(cache.Trusted + time.Millisecond)
	eventually(t, "it is shown though the source fails", func() bool {
		return told(look(c, policy, s, key("1"))) == "New STALE_SOURCE_DOWN STALE because SOURCE_UNAVAILABLE"
	})
	client.ConfigSet(t.Context(), "maxclients", "1000")
	awaitHearing(t, c)
	if c.IsDeaf() {
		t.Error("it hears again, and says that it is deaf")
	}
	s.set("Newer")
	look(c, policy, s, key("3"))
	clock.advance(cache.Trusted + time.Millisecond)
	expect(t, look(c, policy, s, key("3")), "Newer FRESH HIT")
}

func TestWithoutRedisNothingIsSuspect(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	clock.advance(policy.TTL)
	expect(t, look(c, policy, s, key("1")), "Old FRESH HIT")
	if c.IsDeaf() {
		t.Error("there is nothing to hear")
	}
}
