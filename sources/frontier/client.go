package frontier

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// client asks Frontier's questions over either protocol.
type client struct {
	*upstream.Client
	codec codec
}

// codec is what differs between the protocols; the messages are the same.
type codec interface {
	// one asks for a single subscription; false where that question is not
	// bound to the organisation of ref, so that the list has to serve.
	one(ref billing.Ref) (upstream.Request, bool)
	list(owner billing.Ref) upstream.Request
	plans() upstream.Request
	accounts(org string) upstream.Request
	// cancel ends a subscription; change moves it to another plan or takes back
	// what is pending, and op says which.
	cancel(ref billing.Ref, immediate bool) upstream.Request
	change(op string, ref billing.Ref, order order) upstream.Request
	// refusal reads the body of an answer that is no success.
	refusal(body []byte) refusal
}

var codecs = map[string]codec{REST: restCodec{}, Connect: connectCodec{}}

// refusal is Frontier's own error. Its code is the name of a gRPC code, "" where
// the answer is not Frontier's, as that of a proxy.
type refusal struct {
	code    string
	message string // Frontier's wording: neither for clients nor for the log
}

// errAbsent is inside the error of an answer that means "there is none".
var errAbsent = errors.New("frontier has no such thing")

func isAbsence(err error) bool { return errors.Is(err, errAbsent) }

// fetch reads what refs name, all of owner, keyed by id in lower case, for a
// UUID has no case: one by itself, more of them out of the list. An id that
// Frontier does not know is not in the answer.
func (c *client) fetch(ctx context.Context, owner billing.Ref, refs []billing.Ref) (map[string]*subscription, error) {
	if req, ok := c.codec.one(refs[0]); ok && len(refs) == 1 {
		return c.one(ctx, req, refs[0].Key)
	}
	list, err := c.listUnless(ctx, owner, namesNothing)
	if isAbsence(err) {
		return nil, nil
	}
	rows := make(map[string]*subscription, len(list))
	for i := range list {
		rows[strings.ToLower(list[i].ID)] = &list[i]
	}
	return rows, err
}

// one sends req, the get of key. REST masks an unknown id as an internal
// error, so that one is an absence here and no fault of the source.
func (c *client) one(ctx context.Context, req upstream.Request, key string) (map[string]*subscription, error) {
	var body answer[oneSubscription]
	err := c.call(ctx, req, &body, func(r refusal) bool { return r.code == "internal" || namesNothing(r) })
	switch {
	case isAbsence(err):
		return nil, nil
	case err != nil:
		return nil, err
	case body.body.Subscription == nil:
		return nil, c.BadData(req.Op, errors.New("the answer holds no subscription"))
	}
	if id := body.body.Subscription.ID; id != "" && !strings.EqualFold(id, key) {
		return nil, c.BadData(req.Op, errors.New("the answer is another subscription"))
	}
	return map[string]*subscription{strings.ToLower(key): body.body.Subscription}, nil
}

// namesNothing recognises an id that is not there or can't be one.
func namesNothing(r refusal) bool { return r.code == "not_found" || r.code == "invalid_argument" }

// list fetches all that owner has; Frontier does not page. An organisation
// without a billing account has none.
func (c *client) list(ctx context.Context, owner billing.Ref) ([]subscription, error) {
	list, err := c.listUnless(ctx, owner, func(r refusal) bool {
		return owner.Billing == "" && hasNoAccount(r)
	})
	if isAbsence(err) {
		return nil, nil
	}
	return list, err
}

func (c *client) listUnless(ctx context.Context, owner billing.Ref, absent func(refusal) bool) ([]subscription, error) {
	var body answer[listOfSubscriptions]
	req := c.codec.list(owner)
	if err := c.call(ctx, req, &body, absent); err != nil {
		return nil, err
	}
	kept := body.body.Subscriptions[:0]
	for _, row := range body.body.Subscriptions {
		if row.ID == "" {
			return nil, c.BadData(req.Op, errors.New("a subscription of the list has no id"))
		}
		// Connect can't be asked for one billing account alone.
		if owner.Billing == "" || word(row.CustomerID) == owner.Billing {
			kept = append(kept, row)
		}
	}
	return kept, nil
}

// hasNoAccount recognises REST's refusal to list for an organisation that never
// had a billing account. Its code is that of any bad argument.
func hasNoAccount(r refusal) bool {
	return r.code == "invalid_argument" && strings.Contains(r.message, "no customer found")
}

