package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/redis/go-redis/v9"

	"tributary/breaker"
)

// shared are the buckets in Redis, by Redis's clock.
type shared struct {
	limiter *redis_rate.Limiter
	limit   redis_rate.Limit
	redis   *breaker.Breaker[*redis_rate.Result]
}

func newShared(client redis.UniversalClient, settings Rate, timeout time.Duration) *shared {
	return &shared{
		limiter: redis_rate.NewLimiter(client),
		limit:   redis_rate.Limit{Rate: settings.Cost, Period: settings.Per, Burst: settings.holds()},
		redis: breaker.New[*redis_rate.Result](timeout, slog.Default(),
			"budgets are counted by each replica", "budgets are counted for all replicas"),
	}
}

// take fills in the decision, and reports false where Redis made none.
func (s *shared) take(ctx context.Context, d *Decision) bool {
	result := s.ask(ctx, func(ctx context.Context) (*redis_rate.Result, error) {
		return s.limiter.AllowN(ctx, key(d.caller), s.limit, d.cost)
	})
	if result == nil {
		return false
	}
	d.Allowed, d.Remaining = result.Allowed > 0, result.Remaining
	if !d.Allowed {
		d.RetryAfter = result.RetryAfter
		// Of a bucket that holds too little the library says 0.
		d.Remaining = max(0, d.cost-s.units(result.RetryAfter)-1)
	}
	return true
}

// settle takes more of a caller's bucket, as far as it goes, or gives back
// where more is below zero.
func (s *shared) settle(ctx context.Context, caller string, more int) {
	if more > 0 {
		s.ask(ctx, func(ctx context.Context) (*redis_rate.Result, error) {
			return s.limiter.AllowAtMost(ctx, key(caller), s.limit, more)
		})
		return
	}
	result := s.add(ctx, caller, more)
	if result == nil || result.ResetAfter > 0 {
		return
	}
	// The library writes nothing where the bucket would be full, and tells how
	// much that is too much. What is missing is given back but for what comes
	// back by itself while Redis is asked. Deleting the bucket could forgive
	// what another operation has just taken.
	if missing := s.units(s.worth(-more) + result.ResetAfter - 2*s.redis.Timeout()); missing > 0 {
		s.add(ctx, caller, -missing)
	}
}

func (s *shared) add(ctx context.Context, caller string, cost int) *redis_rate.Result {
	return s.ask(ctx, func(ctx context.Context) (*redis_rate.Result, error) {
		return s.limiter.AllowN(ctx, key(caller), s.limit, cost)
	})
}

// units is what comes back within a time.
func (s *shared) units(d time.Duration) int {
	return int(d.Seconds() / s.limit.Period.Seconds() * float64(s.limit.Rate))
}

// worth is the time in which a cost comes back.
func (s *shared) worth(cost int) time.Duration {
	return time.Duration(float64(cost) / float64(s.limit.Rate) * float64(s.limit.Period))
}

// ask is nil where Redis did not answer in time or refused.
func (s *shared) ask(ctx context.Context, question func(context.Context) (*redis_rate.Result, error)) *redis_rate.Result {
	result, err := s.redis.Ask(ctx, question)
	if err != nil {
		return nil
	}
	return result
}

// key names a caller's bucket; the library puts "rate:" in front of it. A
// caller's name is hashed, for it may be as long or as secret as a token has it.
func key(caller string) string {
	sum := sha256.Sum256([]byte(caller))
	return "tributary:cost:" + base64.RawURLEncoding.EncodeToString(sum[:])
}
