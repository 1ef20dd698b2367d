package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

// awaitHearing waits until caches hear what other replicas drop.
func awaitHearing(t testing.TB, caches ...*cache.Cache) {
	t.Helper()
	for _, c := range caches {
		eventually(t, "drops are heard of", func() bool { return cache.Hears(c) })
	}
}

// replicas makes two processes' caches over one Redis.
func replicas(t testing.TB, server *redistest.Server) (one, other *cache.Cache) {
	t.Helper()
	one, other = replica(t, server.URL(), nil), replica(t, server.URL(), nil)
	awaitHearing(t, one, other)
	return one, other
}

func expectAcknowledged(t testing.TB, c *cache.Cache, unacknowledged int64) {
	t.Helper()
	if n := c.Unacknowledged(); n != unacknowledged {
		t.Errorf("%d drops were not acknowledged, want %d", n, unacknowledged)
	}
}

// awaitAllKept waits until all that c has to store before now is in Redis.
func awaitAllKept(t testing.TB, c *cache.Cache, client *redis.Client, mark string) {
	t.Helper()
	look(c, policy, has("Mark"), key(mark))
	awaitKept(t, client, key(mark))
}

func TestDropReachesAllThatIsKeptOfASubject(t *testing.T) {
	keyOf := func(version, source, tenant, entity, id string) cache.Key {
		return must(cache.NewKey(version, source, tenant, entity, id))
	}
	gone := []cache.Key{
		keyOf("v1", "psa", "alice", "subscription", "1"),
		keyOf("v1", "psa", "bob", "subscription", "1"),
		keyOf("v2", "psa", "alice", "subscription", "1"),
		keyOf("v1", "psa", "alice", "subscription", "1?billing-account"),
		keyOf("v1", "psa", "bob", "subscription", "1?other"),
		keyOf("v1", "psa", "bob", "subscription", "2:b"),
	}
	stays := []cache.Key{
		keyOf("v1", "psa", "alice", "subscription", "10"),
		keyOf("v1", "psa", "alice", "subscription", ""),
		keyOf("v1", "psa", "alice", "subscription", "1:1"),
		keyOf("v1", "psa", "alice", "subscription", "2"),
		keyOf("v1", "psa", "alice", "plan", "1"),
		keyOf("v1", "saas", "alice", "subscription", "1"),
		keyOf("v1", "psa", "subscription", "1", "1"),
	}
	dropped := []cache.Subject{subject("1"), subject("2:b")}
	fill := func(c *cache.Cache) {
		for _, k := range append(stays, gone...) {
			look(c, policy, has("Old"), k)
		}
	}
	check := func(t *testing.T, c *cache.Cache) {
		t.Helper()
		for _, k := range gone {
			expect(t, look(c, policy, has("New"), k), "New FRESH MISS")
		}
		for _, k := range stays {
			expect(t, look(c, policy, has("New"), k), "Old FRESH HIT")
		}
	}
	t.Run("in memory", func(t *testing.T) {
		c := newCache(t, cache.Options{})
		fill(c)
		c.Drop(context.Background(), dropped, "a write", 0)
		check(t, c)
		expectAcknowledged(t, c, 0)
	})
	t.Run("in Redis and two replicas", func(t *testing.T) {
		server := redistest.Start(t)
		one, other := replicas(t, server)
		client := reader(t, server)
		fill(one)
		for _, k := range append(stays, gone...) {
			awaitKept(t, client, k)
		}
		fill(other)
		fresh := replica(t, server.URL(), nil) // knows none of the keys
		awaitHearing(t, fresh)
		fresh.Drop(context.Background(), dropped, "a write", 0)
		for _, k := range gone {
			if holds(client, k) {
				t.Errorf("Redis holds %s", k)
			}
		}
		for _, k := range stays {
			if !holds(client, k) {
				t.Errorf("Redis has lost %s", k)
			}
		}
		check(t, one)
		check(t, other)
		expectAcknowledged(t, fresh, 0)
	})
}

func TestAfterADropEveryReplicaAsksTheSource(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	client := reader(t, server)
	look(one, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	expect(t, look(other, policy, s, key("1")), "Old FRESH HIT")
	s.set("New")
	begun := time.Now()
	drop(one, "1", 0)
	expect(t, look(other, policy, s, key("1")), "New FRESH MISS")
	expect(t, look(one, policy, s, key("1")), "New FRESH MISS")
	if took := time.Since(begun); took > cache.AcknowledgeWithin {
		t.Errorf("it took %v", took)
	}
	expectAcknowledged(t, one, 0)
	// Each may be the one that writes, both at once.
	for range 20 {
		done := make(chan struct{})
		go func() { defer close(done); drop(other, "1", 0) }()
		drop(one, "1", 0)
		<-done
	}
	expectAcknowledged(t, one, 0)
	expectAcknowledged(t, other, 0)
}

func TestAFetchOfAnotherReplicaThatADropOvertookIsNotKept(t *testing.T) {
	server, s := redistest.Start(t), &source{}
	one, other := replicas(t, server)
	client := reader(t, server)
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		return billing.Outcome[*billing.Subscription]{Value: small("Old")}
	})
	waits := make(chan cache.Answer[*billing.Subscription])
	go func() { waits <- look(other, policy, s, key("1")) }()
	eventually(t, "the source is asked", func() bool { return s.asked() == 1 })
	drop(one, "1", 0)
	expectAcknowledged(t, one, 0)
	close(release)
	expect(t, <-waits, "Old FRESH MISS")
	awaitAllKept(t, other, client, "mark")
	if holds(client, key("1")) {
		t.Error("it is in Redis")
	}
	expect(t, look(other, policy, has("New"), key("1")), "New FRESH MISS")
}

