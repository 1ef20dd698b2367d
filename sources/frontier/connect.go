package frontier

import (
	"net/http"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

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
	return ask("list subscriptions", "ListSubscriptions", message{OrgID: owner.Org})
}

func (connectCodec) plans() upstream.Request {
	return ask("list plans", "ListPlans", message{})
}

func (connectCodec) accounts(org string) upstream.Request {
	return ask("list customers", "ListBillingAccounts", message{OrgID: org, Expand: []string{"organization"}})
}

// message is what any of the requests may hold.
type message struct {
	OrgID  string   `json:"org_id,omitzero"`
	Expand []string `json:"expand,omitzero"`
}

// ask posts m, which is {} at the least: the server refuses an empty body.
func ask(op, method string, m message) upstream.Request {
	// An id that is not UTF-8 is sent with its bad bytes replaced and names nothing.
	body, _ := json.Marshal(m, jsontext.AllowInvalidUTF8(true))
	return upstream.Request{
		Op:     op,
		Method: http.MethodPost,
		Read:   true,
		Path:   []string{"raystack.frontier.v1beta1.FrontierService", method},
		Header: http.Header{"Content-Type": {"application/json"}, "Connect-Protocol-Version": {"1"}},
		Body:   body,
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