// plans fetches the catalogue as it is written.
func (c *client) plans(ctx context.Context) ([]byte, error) {
	resp, err := c.send(ctx, c.codec.plans(), never)
	if err != nil {
		return nil, err
	}
	return resp.Body, nil
}

func (c *client) readPlans(written []byte) ([]plan, error) {
	var body answer[listOfPlans]
	if err := wire.Decode(written, &body); err != nil {
		return nil, c.BadData(opPlans, err)
	}
	for _, row := range body.body.Plans {
		if row.ID == "" {
			return nil, c.BadData(opPlans, errors.New("a plan of the list has no id"))
		}
	}
	return body.body.Plans, nil
}

func (c *client) accounts(ctx context.Context, org string) ([]billingAccount, error) {
	var body answer[listOfAccounts]
	req := c.codec.accounts(org)
	err := c.call(ctx, req, &body, func(r refusal) bool { return r.code == "not_found" || hasNoAccount(r) })
	if err != nil {
		return nil, err
	}
	for _, row := range body.body.BillingAccounts {
		if row.ID == "" {
			return nil, c.BadData(req.Op, errors.New("a billing account of the list has no id"))
		}
	}
	return body.body.BillingAccounts, nil
}

func never(refusal) bool { return false }

// call sends req and decodes its answer. A refusal that absent accepts is an
// error around errAbsent, which is no fault of the source.
func (c *client) call(ctx context.Context, req upstream.Request, into any, absent func(refusal) bool) error {
	resp, err := c.send(ctx, req, absent)
	if err != nil {
		return err
	}
	if err := wire.Decode(resp.Body, into); err != nil {
		return c.BadData(req.Op, err)
	}
	return nil
}

func (c *client) send(ctx context.Context, req upstream.Request, absent func(refusal) bool) (*upstream.Response, error) {
	req.Status = func(resp *upstream.Response) error { return c.status(req.Op, resp, absent) }
	return c.Do(ctx, req)
}

// codes is the status table: what Frontier's codes mean here. HTTP's status
// does not tell them apart, 400 being two and 500 three of them.
var codes = map[string]billing.Code{
	"canceled":            billing.CodeSourceUnavailable,
	"unknown":             billing.CodeSourceUnavailable,
	"invalid_argument":    billing.CodeBadUserInput,
	"deadline_exceeded":   billing.CodeSourceTimeout,
	"not_found":           billing.CodeNotFound,
	"already_exists":      billing.CodeConflict,
	"permission_denied":   billing.CodeForbidden,
	"resource_exhausted":  billing.CodeSourceRateLimited,
	"failed_precondition": billing.CodeConflict,
	"aborted":             billing.CodeConflict,
	"out_of_range":        billing.CodeBadUserInput,
	"unimplemented":       billing.CodeNotSupported,
	"internal":            billing.CodeSourceUnavailable,
	"unavailable":         billing.CodeSourceUnavailable,
	"data_loss":           billing.CodeSourceUnavailable,
	"unauthenticated":     billing.CodeSourceAuthFailed,
}

func (c *client) status(op string, resp *upstream.Response, absent func(refusal) bool) error {
	if resp.Status == http.StatusOK {
		return nil
	}
	r := c.codec.refusal(resp.Body)
	code, known := codes[r.code]
	switch {
	case resp.Status == http.StatusTooManyRequests: // a proxy's; Frontier has no limiter
		return c.Fail(billing.CodeSourceRateLimited, op, resp, "")
	case !known:
		return c.Fail(withoutCode(resp.Status), op, resp, "no error of Frontier; does it speak the configured protocol?")
	case absent(r):
		e := c.Fail(billing.CodeNotFound, op, resp, "")
		e.Err = fmt.Errorf("code %s: %w", r.code, errAbsent)
		return e
	default:
		return c.Fail(code, op, resp, "code "+r.code)
	}
}

// withoutCode classifies an answer that is not Frontier's own. A 404 of that
// kind says nothing about a subscription: it is a wrong address or protocol.
func withoutCode(status int) billing.Code {
	switch status {
	case http.StatusUnauthorized, http.StatusProxyAuthRequired:
		return billing.CodeSourceAuthFailed
	case http.StatusForbidden:
		return billing.CodeForbidden
	case http.StatusRequestTimeout, http.StatusGatewayTimeout:
		return billing.CodeSourceTimeout
	}
	if status < 300 {
		return billing.CodeSourceBadData
	}
	return billing.CodeSourceUnavailable
}
