package upstream

import (
	"compress/flate"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"tributary/billing"
)

// transportError names what kept an answer from arriving.
func (c *Client) transportError(ctx context.Context, req Request, err error) error {
	code := billing.CodeSourceUnavailable
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err // without the address, which a redirect may have given
	}
	var timeout net.Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		err = context.Canceled
		code = billing.CodeSourceTimeout
	case ctx.Err() != nil, errors.As(err, &timeout) && timeout.Timeout():
		code = billing.CodeSourceTimeout
	case unreadable(err):
		return c.badData(req.Op, foreign{errors.New("the answer is no HTTP, or not compressed as it says")})
	}
	return &billing.Error{Code: code, Source: c.source, Op: req.Op, Err: err}
}

// unreadable reports an answer that arrived and made no sense. net/http has
// only words for most of that, and they quote what was sent.
func unreadable(err error) bool {
	var corrupt flate.CorruptInputError
	if errors.Is(err, gzip.ErrHeader) || errors.Is(err, gzip.ErrChecksum) || errors.As(err, &corrupt) {
		return true
	}
	return slices.ContainsFunc(notHTTP, func(words string) bool { return strings.Contains(err.Error(), words) })
}

var notHTTP = []string{
	"malformed HTTP", "malformed MIME", "malformed chunked", "invalid byte in chunk length", "bad Content-Length",
	"unsupported transfer encoding", "too many transfer encodings", "failed to parse Location",
}

// Fail makes the error of an answer that a status table refused. why is for the
// log and holds nothing of the body but what is known to be harmless.
func (c *Client) Fail(code billing.Code, op string, resp *Response, why string) *billing.Error {
	e := &billing.Error{Code: code, Source: c.source, Op: op, Err: fmt.Errorf("status %d", resp.Status)}
	if why != "" && !resp.used.areIn(why, resp.forwarded) {
		e.Err = fmt.Errorf("status %d: %s", resp.Status, why)
	}
	if code.Retryable() {
		e.RetryAfter = c.RetryAfter(resp.Header)
	}
	return e
}

// BadData makes the error of an answer that came and cannot be read, which
// counts against the source's health.
func (c *Client) BadData(op string, err error) *billing.Error {
	e := c.badData(op, err)
	c.health.hampered(e)
	return e
}

func (c *Client) badData(op string, err error) *billing.Error {
	return &billing.Error{Code: billing.CodeSourceBadData, Source: c.source, Op: op, Err: err}
}
