package cache_test

import (
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

func TestAHoldKeepsFetchesOutOnEveryReplica(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	client := reader(t, server)
	look(one, policy, s, key("1"))
	drop(one, "1", time.Hour)
	for _, c := range []*cache.Cache{one, other} {
		for range 2 {
			expect(t, look(c, policy, s, key("1")), "Old FRESH MISS")
			expect(t, look(c, policy, s, key("1?billing-account")), "Old FRESH MISS")
		}
		look(c, policy, s, key("10"))
		expect(t, look(c, policy, s, key("10")), "Old FRESH HIT")
	}
	awaitAllKept(t, one, client, "mark of one")
	awaitAllKept(t, other, client, "mark of the other")
	if holds(client, key("1")) {
		t.Error("it is in Redis")
	}
	drop(other, "1", 0)
	s.set("New")
	for _, c := range []*cache.Cache{one, other} {
		expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
		expect(t, look(c, policy, s, key("1")), "New FRESH HIT")
	}
	awaitKept(t, client, key("1"))
	expectAcknowledged(t, one, 0)
	expectAcknowledged(t, other, 0)
}

// Two writes may be about one list; the end of one is not the end of the other.
func TestAHoldOutlivesTheDropsOfOthers(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	drop(one, "1", time.Hour)
	other.Drop(t.Context(), []cache.Subject{subject("1")}, "another write", time.Hour)
	other.Drop(t.Context(), []cache.Subject{subject("1")}, "another write", 0)
	for _, c := range []*cache.Cache{one, other} {
		look(c, policy, s, key("1"))
		expect(t, look(c, policy, s, key("1")), "Old FRESH MISS")
	}
	drop(one, "1", 0)
	for _, c := range []*cache.Cache{one, other} {
		look(c, policy, s, key("1"))
		expect(t, look(c, policy, s, key("1")), "Old FRESH HIT")
	}
}

func TestAHoldEndsByItself(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	one, other := replicas(t, server)
	client := reader(t, server)
	const hold = 100 * time.Millisecond
	begun := time.Now()
	drop(one, "1", hold)
	for _, c := range []*cache.Cache{one, other} {
		eventually(t, "it is kept again", func() bool {
			return look(c, policy, s, key("1")).Provenance.Cache == billing.CacheHit
		})
	}
	if took := time.Since(begun); took < hold {
		t.Errorf("the hold took %v", took)
	}
	awaitKept(t, client, key("1"))
}

// What is asked for during a hold may be answered after it, and is no newer.
func TestAFetchOfAHoldIsNotKeptAfterIt(t *testing.T) {
	c, s := newCache(t, cache.Options{}), has("New")
	const hold = 100 * time.Millisecond
	begun := time.Now()
	drop(c, "1", hold)
	slow := slowSource("Old")
	waits := make(chan cache.Answer[*billing.Subscription])
	go func() { waits <- look(c, policy, slow.source, key("1")) }()
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	during := time.Since(begun) < hold
	eventually(t, "the hold has ended", func() bool {
		look(c, policy, s, key("2"))
		return time.Since(begun) > hold
	})
	close(slow.release)
	expect(t, <-waits, "Old FRESH MISS")
	if during { // unless the machine was too slow to ask in time
		expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
	}
}

// Redis may have what a replica that has not heard yet stored there.
func TestWhatIsHeldIsNotLookedUpInRedis(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	c, client := replica(t, server.URL(), nil), reader(t, server)
	awaitHearing(t, c)
	look(c, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	old := client.Get(t.Context(), key("1").String()).Val()
	drop(c, "1", time.Hour)
	dropped := time.Now()
	client.Set(t.Context(), key("1").String(), old, 0)
	s.set("New")
	eventually(t, "every replica has had its time", func() bool {
		expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
		return time.Since(dropped) > cache.Settled
	})
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
}
