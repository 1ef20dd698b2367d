package quota_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"net"
	"regexp"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/quota"
	"tributary/redistest"
	"tributary/sources/upstream"
)

// span is when a call was asked for, and when it was allowed.
type span struct{ asked, allowed time.Time }

func TestReplicasTogetherStayWithinEveryWindow(t *testing.T) {
	server := redistest.Start(t)
	replicas := []*quota.Governor{replica(t, server, patient), replica(t, server, patient)}
	short, long := upstream.Window{Calls: 20, Per: 300 * time.Millisecond}, upstream.Window{Calls: 90, Per: 2 * time.Second}
	asked := call(short, long)
	const callers = 8
	spans := make([][]span, callers)
	var calling sync.WaitGroup
	over := time.Now().Add(3 * time.Second)
	for i := range callers {
		calling.Go(func() {
			for time.Now().Before(over) {
				s := span{asked: time.Now()}
				if replicas[i%2].Take(ctx, asked).Allowed {
					s.allowed = time.Now()
					spans[i] = append(spans[i], s)
				}
			}
		})
	}
	calling.Wait()
	all := slices.Concat(spans...)
	slices.SortFunc(all, func(a, b span) int { return cmp.Compare(a.allowed.UnixNano(), b.allowed.UnixNano()) })
	for _, w := range []upstream.Window{short, long} {
		for i := w.Calls; i < len(all); i++ {
			first := slices.MinFunc(all[i-w.Calls:i+1], func(a, b span) int { return cmp.Compare(a.asked.UnixNano(), b.asked.UnixNano()) })
			if took := all[i].allowed.Sub(first.asked); took <= w.Per {
				t.Fatalf("%d calls were allowed within %v, and %d within %v are", w.Calls+1, took, w.Calls, w.Per)
			}
		}
	}
	if len(all) <= long.Calls || replicas[0].Faults()+replicas[1].Faults() > 0 {
		t.Errorf("%d calls were allowed in three seconds, with %d faults", len(all), replicas[0].Faults()+replicas[1].Faults())
	}
}

// trips counts what a client asks of Redis.
type trips struct{ atomic.Int64 }

func (*trips) DialHook(next redis.DialHook) redis.DialHook { return next }

func (n *trips) ProcessHook(next redis.ProcessHook) redis.ProcessHook {
	return func(ctx context.Context, cmd redis.Cmder) error {
		n.Add(1)
		return next(ctx, cmd)
	}
}

func (n *trips) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return func(ctx context.Context, cmds []redis.Cmder) error {
		n.Add(1)
		return next(ctx, cmds)
	}
}

func TestACallCostsOneTripAndNoneWhereNothingIsKnown(t *testing.T) {
	client := dial(t, redistest.Start(t), patient)
	g := quota.New(client, quota.Options{Timeout: patient})
	limited := call(upstream.Window{Calls: 5, Per: time.Hour}, upstream.Window{Calls: 50, Per: 2 * time.Hour})
	spend(t, g, limited, 1) // the script is loaded
	var n trips
	client.AddHook(&n)
	expect := func(what string, trips int64) {
		t.Helper()
		if got := n.Swap(0); got != trips {
			t.Errorf("%s: %d trips, want %d", what, got, trips)
		}
	}
	spend(t, g, limited, 3)
	expect("three calls", 3)
	take(t, g, limited, true, 0)
	n.Store(0)
	take(t, g, limited, false, 0)
	expect("one that the process refuses", 0)
	open := upstream.QuotaCall{Source: "teams", Tenant: "ann"}
	spend(t, g, open, 10)
	expect("ten without a limit", 0)
	g.Learn(ctx, open, upstream.QuotaSeen{Exhausted: true, ResetsAt: in(time.Second)})
	n.Store(0)
	take(t, g, open, false, 0)
	expect("one that is blocked", 0)
	g.Learn(ctx, limited, upstream.QuotaSeen{Left: new(3), ResetsAt: in(time.Hour)})
	n.Store(0)
	g.Learn(ctx, limited, upstream.QuotaSeen{Left: new(3), ResetsAt: in(time.Hour)})
	g.Learn(ctx, limited, upstream.QuotaSeen{Left: new(30), ResetsAt: in(time.Hour)})
	expect("answers that say nothing new", 0)
	eventually(t, "it is open again", func() bool { return g.Take(ctx, open).Allowed })
	n.Store(0)
	spend(t, g, open, 10)
	expect("ten after the block", 0)
}

func TestKeysOfACredentialLiveInOnePlaceAndExpire(t *testing.T) {
	server := redistest.Start(t)
	g, raw := replica(t, server, patient), dial(t, server, patient)
	asked := call(upstream.Window{Calls: 5, Per: 10 * time.Second}, upstream.Window{Calls: 50, Per: 30 * time.Minute})
	spend(t, g, asked, 2)
	g.Learn(ctx, asked, upstream.QuotaSeen{Left: new(3), Limit: new(5), ResetsAt: in(time.Minute)})
	spend(t, g, asked, 1)
	keys := raw.Keys(ctx, "*").Val()
	if len(keys) != 3 {
		t.Errorf("the keys are %q", keys)
	}
	form := regexp.MustCompile(`^tributary:quota:\{psa:ann\}:(said|10s|30m0s)$`)
	for _, key := range keys {
		if !form.MatchString(key) {
			t.Errorf("a key is called %s", key)
		}
		if ttl := raw.TTL(ctx, key).Val(); ttl <= 0 || ttl > 25*time.Hour {
			t.Errorf("%s is kept for %v", key, ttl)
		}
	}
}

