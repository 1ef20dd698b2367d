// Package throttle bounds what callers may ask of the gateway: how much over time,
// and how much at once.
package throttle

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-redis/redis_rate/v10"
	"github.com/hashicorp/golang-lru/v2"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"tributary/config"
)

// RateSettings are the configuration's key rate: what one caller may cause over
// time, in calls to sources as they are estimated before an operation and counted
// after it.
type RateSettings struct {
	Cost  int           `yaml:"cost"`  // calls that come back in Per; 0 for no bound
	Per   time.Duration `yaml:"per"`   // above zero
	Burst int           `yaml:"burst"` // calls that can be saved up; Cost where 0
}

// Defaults fills in what the file need not say.
func (s *RateSettings) Defaults() { *s = RateSettings{Cost: 6000, Per: time.Minute} }

// Validate refuses a budget that cannot be kept.
func (s *RateSettings) Validate() error {
	var faults []error
	if s.Cost < 0 {
		faults = append(faults, config.Invalidf("cost", "a budget is 0 calls, for no bound, or more"))
	}
	if s.Per <= 0 {
		faults = append(faults, config.Invalidf("per", "the time in which the budget comes back is longer than 0s"))
	}
	if s.Burst < 0 {
		faults = append(faults, config.Invalidf("burst", "what can be saved up is 0, for as much as cost, or more"))
	}
	return errors.Join(faults...)
}

// Rate is a budget for each caller: a bucket that fills with time. With Redis all
// replicas draw on one; while Redis does not answer, each has one of its own.
type Rate struct {
	limit   redis_rate.Limit
	shared  *redis_rate.Limiter // nil without Redis
	timeout time.Duration
	own     *lru.Cache[string, *rate.Limiter]
	faults  atomic.Int64

	settling sync.WaitGroup
}

// mostCallers bounds the callers that are remembered within the process. Who is
// forgotten begins with a full bucket.
const mostCallers = 10_000

// NewRate makes the budgets; nil where the settings name none. store is nil
// without Redis, and timeout bounds the wait for it.
func NewRate(settings RateSettings, store redis.UniversalClient, timeout time.Duration) *Rate {
	if settings.Cost == 0 {
		return nil
	}
	burst := settings.Burst
	if burst == 0 {
		burst = settings.Cost
	}
	own, err := lru.New[string, *rate.Limiter](mostCallers)
	if err != nil {
		panic(err) // the size is a constant above zero
	}
	r := &Rate{limit: redis_rate.Limit{Rate: settings.Cost, Period: settings.Per, Burst: burst}, timeout: timeout, own: own}
	if store != nil {
		r.shared = redis_rate.NewLimiter(store)
	}
	return r
}

// Burst is the most that can be taken at once.
func (r *Rate) Burst() int { return r.limit.Burst }

// Faults counts how often Redis did not answer.
func (r *Rate) Faults() int64 { return r.faults.Load() }

// Take takes cost out of the caller's bucket. Where there is not as much it takes
// nothing, and says how long it will be until there is. More than Burst is never
// there.
func (r *Rate) Take(ctx context.Context, caller string, cost int) (ok bool, retryAfter time.Duration) {
	if cost <= 0 {
		return true, 0
	}
	if result := r.ask(ctx, caller, cost); result != nil {
		return result.Allowed > 0, max(result.RetryAfter, 0)
	}
	now := time.Now()
	taken := r.bucket(caller).ReserveN(now, cost)
	if !taken.OK() {
		return false, r.limit.Period
	}
	if wait := taken.DelayFrom(now); wait > 0 {
		taken.CancelAt(now)
		return false, wait
	}
	return true, 0
}

// Settle takes what an operation cost beyond what was taken for it, or gives back
// what it did not. A bucket may owe for a while. It does not wait for Redis.
func (r *Rate) Settle(caller string, taken, actual int) {
	more := min(actual-taken, r.limit.Burst)
	switch {
	case more == 0:
	case r.shared == nil:
		r.bucket(caller).ReserveN(time.Now(), more)
	default:
		r.settling.Go(func() {
			if r.ask(context.Background(), caller, more) == nil {
				r.bucket(caller).ReserveN(time.Now(), more)
			}
		})
	}
}

// Close waits for what Settle has begun.
func (r *Rate) Close() { r.settling.Wait() }

// ask draws on the shared bucket; nil where there is none to draw on.
func (r *Rate) ask(ctx context.Context, caller string, cost int) *redis_rate.Result {
	if r.shared == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	result, err := r.shared.AllowN(ctx, key(caller), r.limit, cost)
	if err != nil {
		r.faults.Add(1)
		return nil
	}
	return result
}

// key names a bucket in Redis. It holds nothing of the caller that can be read.
func key(caller string) string {
	sum := sha256.Sum256([]byte(caller))
	return "tributary:" + base64.RawURLEncoding.EncodeToString(sum[:16])
}

func (r *Rate) bucket(caller string) *rate.Limiter {
	if known, ok := r.own.Get(caller); ok {
		return known
	}
	fresh := rate.NewLimiter(rate.Limit(float64(r.limit.Rate)/r.limit.Period.Seconds()), r.limit.Burst)
	if known, found, _ := r.own.PeekOrAdd(caller, fresh); found {
		return known
	}
	return fresh
}
