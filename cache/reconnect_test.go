package cache_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

func past(member string) redis.Z { return redis.Z{Score: 1, Member: member} }

// killSubscriptions cuts all connections that hear of drops.
func killSubscriptions(t testing.TB, client *redis.Client) {
	t.Helper()
	if err := client.Do(context.Background(), "CLIENT", "KILL", "TYPE", "pubsub").Err(); err != nil {
		t.Fatal(err)
	}
}

// It may have missed a drop.
func TestAReplicaThatHearsAgainDoubtsItsMemory(t *testing.T) {
	for name, cut := range map[string]func(*testing.T, *redistest.Server, *redis.Client, *redistest.Proxy){
		"its subscription was killed": func(t *testing.T, _ *redistest.Server, client *redis.Client, _ *redistest.Proxy) {
			killSubscriptions(t, client)
		},
		"Redis was restarted": func(_ *testing.T, server *redistest.Server, _ *redis.Client, _ *redistest.Proxy) {
			server.Kill()
			server.Restart()
		},
		"the network lost what it sent": func(t *testing.T, server *redistest.Server, client *redis.Client, network *redistest.Proxy) {
			network.Lose()
			healthy, ctx := replica(t, server.URL(), nil), context.Background()
			awaitHearing(t, healthy)
			begun := time.Now()
			look(healthy, policy, has("Acme"), key("3"))
			awaitKept(t, client, key("3"))
			client.Del(ctx, key("3").String())
			eventually(t, "its subscription is given up, and no quiet one", func() bool {
				listening := client.PubSubNumSub(ctx, cache.DropsChannel).Val()[cache.DropsChannel]
				return listening == 1 && time.Since(begun) > 2*cache.Quiet+cache.Quiet/10
			})
			expect(t, look(healthy, policy, has("Other"), key("3")), "Acme FRESH HIT")
			network.Mend()
		},
	} {
		t.Run(name, func(t *testing.T) {
			server, s, none := redistest.Start(t), has("Old"), &source{}
			network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
			c := newCache(t, cache.Options{Redis: openRedis(t, network.URL(), brisk)})
			awaitHearing(t, c)
			lasting := policy
			lasting.NegativeTTL = time.Hour
			none.fails(nil)
			look(c, lasting, none, key("none"))
			awaitKept(t, client, key("none"))
			look(c, policy, s, key("1"))
			awaitKept(t, client, key("1"))
			slow := slowSource("Older")
			waits := make(chan cache.Answer[*billing.Subscription])
			go func() { waits <- look(c, policy, slow.source, key("2")) }()
			eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
			client.Del(context.Background(), key("1").String(), key("none").String()) // as a Drop elsewhere does
			cut(t, server, client, network)
			s.fails(fault(billing.CodeSourceUnavailable))
			eventually(t, "the absence is forgotten", func() bool {
				return told(look(c, lasting, s, key("none"))) == "error SOURCE_UNAVAILABLE"
			})
			awaitHearing(t, c)
			expect(t, look(c, policy, s, key("1")), "Old STALE_SOURCE_DOWN STALE because SOURCE_UNAVAILABLE")
			close(slow.release)
			expect(t, <-waits, "Older FRESH MISS")
			s.set("New")
			expect(t, look(c, policy, s, key("2")), "New FRESH MISS")
			expect(t, look(c, policy, s, key("none")), "New FRESH MISS")
		})
	}
}

func TestADoubtedAnswerIsFetchedAnewOrTakenFromRedis(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
	c, other := newCache(t, cache.Options{Redis: openRedis(t, network.URL(), brisk)}), replica(t, server.URL(), nil)
	awaitHearing(t, c, other)
	for _, k := range []cache.Key{key("1"), key("2")} {
		look(c, policy, s, k)
		awaitKept(t, client, k)
	}
	network.Lose()
	eventually(t, "the loss is noticed", func() bool { return !cache.Hears(c) })
	drop(other, "1", 0)
	drop(other, "2", 0)
	s.set("New")
	look(other, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	network.Mend()
	awaitHearing(t, c)
	expect(t, look(c, policy, s, key("2")), "New FRESH MISS")
	s.fails(fault(billing.CodeSourceUnavailable))
	eventually(t, "Redis is asked", func() bool { return told(look(c, policy, s, key("1"))) == "New FRESH HIT" })
}

// lockOut has Redis refuse new connections, and ends the subscriptions.
func lockOut(t *testing.T, client *redis.Client, caches ...*cache.Cache) {
	t.Helper()
	if err := client.ConfigSet(context.Background(), "maxclients", "1").Err(); err != nil {
		t.Fatal(err)
	}
	killSubscriptions(t, client)
	for _, c := range caches {
		eventually(t, "the loss is noticed", func() bool { return !cache.Hears(c) })
	}
}

func TestWhoHearsOfNoDropStoresNothingInRedis(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	c, client := replica(t, server.URL(), nil), reader(t, server)
	awaitHearing(t, c)
	look(c, policy, s, key("before"))
	awaitKept(t, client, key("before"))
	lockOut(t, client, c)
	look(c, policy, s, key("meanwhile"))
	expect(t, look(c, policy, s, key("meanwhile")), "Acme FRESH HIT") // it has nothing better
	client.ConfigSet(context.Background(), "maxclients", "1000")
	awaitHearing(t, c)
	awaitAllKept(t, c, client, "after")
	if holds(client, key("meanwhile")) {
		t.Error("it is in Redis, where the drops of others do not find it in time")
	}
	expect(t, look(c, policy, s, key("meanwhile")), "Acme FRESH MISS")
}

func TestWhatIsQueuedWhenDropsAreNoLongerHeardOfIsLetGo(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
	c := replica(t, network.URL(), nil)
	awaitHearing(t, c)
	var arrived <-chan struct{}
	var release func()
	first := &source{}
	first.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		arrived, release = network.HoldQuestion() // of the store
		return billing.Outcome[*billing.Subscription]{Value: small("Acme")}
	})
	look(c, policy, first, key("1"))
	<-arrived
	look(c, policy, s, key("behind it"))
	lockOut(t, client, c)
	release()
	client.ConfigSet(context.Background(), "maxclients", "1000")
	awaitHearing(t, c)
	awaitAllKept(t, c, client, "mark")
	if holds(client, key("behind it")) {
		t.Error("it is in Redis")
	}
}

