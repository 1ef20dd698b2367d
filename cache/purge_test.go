package cache_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

// keyIn is a key of the present epoch.
func keyIn(c *cache.Cache, source, tenant, id string) cache.Key {
	return must(c.Key(codec.Version(), source, tenant, "subscription", id))
}

// lookIn looks up what a tenant sees at a source.
func lookIn(c *cache.Cache, s *source, source, tenant string) cache.Answer[*billing.Subscription] {
	return look(c, policy, s, keyIn(c, source, tenant, "1"))
}

// seen is what a cache has of three tenants, by whether it is from before.
func seen(c *cache.Cache, now string) map[string]bool {
	old := map[string]bool{}
	for name, at := range map[string][2]string{"psa alice": {"psa", "alice"}, "psa bob": {"psa", "bob"}, "saas alice": {"saas", "alice"}} {
		old[name] = told(lookIn(c, has(now), at[0], at[1])) == "Old FRESH HIT"
	}
	return old
}

var scopes = map[string]struct {
	scope cache.Scope
	stays []string
}{
	"everything": {cache.Scope{}, nil},
	"a source":   {cache.Scope{Source: "psa"}, []string{"saas alice"}},
	"a tenant":   {cache.Scope{Source: "psa", Tenant: "alice"}, []string{"psa bob", "saas alice"}},
}

func expectStays(t *testing.T, old map[string]bool, stays []string) {
	t.Helper()
	maps.DeleteFunc(old, func(_ string, isOld bool) bool { return !isOld })
	if got := slices.Sorted(maps.Keys(old)); !slices.Equal(got, stays) {
		t.Errorf("from before the purge there is %q, want %q", got, stays)
	}
}

func TestAPurgeForgetsItsScopeAndNothingElse(t *testing.T) {
	for name, c := range scopes {
		t.Run(name, func(t *testing.T) {
			alone := newCache(t, cache.Options{})
			seen(alone, "Old")
			if !alone.Purge(context.Background(), c.scope) {
				t.Error("without Redis a purge was not acknowledged")
			}
			expectStays(t, seen(alone, "New"), c.stays)
		})
	}
}

func TestAPurgeReachesEveryReplicaAndItsRedis(t *testing.T) {
	for name, c := range scopes {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			one, other := replicas(t, server)
			seen(one, "Old")
			awaitAllKept(t, one, reader(t, server), "mark")
			seen(other, "Old")
			if !one.Purge(context.Background(), c.scope) {
				t.Error("it was not acknowledged")
			}
			expectStays(t, seen(other, "New"), c.stays)
			third := replica(t, server.URL(), nil) // knows what was purged before it began
			expectStays(t, seen(third, "Newer"), c.stays)
		})
	}
}

// Purges of one scope within another must each change the keys of both.
func TestEveryPurgeCounts(t *testing.T) {
	server := redistest.Start(t)
	one, other := replicas(t, server)
	for i, scope := range []cache.Scope{
		{Source: "psa", Tenant: "alice"}, {Source: "psa"}, {Source: "psa", Tenant: "alice"}, {}, {Source: "psa"}, {}, {},
	} {
		from, to := one, other
		if i%2 == 1 {
			from, to = other, one
		}
		before := keyIn(to, "psa", "alice", "1")
		if !from.Purge(context.Background(), scope) {
			t.Errorf("purge %d was not acknowledged", i)
		}
		after := keyIn(to, "psa", "alice", "1")
		if before == after || after != keyIn(from, "psa", "alice", "1") {
			t.Errorf("purge %d: the key %s became %s on one replica, %s on the other", i, before, after, keyIn(from, "psa", "alice", "1"))
		}
	}
}

// Such as when Redis was emptied, or its clock is ahead.
func TestAReplicaOfALaterEpochPurgesAllTheSame(t *testing.T) {
	for name, earlier := range map[string]cache.Scope{"of the scope": {Source: "psa"}, "of a tenant in it": {Source: "psa", Tenant: "alice"}} {
		t.Run(name, func(t *testing.T) {
			server := redistest.Start(t)
			one, other := replicas(t, server)
			client := reader(t, server)
			cache.SetEpoch(other, earlier, uint64(time.Now().Add(time.Hour).UnixMilli()))
			lookIn(other, has("Old"), "psa", "alice")
			awaitKept(t, client, keyIn(other, "psa", "alice", "1"))
			expect(t, lookIn(other, has("New"), "psa", "alice"), "Old FRESH HIT")
			if !one.Purge(context.Background(), cache.Scope{Source: "psa"}) {
				t.Error("it was not acknowledged")
			}
			expect(t, lookIn(other, has("New"), "psa", "alice"), "New FRESH MISS")
			third := replica(t, server.URL(), nil)
			eventually(t, "Redis knows the later epoch", func() bool {
				return keyIn(third, "psa", "alice", "1") == keyIn(other, "psa", "alice", "1")
			})
		})
	}
}

func TestWhatIsFetchedDuringAPurgeIsNotKept(t *testing.T) {
	server := redistest.Start(t)
	one, other := replicas(t, server)
	client := reader(t, server)
	slow := slowSource("Old")
	key := keyIn(other, "psa", "alice", "1")
	waits := make(chan cache.Answer[*billing.Subscription])
	go func() { waits <- look(other, policy, slow.source, key) }()
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	one.Purge(context.Background(), cache.Scope{Source: "psa"})
	close(slow.release)
	expect(t, <-waits, "Old FRESH MISS") // who asked before is answered
	expect(t, lookIn(other, has("New"), "psa", "alice"), "New FRESH MISS")
	// And who made a key before and asks after it neither finds nor keeps anything.
	expect(t, look(other, policy, has("Newer"), key), "Newer FRESH MISS")
	expect(t, look(other, policy, has("Newest"), key), "Newest FRESH MISS")
	lookIn(other, has("Mark"), "saas", "alice")
	awaitKept(t, client, keyIn(other, "saas", "alice", "1"))
	if holds(client, key) {
		t.Error("Redis holds what was fetched before the purge")
	}
}

