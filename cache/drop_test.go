package cache_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

func TestDropForgetsInBothTiers(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replica(t, server.URL(), nil), replica(t, server.URL(), nil)
	client := reader(t, server)
	for i := range 3 {
		look(one, policy, s, key(fmt.Sprint(i)))
	}
	awaitKept(t, client, key("2"))
	one.Drop(context.Background(), []cache.Subject{subject("0"), subject("1")}, "a write", 0)
	if holds(client, key("0")) || holds(client, key("1")) || !holds(client, key("2")) {
		t.Error("Redis holds what was dropped, or lost what was not")
	}
	one.Drop(context.Background(), nil, "a write", 0)
	s.set("New")
	expect(t, look(other, policy, s, key("0")), "New FRESH MISS")
	expect(t, look(one, policy, s, key("2")), "Old FRESH HIT")
}

func TestAFetchThatADropOvertookIsAnsweredAndNotKept(t *testing.T) {
	server := redistest.Start(t)
	c, client, s := replica(t, server.URL(), nil), reader(t, server), &source{}
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		return billing.Outcome[*billing.Subscription]{Value: small("Old")}
	})
	waits := make(chan cache.Answer[*billing.Subscription])
	go func() { waits <- look(c, policy, s, key("1")) }()
	eventually(t, "the source is asked", func() bool { return s.asked() == 1 })
	drop(c, "1", 0)

	s.set("New")
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
	close(release)
	expect(t, <-waits, "Old FRESH MISS")
	expect(t, look(c, policy, s, key("1")), "New FRESH HIT")
	awaitKept(t, client, key("1"))
	look(c, policy, has("Later"), key("2"))
	awaitKept(t, client, key("2")) // all writes before it are done
	expect(t, look(replica(t, server.URL(), nil), policy, has("None"), key("1")), "New FRESH HIT")
}

// behindNetwork makes a cache whose Redis holds an old value for key 1, and
// which has one idle connection to it.
func behindNetwork(t *testing.T, s *source) (*cache.Cache, *redistest.Proxy) {
	t.Helper()
	server := redistest.Start(t)
	network := redistest.StartProxy(t, server.Addr())
	look(replica(t, server.URL(), nil), policy, s, key("1"))
	awaitKept(t, reader(t, server), key("1"))
	c := replica(t, network.URL(), nil)
	awaitHearing(t, c)
	drop(c, "another", 0) // opens the connection; when it is acknowledged nothing more is under way
	return c, network
}

// A look that has the old value from Redis in hand when Drop comes must not
// bring it back.
func TestALookThatADropOvertookBringsNothingBack(t *testing.T) {
	s := has("Old")
	c, network := behindNetwork(t, s)
	arrived, release := network.HoldAnswer()
	looks := make(chan cache.Answer[*billing.Subscription])
	go func() { looks <- look(c, policy, s, key("1")) }()
	<-arrived
	s.set("New")
	drop(c, "1", 0)
	release()
	expect(t, <-looks, "Old FRESH HIT")
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
}

// Nor must one that finds it in Redis before the deletion arrives there. For a
// while none even looks there, for a replica could still put it back.
func TestALookThatOvertookADropBringsNothingBack(t *testing.T) {
	s := has("Old")
	c, network := behindNetwork(t, s)
	s.fails(fault(billing.CodeSourceUnavailable))
	arrived, release := network.HoldQuestion()
	dropped := make(chan struct{})
	begun := time.Now()
	go func() {
		defer close(dropped)
		drop(c, "1", 0)
	}()
	<-arrived
	expect(t, look(c, policy, s, key("1")), "error SOURCE_UNAVAILABLE")
	eventually(t, "the old value is found in Redis", func() bool {
		return told(look(c, policy, s, key("1"))) == "Old FRESH HIT"
	})
	if took := time.Since(begun); took < cache.Settled {
		t.Errorf("Redis was looked into after %v", took)
	}
	release()
	<-dropped
	s.set("New")
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
}