func TestARedisThatLetsNobodyListenStillKeeps(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	client, ctx := reader(t, server), context.Background()
	if err := client.Do(ctx, "ACL", "SETUSER", "default", "-subscribe", "-publish").Err(); err != nil {
		t.Fatal(err)
	}
	c := replica(t, server.URL(), nil)
	look(c, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	begun := time.Now()
	drop(c, "1", 0)
	if took := time.Since(begun); took > cache.AcknowledgeWithin {
		t.Errorf("Drop took %v", took)
	}
	if holds(client, key("1")) {
		t.Error("Redis holds what was dropped")
	}
	expectAcknowledged(t, c, 1)
	awaitAllKept(t, c, client, "mark")
}

func TestADropDuringASilenceIsToldWhenItEnds(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
	one, other := newCache(t, cache.Options{Redis: openRedis(t, network.URL(), brisk)}), replica(t, server.URL(), nil)
	awaitHearing(t, one, other)
	look(other, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	network.Lose()
	begun := time.Now()
	drop(one, "1", time.Hour)
	if took := time.Since(begun); took > 2*brisk+generous {
		t.Errorf("Drop took %v", took)
	}
	expectAcknowledged(t, one, 1)
	begun = time.Now()
	drop(one, "2", 0)
	if took := time.Since(begun); took > brisk {
		t.Errorf("the next Drop took %v, and Redis was known to be silent", took)
	}
	expectAcknowledged(t, one, 2)
	s.set("New")
	expect(t, look(other, policy, s, key("1")), "Old FRESH HIT")
	network.Mend()
	eventually(t, "the other has heard", func() bool { return told(look(other, policy, s, key("1"))) == "New FRESH MISS" })
	expect(t, look(other, policy, s, key("1")), "New FRESH MISS") // and holds it
}

// A hold that is over when it is told must not end another one.
func TestADropToldLateLeavesHoldsAsTheyAre(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	network := redistest.StartProxy(t, server.Addr())
	one, other := newCache(t, cache.Options{Redis: openRedis(t, network.URL(), brisk)}), replica(t, server.URL(), nil)
	awaitHearing(t, one, other)
	network.Lose()
	drop(one, "1", time.Nanosecond)
	other.Drop(t.Context(), []cache.Subject{subject("1"), subject("2")}, "a write", time.Hour)
	network.Mend()
	drop(one, "2", 0)
	eventually(t, "the other has heard", func() bool {
		look(other, policy, s, key("2"))
		return told(look(other, policy, s, key("2"))) == "Old FRESH HIT"
	})
	look(other, policy, s, key("1"))
	expect(t, look(other, policy, s, key("1")), "Old FRESH MISS")
}

func TestWhatIsDroppedWhileRedisHangsIsGoneWhenItAnswers(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	c, client := newCache(t, cache.Options{Redis: openRedis(t, server.URL(), brisk)}), reader(t, server)
	awaitHearing(t, c)
	look(c, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	server.Pause()
	begun := time.Now()
	drop(c, "1", 0)
	if took := time.Since(begun); took > 2*brisk+generous {
		t.Errorf("Drop took %v", took)
	}
	expectAcknowledged(t, c, 1)
	server.Resume()
	s.set("New")
	expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
	eventually(t, "Redis has forgotten it", func() bool {
		fresh := replica(t, server.URL(), nil)
		return told(look(fresh, policy, has("Newer"), key("1"))) != "Old FRESH HIT"
	})
}

// What was to be stored before a silence may have been dropped during it.
func TestWhatWasQueuedBeforeASilenceIsLetGo(t *testing.T) {
	server, s := redistest.Start(t), &source{}
	network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
	r := openRedis(t, network.URL(), brisk)
	c := newCache(t, cache.Options{Redis: r})
	awaitHearing(t, c)
	s.will(func(_ context.Context, k cache.Key) billing.Outcome[*billing.Subscription] {
		network.Lose()
		return billing.Outcome[*billing.Subscription]{Value: small("Old")}
	})
	var keys []cache.Key
	for i := range 300 { // more than travel at once
		keys = append(keys, key(time.Duration(i).String()))
	}
	cache.Through(context.Background(), c, codec, policy, keys, s.fetch)
	eventually(t, "the silence is noticed", func() bool { return r.Faults() > 0 })
	network.Mend()
	s.set("New")
	expectUse(t, c, has("Acme"), client, "after ")
	for _, k := range keys {
		if holds(client, k) {
			t.Fatalf("%s is in Redis", k)
		}
	}
}
