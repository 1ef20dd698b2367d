package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/cache"
	"tributary/ledger"
	"tributary/redistest"
)

// groups are the ways in which Redis has a replica take over.
// the replicas have all that was written, failover kills a master that serves
// recordKey and waits until another does.
var groups = []struct {
	name  string
	start func(t *testing.T) (config cache.RedisConfig, failover func())
}{
	{"a Cluster", func(t *testing.T) (cache.RedisConfig, func()) {
		cluster := redistest.StartCluster(t)
		return cache.RedisConfig{Addrs: cluster.Addrs()}, func() { cluster.Failover(recordKey) }
	}},
	{"Sentinels", func(t *testing.T) (cache.RedisConfig, func()) {
		group := redistest.StartSentinel(t)
		return cache.RedisConfig{Addrs: group.Addrs(), Master: group.Master()}, group.Failover
	}},
}

// member is a ledger of another process, made as the program makes it.
func member(t *testing.T, config cache.RedisConfig, timeout time.Duration) (*ledger.Ledger, redis.UniversalClient) {
	t.Helper()
	client, err := config.Open(timeout)
	must(t, err)
	l := ledger.New(client, nil)
	t.Cleanup(func() {
		must(t, l.Close())
		_ = client.Close() // of a client whose master is gone any answer is fine
	})
	return l, client
}

// write carries out what an idempotency key stands for, once, and says how it
// ended; made counts what was sent.
func write(t *testing.T, l *ledger.Ledger, id string, made *atomic.Int64) string {
	t.Helper()
	claim, past, err := l.Begin(ctx, owner, id, input)
	switch {
	case errors.Is(err, ledger.ErrUnreachable):
		return "refused"
	case err != nil:
		t.Errorf("%s: %v", id, err)
		return "error"
	case claim == nil:
		return "replayed " + string(past.Answer)
	case past != nil:
		claim.Abandon()
		return "in doubt"
	}
	if claim.Sending(ctx) != nil {
		claim.Release(ctx)
		return "refused"
	}
	made.Add(1)
	if claim.Finish(ctx, []byte(id)) != nil {
		return "not kept"
	}
	return "made"
}

func TestWritesOfManyKeysAreMadeOnceOverSeveralNodes(t *testing.T) {
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			config, _ := group.start(t)
			one, client := member(t, config, 5*time.Second)
			other, _ := member(t, config, 5*time.Second)
			var made atomic.Int64
			const keys = 30
			var writing sync.WaitGroup
			for i := range keys {
				for _, l := range []*ledger.Ledger{one, other} {
					writing.Go(func() {
						if got := write(t, l, fmt.Sprint(i), &made); got != "made" && got != fmt.Sprint("replayed ", i) {
							t.Errorf("the write %d was %s", i, got)
						}
					})
				}
			}
			writing.Wait()
			if made.Load() != keys {
				t.Errorf("%d keys made %d writes", keys, made.Load())
			}
			if n := client.ZCard(ctx, countedKey).Val(); n != keys {
				t.Errorf("%d keys are counted", n)
			}
			begin(t, one, "run").Release(ctx)
			if n := client.ZCard(ctx, countedKey).Val(); n != keys {
				t.Errorf("%d keys are counted after a release", n)
			}
			unlock := lock(t, one)
			expectBusy(t, other, soon(t))
			unlock()
			lock(t, other)()
			one.Record(ctx, "what", "a write")
			if n := client.XLen(ctx, "tributary:audit").Val(); n != 1 || one.Lost() != 0 {
				t.Errorf("the audit has %d entries", n)
			}
		})
	}
}

