package cache_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/billing"
	"tributary/cache"
)

func TestManyMissesOfOneKeyAreOneFetch(t *testing.T) {
	s := &source{}
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		return billing.Outcome[*billing.Subscription]{Value: small("Acme")}
	})
	c := newCache(t, cache.Options{})
	var looking sync.WaitGroup
	for range 100 {
		looking.Go(func() {
			got := look(c, policy, s, key("1"))
			if got.Err != nil || *got.Value.Name != "Acme" {
				t.Errorf("got %q", told(got))
			}
		})
	}
	eventually(t, "the source is asked", func() bool { return s.asked() == 1 })
	close(release)
	looking.Wait()
	if s.asked() != 1 {
		t.Errorf("100 misses made %d fetches", s.asked())
	}
}

// A source that answers at once lands while others are between looking and
// asking; they must find its answer.
func TestAFlightThatLandedWhileOthersLookedIsNotRepeated(t *testing.T) {
	s := has("Acme")
	c := newCache(t, cache.Options{})
	const rounds = 300
	for round := range rounds {
		k := key(fmt.Sprint(round))
		var looking sync.WaitGroup
		for range 20 {
			looking.Go(func() { look(c, policy, s, k) })
		}
		looking.Wait()
	}
	if s.asked() != rounds {
		t.Errorf("%d keys made %d fetches", rounds, s.asked())
	}
}

// The same of a fault that others between looking and asking must not repeat.
func TestAFaultThatLandedWhileOthersLookedIsNotRepeated(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	const rounds = 200
	for round := range rounds {
		look(c, policy, s, key(fmt.Sprint(round)))
	}
	s.fails(fault(billing.CodeSourceUnavailable))
	clock.advance(policy.TTL + policy.Stale + time.Millisecond)
	for round := range rounds {
		k := key(fmt.Sprint(round))
		var looking sync.WaitGroup
		for range 20 {
			looking.Go(func() {
				if got := told(look(c, policy, s, k)); got != "Old STALE_SOURCE_DOWN STALE because SOURCE_UNAVAILABLE" {
					t.Errorf("got %q", got)
				}
			})
		}
		looking.Wait()
	}
	if s.asked() != 2*rounds {
		t.Errorf("%d keys that failed made %d fetches", rounds, s.asked()-rounds)
	}
}

func TestAPanicOfAFetchIsAnErrorForAllWhoWait(t *testing.T) {
	s := &source{}
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		panic("no such field")
	})
	c := newCache(t, cache.Options{})
	keys := []cache.Key{key("1"), key("2")}
	var looking sync.WaitGroup
	for range 10 {
		looking.Go(func() {
			for k, got := range cache.Through(context.Background(), c, codec, policy, keys, s.fetch) {
				if told(got) != "error INTERNAL" || !strings.Contains(got.Err.Error(), "panic") {
					t.Errorf("%v: got %q, %v", k, told(got), got.Err)
				}
			}
		})
	}
	eventually(t, "the source is asked", func() bool { return s.asked() > 0 })
	close(release)
	looking.Wait()
	s.set("Acme")
	expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
}

func TestACallerThatLeavesTakesNobodyAlong(t *testing.T) {
	s := &source{}
	release := make(chan struct{})
	var given atomic.Value
	s.will(func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		if err := ctx.Err(); err != nil {
			given.Store(err)
		}
		return billing.Outcome[*billing.Subscription]{Value: small("Acme")}
	})
	c := newCache(t, cache.Options{})
	ctx, leave := context.WithCancel(context.Background())
	left := make(chan cache.Answer[*billing.Subscription])
	go func() {
		left <- cache.Through(ctx, c, codec, policy, []cache.Key{key("1")}, s.fetch)[key("1")]
	}()
	eventually(t, "the source is asked", func() bool { return s.asked() == 1 })
	stays := make(chan cache.Answer[*billing.Subscription])
	go func() { stays <- look(c, policy, s, key("1")) }()
	leave()
	expect(t, <-left, "error SOURCE_TIMEOUT")
	close(release)
	// Whether the other was waiting by then or came after, it is the same fetch.
	if got := <-stays; got.Err != nil || *got.Value.Name != "Acme" || s.asked() != 1 {
		t.Errorf("the other got %q after %d fetches", told(got), s.asked())
	}
	if err := given.Load(); err != nil {
		t.Errorf("the fetch was ended with its first caller: %v", err)
	}
	expect(t, look(c, policy, s, key("1")), "Acme FRESH HIT")
}

func TestACallerInAHurryIsGivenWhatIsKept(t *testing.T) {
	clock, s := newClock(), has("Old")
	c := newCache(t, cache.Options{Now: clock.Now})
	look(c, policy, s, key("1"))
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		return billing.Outcome[*billing.Subscription]{Value: small("New")}
	})
	clock.advance(policy.TTL + policy.Stale + time.Millisecond)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Millisecond)
	defer cancel()
	got := cache.Through(ctx, c, codec, policy, []cache.Key{key("1")}, s.fetch)[key("1")]
	expect(t, got, "Old STALE_SOURCE_DOWN STALE because SOURCE_TIMEOUT")
	close(release)
}

func TestAFetchHasADeadline(t *testing.T) {
	s := &source{}
	s.will(func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
		<-ctx.Done()
		return billing.Outcome[*billing.Subscription]{Err: &billing.Error{Code: billing.CodeSourceTimeout, Err: ctx.Err()}}
	})
	c := newCache(t, cache.Options{FetchTime: 10 * time.Millisecond})
	expect(t, look(c, policy, s, key("1")), "error SOURCE_TIMEOUT")
}

func TestWhatIsDroppedIsAskedForAgain(t *testing.T) {
	s := has("Old")
	c := newCache(t, cache.Options{})
	look(c, policy, s, key("1"))
	look(c, policy, s, key("2"))
	s.set("New")
	drop(c, "1", 0)
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
	expect(t, look(c, policy, s, key("2")), "Old FRESH HIT")
}

func TestCloseEndsWhatRunsAndWaitsForIt(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := &source{}
	var ended atomic.Bool
	s.will(func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
		<-ctx.Done()
		ended.Store(true)
		return billing.Outcome[*billing.Subscription]{Err: &billing.Error{Code: billing.CodeSourceTimeout, Err: ctx.Err()}}
	})
	c := cache.New(cache.Options{})
	waits := make(chan cache.Answer[*billing.Subscription])
	go func() { waits <- look(c, policy, s, key("1")) }()
	eventually(t, "the source is asked", func() bool { return s.asked() == 1 })
	c.Close()
	if !ended.Load() {
		t.Error("Close returned before the fetch did")
	}
	expect(t, <-waits, "error SOURCE_TIMEOUT")
	expect(t, look(c, policy, s, key("1")), "error INTERNAL")
	if s.asked() != 1 {
		t.Error("a closed cache asked the source")
	}
	c.Close()
}

func TestCloseAmongLooksLosesNobody(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	s := has("Acme")
	for range 50 {
		c := cache.New(cache.Options{})
		var looking sync.WaitGroup
		for i := range 8 {
			looking.Go(func() {
				switch got := told(look(c, policy, s, key(fmt.Sprint(i%4)))); got {
				case "Acme FRESH MISS", "Acme FRESH HIT", "error INTERNAL":
				default:
					t.Errorf("got %q", got)
				}
			})
		}
		c.Close()
		looking.Wait()
	}
}
