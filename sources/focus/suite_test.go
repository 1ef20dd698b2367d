package focus_test

import (
	"net/http"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/focus"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

var acme = billing.Ref{Source: "src", Org: "4711"}

func newSource(t testing.TB, config focus.Config, options upstream.Options) *focus.Source {
	t.Helper()
	source, err := focus.New("src", config, options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source
}

func contract() sourcetest.Suite {
	spent := http.Header{"X-Toggl-Quota-Remaining": {"0"}, "X-Toggl-Quota-Resets-In": {"1800"}}
	left := http.Header{"X-Toggl-Quota-Remaining": {"12"}, "X-Toggl-Quota-Resets-In": {"1800"}}
	return sourcetest.Suite{
		New: func(t testing.TB, config upstream.Config, options upstream.Options) billing.Source {
			return newSource(t, focus.Config{Config: config}, options)
		},
		Ref:         acme,
		Parts:       []string{"4711"},
		BadParts:    [][]string{{"007"}, {"+1"}, {"-1"}, {"0"}, {"abc"}, {"1.0"}, {"9223372036854775808"}, {" 1"}, {"4711", "1"}},
		ContentType: "application/json; charset=utf-8",
		Documents: []string{
			"active-yearly-percent-discount",
			"monthly-amount-discount-dinar",
			"older-shape-date-only",
			"canceling-at-period-end",
			"trialing",
			"trial-without-payment",
			"trial-over-nothing-bought",
			"nothing-but-empty-values",
			"nothing-but-nulls",
			"past-due",
			"payment-failed-in-the-legacy-view",
			"unpaid",
			"canceled",
			"expired",
			"incomplete",
			"paused",
			"unknown-state",
		},
		Absent: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		Statuses: []sourcetest.StatusCase{
			{Name: "204 is no subscription", Status: 204},
			{Name: "404 is no subscription", Status: 404, Body: `{"error":"not_found","error_description":"subscription not found"}`},
			{Name: "404 in plain text is no subscription", Status: 404, Body: "not found"},
			{Name: "an organisation that there is not has no subscription", Status: 400, Body: `{"error":"invalid_organization_id","error_description":"Invalid organization ID"}`},
			{Name: "another 400 is a refused input", Status: 400, Body: `{"error":"validation","error_description":"secret-token"}`, Want: billing.CodeBadUserInput},
			{Name: "400 in plain text is a refused input", Status: 400, Body: "secret-token", Want: billing.CodeBadUserInput},
			{Name: "401 is a refused credential", Status: 401, Body: "secret-token", Want: billing.CodeSourceAuthFailed},
			{Name: "402 with a spent quota waits for its end", Status: 402, Header: spent, Want: billing.CodeSourceRateLimited, RetryAfter: 30 * time.Minute},
			{Name: "402 with quota left is a plan that lacks something", Status: 402, Header: left, Want: billing.CodeForbidden},
			{Name: "402 without quota headers is a plan that lacks something", Status: 402, Body: "{}", Want: billing.CodeForbidden},
			{Name: "403 is another's organisation", Status: 403, Body: "{}", Want: billing.CodeForbidden},
			{Name: "409 is a conflict", Status: 409, Want: billing.CodeConflict},
			{Name: "429 waits as Retry-After says", Status: 429, Header: http.Header{"Retry-After": {"60"}, "X-Toggl-Quota-Resets-In": {"1800"}}, Want: billing.CodeSourceRateLimited, RetryAfter: time.Minute},
			{Name: "429 without Retry-After waits for the quota", Status: 429, Header: spent, Want: billing.CodeSourceRateLimited, RetryAfter: 30 * time.Minute},
			{Name: "500 is an outage", Status: 500, Body: `{"error":"internal","error_description":"secret-token"}`, Want: billing.CodeSourceUnavailable},
			{Name: "502 is an outage", Status: 502, Want: billing.CodeSourceUnavailable},
			{Name: "503 is an outage", Status: 503, Want: billing.CodeSourceUnavailable},
			{Name: "201 is not documented", Status: 201, Body: "{}", Want: billing.CodeSourceBadData},
			{Name: "418 is not documented", Status: 418, Body: "{}", Want: billing.CodeSourceBadData},
		},
	}
}

func TestContract(t *testing.T) { contract().Run(t) }
