package upstream

import (
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"tributary/billing"
)

// health remembers what the latest calls showed.
type health struct {
	mu       sync.Mutex
	now      func() time.Time
	value    billing.Health
	failures int // in a row
}

// downAfter is how many faults in a row make a source DOWN.
const downAfter = 3

// Health is what the latest calls showed, whatever their credentials.
func (c *Client) Health() billing.Health {
	value := c.health.latest()
	value.Circuit, value.CircuitOpenUntil = c.circuits()
	value.Calls = billing.Calls{
		UnderWay: c.counts.underWay.Load(), Retries: c.counts.retries.Load(), Hedges: c.counts.hedges.Load(),
		RejectedByCircuit: c.counts.open.Load(), RejectedByBulkhead: c.counts.noRoom.Load(),
		RejectedByQuota: c.counts.noQuota.Load(), RejectedByDeadline: c.counts.late.Load(),
	}
	return value
}

// latest knows nothing of a window that is over.
func (h *health) latest() billing.Health {
	h.mu.Lock()
	defer h.mu.Unlock()
	if ends := h.value.QuotaResetsAt; !ends.IsZero() && !h.now().Before(ends) {
		h.value.QuotaRemaining, h.value.QuotaResetsAt = nil, time.Time{}
	}
	return h.value
}

// record takes the outcome of one call. Only a fault of the source counts
// against it: a refusal of what was asked shows a source that works.
func (c *Client) record(err error) {
	var e *billing.Error
	errors.As(err, &e)
	if billing.IsOwn(err) {
		c.health.worked()
		return
	}
	switch billing.CodeOf(err) {
	case billing.CodeSourceTimeout, billing.CodeSourceUnavailable, billing.CodeSourceBadData, billing.CodeSourceRateLimited:
		c.health.failed(e)
	case billing.CodeSourceAuthFailed:
		if c.Forwards() { // the caller's credentials, not the gateway's
			c.health.worked()
			return
		}
		c.health.failed(e)
	case billing.CodeInternal, billing.CodeOutcomeUnknown:
		// The former is the gateway's own fault, the latter nobody's knowledge.
	default:
		c.health.worked()
	}
}

func (h *health) unknownState() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.value.UnknownStates++
}

func (h *health) worked() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures = 0
	h.value.LastSuccessAt = h.now()
	h.value.State = billing.Healthy
}

func (h *health) failed(e *billing.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.failures++
	h.value.LastErrorAt, h.value.LastError = h.now(), e
	h.value.State = billing.Degraded
	if h.failures >= downAfter {
		h.value.State = billing.Down
	}
}

// hampered takes a fault that leaves the source DEGRADED at worst: one bad document
// of many is no outage, and neither is a quota that is spent.
func (h *health) hampered(e *billing.Error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.value.LastErrorAt, h.value.LastError = h.now(), e
	if h.value.State != billing.Down {
		h.value.State = billing.Degraded
	}
}

// quota takes what is said of a source's quota; nil and zero leave what is known
// as it is.
func (h *health) quota(remaining *int, resetsAt time.Time) {
	if remaining == nil && resetsAt.IsZero() {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if remaining != nil {
		own := *remaining
		h.value.QuotaRemaining = &own
	}
	if !resetsAt.IsZero() {
		h.value.QuotaResetsAt = resetsAt
	}
}

// SecondsHeader reads a header that holds a number of seconds from now; zero
// where it is missing or no such number.
func (c *Client) SecondsHeader(header http.Header, name string) time.Time {
	text := header.Get(name)
	if text == "" {
		return time.Time{}
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < 0 || seconds > 366*24*3600 {
		return time.Time{}
	}
	return c.now().Add(time.Duration(seconds) * time.Second)
}

// IntHeader reads a header that holds a count; nil where it is missing or none.
func IntHeader(header http.Header, name string) *int {
	text := header.Get(name)
	if text == "" {
		return nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return nil
	}
	return &n
}

// RetryAfter reads Retry-After in both its forms, seconds and an HTTP date.
func (c *Client) RetryAfter(header http.Header) time.Time {
	if at := c.SecondsHeader(header, "Retry-After"); !at.IsZero() {
		return at
	}
	at, err := http.ParseTime(header.Get("Retry-After"))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}
