package throttle_test

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tributary/billing"
	"tributary/redistest"
	"tributary/throttle"
)

func TestABudgetIsSpentAndShared(t *testing.T) {
	overStores(t, slow, func(t *testing.T, one, other *throttle.Limiter) {
		take(t, one, 600, true, 400)
		refused := take(t, other, 600, false, 400)
		// 200 are missing, of which a hundred come back a day.
		if days := refused.RetryAfter.Hours() / 24; days < 1.9 || days > 2 {
			t.Errorf("the caller is to come back in %v days", days)
		}
		take(t, other, 400, true, 0)
		take(t, one, 1, false, 0)
		if d := one.Take(ctx, "bob", 1000); !d.Allowed {
			t.Error("another caller has no budget of his own")
		}
		take(t, one, 0, true, 0)
	})
}

func TestWhatAnOperationDidNotCostIsGivenBack(t *testing.T) {
	overStores(t, slow, func(t *testing.T, one, other *throttle.Limiter) {
		first := take(t, one, 600, true, 400)
		second := take(t, one, 300, true, 100)
		one.Settle(ctx, first, 100)
		third := take(t, other, 500, true, 100)
		other.Settle(ctx, second, 300)
		take(t, one, 0, true, 0)
		take(t, one, 101, false, 100)
		other.Settle(ctx, third, 550) // dearer than estimated
		last := take(t, one, 50, true, 0)
		other.Settle(ctx, last, 900) // dearer than what is left
		take(t, one, 1, false, 0)
	})
}

func TestARefusedOperationGivesNothingBack(t *testing.T) {
	overStores(t, slow, func(t *testing.T, one, _ *throttle.Limiter) {
		take(t, one, 900, true, 100)
		refused := take(t, one, 200, false, 100)
		one.Settle(ctx, refused, 0)
		take(t, one, 101, false, 100)
	})
}

func TestABucketNeverHoldsMoreThanItsBurst(t *testing.T) {
	overStores(t, slow, func(t *testing.T, one, other *throttle.Limiter) {
		for range 5 {
			// What comes back by itself while Redis is asked may be missing.
			d := one.Take(ctx, "ann", 998)
			if !d.Allowed || d.Remaining > 2 {
				t.Fatalf("allowed %t with %d left", d.Allowed, d.Remaining)
			}
			other.Settle(ctx, d, -500) // more than it took
		}
	})
}

func TestACheapOperationOfABriskBudgetGivesBackAllButAMoment(t *testing.T) {
	overStores(t, throttle.Rate{Cost: 1000, Per: time.Second, Burst: 100_000}, func(t *testing.T, one, other *throttle.Limiter) {
		d := one.Take(ctx, "ann", 100_000)
		if !d.Allowed {
			t.Fatal("a full bucket is refused")
		}
		time.Sleep(20 * time.Millisecond) // more comes back than it will have cost
		one.Settle(ctx, d, 1)
		// Twice the timeout of the test's client is the most that may be missing.
		if d := other.Take(ctx, "ann", 89_000); !d.Allowed {
			t.Errorf("%d are left", d.Remaining)
		}
	})
}

func TestABudgetComesBack(t *testing.T) {
	t.Run("in memory", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			l := throttle.NewLimiter(throttle.Rate{Cost: 60, Per: time.Minute, Burst: 10}, nil, 0)
			take(t, l, 10, true, 0)
			if d := take(t, l, 5, false, 0); d.RetryAfter != 5*time.Second {
				t.Errorf("to come back in %v", d.RetryAfter)
			}
			time.Sleep(5 * time.Second)
			take(t, l, 5, true, 0)
			time.Sleep(time.Hour)
			take(t, l, 10, true, 0)
		})
	})
	t.Run("in Redis", func(t *testing.T) {
		l := replica(t, redistest.Start(t), throttle.Rate{Cost: 100, Per: time.Second, Burst: 20}, patient)
		if d := l.Take(ctx, "ann", 20); !d.Allowed {
			t.Fatal("a full bucket is refused")
		}
		eventually(t, "it is full again", func() bool { return l.Take(ctx, "ann", 20).Allowed })
	})
}

func TestAnOperationDearerThanAFullBucketIsNeverAllowed(t *testing.T) {
	overStores(t, slow, func(t *testing.T, one, _ *throttle.Limiter) {
		d := take(t, one, 1001, false, 0)
		if err := one.Refusal(d); !d.Never || err.Code != billing.CodeLimitExceeded || !strings.Contains(err.Message, "1001") {
			t.Errorf("never %t, and the caller is told %v", d.Never, err)
		}
		take(t, one, 1000, true, 0)
	})
}

func TestARefusalSaysWhenToComeBack(t *testing.T) {
	l := throttle.NewLimiter(slow, nil, 0)
	take(t, l, 1000, true, 0)
	err := l.Refusal(take(t, l, 100, false, 0))
	if err.Code != billing.CodeRateLimited || time.Until(err.RetryAfter).Round(time.Hour) != 24*time.Hour {
		t.Errorf("the caller is told %v, %v", err, err.RetryAfter)
	}
}

func TestWithoutABudgetEverythingIsAllowed(t *testing.T) {
	l := throttle.NewLimiter(throttle.Rate{}, nil, 0)
	d := take(t, l, 1<<40, true, 0)
	l.Settle(ctx, d, 0)
	if l.Faults() != 0 {
		t.Error("there are faults")
	}
}

func TestManyAtOnceSpendABudgetOnce(t *testing.T) {
	overStores(t, slow, func(t *testing.T, one, other *throttle.Limiter) {
		var allowed atomic.Int64
		var all sync.WaitGroup
		for range 20 {
			for _, l := range []*throttle.Limiter{one, other} {
				all.Go(func() {
					for range 10 {
						if l.Take(ctx, "ann", 10).Allowed {
							allowed.Add(10)
						}
					}
				})
			}
		}
		all.Wait()
		if allowed.Load() != 1000 {
			t.Errorf("%d were spent of 1000", allowed.Load())
		}
	})
}
