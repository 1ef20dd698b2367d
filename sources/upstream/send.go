package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tributary/billing"
)

// attempt sends a request once. sent is false where the source surely never saw
// it; it is always true of a read, of which nobody asks.
func (c *Client) attempt(ctx context.Context, req Request, address string, used *sealed) (resp *Response, sent bool, err error) {
	var left *departure
	if req.isWrite() {
		ctx, left = watchDeparture(ctx)
	}
	httpReq, err := c.build(ctx, req, address, used)
	if err != nil {
		return nil, false, &billing.Error{Code: billing.CodeInternal, Source: c.source, Op: req.Op, Err: err}
	}
	count(ctx)
	httpResp, err := c.http.Do(httpReq)
	if err != nil {
		return nil, left.happened(ctx.Err() != nil), c.transportError(ctx, req, err)
	}
	defer httpResp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(httpResp.Body, MaxBody+1))
	if err != nil {
		return nil, true, c.transportError(ctx, req, err)
	}
	if len(body) > MaxBody {
		return nil, true, c.badData(req.Op, fmt.Errorf("the answer is larger than %d bytes", MaxBody))
	}
	return &Response{Status: httpResp.StatusCode, Header: httpResp.Header, Body: body, used: used, forwarded: forwarded(ctx)}, true, nil
}

func (c *Client) build(ctx context.Context, req Request, address string, used *sealed) (*http.Request, error) {
	method := req.Method
	if method == "" {
		method = http.MethodGet
	}
	var body io.Reader
	if req.Body != nil {
		body = bytes.NewReader(req.Body)
	}
	httpReq, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	for name, values := range req.Header {
		httpReq.Header[name] = slices.Clone(values)
	}
	httpReq.Header.Set("Accept", strings.Join(accepted(req), ", "))
	httpReq.Header.Set("User-Agent", "tributary")
	if basic := used.Basic; basic != nil {
		httpReq.SetBasicAuth(basic.Username, basic.Password)
	}
	used.apply(httpReq.Header, forwarded(ctx))
	return httpReq, nil
}

// address joins the base URL and the escaped segments. It refuses a segment
// that servers and proxies between could resolve to another path, since they
// unescape before they do: an escaped ".." still climbs, and an empty segment
// is merged away.
func (c *Client) address(req Request) (string, error) {
	var b strings.Builder
	b.WriteString(c.base.Scheme + "://" + c.base.Host + c.base.EscapedPath())
	for _, segment := range req.Path {
		if climbs(segment) {
			return "", errors.New("a part of the path is empty or made of dots")
		}
		b.WriteByte('/')
		b.WriteString(url.PathEscape(segment))
	}
	if len(req.Query) > 0 {
		b.WriteString("?" + req.Query.Encode())
	}
	return b.String(), nil
}

func climbs(segment string) bool {
	if segment == "" {
		return true
	}
	pieces := strings.FieldsFunc(segment, func(r rune) bool { return r == '/' || r == '\\' })
	return slices.Contains(pieces, ".") || slices.Contains(pieces, "..")
}

func accepted(req Request) []string {
	if len(req.Accept) == 0 {
		return []string{"application/json"}
	}
	return req.Accept
}

// checkContent refuses a body that is not of an accepted media type, such as a
// proxy's page of HTML under status 200.
func (c *Client) checkContent(req Request, resp *Response) error {
	if len(resp.Body) == 0 {
		return nil
	}
	if encoding := resp.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return c.badData(req.Op, errors.New("the answer has a content encoding that was not asked for"))
	}
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil {
		return c.badData(req.Op, errors.New("the answer has no content type, or none that can be read"))
	}
	if !slices.Contains(accepted(req), media) {
		return c.badData(req.Op, fmt.Errorf("the answer is %s", known(media)))
	}
	return nil
}

// known is a media type that proxies and servers of web pages send, for the log;
// any other is a text of the source's.
func known(media string) string {
	if slices.Contains([]string{"text/html", "text/plain", "application/json", "application/xml", "text/xml", "application/octet-stream", "application/vnd.api+json", "application/problem+json"}, media) {
		return media
	}
	return "of another content type"
}
