package intercode

import (
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

const (
	opCancel   = "cancel subscription"
	opRenew    = "renew subscription"
	opCheckout = "open checkout"
	opCreate   = "create tier"
	opUpdate   = "update tier"
	opDelete   = "delete tier"
)

// order is a request that changes something.
type order struct {
	op, method string
	team       string   // that it is about; "" for none
	path       []string // below /subscriptions
	body       any      // nil sends none
	// explain, where it is not nil, completes the error of an answer that
	// refuses.
	explain func(err *billing.Error, resp *upstream.Response)
}

// send sends an order once. Every 2xx says that it was done: the vendor
// documents 200 for most, and the kit's framework answers 201 to a POST by
// itself.
func (s *Source) send(ctx context.Context, o order) (*upstream.Response, error) {
	req := upstream.Request{
		Op:     o.op,
		Org:    o.team,
		Method: o.method,
		Path:   append([]string{"subscriptions"}, o.path...),
		Status: func(resp *upstream.Response) error {
			if resp.Status/100 == 2 {
				return nil
			}
			err := s.client.Fail(refusal(resp.Status), o.op, resp, "")
			if o.explain != nil {
				o.explain(err, resp)
			}
			return err
		},
	}
	if o.body != nil {
		body, err := json.Marshal(o.body, json.Deterministic(true))
		if err != nil { // which quotes the input
			return nil, &billing.Error{Code: billing.CodeInternal, Source: s.name, Op: o.op, Err: errors.New("the input cannot be written as JSON")}
		}
		req.Body, req.Header = body, http.Header{"Content-Type": {"application/json"}}
	}
	return s.client.Do(ctx, req)
}

// refusals are the statuses that mean something only where something was to be
// changed. Payments are Stripe's, behind the kit.
var refusals = map[int]billing.Code{
	http.StatusPaymentRequired:     billing.CodePaymentRequired,
	http.StatusConflict:            billing.CodeConflict,
	http.StatusUnprocessableEntity: billing.CodeBadUserInput,
}

// refusal is the code of an answer to an order, other than 2xx.
func refusal(status int) billing.Code {
	if code, ok := refusals[status]; ok {
		return code
	}
	return verdict(status)
}

// prose takes the answer {"message","description"}, of which nothing is used:
// its words are for whoever runs the deployment. That it is an object at all
// shows that the API gave it.
func (s *Source) prose(op string, resp *upstream.Response) error {
	if err := wire.Decode(resp.Body, new(struct{})); err != nil {
		return s.client.Unread(op, err)
	}
	return nil
}
