package gateway

import (
	"math"
	"net/http"
	"strconv"
	"time"

	"tributary/access"
	"tributary/billing"
	"tributary/graphqlhttp"
	"tributary/identity"
	"tributary/sources/upstream"
	"tributary/throttle"
)

// admit lets a request in: where there is room for it, and for callers that are
// known. The request that it returns says whose it is; leave is to be called when
// it is over.
func (g *Gateway) admit(r *http.Request) (in *http.Request, leave func(), refused *graphqlhttp.Refusal) {
	caller, refused := g.recognise(r)
	if refused != nil {
		return r, nil, refused.Closing(r)
	}
	leave, ok := g.Callers.Enter(caller.Subject)
	if !ok {
		return r, nil, full(throttle.Busy()).Closing(r)
	}
	entryOf(r.Context()).caller = caller.Subject
	ctx := access.With(r.Context(), caller)
	ctx = upstream.WithForwarded(ctx, g.Identity.Forwardable(r.Header))
	return r.WithContext(ctx), leave, nil
}

// recognise is the caller of a request. Until it is known, what one address may
// have under way is bounded.
func (g *Gateway) recognise(r *http.Request) (*access.Caller, *graphqlhttp.Refusal) {
	if !g.Identity.AnswersTo(r.Host) {
		return nil, &graphqlhttp.Refusal{Status: http.StatusMisdirectedRequest, Err: billing.Errorf(billing.CodeForbidden,
			"without identities the gateway answers to names of this machine alone, such as localhost")}
	}
	address := throttle.Address(r.RemoteAddr)
	leave, ok := g.Arriving.Enter(address)
	if !ok {
		return nil, full(throttle.Busy())
	}
	defer leave()
	if wait := g.Failures.Blocked(address); wait > 0 {
		return nil, full(&billing.Error{Code: billing.CodeRateLimited, Op: "look at a credential", RetryAfter: time.Now().Add(wait),
			Message: "too many credentials of this address were refused; try again later"})
	}
	caller, err := g.Identity.Authenticate(r)
	if err != nil {
		g.Failures.Failed(address)
		return nil, unknown(err)
	}
	return caller, nil
}

// full turns a request away.
func full(err *billing.Error) *graphqlhttp.Refusal {
	return &graphqlhttp.Refusal{
		Status: http.StatusServiceUnavailable,
		Header: http.Header{"Retry-After": {secondsUntil(err.RetryAfter)}},
		Err:    err,
	}
}

// secondsUntil is a time from now on as Retry-After has it, 1 s at least.
func secondsUntil(at time.Time) string {
	return strconv.Itoa(max(int(math.Ceil(time.Until(at).Seconds())), 1))
}

func unknown(err error) *graphqlhttp.Refusal {
	e, ok := billing.AsError(err)
	if !ok {
		e = &billing.Error{Code: billing.CodeInternal, Op: "tell the caller", Err: err}
		return &graphqlhttp.Refusal{Status: http.StatusInternalServerError, Err: e}
	}
	return &graphqlhttp.Refusal{Status: http.StatusUnauthorized, Header: http.Header{"Www-Authenticate": {identity.Challenge}}, Err: e}
}
