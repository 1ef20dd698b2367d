package cache_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/cache"
	"tributary/redistest"
)

// brisk is the timeout of these tests, generous what a busy machine may add to it.
const (
	brisk    = 100 * time.Millisecond
	generous = 2 * time.Second
)

// expectNoWaits looks at many keys through a cache whose Redis is out of order:
// the first waits about the timeout at most, and the others not at all.
func expectNoWaits(t *testing.T, c *cache.Cache, r *cache.Redis, s *source, prefix string) {
	t.Helper()
	begun := time.Now()
	expect(t, look(c, policy, s, key(prefix+"first")), "Acme FRESH MISS")
	if took := time.Since(begun); took > brisk+generous {
		t.Errorf("the first look waited %v", took)
	}
	faults := r.Faults()
	if faults == 0 {
		t.Error("the fault was not counted")
	}
	const n = 200
	begun = time.Now()
	for i := range n {
		expect(t, look(c, policy, s, key(fmt.Sprint(prefix, i))), "Acme FRESH MISS")
	}
	if took := time.Since(begun); took > n*brisk/10 {
		t.Errorf("%d more looks waited %v", n, took)
	}
	if more := r.Faults() - faults; more > 2 {
		t.Errorf("of %d more looks %d asked Redis", n, more)
	}
}

// expectUse waits until what one process fetched through c reaches others.
func expectUse(t *testing.T, c *cache.Cache, s *source, client *redis.Client, prefix string) {
	t.Helper()
	var tried []cache.Key // each is written when its turn comes, or let go
	var kept cache.Key
	eventually(t, "Redis is used again", func() bool {
		tried = append(tried, key(fmt.Sprint(prefix, len(tried))))
		look(c, policy, s, tried[len(tried)-1])
		for _, kept = range tried {
			if holds(client, kept) {
				return true
			}
		}
		return false
	})
	other := replica(t, "redis://"+client.Options().Addr, nil)
	expect(t, look(other, policy, has("Other"), kept), "Acme FRESH HIT")
}

func TestRedisAbsentAtTheStart(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	server.Kill()
	r := openRedis(t, server.URL(), brisk)
	c := newCache(t, cache.Options{Redis: r})
	expectNoWaits(t, c, r, s, "before ")
	if err := r.Ping(context.Background()); err == nil {
		t.Error("an absent Redis answers")
	}
	server.Restart()
	expectUse(t, c, s, reader(t, server), "after ")
	if err := r.Ping(context.Background()); err != nil {
		t.Errorf("a present Redis does not answer: %v", err)
	}
}

func TestRedisKilledAndRestartedUnderLoad(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	r := openRedis(t, server.URL(), brisk)
	c := newCache(t, cache.Options{Redis: r})
	stop := make(chan struct{})
	var looks atomic.Int64
	var loading sync.WaitGroup
	for worker := range 4 {
		loading.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				keys := []cache.Key{key(fmt.Sprint(worker, "-", i)), key(fmt.Sprint(worker, "-", i/2)), key("one for all")}
				for _, got := range cache.Through(context.Background(), c, codec, policy, keys, s.fetch) {
					if got.Err != nil || *got.Value.Name != "Acme" {
						t.Errorf("a look failed: %q, %v", told(got), got.Err)
						return
					}
				}
				looks.Add(1)
			}
		})
	}
	more := func(what string) {
		t.Helper()
		seen := looks.Load()
		eventually(t, "looks go on "+what, func() bool { return looks.Load() > seen+50 })
	}
	for range 2 {
		more("with Redis")
		server.Kill()
		more("without Redis")
		eventually(t, "the fault is counted", func() bool { return r.Faults() > 0 })
		server.Restart()
		expectUse(t, c, s, reader(t, server), fmt.Sprint("after ", looks.Load(), " "))
	}
	close(stop)
	loading.Wait()
}

func TestRedisThatHangs(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	r := openRedis(t, server.URL(), brisk)
	c := newCache(t, cache.Options{Redis: r})
	look(c, policy, s, key("warm"))
	server.Pause()
	expectNoWaits(t, c, r, s, "paused ")
	server.Resume()
	expectUse(t, c, s, reader(t, server), "resumed ")
}

func TestManyLooksAtAHangingRedisWaitOnce(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	server.Pause()
	c := newCache(t, cache.Options{Redis: openRedis(t, server.URL(), brisk)})
	begun := time.Now()
	var looking sync.WaitGroup
	for i := range 200 {
		looking.Go(func() { expect(t, look(c, policy, s, key(fmt.Sprint(i))), "Acme FRESH MISS") })
	}
	looking.Wait()
	if took := time.Since(begun); took > brisk+generous {
		t.Errorf("200 looks at once waited %v", took)
	}
}

