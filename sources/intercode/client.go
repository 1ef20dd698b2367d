package intercode

import (
	"context"
	"net/http"
	"net/url"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

const (
	opSubscription = "get subscription"
	opTiers        = "list tiers"
)

// subscription asks for the subscription of ref's team; nil where it has none.
func (s *Source) subscription(ctx context.Context, ref billing.Ref) (*billing.Subscription, error) {
	resp, err := s.client.Do(ctx, upstream.Request{
		Op:    opSubscription,
		Org:   ref.Org,
		Path:  []string{"subscriptions", "me"},
		Query: url.Values{"teamId": {ref.Org}},
		Status: func(resp *upstream.Response) error {
			return s.refuse(verdict(resp.Status), opSubscription, resp)
		},
	})
	if billing.CodeOf(err) == billing.CodeNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var doc teamSubscription
	if err := wire.Decode(resp.Body, &doc); err != nil {
		return nil, s.client.BadData(opSubscription, err)
	}
	sub, err := normalise(doc, ref, s.terms)
	if err != nil {
		return nil, s.client.BadData(opSubscription, err)
	}
	if sub.Status == billing.StatusUnknown && sub.SourceStatus != nil {
		s.client.UnknownState(ctx, *sub.SourceStatus)
	}
	return sub, nil
}

// tiers asks for the catalogue, which is a bare array.
func (s *Source) tiers(ctx context.Context) ([]*billing.Plan, error) {
	resp, err := s.client.Do(ctx, upstream.Request{
		Op:   opTiers,
		Path: []string{"subscriptions"},
		Status: func(resp *upstream.Response) error {
			code := verdict(resp.Status)
			if code == billing.CodeNotFound {
				// There is always a catalogue: its absence means that the
				// configured address is not this API's.
				code = billing.CodeSourceUnavailable
			}
			return s.refuse(code, opTiers, resp)
		},
	})
	if err != nil {
		return nil, err
	}
	var doc []tier
	if err := wire.Decode(resp.Body, &doc); err != nil {
		return nil, s.client.BadData(opTiers, err)
	}
	plans, err := normaliseTiers(doc, s.name, s.terms)
	if err != nil {
		return nil, s.client.BadData(opTiers, err)
	}
	return plans, nil
}

// verdicts are the statuses that the API documents, and those that any API
// behind a proxy can give. Bodies of errors are documented nowhere and not read.
//
// 400 is documented as "invalid team id". It stays an error, and is not taken
// for "no subscription", because a deployment that wants something else of the
// request would answer it for every team, and lists would be silently empty.
var verdicts = map[int]billing.Code{
	http.StatusOK:              "",
	http.StatusBadRequest:      billing.CodeBadUserInput,
	http.StatusUnauthorized:    billing.CodeSourceAuthFailed,
	http.StatusForbidden:       billing.CodeForbidden,
	http.StatusNotFound:        billing.CodeNotFound,
	http.StatusRequestTimeout:  billing.CodeSourceTimeout,
	http.StatusTooManyRequests: billing.CodeSourceRateLimited,
}

// verdict is the code of an answer to a read; "" where its body is the answer.
func verdict(status int) billing.Code {
	if code, ok := verdicts[status]; ok {
		return code
	}
	if status >= 500 {
		return billing.CodeSourceUnavailable
	}
	return billing.CodeSourceBadData
}

func (s *Source) refuse(code billing.Code, op string, resp *upstream.Response) error {
	if code == "" {
		return nil
	}
	return s.client.Fail(code, op, resp, "")
}
