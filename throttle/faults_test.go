package throttle_test

import (
	"strings"
	"testing"
	"time"

	"tributary/redistest"
	"tributary/throttle"
)

// generous is what a busy machine may add to a wait.
const generous = 2 * time.Second

func TestWithoutRedisEachReplicaCounts(t *testing.T) {
	for _, fault := range []struct {
		name         string
		happen, mend func(*redistest.Server)
	}{
		{"it hangs", (*redistest.Server).Pause, (*redistest.Server).Resume},
		{"it is gone", (*redistest.Server).Kill, (*redistest.Server).Restart},
	} {
		t.Run(fault.name, func(t *testing.T) {
			server := redistest.Start(t)
			l := replica(t, server, slow, brisk)
			eventually(t, "it counts in Redis", func() bool { return l.Take(ctx, "eve", 1).Allowed && l.Faults() == 0 })
			fault.happen(server)
			begun := time.Now()
			first := take(t, l, 600, true, 400)
			for range 100 {
				take(t, l, 600, false, 400)
			}
			if took := time.Since(begun); took > brisk+generous {
				t.Errorf("101 questions took %v", took)
			}
			if l.Faults() == 0 {
				t.Error("the fault was not counted")
			}
			l.Settle(ctx, first, 0)
			take(t, l, 1000, true, 0)
			fault.mend(server)
			other := replica(t, server, slow, patient)
			eventually(t, "it counts in Redis again", func() bool {
				l.Take(ctx, "ann", 100)
				return other.Take(ctx, "ann", 901).Remaining <= 900 && !other.Take(ctx, "ann", 901).Allowed
			})
		})
	}
}

func TestARedisThatRefusesIsDoneWithout(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, patient)
	l := replica(t, server, slow, patient)
	take(t, l, 600, true, 400)
	for _, key := range raw.Keys(ctx, "*").Val() {
		if strings.Contains(key, "ann") || !strings.HasPrefix(key, "rate:tributary:cost:") {
			t.Errorf("the key is called %s", key)
		}
		if ttl := raw.TTL(ctx, key).Val(); ttl <= 0 {
			t.Errorf("it is kept for %v", ttl)
		}
	}
	if err := raw.Do(ctx, "REPLICAOF", "127.0.0.1", "1").Err(); err != nil {
		t.Fatal(err)
	}
	take(t, l, 300, true, 700) // of this process
	if err := raw.Do(ctx, "REPLICAOF", "NO", "ONE").Err(); err != nil {
		t.Fatal(err)
	}
	take(t, l, 600, false, 400) // of all
}

func BenchmarkTake(b *testing.B) {
	for _, store := range stores {
		b.Run(store.name, func(b *testing.B) {
			l, _ := store.open(b, throttle.Rate{Cost: 1e9, Per: time.Second})
			for b.Loop() {
				l.Settle(ctx, l.Take(ctx, "ann", 10), 5)
			}
		})
	}
}
