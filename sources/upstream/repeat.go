package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"tributary/billing"
)

var errRedirect = errors.New("the redirect is not followed")

// checkRedirect follows a GET to the same scheme and host, three times at
// most. A source's credential goes to that source's host alone.
func (c *Client) checkRedirect(next *http.Request, via []*http.Request) error {
	switch {
	case !sameHost(next.URL, c.base):
		return fmt.Errorf("%w: it leads to another host", errRedirect)
	case next.URL.User != nil:
		return fmt.Errorf("%w: it brings credentials", errRedirect)
	case via[0].Method != http.MethodGet:
		return fmt.Errorf("%w: only that of a GET is", errRedirect)
	case len(via) > 3:
		return fmt.Errorf("%w: there were three before it", errRedirect)
	}
	count(next.Context())
	return nil
}

func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) && port(a) == port(b)
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	default:
		return "80"
	}
}

// mayRepeat reports whether a request may be sent again: a write only where the
// source surely never saw it.
func mayRepeat(req Request, last outcome) bool {
	switch {
	case last.held, req.isWrite() && last.sent:
		return false
	case last.err != nil:
		return billing.CodeOf(last.err) == billing.CodeSourceUnavailable && !errors.Is(last.err, errRedirect)
	}
	switch last.resp.Status {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// waitToRepeat waits a while, and as long as the source asked. It is false where
// that would take the call past its deadline, or the retries past their budget,
// and where the source is left alone or nobody waits any more.
func (c *Client) waitToRepeat(ctx context.Context, k *call, tries int, resp *Response) bool {
	wait := c.config.Retry.Wait(tries)
	if resp != nil {
		if at := c.RetryAfter(resp.Header); !at.IsZero() {
			wait = addUp(wait, max(0, at.Sub(c.now())))
		}
	}
	if state, _ := k.partition.circuit.state(); state != billing.CircuitClosed || isTooLate(ctx, k.partition, wait) {
		return false
	}
	return c.mayAdd(k.partition) && pause(ctx, wait) && billing.IsWanted(ctx)
}

// addUp is a + b, neither below zero, and no less than either.
func addUp(a, b time.Duration) time.Duration {
	if sum := a + b; sum >= b {
		return sum
	}
	return b
}

// pause waits; false where ctx ended first.
func pause(ctx context.Context, wait time.Duration) bool {
	if wait <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
