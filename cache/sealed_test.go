package cache_test

import (
	"bytes"
	"context"
	"testing"

	"tributary/cache"
	"tributary/redistest"
	"tributary/sealing"
)

func ringOf(t testing.TB, ids ...string) *sealing.Ring {
	t.Helper()
	var keys []sealing.Key
	for _, id := range ids {
		keys = append(keys, sealing.Key{ID: id, Secret: bytes.Repeat([]byte(id), sealing.KeySize)[:sealing.KeySize]})
	}
	return must(sealing.NewRing(keys...))
}

func sealedReplica(t testing.TB, server *redistest.Server, ring *sealing.Ring) (*cache.Cache, *cache.Redis) {
	t.Helper()
	r := must(cache.OpenRedis(cache.RedisConfig{URL: server.URL(), Timeout: patient, Seal: ring}))
	t.Cleanup(func() { _ = r.Close() })
	c := newCache(t, cache.Options{Redis: r})
	awaitHearing(t, c)
	return c, r
}

func TestWhatIsInRedisIsReadWithItsKeyAlone(t *testing.T) {
	server := redistest.Start(t)
	client := reader(t, server)
	old, young := ringOf(t, "old"), ringOf(t, "young", "old")
	for _, c := range []struct {
		name           string
		stores, looks  *sealing.Ring
		opens, isClear bool
	}{
		{"no keys", nil, nil, true, true},
		{"one key", old, old, true, false},
		{"a rotation", old, young, true, false},
		{"a replica without the new key", young, old, false, false},
		{"switched on", nil, old, false, true},
		{"switched off", old, nil, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			client.FlushAll(context.Background())
			one, _ := sealedReplica(t, server, c.stores)
			look(one, policy, has("Acme of the customer"), key("1"))
			awaitKept(t, client, key("1"))
			stored := client.Get(context.Background(), key("1").String()).Val()
			if got := bytes.Contains([]byte(stored), []byte("customer")); got != c.isClear {
				t.Errorf("in the clear: %v, want %v", got, c.isClear)
			}
			other, r := sealedReplica(t, server, c.looks)
			faults := r.Faults()
			if c.opens {
				expect(t, look(other, policy, has("New"), key("1")), "Acme of the customer FRESH HIT")
				return
			}
			expect(t, look(other, policy, has("New"), key("1")), "New FRESH MISS")
			if r.Faults() == faults {
				t.Error("what cannot be opened was not counted")
			}
		})
	}
}

// Whoever writes to Redis cannot show one customer's value as another's.
func TestASealedValueStaysUnderItsKey(t *testing.T) {
	server := redistest.Start(t)
	client, ctx := reader(t, server), context.Background()
	one, _ := sealedReplica(t, server, ringOf(t, "k"))
	look(one, policy, has("Acme"), key("1"))
	awaitKept(t, client, key("1"))
	if err := client.Copy(ctx, key("1").String(), key("2").String(), 0, true).Err(); err != nil {
		t.Fatal(err)
	}
	expect(t, look(one, policy, has("Globex"), key("2")), "Globex FRESH MISS")
}
