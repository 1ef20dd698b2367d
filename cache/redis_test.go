package cache_test

import (
	"context"
	"crypto/tls"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/cache"
	"tributary/redistest"
)

func TestRedisIsReachedAsConfigured(t *testing.T) {
	transport := &tls.Config{ServerName: "redis.example.com", MinVersion: tls.VersionTLS12}
	cases := map[string]struct {
		config cache.RedisConfig
		want   string // the client
		addr   string
		user   string
		db     int
		tls    bool
	}{
		"a host": {
			config: cache.RedisConfig{URL: "redis://cache.example.com:6380"},
			want:   "*redis.Client", addr: "cache.example.com:6380",
		},
		"a host without a port, with all else": {
			config: cache.RedisConfig{URL: "redis://reader:secret@cache.example.com/3"},
			want:   "*redis.Client", addr: "cache.example.com:6379", user: "reader", db: 3,
		},
		"TLS": {
			config: cache.RedisConfig{URL: "rediss://reader:secret@cache.example.com:6380"},
			want:   "*redis.Client", addr: "cache.example.com:6380", user: "reader", tls: true,
		},
		"a socket": {
			config: cache.RedisConfig{URL: "unix:///run/redis.sock?db=2"},
			want:   "*redis.Client", addr: "/run/redis.sock", db: 2,
		},
		"one address": {
			config: cache.RedisConfig{Addrs: []string{"one:6379"}, Username: "reader", Password: "secret"},
			want:   "*redis.Client", addr: "one:6379", user: "reader",
		},
		"a Cluster": {
			config: cache.RedisConfig{Addrs: []string{"one:6379", "two:6379"}, Username: "reader", Password: "secret", TLS: transport},
			want:   "*redis.ClusterClient", addr: "one:6379 two:6379", user: "reader", tls: true,
		},
		"Sentinels": {
			config: cache.RedisConfig{Addrs: []string{"one:26379", "two:26379"}, Master: "main", Username: "reader", Password: "secret"},
			want:   "*redis.Client", addr: "one:26379 two:26379", user: "reader",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.config.Timeout = 70 * time.Millisecond
			options, err := cache.Universal(c.config)
			if err != nil {
				t.Fatal(err)
			}
			client := redis.NewUniversalClient(options)
			defer client.Close()
			if got := reflect.TypeOf(client).String(); got != c.want {
				t.Errorf("it makes a %s, want a %s", got, c.want)
			}
			if got := strings.Join(options.Addrs, " "); got != c.addr {
				t.Errorf("it goes to %s, want %s", got, c.addr)
			}
			if options.Username != c.user || (options.Password == "secret") != (c.user != "") || options.DB != c.db {
				t.Errorf("user %q, password set %t, database %d", options.Username, options.Password != "", options.DB)
			}
			if (options.TLSConfig != nil) != c.tls || options.MasterName != c.config.Master {
				t.Errorf("TLS %v, master %q", options.TLSConfig, options.MasterName)
			}
			if options.ReadTimeout != c.config.Timeout || options.DialTimeout != c.config.Timeout || !options.ContextTimeoutEnabled || options.MaxRetries != -1 {
				t.Errorf("it is waited for longer than configured: %+v", options)
			}
			if single, ok := client.(*redis.Client); ok && c.config.Master == "" && single.Options().Addr != c.addr {
				t.Errorf("the client goes to %s", single.Options().Addr)
			}
			if single, ok := client.(*redis.Client); ok && strings.HasPrefix(c.addr, "/") && single.Options().Network != "unix" {
				t.Errorf("a socket is dialled as %s", single.Options().Network)
			}
		})
	}
}

func TestAWrongRedisURLIsRefusedWithoutItsPassword(t *testing.T) {
	for name, url := range map[string]string{
		"another scheme":   "http://reader:hunter2@cache.example.com",
		"no scheme":        "cache.example.com:6379",
		"a wrong database": "redis://reader:hunter2@cache.example.com/three",
		"a wrong escape":   "redis://reader:hunter2%zz@cache.example.com",
	} {
		t.Run(name, func(t *testing.T) {
			r, err := cache.OpenRedis(cache.RedisConfig{URL: url})
			if err == nil || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, %v", r, err)
			}
		})
	}
}

func TestAClosedRedisIsNotAsked(t *testing.T) {
	r, err := cache.OpenRedis(cache.RedisConfig{Addrs: []string{"127.0.0.1:1"}, Timeout: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	c, s := newCache(t, cache.Options{Redis: r}), has("Acme")
	expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
	drop(c, "1", 0)
	expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
	if r.Faults() != 0 {
		t.Errorf("%d faults were counted", r.Faults())
	}
}

func TestAClientOfOnesOwnWaitsAsLongAsItSays(t *testing.T) {
	server := redistest.Start(t)
	config := cache.RedisConfig{URL: server.URL() + "/3", Timeout: time.Hour}
	client, err := config.Open(brisk)
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	ctx := context.Background()
	if err := client.Set(ctx, "k", "v", 0).Err(); err != nil {
		t.Fatal(err)
	}
	if got := client.Do(ctx, "CLIENT", "INFO").String(); !strings.Contains(got, "db=3") {
		t.Errorf("it is at %s", got)
	}
	server.Pause()
	begun := time.Now()
	if err := client.Get(ctx, "k").Err(); err == nil {
		t.Error("a paused Redis answers")
	}
	if took := time.Since(begun); took < brisk || took > brisk+generous {
		t.Errorf("it waited %v", took)
	}
	server.Resume()
	if client, err := (cache.RedisConfig{URL: "redis://a:hunter2@b/c"}).Open(brisk); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v, %v", client, err)
	}
}

func TestACheckFindsARedisThatLetsNobodyBeTold(t *testing.T) {
	server := redistest.Start(t)
	r, err := cache.OpenRedis(cache.RedisConfig{URL: server.URL(), Timeout: patient})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	if err := r.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer client.Close()
	if err := client.Do(t.Context(), "ACL", "SETUSER", "default", "-publish").Err(); err != nil {
		t.Fatal(err)
	}
	if err := r.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("it found %v", err)
	}
}
