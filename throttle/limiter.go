package throttle

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"tributary/billing"
)

// Limiter holds callers to their budgets, those of all replicas together where
// there is a Redis. While Redis does not answer each replica counts by itself,
// from a full bucket on. It is safe for concurrent use.
type Limiter struct {
	rate   Rate
	here   *buckets
	shared *shared // nil without Redis
}

// Decision is what came of Take.
type Decision struct {
	Allowed    bool
	Never      bool          // it costs more than a full bucket holds
	RetryAfter time.Duration // until the bucket holds enough, if nobody else takes of it
	Remaining  int           // what is left in the bucket

	caller string
	cost   int
	here   bool // taken from the bucket of this process
}

// NewLimiter makes a Limiter; client is nil without Redis, and else heeds the
// deadlines of contexts, as those of cache.RedisConfig do. A timeout of 0 is
// 50 ms, the longest wait for Redis.
func NewLimiter(settings Rate, client redis.UniversalClient, timeout time.Duration) *Limiter {
	l := &Limiter{rate: settings}
	if settings.Cost == 0 {
		return l
	}
	l.here = newBuckets(rate.Limit(float64(settings.Cost)/settings.Per.Seconds()), settings.holds())
	if client != nil {
		l.shared = newShared(client, settings, timeout)
	}
	return l
}

// Take takes what an operation may cost, by estimate, before it is executed.
// What is not allowed takes nothing.
func (l *Limiter) Take(ctx context.Context, caller string, cost int) Decision {
	d := Decision{Allowed: true, caller: caller, cost: cost}
	if l.rate.Cost == 0 || cost <= 0 {
		return d
	}
	if cost > l.rate.holds() {
		d.Allowed, d.Never = false, true
		return d
	}
	if l.shared != nil && l.shared.take(ctx, &d) {
		return d
	}
	d.here = true
	now, bucket := time.Now(), l.here.of(caller)
	if d.Allowed = bucket.AllowN(now, cost); !d.Allowed {
		d.RetryAfter = refill(bucket, cost, now)
	}
	d.Remaining = max(0, int(bucket.TokensAt(now)))
	return d
}

// Settle gives back what an operation that was allowed did not cost, or takes
// what it cost more, as far as the bucket holds that. It is called once.
func (l *Limiter) Settle(ctx context.Context, d Decision, actual int) {
	more := actual - d.cost
	switch {
	case l.rate.Cost == 0 || d.cost <= 0 || !d.Allowed || more == 0:
	case !d.here:
		l.shared.settle(ctx, d.caller, more)
	default:
		now, bucket := time.Now(), l.here.of(d.caller)
		// Below zero it fills the bucket, which holds no more than its size.
		bucket.AllowN(now, min(more, max(0, int(bucket.TokensAt(now)))))
	}
}

// Refusal is what a caller is told whom a Decision does not allow to go on.
func (l *Limiter) Refusal(d Decision) *billing.Error {
	if d.Never {
		return billing.Errorf(billing.CodeLimitExceeded,
			"the operation may cost %d, and at most %d can be spent at once", d.cost, l.rate.holds())
	}
	return &billing.Error{
		Code:       billing.CodeRateLimited,
		Message:    fmt.Sprintf("the operation may cost %d, and %d of the budget is left; it gets %d back every %s", d.cost, d.Remaining, l.rate.Cost, l.rate.Per),
		RetryAfter: time.Now().Add(d.RetryAfter),
	}
}

// IsShared reports whether budgets are in Redis, so that questions take a while.
func (l *Limiter) IsShared() bool { return l.rate.Cost != 0 && l.shared != nil }

// Faults counts the questions that Redis did not answer or refused.
func (l *Limiter) Faults() int64 {
	if l.shared == nil {
		return 0
	}
	return l.shared.redis.Faults()
}