func TestAFailoverIsNoSecondWrite(t *testing.T) {
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			config, failover := group.start(t)
			one, client := member(t, config, 500*time.Millisecond)
			other, _ := member(t, config, 500*time.Millisecond)
			var made atomic.Int64
			ids := []string{"id"}
			for i := range 20 {
				ids = append(ids, fmt.Sprint("before ", i))
			}
			for _, id := range ids {
				expect(t, write(t, one, id, &made), "made")
			}
			under, _, err := one.Begin(ctx, owner, "under way", input)
			must(t, err)
			must(t, under.Sending(ctx))
			// What no replica has got is lost with its master.
			awaitReplicas(t, client)

			// One and the same key again and again, by both, while the master goes.
			stop := make(chan struct{})
			var writing sync.WaitGroup
			var endings sync.Map
			for _, l := range []*ledger.Ledger{one, other} {
				writing.Go(func() {
					for {
						select {
						case <-stop:
							return
						default:
							endings.Store(write(t, l, "id", &made), true)
						}
					}
				})
			}
			failover()
			eventually(t, "writes are made again", func() bool {
				return strings.HasPrefix(write(t, other, fmt.Sprint("after ", time.Now().UnixNano()), new(atomic.Int64)), "made")
			})
			close(stop)
			writing.Wait()
			endings.Range(func(ending, _ any) bool {
				if ending != "replayed id" && ending != "refused" {
					t.Errorf("a repetition was %s", ending)
				}
				return true
			})
			for _, id := range ids {
				eventually(t, id+" is replayed", func() bool {
					got := write(t, other, id, &made)
					if got != "refused" && got != "replayed "+id {
						t.Fatalf("after the failover %s is %s", id, got)
					}
					return got != "refused"
				})
			}
			if got := made.Load(); got != int64(len(ids)) {
				t.Errorf("%d keys made %d writes", len(ids), got)
			}
			under.Abandon() // as the death of its process would
			eventually(t, "what was under way is told as a doubt", func() bool {
				return write(t, other, "under way", &made) == "in doubt"
			})
		})
	}
}

// awaitReplicas waits until each master's replica has all that it has.
func awaitReplicas(t *testing.T, client redis.UniversalClient) {
	t.Helper()
	cluster, ok := client.(*redis.ClusterClient)
	if !ok {
		must(t, client.(*redis.Client).Wait(ctx, 1, 5*time.Second).Err())
		return
	}
	must(t, cluster.ForEachMaster(ctx, func(ctx context.Context, master *redis.Client) error {
		return master.Wait(ctx, 1, 5*time.Second).Err()
	}))
}

// The client asks a node that hangs up to four times. A write waits for half of
// that at most, by each question.
func TestAQuestionToANodeThatHangsEndsAfterTwoWaits(t *testing.T) {
	const one = 500 * time.Millisecond
	cluster := redistest.StartCluster(t)
	l, client := member(t, cache.RedisConfig{Addrs: cluster.Addrs()}, one)
	claimed := func(t *testing.T) *ledger.Claim {
		t.Helper()
		claim, past, err := l.Begin(ctx, owner, "id", input)
		if err != nil || past != nil {
			t.Fatalf("it begins with %v, %v", past, err)
		}
		return claim
	}
	for _, step := range []struct {
		name      string
		questions time.Duration
		prepare   func(t *testing.T) (do func())
	}{
		{"to send", 1, func(t *testing.T) func() {
			claim := claimed(t)
			t.Cleanup(claim.Abandon)
			return func() { expectUnreachable(t, claim.Sending(ctx)) }
		}},
		// It looks and gives the lease back, which waits for a renewal under way.
		{"to release", 3, func(t *testing.T) func() { claim := claimed(t); return func() { claim.Release(ctx) } }},
		// It asks for the lease, and takes that back.
		{"to lock", 2, func(t *testing.T) func() {
			return func() {
				unlock, _, err := l.Lock(ctx, "{id}")
				must(t, err)
				t.Cleanup(unlock)
			}
		}},
		{"to begin", 1, func(t *testing.T) func() { return func() { begin(t, l, ledger.ErrUnreachable.Error()) } }},
	} {
		t.Run(step.name, func(t *testing.T) {
			eventually(t, "all nodes serve", func() bool { return client.Set(ctx, "{id}", "", time.Millisecond).Err() == nil })
			do := step.prepare(t)
			master := cluster.MasterOf(recordKey)
			master.Pause()
			begun := time.Now()
			do()
			took := time.Since(begun)
			master.Resume()
			cluster.AwaitWhole()
			t.Logf("%v", took.Round(time.Millisecond))
			if took > step.questions*2*one+one { // for a busy machine
				t.Errorf("it took %v, and is promised within %v", took, step.questions*2*one)
			}
		})
	}
}
