package cache_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

// replicaOf makes one more process's cache over a Redis of several nodes.
func replicaOf(t *testing.T, config cache.RedisConfig) *cache.Cache {
	t.Helper()
	r, err := cache.OpenRedis(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return newCache(t, cache.Options{Redis: r})
}

func TestDropReachesEveryReplicaOfACluster(t *testing.T) {
	cluster := redistest.StartCluster(t)
	addrs, client := cluster.Addrs(), cluster.Client()
	open := func() *cache.Cache {
		return replicaOf(t, cache.RedisConfig{Addrs: addrs, Timeout: patient})
	}
	one, other := open(), open()
	awaitHearing(t, one, other)
	s, ctx := has("Old"), context.Background()
	// A plain channel's messages would be carried to all nodes.
	sharded := int64(0)
	for _, addr := range addrs {
		node := redis.NewClient(&redis.Options{Addr: addr})
		sharded += node.PubSubShardNumSub(ctx, cache.DropsChannel).Val()[cache.DropsChannel]
		node.Close()
	}
	if sharded != 2 {
		t.Errorf("%d replicas listen to the sharded channel", sharded)
	}
	var keys []cache.Key
	var subjects []cache.Subject
	for i := range 20 {
		keys = append(keys, tenantKey("alice", fmt.Sprint(i)), tenantKey("bob", fmt.Sprint(i, "?billing-account")))
		subjects = append(subjects, subject(fmt.Sprint(i)))
	}
	kept := func() (n int64) {
		for _, k := range keys {
			n += client.Exists(ctx, k.String()).Val()
		}
		return n
	}
	cache.Through(ctx, one, codec, policy, keys, s.fetch)
	eventually(t, "all is kept", func() bool { return kept() == int64(len(keys)) })
	cache.Through(ctx, other, codec, policy, keys, s.fetch)
	if s.asked() != 1 {
		t.Fatalf("the source was asked %d times", s.asked())
	}
	s.set("New")
	begun := time.Now()
	open().Drop(ctx, subjects[:19], "a write", 0) // knows none of the keys
	one.Drop(ctx, subjects[:19], "a write", 0)
	if took := time.Since(begun); took > 2*cache.AcknowledgeWithin {
		t.Errorf("they took %v", took)
	}
	expectAcknowledged(t, one, 0)
	if n := kept(); n != 2 {
		t.Errorf("%d entries are left of those of one subject", n)
	}
	for i, k := range keys {
		want := "New FRESH MISS"
		if i >= 38 {
			want = "Old FRESH HIT"
		}
		expect(t, look(other, policy, s, k), want)
	}
}

func TestReplicasOfAClusterFetchOnce(t *testing.T) {
	cluster := redistest.StartCluster(t)
	addrs, client := cluster.Addrs(), cluster.Client()
	var caches []*cache.Cache
	for range 3 {
		r, err := cache.OpenRedis(cache.RedisConfig{Addrs: addrs, Timeout: patient})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		caches = append(caches, newCache(t, cache.Options{Redis: r}))
	}
	awaitHearing(t, caches...)
	slow, none, keys := slowSource("Acme"), &source{}, keysUpTo(20)
	type answers = map[cache.Key]cache.Answer[*billing.Subscription]
	got := make(chan answers, len(caches))
	go func() { got <- cache.Through(t.Context(), caches[0], codec, policy, keys, slow.fetch) }()
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	for _, c := range caches[1:] {
		go func() { got <- cache.Through(t.Context(), c, codec, policy, keys, none.fetch) }()
	}
	for _, k := range keys {
		eventually(t, "another replica waits", func() bool {
			return strings.HasSuffix(client.Get(t.Context(), cache.Lease(k)).Val(), "+")
		})
	}
	close(slow.release)
	begun := time.Now()
	for range caches {
		for _, answer := range <-got {
			expect(t, answer, "Acme FRESH MISS")
		}
	}
	if took := time.Since(begun); took > cache.LeaseTime {
		t.Errorf("it took %v, so nobody was told", took)
	}
	if none.asked() != 0 {
		t.Errorf("the others made %d fetches", none.asked())
	}
}

// groups are the ways in which Redis has a replica take over. kill kills the
// master that the drops go through; whole waits until another has taken over.
var groups = []struct {
	name  string
	start func(t *testing.T) (config cache.RedisConfig, kill, whole func())
}{
	{"a Cluster", func(t *testing.T) (cache.RedisConfig, func(), func()) {
		cluster := redistest.StartCluster(t)
		return cache.RedisConfig{Addrs: cluster.Addrs()}, func() { cluster.KillMasterOf(cache.DropsChannel) }, cluster.AwaitWhole
	}},
	{"Sentinels", func(t *testing.T) (cache.RedisConfig, func(), func()) {
		group := redistest.StartSentinel(t)
		return cache.RedisConfig{Addrs: group.Addrs(), Master: group.Master()}, group.KillMaster, group.AwaitFailover
	}},
}

func TestALookNeverFailsForAFailoverAndDropsReachTheOtherAfterIt(t *testing.T) {
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			config, kill, whole := group.start(t)
			config.Timeout = brisk
			one, other, s := replicaOf(t, config), replicaOf(t, config), has("Acme")
			awaitHearing(t, one, other)
			var looks, slowest atomic.Int64
			var loading sync.WaitGroup
			stop := make(chan struct{})
			for i, c := range []*cache.Cache{one, other} {
				loading.Go(func() {
					for n := 0; ; n++ {
						select {
						case <-stop:
							return
						default:
						}
						begun := time.Now()
						expect(t, look(c, policy, s, key(fmt.Sprint(i, "-", n))), "Acme FRESH MISS")
						slowest.Store(max(slowest.Load(), int64(time.Since(begun))))
						looks.Add(1)
					}
				})
			}
			more := func(what string) {
				t.Helper()
				seen := looks.Load()
				eventually(t, "looks go on "+what, func() bool { return looks.Load() > seen+200 })
			}
			more("before")
			kill()
			more("meanwhile")
			whole()
			more("after")
			close(stop)
			loading.Wait()
			took := time.Duration(slowest.Load())
			t.Logf("the slowest of %d looks took %v", looks.Load(), took)
			if took > 2*brisk+generous {
				t.Errorf("a look took %v", took)
			}
			expectCoherence(t, one, other)
		})
	}
}

// expectCoherence waits until two caches share what one has fetched, and then
// expects what one drops to be gone from the other.
func expectCoherence(t *testing.T, one, other *cache.Cache) {
	t.Helper()
	awaitHearing(t, one, other)
	var shared cache.Key
	last := 0
	eventually(t, "one has from Redis what the other fetched", func() bool {
		last++
		look(one, policy, has("Old"), key(fmt.Sprint("shared ", last)))
		const behind = 20 // for the older ones to be stored
		if last <= behind {
			return false
		}
		shared = key(fmt.Sprint("shared ", last-behind))
		return told(look(other, policy, has("Other"), shared)) == "Old FRESH HIT"
	})
	unacknowledged := one.Unacknowledged()
	one.Drop(t.Context(), []cache.Subject{shared.Subject()}, "a write", 0)
	expectAcknowledged(t, one, unacknowledged)
	expect(t, look(other, policy, has("New"), shared), "New FRESH MISS")
}