func TestADropReachesWhatWasFetchedAfterAPurge(t *testing.T) {
	server := redistest.Start(t)
	one, other := replicas(t, server)
	one.Purge(context.Background(), cache.Scope{})
	lookIn(one, has("Old"), "psa", "alice")
	awaitKept(t, reader(t, server), keyIn(one, "psa", "alice", "1"))
	expect(t, lookIn(other, has("Other"), "psa", "alice"), "Old FRESH HIT")
	drop(one, "1", 0)
	expect(t, lookIn(other, has("New"), "psa", "alice"), "New FRESH MISS")
}

func TestAPurgeIsNotLostWithRedis(t *testing.T) {
	server := redistest.Start(t)
	one, other := replicas(t, server)
	client := reader(t, server)
	old := keyIn(one, "psa", "alice", "1")
	one.Purge(context.Background(), cache.Scope{Source: "psa"})
	purged := keyIn(one, "psa", "alice", "1")
	server.Kill() // what it held is gone with it
	server.Restart()
	eventually(t, "the epochs are back in Redis", func() bool {
		return client.HGet(context.Background(), cache.EpochsName, "psa:").Err() == nil
	})
	awaitHearing(t, one, other)
	third := replica(t, server.URL(), nil)
	for name, c := range map[string]*cache.Cache{"one": one, "other": other, "third": third} {
		if got := keyIn(c, "psa", "alice", "1"); got != purged || got == old {
			t.Errorf("%s: the key is %s, want %s", name, got, purged)
		}
	}
}

func TestAPurgeDuringASilenceIsToldWhenItEnds(t *testing.T) {
	server := redistest.Start(t)
	network := redistest.StartProxy(t, server.Addr())
	one := newCache(t, cache.Options{Redis: openRedis(t, network.URL(), brisk)})
	other := replica(t, server.URL(), nil)
	awaitHearing(t, one, other)
	lookIn(other, has("Old"), "psa", "alice")
	network.Lose()
	if one.Purge(context.Background(), cache.Scope{Source: "psa", Tenant: "alice"}) {
		t.Error("a Redis out of reach has acknowledged it")
	}
	expectAcknowledged(t, one, 1)
	expect(t, lookIn(other, has("New"), "psa", "alice"), "Old FRESH HIT")
	network.Mend()
	eventually(t, "the other replica is told", func() bool {
		return keyIn(other, "psa", "alice", "1") == keyIn(one, "psa", "alice", "1")
	})
	expect(t, lookIn(other, has("New"), "psa", "alice"), "New FRESH MISS")
}

// A version of the program without purges must not acknowledge them.
func TestAPurgeIsNothingThatAnOlderReplicaAcknowledges(t *testing.T) {
	server := redistest.Start(t)
	one := replica(t, server.URL(), nil)
	awaitHearing(t, one)
	older := reader(t, server).Subscribe(context.Background(), cache.DropsChannel)
	defer older.Close()
	if _, err := older.Receive(context.Background()); err != nil {
		t.Fatal(err)
	}
	if one.Purge(context.Background(), cache.Scope{}) {
		t.Error("it is acknowledged by who has not answered")
	}
	told := <-older.Channel()
	for _, name := range []string{`"from":""`, `"subjects":null`} {
		if !strings.Contains(told.Payload, name) {
			t.Errorf("the notice %s has no %s", told.Payload, name)
		}
	}
}

func TestAPurgeEmptiesTheMemory(t *testing.T) {
	c := newCache(t, cache.Options{})
	lookIn(c, has("Old"), "psa", "alice")
	lookIn(c, has("Old"), "saas", "alice")
	c.Purge(context.Background(), cache.Scope{Source: "psa"})
	if n := cache.Kept(c); n != 1 {
		t.Errorf("%d entries are kept, want that of the other source", n)
	}
}

func TestAKeyCostsOneAllocationInAnyEpoch(t *testing.T) {
	c := newCache(t, cache.Options{})
	for _, scope := range []cache.Scope{{Source: "other"}, {}, {Source: "psa"}, {Source: "psa", Tenant: "alice"}} {
		if n := testing.AllocsPerRun(100, func() { keyIn(c, "psa", "alice", "1") }); n > 1 {
			t.Errorf("%v allocations", n)
		}
		c.Purge(context.Background(), scope)
	}
}

// The times of purges between healthy replicas, which a busy machine may stretch.
func TestAPurgeIsAcknowledgedSoon(t *testing.T) {
	server := redistest.Start(t)
	one, _ := replicas(t, server)
	var took []time.Duration
	for range 200 {
		begun := time.Now()
		if !one.Purge(context.Background(), cache.Scope{Source: "psa"}) {
			t.Fatal("it was not acknowledged")
		}
		took = append(took, time.Since(begun))
	}
	slices.Sort(took)
	t.Logf("median %v, p99 %v", took[100], took[198])
	if took[198] > time.Second {
		t.Errorf("the slowest but two of 200 took %v", took[198])
	}
}
