package gateway

import (
	"context"
	"net"
	"net/http"
	"time"

	"tributary/access"
	"tributary/billing"
	"tributary/document"
	"tributary/graphqlhttp"
	"tributary/identity"
	"tributary/sources/upstream"
)

// admit lets a request in: where there is room for it, and for callers that are
// known. Its request says whose it is; leave is to be called when it is over.
func (g *Gateway) admit(r *http.Request) (in *http.Request, leave func(), refused *graphqlhttp.Refusal) {
	leaveAddress, ok := g.Addresses.Enter(addressOf(r))
	if !ok {
		return r, nil, full()
	}
	caller, err := g.Identity.Authenticate(r)
	if err != nil {
		leaveAddress()
		return r, nil, unknown(err)
	}
	leaveCaller, ok := g.Callers.Enter(caller.Subject)
	if !ok {
		leaveAddress()
		return r, nil, full()
	}
	entryOf(r.Context()).caller = caller.Subject
	ctx := access.With(r.Context(), caller)
	ctx = upstream.WithForwarded(ctx, g.Identity.Forwardable(r.Header))
	return r.WithContext(ctx), func() {
		leaveCaller()
		leaveAddress()
	}, nil
}

// addressOf is whose connection it is. What a proxy says of the address behind it
// anyone could say.
func addressOf(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

// full turns a request away. Its body is not read, so the connection ends with it.
func full() *graphqlhttp.Refusal {
	const soon = time.Second
	return &graphqlhttp.Refusal{
		Status: http.StatusServiceUnavailable,
		Header: http.Header{"Retry-After": {"1"}, "Connection": {"close"}},
		Err: &billing.Error{Code: billing.CodeRateLimited, Op: "let a request in", RetryAfter: time.Now().Add(soon),
			Message: "more requests are under way than the gateway takes at once; try again in a moment"},
	}
}

func unknown(err error) *graphqlhttp.Refusal {
	e, ok := billing.AsError(err)
	if !ok {
		e = &billing.Error{Code: billing.CodeInternal, Op: "tell the caller", Err: err}
		return &graphqlhttp.Refusal{Status: http.StatusInternalServerError, Err: e}
	}
	return &graphqlhttp.Refusal{Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {identity.Challenge}}, Err: e}
}

// charge takes what an operation is expected to cost out of the caller's budget.
func (g *Gateway) charge(ctx context.Context, cost document.Cost) error {
	if g.Rate == nil {
		return nil
	}
	if cost.Calls > g.Rate.Burst() {
		return billing.Errorf(billing.CodeLimitExceeded,
			"the operation can cause %d calls to sources; a caller may have saved up at most %d (limit rate.burst)", cost.Calls, g.Rate.Burst())
	}
	ok, wait := g.Rate.Take(ctx, access.From(ctx).Subject, cost.Calls)
	if ok {
		return nil
	}
	return &billing.Error{Code: billing.CodeRateLimited, Op: "charge the caller", RetryAfter: time.Now().Add(wait),
		Message: "the caller has used up its budget of calls to sources for now"}
}

// settle corrects the charge by what the operation did cost.
func (g *Gateway) settle(ctx context.Context, charged document.Cost, actual int) {
	if g.Rate != nil {
		g.Rate.Settle(access.From(ctx).Subject, charged.Calls, actual)
	}
}
