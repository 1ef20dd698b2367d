package loaders_test

import (
	"sync"
	"testing"

	"tributary/loaders"
)

func TestWhatIsKeptIsAnsweredWithoutTheSourceAndCountedOnce(t *testing.T) {
	source := &fake{}
	set := newSet(t, source)
	_, first := set.Begin(anyone, 0)
	if _, err := first.Load(ref(1), loaders.PartPlan)(); err != nil {
		t.Fatal(err)
	}
	if first.CacheHits() != 0 || first.CacheMisses() != 2 {
		t.Errorf("the first counts %d hits and %d misses", first.CacheHits(), first.CacheMisses())
	}
	_, second := set.Begin(anyone, 0)
	var running sync.WaitGroup
	for range 20 {
		running.Go(func() {
			sub, err := second.Load(ref(1), loaders.PartPlan)()
			if err != nil {
				t.Error(err)
				return
			}
			if plan, err := sub.Plan(); err != nil || *plan.Name != "Pro" {
				t.Errorf("the plan is %v, %v", plan, err)
			}
		})
	}
	running.Wait()
	if len(source.batches) != 1 || source.plans != 1 {
		t.Errorf("the source was asked %d times for subscriptions and %d for plans", len(source.batches), source.plans)
	}
	if second.CacheHits() != 2 || second.CacheMisses() != 0 {
		t.Errorf("the second counts %d hits and %d misses", second.CacheHits(), second.CacheMisses())
	}
}

// Somebody else's write or refresh meanwhile does not show halfway through an
// answer; the operation's own write does.
func TestAnOperationSeesOneValueUntilItForgets(t *testing.T) {
	source := &fake{}
	set := newSet(t, source)
	load := func(op *loaders.Operation) *loaders.Subscription {
		t.Helper()
		sub, err := op.Load(ref(1), 0)()
		if err != nil {
			t.Fatal(err)
		}
		return sub
	}
	_, fetching := set.Begin(anyone, 0)
	_, kept := set.Begin(anyone, 0)
	load(fetching)
	load(kept)
	set.Drop(anyone, set.SubjectsOf(ref(1)), "a write", 0)
	load(fetching)
	load(kept)
	if len(source.batches) != 1 {
		t.Errorf("the source was asked %d times by two operations that had the answer", len(source.batches))
	}
	kept.Forget()
	load(kept)
	if len(source.batches) != 2 {
		t.Errorf("after it forgot, the source was asked %d times", len(source.batches))
	}
}
