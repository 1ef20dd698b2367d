package upstream

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
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
func (c *Client) mayRepeat(req Request, resp *Response, sent bool, err error) bool {
	if req.isWrite() && sent {
		return false
	}
	if err != nil {
		return billing.CodeOf(err) == billing.CodeSourceUnavailable && !errors.Is(err, errRedirect)
	}
	return slices.Contains([]int{http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, resp.Status)
}

// waitToRepeat waits as long as the source asked; false where that would take
// the call past its deadline.
func (c *Client) waitToRepeat(ctx context.Context, resp *Response) bool {
	if resp == nil {
		return ctx.Err() == nil
	}
	wait := time.Duration(0)
	if at := c.RetryAfter(resp.Header); !at.IsZero() {
		wait = at.Sub(c.now())
	}
	if deadline, ok := ctx.Deadline(); ok && time.Until(deadline) <= wait {
		return false
	}
	if wait <= 0 {
		return true
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