// A replica whose store of the old value is on its way when the drop comes must
// take it back before it acknowledges.
func TestAStoreOfAnotherReplicaThatADropOvertookIsTakenBack(t *testing.T) {
	server, s := redistest.Start(t), &source{}
	network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
	one, other := replica(t, server.URL(), nil), replica(t, network.URL(), nil)
	awaitHearing(t, one, other)
	var arrived <-chan struct{}
	var release func()
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		arrived, release = network.HoldQuestion() // of the store
		return billing.Outcome[*billing.Subscription]{Value: small("Old")}
	})
	expect(t, look(other, policy, s, key("1")), "Old FRESH MISS")
	<-arrived
	dropped := make(chan struct{})
	go func() { defer close(dropped); drop(one, "1", 0) }()
	s.fails(fault(billing.CodeSourceUnavailable))
	eventually(t, "the other has heard", func() bool {
		return told(look(other, policy, s, key("1"))) == "error SOURCE_UNAVAILABLE"
	})
	select {
	case <-dropped:
		t.Error("it was acknowledged before the store was taken back")
	default:
	}
	release()
	<-dropped
	expectAcknowledged(t, one, 0)
	if holds(client, key("1")) {
		t.Error("the old value is in Redis")
	}
}

func TestWhoDoesNotAcknowledgeCostsABoundedWait(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	look(other, policy, s, key("1"))
	ctx := context.Background()
	deaf := reader(t, server).Subscribe(ctx, cache.DropsChannel)
	defer deaf.Close()
	if _, err := deaf.Receive(ctx); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	drop(one, "1", 0)
	if took := time.Since(begun); took < cache.AcknowledgeWithin || took > cache.AcknowledgeWithin+generous {
		t.Errorf("Drop took %v", took)
	}
	expectAcknowledged(t, one, 1)
	s.set("New")
	expect(t, look(other, policy, s, key("1")), "New FRESH MISS")
	left, leave := context.WithCancel(ctx)
	leave()
	begun = time.Now()
	one.Drop(left, []cache.Subject{subject("1")}, "a write", 0)
	if took := time.Since(begun); took > cache.AcknowledgeWithin/2 {
		t.Errorf("Drop took %v for a caller who has left", took)
	}
}

func TestMessagesThatNobodyWroteAreIgnored(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	client, ctx := reader(t, server), context.Background()
	look(other, policy, s, key("1"))
	for _, text := range []string{"", "x", "null", "[]", "{}", `{"id":-1}`, `{"from":1}`, `{"id":1,"subjects":null}`, "18446744073709551616", "7"} {
		channels, err := client.PubSubChannels(ctx, cache.DropsChannel+"*").Result()
		if err != nil || len(channels) != 4 {
			t.Fatalf("channels are %q, %v", channels, err)
		}
		for _, channel := range channels {
			if err := client.Publish(ctx, channel, text).Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
	expect(t, look(other, policy, s, key("1")), "Old FRESH HIT")
	drop(one, "1", 0)
	s.set("New")
	expect(t, look(other, policy, s, key("1")), "New FRESH MISS")
	expectAcknowledged(t, one, 0)
}

func TestNothingListensAfterClose(t *testing.T) {
	server := redistest.Start(t)
	for name, prepare := range map[string]func(*cache.Cache){
		"at once":           func(*cache.Cache) {},
		"while it hears":    func(c *cache.Cache) { awaitHearing(t, c); drop(c, "1", time.Minute) },
		"while Redis hangs": func(c *cache.Cache) { server.Pause(); drop(c, "1", 0) },
	} {
		t.Run(name, func(t *testing.T) {
			defer goleak.VerifyNone(t, goleak.IgnoreCurrent(), goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
			r, err := cache.OpenRedis(cache.RedisConfig{URL: server.URL(), Timeout: brisk})
			if err != nil {
				t.Fatal(err)
			}
			c := cache.New(cache.Options{Redis: r})
			prepare(c)
			c.Close()
			_ = r.Close() // what a paused Redis says to it is of no interest
			server.Resume()
		})
	}
}

// slowly answers when it is released.
type slowly struct {
	*source
	release chan struct{}
}

func slowSource(name string) slowly {
	s := slowly{source: &source{}, release: make(chan struct{})}
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-s.release
		return billing.Outcome[*billing.Subscription]{Value: small(name)}
	})
	return s
}
