package throttle_test

import (
	"context"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"tributary/cache"
	"tributary/redistest"
	"tributary/throttle"
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

// slow is a budget that gets nothing back while a test runs.
var slow = throttle.Rate{Cost: 100, Per: 24 * time.Hour, Burst: 1000}

// replica is a limiter with a client of its own.
func replica(t testing.TB, server *redistest.Server, rate throttle.Rate, timeout time.Duration) *throttle.Limiter {
	t.Helper()
	return throttle.NewLimiter(rate, dial(t, server, timeout), timeout)
}

// stores are the two that behave alike. Both limiters share their buckets; in
// memory they are the same one.
var stores = []struct {
	name string
	open func(t testing.TB, rate throttle.Rate) (one, other *throttle.Limiter)
}{
	{"in Redis", func(t testing.TB, rate throttle.Rate) (one, other *throttle.Limiter) {
		server := redistest.Start(t)
		return replica(t, server, rate, patient), replica(t, server, rate, patient)
	}},
	{"in memory", func(_ testing.TB, rate throttle.Rate) (one, other *throttle.Limiter) {
		l := throttle.NewLimiter(rate, nil, 0)
		return l, l
	}},
}

func overStores(t *testing.T, rate throttle.Rate, test func(t *testing.T, one, other *throttle.Limiter)) {
	for _, store := range stores {
		t.Run(store.name, func(t *testing.T) {
			one, other := store.open(t, rate)
			test(t, one, other)
		})
	}
}

// take takes, and fails the test where it is not told what is expected.
func take(t *testing.T, l *throttle.Limiter, cost int, allowed bool, remaining int) throttle.Decision {
	t.Helper()
	d := l.Take(ctx, "ann", cost)
	if d.Allowed != allowed || d.Remaining != remaining {
		t.Fatalf("taking %d: allowed %t with %d left, want %t with %d", cost, d.Allowed, d.Remaining, allowed, remaining)
	}
	return d
}

func eventually(t *testing.T, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
	}
}
