package cache_test

import (
	"context"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
	"tributary/sources/productive"
)

// patient is a timeout that a healthy Redis on a busy machine keeps.
const patient = 5 * time.Second

func openRedis(t testing.TB, url string, timeout time.Duration) *cache.Redis {
	t.Helper()
	r, err := cache.OpenRedis(cache.RedisConfig{URL: url, Timeout: timeout})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := r.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return r
}

// replica makes one more process's cache over a Redis.
func replica(t testing.TB, url string, now func() time.Time) *cache.Cache {
	t.Helper()
	return newCache(t, cache.Options{Redis: openRedis(t, url, patient), Now: now})
}

// reader is a client that sees Redis as it is.
func reader(t testing.TB, server *redistest.Server) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	t.Cleanup(func() { client.Close() })
	return client
}

func holds(client *redis.Client, key cache.Key) bool {
	return client.Exists(context.Background(), key.String()).Val() == 1
}

func awaitKept(t testing.TB, client *redis.Client, key cache.Key) {
	t.Helper()
	eventually(t, key.String()+" is in Redis", func() bool { return holds(client, key) })
}

func TestReplicasShareWhatOneFetched(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), &source{}
	sent := large("Acme")
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		return billing.Outcome[*billing.Subscription]{Value: sent}
	})
	one, other := replica(t, server.URL(), clock.Now), replica(t, server.URL(), clock.Now)
	expect(t, look(one, policy, s, key("1")), "Acme FRESH MISS")
	awaitKept(t, reader(t, server), key("1"))
	clock.advance(time.Second)
	got := look(other, policy, s, key("1"))
	expect(t, got, "Acme FRESH HIT")
	if !reflect.DeepEqual(got.Value, sent) {
		t.Errorf("it came back as %+v", got.Value)
	}
	if _, ok := got.Value.Details.(*productive.Details); !ok {
		t.Errorf("its Details came back as %T", got.Value.Details)
	}
	if first := look(one, policy, s, key("1")); first.Provenance != got.Provenance {
		t.Errorf("one replica says %+v, the other %+v", first.Provenance, got.Provenance)
	}
	if s.asked() != 1 {
		t.Errorf("two replicas made %d fetches", s.asked())
	}
}

func TestReplicasShareAbsenceAndItsTime(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), &source{}
	s.fails(nil)
	one, other := replica(t, server.URL(), clock.Now), replica(t, server.URL(), clock.Now)
	look(one, policy, s, key("1"))
	client := reader(t, server)
	awaitKept(t, client, key("1"))
	expect(t, look(other, policy, s, key("1")), "none FRESH HIT")
	if ttl := client.PTTL(context.Background(), key("1").String()).Val(); ttl <= 0 || ttl > policy.NegativeTTL {
		t.Errorf("Redis keeps an absence for %v", ttl)
	}
	s.set("Acme")
	look(one, policy, s, key("2"))
	awaitKept(t, client, key("2"))
	longest := policy.TTL + policy.StaleIfError
	if ttl := client.PTTL(context.Background(), key("2").String()).Val(); ttl <= longest/2 || ttl > longest {
		t.Errorf("Redis keeps a value for %v, want about %v", ttl, longest)
	}
}

func TestAStaleAnswerOfRedisIsShownAndBridgesToo(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Old")
	one := replica(t, server.URL(), clock.Now)
	look(one, policy, s, key("1"))
	awaitKept(t, reader(t, server), key("1"))
	s.fails(fault(billing.CodeSourceUnavailable))
	clock.advance(policy.TTL + time.Millisecond)
	other := replica(t, server.URL(), clock.Now)
	expect(t, look(other, policy, s, key("1")), "Old STALE_REVALIDATING STALE")
	clock.advance(policy.Stale)
	third := replica(t, server.URL(), clock.Now)
	asked := s.asked()
	for range 3 {
		expect(t, look(third, policy, s, key("1")), "Old STALE_SOURCE_DOWN STALE because SOURCE_UNAVAILABLE")
	}
	if s.asked() > asked+2 {
		t.Errorf("the source was asked %d times within the pause", s.asked()-asked)
	}
}

