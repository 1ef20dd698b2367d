package upstream

import (
	"context"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"

	"tributary/billing"
)

// departure is how far a request has come on its way to its source.
type departure struct{ connected, headers atomic.Bool }

// watchDeparture watches the request sent under the context that it returns. A
// source that was not sent all of the headers cannot have acted.
func watchDeparture(ctx context.Context) (context.Context, *departure) {
	d := new(departure)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { d.connected.Store(true) },
		WroteHeaders: func() { d.headers.Store(true) },
	}), d
}

// happened reports whether the source may have seen the request. interrupted says
// that the wait for it was cut off, when the headers may be on their way without
// that having been noted. It is true where nobody watched.
func (d *departure) happened(interrupted bool) bool {
	return d == nil || d.headers.Load() || interrupted && d.connected.Load()
}

// unsent marks the error of a write that its source surely never saw.
func unsent(err error) error {
	if e, ok := billing.AsError(err); ok {
		e.Unsent = true
	}
	return err
}

// The statuses of proxies and servers that gave up on an answer, beside those
// from 500 on.
const statusClientClosedRequest = 499

// leavesDoubt reports whether a write that was sent and failed with err may
// have been carried out all the same: no answer came, or one that says no more
// than that something broke.
func leavesDoubt(resp *Response, err error) bool {
	switch billing.CodeOf(err) {
	case billing.CodeSourceTimeout: // says the adapter, whatever the status
		return true
	case billing.CodeSourceUnavailable, billing.CodeSourceBadData, billing.CodeInternal:
	default:
		return false // the source said what it has against it
	}
	if resp == nil {
		return true
	}
	switch status := resp.Status; {
	case status == http.StatusRequestTimeout, status == statusClientClosedRequest:
		return true
	case status == http.StatusNotImplemented:
		return false
	default:
		return status < 300 || status >= 500
	}
}

// Unread makes the error of a write that the source says to have carried out, in
// an answer that cannot be read. It counts against the source's health.
func (c *Client) Unread(op string, err error) *billing.Error {
	return c.doubt(op, c.BadData(op, err))
}

func (c *Client) doubt(op string, err error) *billing.Error {
	return &billing.Error{Code: billing.CodeOutcomeUnknown, Source: c.source, Op: op, Err: err}
}
