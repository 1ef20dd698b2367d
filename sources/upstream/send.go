package upstream

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// exchange sends a request and reads its answer.
func (c *Client) exchange(ctx context.Context, k *call) outcome {
	var left *departure
	if k.req.isWrite() {
		ctx, left = watchDeparture(ctx)
	}
	count(ctx)
	httpResp, err := c.http.Do(c.build(ctx, k))
	if err != nil {
		return outcome{sent: left.happened(ctx.Err() != nil), err: c.transportError(ctx, k.req, err)}
	}
	defer httpResp.Body.Close()
	body, err := readBody(httpResp)
	if err != nil {
		return outcome{sent: true, err: c.transportError(ctx, k.req, err)}
	}
	if len(body) > MaxBody {
		return outcome{sent: true, err: c.badData(k.req.Op, fmt.Errorf("the answer is larger than %d bytes", MaxBody))}
	}
	return outcome{sent: true, resp: &Response{
		Status: httpResp.StatusCode, Header: httpResp.Header, Body: body,
		used: k.used, forwarded: forwarded(ctx), quota: c.readQuota(httpResp.Header),
	}}
}

// readBody reads one byte more than is taken, at most.
func readBody(resp *http.Response) ([]byte, error) {
	const believed = 64 << 10 // of the length that an answer says to have
	var body bytes.Buffer
	if resp.ContentLength > 0 {
		body.Grow(int(min(resp.ContentLength, believed)) + bytes.MinRead)
	}
	_, err := body.ReadFrom(io.LimitReader(resp.Body, MaxBody+1))
	return body.Bytes(), err
}

// build makes the request by hand, for its address is known to be one.
func (c *Client) build(ctx context.Context, k *call) *http.Request {
	header := make(http.Header, len(k.req.Header)+5)
	maps.Copy(header, k.req.Header) // whose values nobody writes to
	header["Accept"] = []string{strings.Join(accepted(k.req), ", ")}
	header["User-Agent"] = userAgent
	bare := http.Request{
		Method: k.req.Method, URL: k.address, Header: header,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if bare.Method == "" {
		bare.Method = http.MethodGet
	}
	httpReq := bare.WithContext(ctx)
	if body := k.req.Body; len(body) > 0 {
		httpReq.ContentLength = int64(len(body))
		httpReq.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
		httpReq.Body = io.NopCloser(bytes.NewReader(body))
	} else if body != nil {
		httpReq.Body = http.NoBody
	}
	if basic := k.used.Basic; basic != nil {
		httpReq.SetBasicAuth(basic.Username, basic.Password)
	}
	k.used.apply(header, forwarded(ctx))
	return httpReq
}

var userAgent = []string{"tributary"} // which nobody writes to

// address joins the base URL and the escaped segments. It refuses a segment
// that servers and proxies between could resolve to another path, since they
// unescape before they do: an escaped ".." still climbs, and an empty segment
// is merged away.
func (c *Client) address(req Request) (*url.URL, error) {
	address := *c.base
	path := make([]byte, 0, 128)
	path = append(path, c.base.Path...)
	isEscaped := c.base.RawPath != ""
	for _, segment := range req.Path {
		if climbs(segment) {
			return nil, errors.New("a part of the path is empty or made of dots")
		}
		path = append(append(path, '/'), segment...)
		isEscaped = isEscaped || url.PathEscape(segment) != segment
	}
	address.Path = string(path)
	if isEscaped {
		path = append(path[:0], c.base.EscapedPath()...)
		for _, segment := range req.Path {
			path = append(append(path, '/'), url.PathEscape(segment)...)
		}
		address.RawPath = string(path)
	}
	if len(req.Query) > 0 {
		address.RawQuery = req.Query.Encode()
	}
	return &address, nil
}

func climbs(segment string) bool {
	if segment == "" {
		return true
	}
	if !strings.Contains(segment, ".") {
		return false
	}
	pieces := strings.FieldsFunc(segment, func(r rune) bool { return r == '/' || r == '\\' })
	return slices.Contains(pieces, ".") || slices.Contains(pieces, "..")
}

var acceptedByDefault = []string{"application/json"}

func accepted(req Request) []string {
	if len(req.Accept) == 0 {
		return acceptedByDefault
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
	written := resp.Header.Get("Content-Type")
	if slices.Contains(accepted(req), written) { // as most are, or as below
		return nil
	}
	if media, ok := strings.CutSuffix(written, "; charset=utf-8"); ok && slices.Contains(accepted(req), media) {
		return nil
	}
	media, _, err := mime.ParseMediaType(written)
	if err != nil {
		return c.badData(req.Op, foreign{errors.New("the answer has no content type, or none that can be read")})
	}
	if !slices.Contains(accepted(req), media) {
		return c.badData(req.Op, foreign{fmt.Errorf("the answer is %s", known(media))})
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
