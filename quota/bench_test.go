package quota_test

import (
	"testing"
	"time"

	"tributary/quota"
	"tributary/redistest"
	"tributary/sources/upstream"
)

func BenchmarkTake(b *testing.B) {
	generous := []upstream.Window{{Calls: 1e9, Per: 10 * time.Second}, {Calls: 1e9, Per: 30 * time.Minute}}
	b.Run("no limit", func(b *testing.B) {
		g := quota.New(nil, quota.Options{})
		for c := call(); b.Loop(); {
			g.Take(ctx, c)
		}
	})
	for _, store := range stores {
		b.Run("two windows "+store.name, func(b *testing.B) {
			g, _ := store.open(b)
			for c := call(generous...); b.Loop(); {
				g.Take(ctx, c)
			}
		})
	}
	b.Run("refused", func(b *testing.B) {
		g := replica(b, redistest.Start(b), patient)
		c := call()
		g.Learn(ctx, c, upstream.QuotaSeen{Exhausted: true, ResetsAt: in(time.Hour)})
		for b.Loop() {
			g.Take(ctx, c)
		}
	})
}

func TestACallWithoutALimitAllocatesNothing(t *testing.T) {
	g := quota.New(nil, quota.Options{})
	c := call()
	if n := testing.AllocsPerRun(100, func() { g.Take(ctx, c) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
