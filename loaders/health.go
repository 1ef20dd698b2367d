package loaders

import (
	"time"

	"tributary/billing"
)

// SourceError is a source's failure as clients may see it.
type SourceError struct {
	Code       billing.Code
	Message    string
	RetryAfter *time.Time
}

// NewSourceError shows err to clients.
func NewSourceError(err error) *SourceError {
	shown := &SourceError{Code: billing.CodeOf(err), Message: billing.ClientMessage(err)}
	if e, ok := billing.AsError(err); ok && !e.RetryAfter.IsZero() {
		at := e.RetryAfter
		shown.RetryAfter = &at
	}
	return shown
}

// Health is a source's health as clients may see it.
type Health struct{ billing.Health }

// Health is what the source's latest calls showed.
func (s *Source) Health() *Health { return &Health{s.Source.Health()} }

// LastSuccessAt is nil before the first success.
func (h *Health) LastSuccessAt() *time.Time { return known(h.Health.LastSuccessAt) }

// QuotaResetsAt is nil where the source names no quota.
func (h *Health) QuotaResetsAt() *time.Time { return known(h.Health.QuotaResetsAt) }

// LastError is nil before the first fault.
func (h *Health) LastError() *SourceError {
	if h.Health.LastError == nil {
		return nil
	}
	return NewSourceError(h.Health.LastError)
}

// Circuit is whether calls are let through to the source.
func (h *Health) Circuit() CircuitState {
	switch h.Health.Circuit {
	case billing.CircuitOpen:
		return CircuitOpen
	case billing.CircuitHalfOpen:
		return CircuitHalfOpen
	default:
		return CircuitClosed
	}
}

// CircuitOpenUntil is nil where no circuit is open.
func (h *Health) CircuitOpenUntil() *time.Time { return known(h.Health.CircuitOpenUntil) }

// CallsUnderWay counts the calls to the source that have no answer yet.
func (h *Health) CallsUnderWay() int { return int(h.Calls.UnderWay) }

// CircuitState is whether calls to a source are let through.
type CircuitState string

// The states of a circuit.
const (
	CircuitClosed   CircuitState = "CLOSED"
	CircuitHalfOpen CircuitState = "HALF_OPEN"
	CircuitOpen     CircuitState = "OPEN"
)

func known(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
