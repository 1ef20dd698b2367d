package productive_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

const mediaType = "application/vnd.api+json; charset=utf-8"

func suite() sourcetest.Suite {
	return sourcetest.Suite{
		New: func(t testing.TB, config upstream.Config, options upstream.Options) billing.Source {
			return newSource(t, productive.Config{Config: config}, options)
		},
		Ref:         billing.Ref{Source: "src", Org: "682"},
		Parts:       []string{"682"},
		BadParts:    [][]string{{"0"}, {"-1"}, {"+1"}, {"0682"}, {"68.2"}, {" 682"}, {"x"}, {"99999999999999999999"}, {"682", "682"}},
		ContentType: mediaType,
		Documents: []string{
			"682", "paying", "newer", "trial", "trial_over", "plan_trial", "plan_trial_given_up", "plan_trial_bought",
			"plan_trial_unlisted", "cancelling", "cancelled", "cancelled_undated", "invoice_yen", "quarter", "biannual",
			"grace", "legacy", "unknown_values", "no_currency", "tiered", "empty_texts", "nulls", "bare", "plan_type_alone",
		},
		Absent:   sourcetest.Answer(404, mediaType, `{"errors":[{"status":"404","code":"not_found","title":"Not found"}]}`),
		Statuses: statuses(),
	}
}

func statuses() []sourcetest.StatusCase {
	return []sourcetest.StatusCase{
		{Name: "unsupported filter", Status: 400, Body: intStatus(400), Want: billing.CodeSourceBadData},
		{Name: "bad token, status as text", Status: 401, Want: billing.CodeSourceAuthFailed,
			Body: `{"errors":[{"status":"401","code":"invalid_auth_token","title":"Unauthenticated"}]}`},
		{Name: "card declined", Status: 402, Body: recorded("696"), Want: billing.CodePaymentRequired},
		{Name: "another organisation's credentials", Status: 403, Body: intStatus(403), Want: billing.CodeForbidden},
		{Name: "step not allowed now", Status: 405, Body: intStatus(405), Want: billing.CodeConflict},
		{Name: "not acceptable", Status: 406, Body: intStatus(406), Want: billing.CodeSourceBadData},
		{Name: "request timeout", Status: 408, Want: billing.CodeSourceTimeout},
		{Name: "conflict", Status: 409, Body: intStatus(409), Want: billing.CodeConflict},
		{Name: "unsupported media type", Status: 415, Body: intStatus(415), Want: billing.CodeSourceBadData},
		{Name: "invalid attribute", Status: 422, Want: billing.CodeBadUserInput,
			Body: `{"errors":[{"status":"422","code":"invalid_attribute","title":"Invalid attribute","detail":"secret-token is invalid","source":{"pointer":"data/attributes/seats"}}]}`},
		{Name: "too many requests", Status: 429, Header: http.Header{"X-Ratelimit-Reset": {"7"}}, RetryAfter: 7 * time.Second,
			Body: `{"errors":[{"status":429,"title":"Too many requests","detail":"...","limit":100,"period":10}]}`, Want: billing.CodeSourceRateLimited},
		{Name: "too many requests, the usual header", Status: 429, Header: http.Header{"Retry-After": {"9"}}, RetryAfter: 9 * time.Second,
			Body: "slow down", Want: billing.CodeSourceRateLimited},
		{Name: "server error", Status: 500, Body: intStatus(500), Want: billing.CodeSourceUnavailable},
		{Name: "payment provider's trouble", Status: 503, Body: recorded("700"), Want: billing.CodeSourceUnavailable},
		{Name: "no content", Status: 204, Want: billing.CodeSourceBadData},
		{Name: "a status of no table", Status: 418, Body: "<html>secret-token</html>", Want: billing.CodeSourceBadData},
	}
}

func intStatus(status int) string {
	return `{"errors":[{"status":` + string([]byte{byte('0' + status/100), byte('0' + status/10%10), byte('0' + status%10)}) +
		`,"title":"` + http.StatusText(status) + `","detail":"secret-token","source":{}}]}`
}

func TestContract(t *testing.T) { suite().Run(t) }

func newSource(t testing.TB, config productive.Config, options upstream.Options) *productive.Source {
	t.Helper()
	if err := config.Validate(); err != nil {
		t.Fatal(err)
	}
	source, err := productive.New("src", config, options)
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// recorded is the body of a recorded answer.
func recorded(name string) string {
	body, err := os.ReadFile(filepath.Join("testdata", "recorded", name+".json"))
	if err != nil {
		panic(err)
	}
	return string(body)
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// normalised is what the adapter makes of a body that answers for organisation.
func normalised(t testing.TB, organization, body string, change func(*productive.Config)) *billing.Subscription {
	t.Helper()
	server := serve(t, sourcetest.Answer(200, mediaType, body))
	config := productive.Config{Config: upstream.Config{URL: server.URL}}
	if change != nil {
		change(&config)
	}
	sub, err := sourcetest.Get(t, newSource(t, config, sourcetest.Options()), billing.Ref{Source: "src", Org: organization})
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.CheckTotal(t, sub)
	return sub
}
