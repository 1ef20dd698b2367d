package frontier

import (
	"net/http"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

const (
	acme   = "0f3c0000-0000-4000-8000-000000000001"
	seats  = "7d1e0000-0000-4000-8000-000000000001"
	yearly = "9a5e0000-0000-4000-8000-000000000003"
	payer  = "b1110000-0000-4000-8000-000000000001"
)

var ref = billing.Ref{Source: "src", Org: acme, Key: seats}

func suite(protocol string) sourcetest.Suite {
	return sourcetest.Suite{
		New: func(t testing.TB, config upstream.Config, options upstream.Options) billing.Source {
			source, err := New("src", Config{Config: config, Protocol: protocol}, options)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(source.Close)
			return source
		},
		Ref:         ref,
		Parts:       []string{acme, seats},
		BadParts:    [][]string{{acme}, {acme, ""}, {"", seats}},
		ContentType: "application/json",
	}
}

func TestContractOverREST(t *testing.T) {
	s := suite("")
	s.Documents = []string{
		"rest-active", "rest-trialing", "rest-pending-cancel", "rest-pending-change", "rest-change-took-effect",
		"rest-resumed", "rest-canceled-at-period-end", "rest-canceled-at-once", "rest-without-reasons",
		"rest-unknown-state", "rest-all-unset", "rest-expanded",
	}
	s.Absent = sourcetest.Answer(500, "application/json", `{"code":13,"message":"internal server error","details":[]}`)
	s.Statuses = []sourcetest.StatusCase{
		{Name: "not signed in", Status: 401, Body: `{"code":16,"message":"secret-token","details":[]}`, Want: billing.CodeSourceAuthFailed},
		{Name: "no permission", Status: 403, Body: `{"code":7,"message":"no","details":[]}`, Want: billing.CodeForbidden},
		{Name: "an unknown organisation is an absence", Status: 404, Body: `{"code":5,"message":"org doesn't exist","details":[]}`},
		{Name: "an organisation without a billing account is an absence", Status: 400, Body: `{"code":3,"message":"no customer found for org x","details":[]}`},
		{Name: "a conflict", Status: 409, Body: `{"code":6,"message":"","details":[]}`, Want: billing.CodeConflict},
		{Name: "not implemented", Status: 501, Body: `{"code":12,"message":"","details":[]}`, Want: billing.CodeNotSupported},
		{Name: "too late", Status: 504, Body: `{"code":4,"message":"","details":[]}`, Want: billing.CodeSourceTimeout},
		{Name: "500 without Frontier's body", Status: 500, Body: `oops secret-token`, Want: billing.CodeSourceUnavailable},
		{Name: "500 with another API's body", Status: 500, Body: `{"error":"oops"}`, Want: billing.CodeSourceUnavailable},
		{Name: "500 with Connect's body", Status: 500, Body: `{"code":"internal"}`, Want: billing.CodeSourceUnavailable},
		{Name: "500 with a code that gRPC lacks", Status: 500, Body: `{"code":99}`, Want: billing.CodeSourceUnavailable},
		{Name: "404 of a server that has no REST", Status: 404, Body: "404 page not found\n", Want: billing.CodeSourceUnavailable},
		{Name: "403 of a proxy", Status: 403, Body: "<html>", Want: billing.CodeForbidden},
		{Name: "401 of a proxy", Status: 401, Body: "", Want: billing.CodeSourceAuthFailed},
		{Name: "429 of a proxy", Status: 429, Header: http.Header{"Retry-After": {"7"}}, Want: billing.CodeSourceRateLimited, RetryAfter: 7 * time.Second},
		{Name: "success without an answer", Status: 204, Want: billing.CodeSourceBadData},
		{Name: "no subscription in the answer", Status: 200, Body: `{"subscription":null}`, Want: billing.CodeSourceBadData},
		{Name: "another subscription", Status: 200, Body: `{"subscription":{"id":"x"}}`, Want: billing.CodeSourceBadData},
		{Name: "a date past the year 9999", Status: 200, Body: `{"subscription":{"ended_at":"10000-01-01T00:00:00Z"}}`, Want: billing.CodeSourceBadData},
		{Name: "a date that is none", Status: 200, Body: `{"subscription":{"phases":[{"effective_at":"soon"}]}}`, Want: billing.CodeSourceBadData},
		{Name: "a number for a state", Status: 200, Body: `{"subscription":{"state":7}}`, Want: billing.CodeSourceBadData},
		{Name: "a key in both casings", Status: 200, Body: `{"subscription":{"plan_id":"a","planId":"b"}}`, Want: billing.CodeSourceBadData},
	}
	s.Run(t)
}

func TestContractOverConnect(t *testing.T) {
	s := suite(Connect)
	s.Documents = []string{
		"connect-active", "connect-among-others", "connect-pending-cancel", "connect-nothing-pending",
		"connect-all-unset", "connect-camel-case",
	}
	s.Absent = sourcetest.Answer(200, "application/json", `{}`)
	s.Statuses = []sourcetest.StatusCase{
		{Name: "an unknown organisation is an absence", Status: 404, Body: `{"code":"not_found","message":"org doesn't exist"}`},
		{Name: "a malformed id is an absence", Status: 400, Body: `{"code":"invalid_argument","message":"bad uuid"}`},
		{Name: "400 for another reason", Status: 400, Body: `{"code":"failed_precondition","message":"x"}`, Want: billing.CodeConflict},
		{Name: "not signed in", Status: 401, Body: `{"code":"unauthenticated","message":"secret-token"}`, Want: billing.CodeSourceAuthFailed},
		{Name: "no permission", Status: 403, Body: `{"code":"permission_denied"}`, Want: billing.CodeForbidden},
		{Name: "exists already", Status: 409, Body: `{"code":"already_exists"}`, Want: billing.CodeConflict},
		{Name: "given up", Status: 499, Body: `{"code":"canceled"}`, Want: billing.CodeSourceUnavailable},
		{Name: "an internal error is a fault here", Status: 500, Body: `{"code":"internal","message":"internal server error"}`, Want: billing.CodeSourceUnavailable},
		{Name: "unimplemented", Status: 501, Body: `{"code":"unimplemented"}`, Want: billing.CodeNotSupported},
		{Name: "unavailable", Status: 503, Body: `{"code":"unavailable"}`, Header: http.Header{"Retry-After": {"9"}}, Want: billing.CodeSourceUnavailable, RetryAfter: 9 * time.Second},
		{Name: "too late", Status: 504, Body: `{"code":"deadline_exceeded"}`, Want: billing.CodeSourceTimeout},
		{Name: "a limit", Status: 429, Body: `{"code":"resource_exhausted"}`, Want: billing.CodeSourceRateLimited},
		{Name: "404 of a server that has no Connect", Status: 404, Body: `{"code":5,"message":"Not Found","details":[]}`, Want: billing.CodeSourceUnavailable},
		{Name: "a subscription without an id", Status: 200, Body: `{"subscriptions":[{}]}`, Want: billing.CodeSourceBadData},
		{Name: "a date past the year 9999", Status: 200, Body: `{"subscriptions":[{"id":"` + seats + `","endedAt":"10000-01-01T00:00:00Z"}]}`, Want: billing.CodeSourceBadData},
	}
	s.Run(t)
}

func TestEveryState(t *testing.T) {
	cases := map[string]billing.Status{
		"active": billing.StatusActive, "trialing": billing.StatusTrialing, "past_due": billing.StatusPastDue,
		"unpaid": billing.StatusUnpaid, "canceled": billing.StatusCanceled, "ended": billing.StatusExpired,
		"incomplete_expired": billing.StatusExpired, "incomplete": billing.StatusIncomplete, "pending": billing.StatusIncomplete,
		"paused": billing.StatusPaused, "": billing.StatusUnknown, "cancelled": billing.StatusUnknown, "ACTIVE": billing.StatusUnknown,
	}
	for state, want := range cases {
		source, _ := suite("").Serve(t, sourcetest.Answer(200, "application/json", `{"subscription":{"id":"`+seats+`","state":"`+state+`"}}`))
		sub, err := sourcetest.Get(t, source, ref)
		if err != nil {
			t.Fatal(err)
		}
		if sub.Status != want {
			t.Errorf("%q is %s, want %s", state, sub.Status, want)
		}
		if state == "" && sub.SourceStatus != nil || state != "" && *sub.SourceStatus != state {
			t.Errorf("%q is not shown verbatim", state)
		}
	}
}

func TestConfigSaysWhatIsWrong(t *testing.T) {
	address := upstream.Config{URL: "https://frontier.example.com"}
	for protocol, field := range map[string]string{"": "", "rest": "", "connect": "", "grpc": "protocol", "REST": "protocol"} {
		config := Config{Config: address, Protocol: protocol}
		err := config.Validate()
		invalid, ok := err.(*upstream.Invalid)
		if field == "" && err != nil || field != "" && (!ok || invalid.Field != field) {
			t.Errorf("protocol %q: %v", protocol, err)
		}
		if _, err := New("src", config, sourcetest.Options()); (err == nil) != (field == "") {
			t.Errorf("New with protocol %q: %v", protocol, err)
		}
	}
	if _, err := New("src", Config{}, sourcetest.Options()); err == nil {
		t.Error("a source without a URL was made")
	}
}
