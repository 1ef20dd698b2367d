package throttle

import (
	"time"

	"golang.org/x/time/rate"
)

// Failures slows an address down that fails to authenticate again and again.
// Behind a proxy all callers have the proxy's address, so there it is off.
type Failures struct{ buckets *buckets }

// NewFailures makes Failures; settings without a bound never slow anybody.
func NewFailures(settings Failing) *Failures {
	if settings.PerMinute == 0 {
		return &Failures{}
	}
	return &Failures{newBuckets(rate.Limit(settings.PerMinute)/60, settings.PerMinute)}
}

// Blocked is how long an address has to wait until its credentials are looked
// at again; 0 for one that need not.
func (f *Failures) Blocked(address string) time.Duration {
	if f.buckets == nil {
		return 0
	}
	return refill(f.buckets.of(address), 1, time.Now())
}

// Failed counts a failure of an address.
func (f *Failures) Failed(address string) {
	if f.buckets != nil {
		f.buckets.of(address).Allow()
	}
}

// refill is how long it takes until the bucket holds n; 0 where it does.
func refill(bucket *rate.Limiter, n int, now time.Time) time.Duration {
	missing := float64(n) - bucket.TokensAt(now)
	if missing <= 0 {
		return 0
	}
	return time.Duration(missing / float64(bucket.Limit()) * float64(time.Second))
}
