package cache_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/cache"
	"tributary/redistest"
)

func TestWhoeverFindsRedisSilentTellsAll(t *testing.T) {
	server := redistest.Start(t)
	config := cache.RedisConfig{URL: server.URL(), Timeout: 200 * time.Millisecond}
	tier, err := cache.OpenRedis(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tier.Close() })
	var clients []redis.UniversalClient
	for range 2 {
		client, err := config.Open(config.Timeout)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		tier.Share(client)
		clients = append(clients, client)
	}
	ctx := context.Background()
	get := func(n int) error { return clients[n].Get(ctx, "nothing").Err() }
	pipe := func(n int) error {
		_, err := clients[n].Pipelined(ctx, func(pipe redis.Pipeliner) error { pipe.Get(ctx, "nothing"); return nil })
		return err
	}
	for _, ask := range []func(int) error{get, pipe} {
		deadline := time.Now().Add(20 * time.Second)
		for n := range clients {
			for !errors.Is(ask(n), redis.Nil) {
				if time.Now().After(deadline) {
					t.Fatalf("Redis is there, and the answer is %v", ask(n))
				}
			}
		}
		server.Pause()
		if err := ask(0); err == nil || errors.Is(err, cache.ErrSilent) || errors.Is(err, redis.Nil) {
			t.Errorf("the first to ask is answered %v", err)
		}
		for range 20 { // none of these waits
			if err := ask(1); !errors.Is(err, cache.ErrSilent) {
				t.Errorf("another is answered %v", err)
			}
		}
		server.Resume()
	}
}
