package focus

import (
	"context"
	"net/http"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// get asks for one of the routes under an organisation's subscriptions. The
// body is nil for 204, which stands for "there is none".
func (s *Source) get(ctx context.Context, op, org string, route ...string) ([]byte, error) {
	resp, err := s.client.Do(ctx, upstream.Request{
		Op:     op,
		Org:    org,
		Path:   append([]string{"organizations", org, "subscriptions"}, route...),
		Status: func(resp *upstream.Response) error { return s.status(op, resp) },
	})
	if err != nil {
		return nil, err
	}
	if resp.Status == http.StatusNoContent {
		return nil, nil
	}
	return resp.Body, nil
}

// find is get with nothing, instead of an error, where Focus knows no such
// subscription or organisation.
func (s *Source) find(ctx context.Context, op, org string, route ...string) ([]byte, error) {
	body, err := s.get(ctx, op, org, route...)
	if billing.CodeOf(err) == billing.CodeNotFound {
		return nil, nil
	}
	return body, err
}

// The quota counts requests per user, organisation and hour.
const (
	quotaRemaining = "X-Toggl-Quota-Remaining"
	quotaResetsIn  = "X-Toggl-Quota-Resets-In"
)

// status is the table of what Focus' statuses mean. Two are its own: 402 is a
// spent quota before it is a plan that lacks something, and 400 is also the
// answer to an organisation that there is not.
func (s *Source) status(op string, resp *upstream.Response) error {
	remaining := upstream.IntHeader(resp.Header, quotaRemaining)
	resets := s.client.SecondsHeader(resp.Header, quotaResetsIn)
	resp.Quota(remaining, resets)
	switch {
	case resp.Status == http.StatusOK, resp.Status == http.StatusNoContent:
		return nil
	case resp.Status == http.StatusNotFound:
		return s.client.Fail(billing.CodeNotFound, op, resp, "")
	case resp.Status == http.StatusBadRequest && errorCode(resp) == "invalid_organization_id":
		return s.client.Fail(billing.CodeNotFound, op, resp, "the organisation's id is invalid")
	case resp.Status == http.StatusBadRequest:
		return s.client.Fail(billing.CodeBadUserInput, op, resp, "")
	case resp.Status == http.StatusUnauthorized:
		return s.client.Fail(billing.CodeSourceAuthFailed, op, resp, "")
	case resp.Status == http.StatusPaymentRequired && remaining != nil && *remaining == 0:
		return s.rateLimited(op, resp, resets)
	case resp.Status == http.StatusPaymentRequired:
		return s.client.Fail(billing.CodeForbidden, op, resp, "the organisation's plan does not include it")
	case resp.Status == http.StatusForbidden:
		return s.client.Fail(billing.CodeForbidden, op, resp, "")
	case resp.Status == http.StatusConflict:
		return s.client.Fail(billing.CodeConflict, op, resp, "")
	case resp.Status == http.StatusTooManyRequests:
		return s.rateLimited(op, resp, resets)
	case resp.Status >= 500:
		return s.client.Fail(billing.CodeSourceUnavailable, op, resp, "")
	default:
		return s.client.Fail(billing.CodeSourceBadData, op, resp, "no documented status")
	}
}

// rateLimited says when to come back: by Retry-After, which a proxy may send,
// else at the end of the quota's hour.
func (s *Source) rateLimited(op string, resp *upstream.Response, resets time.Time) error {
	failure := s.client.Fail(billing.CodeSourceRateLimited, op, resp, "")
	if failure.RetryAfter.IsZero() {
		failure.RetryAfter = resets
	}
	return failure
}

// errorCode is the vendor's word for a failure, "" where the body is not its own.
func errorCode(resp *upstream.Response) string {
	var body errorDocument
	if wire.Decode(resp.Body, &body) != nil {
		return ""
	}
	return body.Error
}