func TestWhatAnotherReplicaRefreshedIsTaken(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Old")
	one, other := replica(t, server.URL(), clock.Now), replica(t, server.URL(), clock.Now)
	client := reader(t, server)
	look(one, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	look(other, policy, s, key("1"))
	before := client.Get(context.Background(), key("1").String()).Val()
	s.set("New")
	clock.advance(policy.TTL + policy.Stale + time.Millisecond)
	expect(t, look(one, policy, s, key("1")), "New FRESH MISS")
	eventually(t, "the refreshed answer is in Redis", func() bool {
		return client.Get(context.Background(), key("1").String()).Val() != before
	})
	expect(t, look(other, policy, s, key("1")), "New FRESH HIT")
}

func TestARefusalTakesItBackFromRedisToo(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Old")
	c, client := replica(t, server.URL(), clock.Now), reader(t, server)
	look(c, policy, s, key("1"))
	awaitKept(t, client, key("1"))
	s.fails(fault(billing.CodeForbidden))
	clock.advance(policy.TTL + policy.Stale + time.Millisecond)
	expect(t, look(c, policy, s, key("1")), "error FORBIDDEN")
	eventually(t, "Redis has forgotten it", func() bool { return !holds(client, key("1")) })
}

func TestDamagedEntriesCountAsMissing(t *testing.T) {
	server, clock, s := redistest.Start(t), newClock(), has("Acme")
	client, ctx := reader(t, server), context.Background()
	look(replica(t, server.URL(), clock.Now), policy, s, key("1"))
	look(replica(t, server.URL(), clock.Now), policy, s, key("2"))
	awaitKept(t, client, key("1"))
	awaitKept(t, client, key("2"))
	whole := client.Get(ctx, key("1").String()).Val()
	flip := func(at int) string {
		damaged := []byte(whole)
		damaged[at] ^= 0x10
		return string(damaged)
	}
	cases := map[string]string{
		"nothing":              "",
		"a word":               "hello",
		"a cut header":         whole[:10],
		"a header alone":       whole[:17],
		"a cut value":          whole[:len(whole)-1],
		"more than the value":  whole + "x",
		"a damaged mark":       flip(0),
		"a damaged time":       flip(3),
		"a damaged checksum":   flip(12),
		"a damaged value":      flip(len(whole) / 2),
		"another key's answer": client.Get(ctx, key("2").String()).Val(),
	}
	for name, damaged := range cases {
		t.Run(name, func(t *testing.T) {
			r := openRedis(t, server.URL(), patient)
			c := newCache(t, cache.Options{Redis: r, Now: clock.Now})
			client.Set(ctx, key("1").String(), damaged, 0)
			expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
			if r.Faults() != 1 {
				t.Errorf("%d faults were counted", r.Faults())
			}
			eventually(t, "it is written anew", func() bool { return client.Get(ctx, key("1").String()).Val() == whole })
		})
	}
	t.Run("another type", func(t *testing.T) {
		r := openRedis(t, server.URL(), patient)
		c := newCache(t, cache.Options{Redis: r, Now: clock.Now})
		client.Del(ctx, key("1").String())
		client.LPush(ctx, key("1").String(), "x")
		expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
		eventually(t, "it is written anew", func() bool { return client.Get(ctx, key("1").String()).Val() == whole })
	})
}

func TestAnAnswerFromTheFutureIsNotTrusted(t *testing.T) {
	server, clock, ahead, s := redistest.Start(t), newClock(), newClock(), has("Odd")
	ahead.advance(24 * time.Hour)
	look(replica(t, server.URL(), ahead.Now), policy, s, key("1"))
	awaitKept(t, reader(t, server), key("1"))
	expect(t, look(replica(t, server.URL(), clock.Now), policy, has("Right"), key("1")), "Right FRESH MISS")
}

func TestWhatIsQueuedAtCloseIsWritten(t *testing.T) {
	server := redistest.Start(t)
	network := redistest.StartProxy(t, server.Addr())
	network.Delay(10 * time.Millisecond) // so that much is queued
	r, err := cache.OpenRedis(cache.RedisConfig{URL: network.URL(), Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	c, s := cache.New(cache.Options{Redis: r}), has("Acme")
	const n = 300
	var keys []cache.Key
	for i := range n {
		keys = append(keys, key(fmt.Sprint(i)))
	}
	cache.Through(context.Background(), c, codec, policy, keys, s.fetch)
	c.Close()
	for range 2 {
		if err := r.Close(); err != nil {
			t.Fatal(err)
		}
	}
	client, kept := reader(t, server), 0
	for _, k := range keys {
		if holds(client, k) {
			kept++
		}
	}
	if kept != n {
		t.Errorf("%d of %d answers were written", kept, n)
	}
}
