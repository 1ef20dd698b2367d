package quota_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"tributary/cache"
	"tributary/quota"
	"tributary/redistest"
	"tributary/sources/upstream"
)

func TestMain(m *testing.M) {
	// The client's pool sleeps a second between attempts to reach a lost Redis,
	// and ends after that where it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

var ctx = context.Background()

// brisk is the timeout of tests in which Redis fails, patient that of the
// others, which a busy machine is not to take for a failure.
const (
	brisk   = 100 * time.Millisecond
	patient = 5 * time.Second
)

func dial(t testing.TB, server *redistest.Server, timeout time.Duration) redis.UniversalClient {
	t.Helper()
	client, err := cache.RedisConfig{URL: server.URL()}.Open(timeout)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// replica is a governor with a client of its own.
func replica(t testing.TB, server *redistest.Server, timeout time.Duration) *quota.Governor {
	t.Helper()
	return quota.New(dial(t, server, timeout), quota.Options{Timeout: timeout})
}

// stores are the two that behave alike. Both governors share their counts; in
// memory they are the same one.
var stores = []struct {
	name string
	open func(t testing.TB) (one, other *quota.Governor)
}{
	{"in Redis", func(t testing.TB) (one, other *quota.Governor) {
		server := redistest.Start(t)
		return replica(t, server, patient), replica(t, server, patient)
	}},
	{"in memory", func(testing.TB) (one, other *quota.Governor) {
		g := quota.New(nil, quota.Options{})
		return g, g
	}},
}

func overStores(t *testing.T, test func(t *testing.T, one, other *quota.Governor)) {
	for _, store := range stores {
		t.Run(store.name, func(t *testing.T) {
			one, other := store.open(t)
			test(t, one, other)
		})
	}
}

// clock is a time that the test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock { return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)} }

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(by time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(by)
}

// call is one of a source that allows what windows say.
func call(windows ...upstream.Window) upstream.QuotaCall {
	return upstream.QuotaCall{Source: "psa", Tenant: "ann", Quota: upstream.Quota{Windows: windows, Reserve: 0.2}}
}

// background is the same call, for which nobody waits.
func background(c upstream.QuotaCall) upstream.QuotaCall {
	c.Background = true
	return c
}

// take fails the test where the decision is another; left -1 is not known.
func take(t *testing.T, g *quota.Governor, c upstream.QuotaCall, allowed bool, left int) upstream.QuotaDecision {
	t.Helper()
	d := g.Take(ctx, c)
	if d.Allowed != allowed || count(d.Left) != left {
		t.Fatalf("allowed %t with %d left, want %t with %d: %+v", d.Allowed, count(d.Left), allowed, left, d)
	}
	if d.Allowed != (d.Wait == 0) || (d.Left == nil) != d.ResetsAt.IsZero() {
		t.Fatalf("the decision contradicts itself: %+v", d)
	}
	return d
}

func count(n *int) int {
	if n == nil {
		return -1
	}
	return *n
}

// spend takes n calls that are allowed.
func spend(t *testing.T, g *quota.Governor, c upstream.QuotaCall, n int) {
	t.Helper()
	for i := range n {
		if d := g.Take(ctx, c); !d.Allowed {
			t.Fatalf("call %d of %d is not allowed: %+v", i+1, n, d)
		}
	}
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
