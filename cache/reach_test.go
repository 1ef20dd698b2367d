package cache_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"tributary/cache"
	"tributary/redistest"
)

// reach is how long n drops, each by another of three replicas, take until the
// last replica has forgotten what was dropped, and until Drop returns.
func reach(t testing.TB, n int) (last, done []time.Duration) {
	t.Helper()
	caches := three(t, redistest.Start(t))
	forgot := make(chan time.Time, 10*n)
	for _, c := range caches {
		c.OnDrop(func([]cache.Subject) { forgot <- time.Now() })
	}
	s := has("Acme")
	for i := range n {
		for _, c := range caches {
			look(c, policy, s, key("1"))
		}
		begun := time.Now()
		caches[i%len(caches)].Drop(context.Background(), []cache.Subject{subject("1")}, "a write", 0)
		done = append(done, time.Since(begun))
		// The one that drops forgets twice, before the others and after.
		var times []time.Time
		for len(times) < len(caches)+1 {
			select {
			case at := <-forgot:
				times = append(times, at)
			case <-time.After(20 * time.Second):
				t.Fatalf("drop %d reached %d of the replicas", i, len(times))
			}
		}
		slices.SortFunc(times, time.Time.Compare)
		last = append(last, times[len(caches)-1].Sub(begun))
	}
	for _, c := range caches {
		expectAcknowledged(t, c, 0)
	}
	slices.Sort(last)
	slices.Sort(done)
	return last, done
}

func TestADropReachesTheLastReplicaSoon(t *testing.T) {
	last, _ := reach(t, 50)
	if p99 := last[len(last)*99/100]; p99 > time.Second {
		t.Errorf("a drop took %v", p99)
	}
}

// BenchmarkReachOfADrop reports how long it takes until the last of three
// replicas has forgotten what one drops, and until that one knows.
func BenchmarkReachOfADrop(b *testing.B) {
	for b.Loop() {
		last, done := reach(b, 200)
		milliseconds := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
		b.ReportMetric(milliseconds(last[100]), "ms-reach-p50")
		b.ReportMetric(milliseconds(last[198]), "ms-reach-p99")
		b.ReportMetric(milliseconds(done[100]), "ms-done-p50")
		b.ReportMetric(milliseconds(done[198]), "ms-done-p99")
	}
}
