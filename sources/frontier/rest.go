package frontier

import (
	"net/http"
	"net/url"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// restCodec speaks grpc-gateway's REST, which servers up to v0.90.0 have.
type restCodec struct{}

// one never asks to expand, for this route drops it. The server refuses a
// subscription of another organisation.
func (restCodec) one(ref billing.Ref) (upstream.Request, bool) {
	return upstream.Request{
		Op:    "get subscription",
		Org:   ref.Org,
		Path:  []string{"v1beta1", "organizations", ref.Org, "billing", "subscriptions", ref.Key},
		Query: account(ref.Billing),
	}, true
}

func (restCodec) list(owner billing.Ref) upstream.Request {
	return upstream.Request{
		Op:    "list subscriptions",
		Org:   owner.Org,
		Path:  []string{"v1beta1", "organizations", owner.Org, "billing", "subscriptions"},
		Query: account(owner.Billing),
	}
}

// account names a billing account; without one the server takes the organisation's.
func account(billing string) url.Values {
	if billing == "" {
		return nil
	}
	return url.Values{"billing_id": {billing}}
}

func (restCodec) plans() upstream.Request {
	return upstream.Request{Op: opPlans, Path: []string{"v1beta1", "billing", "plans"}}
}

func (restCodec) accounts(org string) upstream.Request {
	return upstream.Request{
		Op:    "list customers",
		Org:   org,
		Path:  []string{"v1beta1", "organizations", org, "billing"},
		Query: url.Values{"expand": {"organization"}},
	}
}

func (restCodec) cancel(ref billing.Ref, immediate bool) upstream.Request {
	return command(opCancel, ref, "cancel", order{Immediate: &immediate})
}

func (restCodec) change(op string, ref billing.Ref, order order) upstream.Request {
	return command(op, ref, "change", order)
}

// command posts to a route below a subscription's own. With a body, the server
// reads the billing account out of that and not out of the query.
func command(op string, ref billing.Ref, route string, order order) upstream.Request {
	order.BillingID = ref.Billing
	return upstream.Request{
		Op:     op,
		Org:    ref.Org,
		Method: http.MethodPost,
		Path:   []string{"v1beta1", "organizations", ref.Org, "billing", "subscriptions", ref.Key, route},
		Header: http.Header{"Content-Type": {"application/json"}},
		Body:   written(order),
	}
}

// grpcCodes are the names of gRPC's codes in the order of their numbers.
var grpcCodes = []string{
	"ok", "canceled", "unknown", "invalid_argument", "deadline_exceeded", "not_found", "already_exists",
	"permission_denied", "resource_exhausted", "failed_precondition", "aborted", "out_of_range",
	"unimplemented", "internal", "unavailable", "data_loss", "unauthenticated",
}

// refusal reads {"code": 5, "message": "...", "details": []}.
func (restCodec) refusal(body []byte) refusal {
	var status struct {
		Code    *int   `json:"code"`
		Message string `json:"message"`
	}
	if err := wire.Decode(body, &status); err != nil || status.Code == nil {
		return refusal{}
	}
	if *status.Code < 0 || *status.Code >= len(grpcCodes) {
		return refusal{}
	}
	return refusal{code: grpcCodes[*status.Code], message: status.Message}
}