func TestRedisThatAnswersGarbage(t *testing.T) {
	for name, garbage := range map[string]string{
		"another protocol":    "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n",
		"arrays in arrays":    strings.Repeat("*3\r\n", 1000),
		"a negative length":   "$-7\r\n",
		"a bulk without end":  "$1000\r\nabc",
		"no text":             "\x00\xff\x00\xff\r\n",
		"nothing, and a hang": "",
	} {
		t.Run(name, func(t *testing.T) {
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var serving sync.WaitGroup
			defer serving.Wait()
			defer listener.Close()
			serving.Go(func() {
				for {
					conn, err := listener.Accept()
					if err != nil {
						return
					}
					serving.Go(func() {
						defer conn.Close()
						_, _ = io.WriteString(conn, garbage)
						_, _ = io.Copy(io.Discard, conn) // until the client hangs up
					})
				}
			})
			r, err := cache.OpenRedis(cache.RedisConfig{URL: "redis://" + listener.Addr().String(), Timeout: brisk})
			if err != nil {
				t.Fatal(err)
			}
			c := cache.New(cache.Options{Redis: r})
			expectNoWaits(t, c, r, has("Acme"), "")
			c.Close()
			_ = r.Close() // of a client that never spoke to Redis any answer is fine
		})
	}
}

func TestSlowRedisIsLeftAloneUntilItIsFaster(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	network := redistest.StartProxy(t, server.Addr())
	network.Delay(2 * brisk)
	r := openRedis(t, network.URL(), brisk)
	c := newCache(t, cache.Options{Redis: r})
	expectNoWaits(t, c, r, s, "slow ")
	network.Mend()
	expectUse(t, c, s, reader(t, server), "fast ")
}

func TestAFullRedisIsStillRead(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	client, ctx := reader(t, server), context.Background()
	look(replica(t, server.URL(), nil), policy, s, key("kept"))
	awaitKept(t, client, key("kept"))
	if err := client.ConfigSet(ctx, "maxmemory", "1").Err(); err != nil {
		t.Fatal(err)
	}
	r := openRedis(t, server.URL(), patient)
	c := newCache(t, cache.Options{Redis: r})
	look(c, policy, s, key("too much"))
	eventually(t, "the refusal is counted", func() bool { return r.Faults() == 1 })
	expect(t, look(c, policy, s, key("kept")), "Acme FRESH HIT")
	if err := client.ConfigSet(ctx, "maxmemory", "0").Err(); err != nil {
		t.Fatal(err)
	}
	look(c, policy, s, key("fits"))
	awaitKept(t, client, key("fits"))
}

func TestWhatIsDroppedWhileRedisIsSilentIsGoneWhenItAnswers(t *testing.T) {
	for name, before := range map[string]func(c *cache.Cache, s *source){
		"it is known to be silent": func(c *cache.Cache, s *source) { look(c, policy, s, key("notices")) },
		"nobody has noticed yet":   func(*cache.Cache, *source) {},
	} {
		t.Run(name, func(t *testing.T) {
			server, s := redistest.Start(t), has("Old")
			network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
			c := newCache(t, cache.Options{Redis: openRedis(t, network.URL(), brisk)})
			look(c, policy, s, key("1"))
			awaitKept(t, client, key("1"))
			network.Lose()
			before(c, s)
			s.set("New")
			begun := time.Now()
			drop(c, "1", 0)
			if took := time.Since(begun); took > 2*brisk+generous {
				t.Errorf("Drop waited %v", took)
			}
			if !holds(client, key("1")) {
				t.Error("the deletion came through a cut line")
			}
			network.Mend()
			eventually(t, "Redis has forgotten it", func() bool { return !holds(client, key("1")) })
			expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
		})
	}
}

func TestACallerWhoLeftIsNoFaultOfRedis(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	r := openRedis(t, server.URL(), patient)
	c := newCache(t, cache.Options{Redis: r})
	left, leave := context.WithCancel(context.Background())
	leave()
	late, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{left, late} {
		cache.Through(ctx, c, codec, policy, []cache.Key{key("1")}, s.fetch)
	}
	if r.Faults() != 0 {
		t.Errorf("%d faults were counted", r.Faults())
	}
	look(c, policy, s, key("2"))
	awaitKept(t, reader(t, server), key("2"))
}
