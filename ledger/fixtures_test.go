package ledger_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
	"go.uber.org/goleak"

	"tributary/ledger"
	"tributary/redistest"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silent{}) // as the program does
	// The client's pool sleeps a second between attempts to reach a lost Redis,
	// and ends after that where it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// The contract with other versions of the program, which run beside this one
// while it is rolled out.
const (
	recordKey = "tributary:idempotency:{id}"
	claimKey  = "tributary:idempotency:{id}:running"
	lockKey   = "tributary:lock:name"
	leaseKey  = "tributary:lock:name:running"
	// countedKey has the keys of owner.
	countedKey = "tributary:idempotency:of:{owner}"
)

var ctx = context.Background()

// owner is whose keys the tests begin that need one owner only.
const owner = "owner"

// stores are the two that behave alike. Both ledgers share what is remembered;
// in memory they are the same one.
var stores = []struct {
	name string
	open func(t *testing.T) (one, other *ledger.Ledger)
}{
	{"in Redis", func(t *testing.T) (one, other *ledger.Ledger) {
		server := redistest.Start(t)
		return replica(t, server), replica(t, server)
	}},
	{"in memory", func(t *testing.T) (one, other *ledger.Ledger) {
		l := ledger.New(nil, nil)
		t.Cleanup(func() { _ = l.Close() })
		return l, l
	}},
}

// overStores runs test over each store.
func overStores(t *testing.T, test func(t *testing.T, one, other *ledger.Ledger)) {
	for _, store := range stores {
		t.Run(store.name, func(t *testing.T) {
			one, other := store.open(t)
			test(t, one, other)
		})
	}
}

// replica is a ledger of another process, which is patient.
func replica(t *testing.T, server *redistest.Server) *ledger.Ledger {
	t.Helper()
	return ledgerOf(t, dial(t, server, 5*time.Second))
}

// hasty is one that soon takes a Redis that hangs for silent.
func hasty(t *testing.T, server *redistest.Server) *ledger.Ledger {
	t.Helper()
	return ledgerOf(t, dial(t, server, 150*time.Millisecond))
}

func ledgerOf(t *testing.T, client *redis.Client) *ledger.Ledger {
	t.Helper()
	l := ledger.New(client, nil)
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return l
}

// dial makes a client as the program does.
func dial(t *testing.T, server *redistest.Server, timeout time.Duration) *redis.Client {
	t.Helper()
	client := redis.NewClient(&redis.Options{
		Addr: server.Addr(), ContextTimeoutEnabled: true, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: timeout, ReadTimeout: timeout, WriteTimeout: timeout, PoolTimeout: timeout,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	})
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// die leaves the process of l to its death: what it holds in Redis is no longer
// extended. The lease on key is near its end then.
func die(t *testing.T, l *ledger.Ledger, raw *redis.Client, key string) {
	t.Helper()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if ok, err := raw.PExpire(ctx, key, 100*time.Millisecond).Result(); err != nil || !ok {
		t.Fatalf("shorten the lease %s: %v, %v", key, ok, err)
	}
}

// soon is a context that ends before anything is given back.
func soon(t *testing.T) context.Context {
	t.Helper()
	soon, cancel := context.WithTimeout(ctx, 150*time.Millisecond)
	t.Cleanup(cancel)
	return soon
}

// eventually fails the test where something has not happened after 20 seconds.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !happened() {
		select {
		case <-deadline:
			t.Fatalf("it never came to this: %s", what)
		case <-again.C:
		}
	}
}

// receive is what comes out of c within 20 seconds.
func receive[T any](t testing.TB, c <-chan T) T {
	t.Helper()
	select {
	case v := <-c:
		return v
	case <-time.After(20 * time.Second):
		t.Fatal("nothing came for 20 seconds")
		panic("unreachable")
	}
}

// capture collects what the log says until the test ends.
func capture(t *testing.T) *lines {
	t.Helper()
	l, before := &lines{}, slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(l, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	return l
}

type lines struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.all.Write(p)
}

func (l *lines) count(text string) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.all.String(), text)
}
