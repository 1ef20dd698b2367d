package upstream

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/sony/gobreaker/v2"

	"tributary/billing"
)

// circuit leaves a source alone for a while when too many calls have failed.
// Nil is one that is always closed.
type circuit struct {
	breaker *gobreaker.TwoStepCircuitBreaker[struct{}]
	until   atomic.Pointer[time.Time] // when it half-opens, where it is open
}

// What a call showed of its source, beside nil, which is that it works.
var (
	errFailing = errors.New("the source fails")
	errNothing = errors.New("nothing was learnt of the source")
)

func newCircuit(settings Circuit, now func() time.Time) *circuit {
	if settings.FailureRate == 0 {
		return nil
	}
	c := new(circuit)
	c.breaker = gobreaker.NewTwoStepCircuitBreaker[struct{}](gobreaker.Settings{
		MaxRequests:  uint32(settings.Probes), // #nosec G115 -- validated
		Interval:     settings.Window,
		BucketPeriod: settings.Window / 10,
		Timeout:      settings.Open,
		ReadyToTrip: func(counts gobreaker.Counts) bool {
			calls := counts.TotalSuccesses + counts.TotalFailures
			return int(calls) >= settings.Calls && float64(counts.TotalFailures) >= settings.FailureRate*float64(calls)
		},
		IsExcluded: func(err error) bool { return err == errNothing },
		OnStateChange: func(_ string, _, to gobreaker.State) {
			if to == gobreaker.StateOpen {
				until := now().Add(settings.Open)
				c.until.Store(&until)
			}
		},
	})
	return c
}

// allow asks for one call, whose showing the returned function is to be told.
func (c *circuit) allow() (show func(error), ok bool) {
	if c == nil {
		return func(error) {}, true
	}
	show, err := c.breaker.Allow()
	return show, err == nil
}

// state is the circuit's, and until when it is open, where it is.
func (c *circuit) state() (state billing.Circuit, openUntil time.Time) {
	if c == nil {
		return billing.CircuitClosed, time.Time{}
	}
	switch c.breaker.State() {
	case gobreaker.StateOpen:
		return billing.CircuitOpen, *c.until.Load()
	case gobreaker.StateHalfOpen:
		return billing.CircuitHalfOpen, time.Time{}
	default:
		return billing.CircuitClosed, time.Time{}
	}
}

// foreign is a fault of an answer that no document of the source's is, such as a
// proxy's page.
type foreign struct{ error }

// showing is what the outcome of a call says of its source. given is the time
// that the call had.
func (c *Client) showing(p *partition, resp *Response, err error, given time.Duration) error {
	if errors.Is(err, context.Canceled) { // by the caller
		return errNothing
	}
	switch billing.CodeOf(err) {
	case billing.CodeSourceUnavailable:
		return errFailing
	case billing.CodeSourceTimeout:
		if resp == nil && !p.latencies.isPatient(given, c.config.Timeout, time.Now()) {
			return errNothing
		}
		return errFailing
	case billing.CodeSourceBadData:
		var page foreign
		if errors.As(err, &page) {
			return errFailing
		}
		return nil
	case billing.CodeSourceRateLimited, billing.CodeInternal, billing.CodeOutcomeUnknown:
		return errNothing
	default:
		return nil
	}
}
