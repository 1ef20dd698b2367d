package cache_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"tributary/cache"
	"tributary/redistest"
)

func TestARecordLastsAsLongAsWhatIsInIt(t *testing.T) {
	server := redistest.Start(t)
	c, client, ctx := replica(t, server.URL(), nil), reader(t, server), context.Background()
	record := cache.Record(subject("1"))
	brief := policy
	brief.TTL, brief.Stale, brief.StaleIfError = 150*time.Millisecond, 0, 0
	lasts := func(longer, shorter time.Duration) {
		t.Helper()
		if left := client.PTTL(ctx, record).Val(); left < longer || left > shorter {
			t.Errorf("the record lasts %v, want %v to %v", left, longer, shorter)
		}
	}
	look(c, brief, has("Acme"), key("1"))
	awaitKept(t, client, key("1"))
	lasts(brief.TTL, 2*time.Minute)

	long := policy.TTL + policy.StaleIfError
	look(c, policy, has("Acme"), tenantKey("alice", "1"))
	awaitKept(t, client, tenantKey("alice", "1"))
	lasts(long, long+2*time.Minute)

	look(c, policy, has("Acme"), tenantKey("alice", "1?billing-account"))
	absent := &source{}
	absent.fails(nil)
	look(c, policy, absent, tenantKey("bob", "1"))
	awaitKept(t, client, tenantKey("bob", "1"))
	lasts(long, long+2*time.Minute)
	all := client.ZRange(ctx, record, 0, -1).Val()
	for _, k := range []cache.Key{key("1"), tenantKey("alice", "1"), tenantKey("alice", "1?billing-account"), tenantKey("bob", "1")} {
		if !slices.Contains(all, k.String()) {
			t.Errorf("%s is not in the record", k)
		}
	}

	// A key that is stored for a shorter time may still be there for the longer.
	before := client.ZScore(ctx, record, tenantKey("alice", "1").String()).Val()
	other := replica(t, server.URL(), nil)
	client.Del(ctx, tenantKey("alice", "1").String())
	look(other, brief, has("Acme"), tenantKey("alice", "1"))
	awaitKept(t, client, tenantKey("alice", "1"))
	if after := client.ZScore(ctx, record, tenantKey("alice", "1").String()).Val(); after != before {
		t.Errorf("a key is recorded until %f, and was until %f", after, before)
	}

	// Who is past its time is let go by the next.
	client.ZAdd(ctx, record, past("long gone"))
	look(c, policy, has("Acme"), tenantKey("carol", "1"))
	awaitKept(t, client, tenantKey("carol", "1"))
	if slices.Contains(client.ZRange(ctx, record, 0, -1).Val(), "long gone") {
		t.Error("the record keeps what is past its time")
	}
}

func TestWhatCannotBeRecordedIsNotStored(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	r := openRedis(t, server.URL(), patient)
	c, client, ctx := newCache(t, cache.Options{Redis: r}), reader(t, server), context.Background()
	client.Set(ctx, cache.Record(subject("1")), "of another kind", 0)
	look(c, policy, s, key("1"))
	awaitAllKept(t, c, client, "mark")
	if holds(client, key("1")) {
		t.Error("it is stored, and no drop would find it")
	}
	if r.Faults() != 1 {
		t.Errorf("%d faults were counted", r.Faults())
	}
}

// Redis may evict a record before what was in it.
func TestDropFindsWhatAReplicaKnowsWithoutARecord(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	client := reader(t, server)
	look(other, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	client.Del(context.Background(), cache.Record(subject("1")))
	drop(one, "1", 0)
	if holds(client, key("1")) {
		t.Error("Redis holds what was dropped")
	}
}

func TestDropFindsWhatNoReplicaKnows(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	client := reader(t, server)
	keys := []cache.Key{
		key("1"), tenantKey("alice", "1"), tenantKey("bob", "1?billing-account"),
		must(cache.NewKey("another", "psa", "tenant", "subscription", "1")),
	}
	ended := cache.New(cache.Options{Redis: openRedis(t, server.URL(), patient)})
	for _, k := range append(keys, key("10")) {
		look(ended, policy, s, k)
		awaitKept(t, client, k)
	}
	ended.Close()
	c := replica(t, server.URL(), nil)
	awaitHearing(t, c)
	old := client.Get(t.Context(), key("1").String()).Val()
	drop(c, "1", 0)
	for _, k := range keys {
		if holds(client, k) {
			t.Errorf("Redis holds %s", k)
		}
	}
	if !holds(client, key("10")) {
		t.Error("Redis has lost a neighbour")
	}
	// Who had written it down before the drop stores it after that.
	client.Set(t.Context(), key("1").String(), old, 0)
	drop(c, "1", 0)
	if holds(client, key("1")) {
		t.Error("what was stored between two drops is not found")
	}
}
