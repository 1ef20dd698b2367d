package intercode

import (
	"net/http"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

var ref = billing.Ref{Source: "src", Org: "team_1"}

// newSource is a source with the rest of its configuration set by change.
func newSource(t testing.TB, base upstream.Config, change func(*Config)) *Source {
	t.Helper()
	config := Config{Config: base}
	if change != nil {
		change(&config)
	}
	source, err := New("src", config, sourcetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func suite() sourcetest.Suite {
	return sourcetest.Suite{
		New: func(t testing.TB, config upstream.Config, _ upstream.Options) billing.Source {
			return newSource(t, config, func(c *Config) { c.Currency = "USD" })
		},
		Ref:         ref,
		Parts:       []string{"team_1"},
		BadParts:    [][]string{{"team\n1"}, {"team\x7f"}, {"\xff"}, {string(make([]byte, 201))}, {"team_1", "sub_1"}},
		ContentType: "application/json",
		Documents: []string{
			"active", "active-past-its-end", "trialing", "past-due", "unpaid", "canceled", "cancelled-with-two-l",
			"incomplete-with-nulls", "incomplete-expired", "paused", "unknown-state", "upper-case-state",
			"empty-texts", "nothing-but-a-state", "empty-object", "numbers-written-otherwise",
		},
		Absent: sourcetest.Answer(404, "application/json", `{"statusCode":404,"message":"Subscription not found"}`),
		Statuses: []sourcetest.StatusCase{
			{Name: "an invalid team id", Status: 400, Body: `{"statusCode":400,"message":["teamId must be valid"]}`, Want: billing.CodeBadUserInput},
			{Name: "a token that has run out", Status: 401, Body: `{"message":"secret-token has expired"}`, Want: billing.CodeSourceAuthFailed},
			{Name: "another team's token", Status: 403, Want: billing.CodeForbidden},
			{Name: "no subscription, in HTML", Status: 404, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html>"},
			{Name: "a request timeout", Status: 408, Want: billing.CodeSourceTimeout},
			{Name: "too many requests", Status: 429, Header: http.Header{"Retry-After": {"30"}}, Want: billing.CodeSourceRateLimited, RetryAfter: 30 * time.Second},
			{Name: "an internal fault", Status: 500, Body: "not even JSON", Want: billing.CodeSourceUnavailable},
			{Name: "an answer with no body", Status: 204, Want: billing.CodeSourceBadData},
			{Name: "a status that nobody documents", Status: 418, Body: "{}", Want: billing.CodeSourceBadData},
		},
	}
}

func TestContract(t *testing.T) { suite().Run(t) }