// counts reports whether a replica's calls are counted in Redis just now.
func counts(t *testing.T, g *quota.Governor, server *redistest.Server) bool {
	t.Helper()
	probe := call(upstream.Window{Calls: 1e6, Per: time.Hour})
	probe.Tenant = rand.Text()
	g.Take(ctx, probe)
	return dial(t, server, patient).Exists(ctx, "tributary:quota:{psa:"+probe.Tenant+"}:1h0m0s").Val() == 1
}

func TestALostRedisCostsOneWaitAndEachReplicaCounts(t *testing.T) {
	for _, fault := range []struct {
		name         string
		happen, mend func(*redistest.Server)
	}{
		{"it hangs", (*redistest.Server).Pause, (*redistest.Server).Resume},
		{"it is gone", (*redistest.Server).Kill, (*redistest.Server).Restart},
	} {
		t.Run(fault.name, func(t *testing.T) {
			server := redistest.Start(t)
			one, other := replica(t, server, brisk), replica(t, server, brisk)
			asked := call(upstream.Window{Calls: 100, Per: time.Hour})
			eventually(t, "both count in Redis", func() bool { return counts(t, one, server) && counts(t, other, server) })
			take(t, one, asked, true, 99)
			take(t, other, asked, true, 98)
			faults := one.Faults() + other.Faults()
			fault.happen(server)
			begun := time.Now()
			spend(t, one, asked, 30)
			spend(t, other, asked, 30)
			if took := time.Since(begun); took > 2*brisk+2*time.Second {
				t.Errorf("60 calls took %v", took)
			}
			if one.Faults()+other.Faults() < faults+2 {
				t.Error("the faults were not counted")
			}
			fault.mend(server)
			eventually(t, "both count in Redis again", func() bool { return counts(t, one, server) && counts(t, other, server) })
			// Each tells with a call what it has counted meanwhile. What a Redis
			// that hung was asked it does when it goes on, so it counts that twice.
			spend(t, one, asked, 1)
			d := other.Take(ctx, asked)
			left := count(d.Left)
			if left > 100-64 || left < 100-70 {
				t.Fatalf("after 64 calls %d of 100 are left", left)
			}
			spend(t, one, asked, left)
			take(t, one, asked, false, 0)
			take(t, other, asked, false, 0)
		})
	}
}

func TestAFlushedRedisIsToldWhatReplicasCounted(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, patient)
	one, other := replica(t, server, patient), replica(t, server, patient)
	asked := call(upstream.Window{Calls: 100, Per: time.Hour})
	spend(t, one, asked, 30)
	spend(t, other, asked, 20)
	for _, left := range []struct{ one, other int }{{69, 48}, {68, 46}} {
		if err := raw.FlushAll(ctx).Err(); err != nil {
			t.Fatal(err)
		}
		take(t, one, asked, true, left.one)     // its own
		take(t, other, asked, true, left.other) // and the other's
	}
}

func TestAFlushedRedisIsToldOnceHoweverManyAskAtOnce(t *testing.T) {
	server := redistest.Start(t)
	raw, g := dial(t, server, patient), replica(t, server, patient)
	asked := call(upstream.Window{Calls: 1000, Per: time.Hour})
	spend(t, g, asked, 100)
	if err := raw.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	var calling sync.WaitGroup
	for range 20 {
		calling.Go(func() { g.Take(ctx, asked) })
	}
	calling.Wait()
	take(t, g, asked, true, 1000-121)
	take(t, replica(t, server, patient), asked, true, 1000-122)
}

func TestARedisThatRefusesIsDoneWithout(t *testing.T) {
	server := redistest.Start(t)
	raw, g := dial(t, server, patient), replica(t, server, patient)
	asked := call(upstream.Window{Calls: 10, Per: time.Hour})
	take(t, g, asked, true, 9)
	if err := raw.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	take(t, g, asked, true, 8)
	g.Learn(ctx, asked, upstream.QuotaSeen{Left: new(4), ResetsAt: in(time.Hour)})
	take(t, g, asked, true, 3)
	if err := raw.Do(ctx, "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	take(t, g, asked, true, 2)
	take(t, replica(t, server, patient), asked, true, 5) // the count, not what the source said
}

func TestARedisThatIsNotThereAtFirst(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	g := replica(t, server, brisk)
	asked := call(upstream.Window{Calls: 10, Per: time.Hour})
	take(t, g, asked, true, 9)
	take(t, g, asked, true, 8)
	server.Restart()
	eventually(t, "it counts in Redis", func() bool { return counts(t, g, server) })
	take(t, g, asked, true, 7)
	take(t, replica(t, server, patient), asked, true, 6)
}

func TestWhereNothingIsKnownARedisThatIsGoneIsNotMissed(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	client := redis.NewClient(&redis.Options{Addr: listener.Addr().String()})
	t.Cleanup(func() { _ = client.Close() })
	g := quota.New(client, quota.Options{})
	for range 10 {
		take(t, g, call(), true, -1)
	}
	if g.Faults() != 0 {
		t.Errorf("%d faults", g.Faults())
	}
}
