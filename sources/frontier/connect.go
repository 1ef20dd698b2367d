package frontier

import (
	"net/http"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// connectCodec speaks Connect with JSON, which servers from v0.91.0 have.
type connectCodec struct{}

// one is false: Connect's GetSubscription reads the id alone and answers with
// any organisation's subscription that the gateway's own credentials may see.
// ListSubscriptions is bound to its organisation.
func (connectCodec) one(billing.Ref) (upstream.Request, bool) { return upstream.Request{}, false }

func (connectCodec) list(owner billing.Ref) upstream.Request {
	return ask("list subscriptions", owner.Org, "ListSubscriptions", message{OrgID: owner.Org})
}

func (connectCodec) plans() upstream.Request {
	return ask(opPlans, "", "ListPlans", message{})
}

func (connectCodec) accounts(org string) upstream.Request {
	return ask("list customers", org, "ListBillingAccounts", message{OrgID: org, Expand: []string{"organization"}})
}

// message is what any of the questions may hold.
type message struct {
	OrgID  string   `json:"org_id,omitzero"`
	Expand []string `json:"expand,omitzero"`
}

// cancel and change send no organisation: these methods read the id alone. The
// list that the subscription was read from is what bound it to one.
func (connectCodec) cancel(ref billing.Ref, immediate bool) upstream.Request {
	return post(opCancel, ref.Org, "CancelSubscription", order{ID: ref.Key, Immediate: &immediate})
}

func (connectCodec) change(op string, ref billing.Ref, order order) upstream.Request {
	order.ID = ref.Key
	return post(op, ref.Org, "ChangeSubscription", order)
}

// ask posts m as a question that changes nothing.
func ask(op, org, method string, m message) upstream.Request {
	req := post(op, org, method, m)
	req.Read = true
	return req
}

// post sends a message about org, "" for none. It is {} at the least: the server
// refuses an empty body.
func post(op, org, method string, message any) upstream.Request {
	return upstream.Request{
		Op:     op,
		Org:    org,
		Method: http.MethodPost,
		Path:   []string{"raystack.frontier.v1beta1.FrontierService", method},
		Header: http.Header{"Content-Type": {"application/json"}, "Connect-Protocol-Version": {"1"}},
		Body:   written(message),
	}
}

// refusal reads {"code": "not_found", "message": "..."}.
func (connectCodec) refusal(body []byte) refusal {
	var status struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	if err := wire.Decode(body, &status); err != nil {
		return refusal{}
	}
	return refusal{code: status.Code, message: status.Message}
}
