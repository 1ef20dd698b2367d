package cache_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"

	"tributary/billing"
	"tributary/cache"
)

func TestMemoryStaysWithinItsBudget(t *testing.T) {
	const budget = 2 << 20
	for name, sample := range map[string]struct {
		value *billing.Subscription
		heap  int // of one, about
	}{
		"small documents": {small("Acme"), 1100},
		"large documents": {large("Acme"), 46_000},
	} {
		t.Run(name, func(t *testing.T) {
			encoded := must(codec.Encode(sample.value))
			c := newCache(t, cache.Options{Memory: budget})
			before := heap()
			s := &source{}
			s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
				return billing.Outcome[*billing.Subscription]{Value: must(codec.Decode(encoded))}
			})
			kept := 0
			n := 10 * budget / sample.heap
			for i := range n {
				expect(t, look(c, policy, s, key(fmt.Sprint(i))), "Acme FRESH MISS")
			}
			grown := heap() - before
			if grown > budget*5/4 || grown < budget/2 {
				t.Errorf("a budget of %d bytes took %d", budget, grown)
			}
			s.fails(fault(billing.CodeForbidden))
			for i := range n {
				if look(c, policy, s, key(fmt.Sprint(i))).Provenance.Cache == billing.CacheHit {
					kept++
				}
			}
			if kept == 0 {
				t.Error("nothing is left in a full cache")
			}
			t.Logf("%d of %d entries took %d of %d bytes", kept, n, grown, budget)
		})
	}
}

func TestAnAnswerLargerThanTheBudgetIsAnsweredAndNotKept(t *testing.T) {
	c := newCache(t, cache.Options{Memory: 16 << 10})
	s := &source{}
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		return billing.Outcome[*billing.Subscription]{Value: large("Acme")}
	})
	expect(t, look(c, policy, s, key("1")), "Acme FRESH MISS")
	asked := s.asked()
	eventually(t, "it is asked for again", func() bool {
		look(c, policy, s, key("1"))
		return s.asked() > asked
	})
	s.set("Small")
	expect(t, look(c, policy, s, key("2")), "Small FRESH MISS")
	expect(t, look(c, policy, s, key("2")), "Small FRESH HIT")
}

func heap() int {
	runtime.GC()
	runtime.GC() // what the first left to finalizers
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int(stats.HeapAlloc)
}
