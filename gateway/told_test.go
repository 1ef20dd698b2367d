package gateway_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/gateway"
	"tributary/loaders"
)

func TestTheLogAndTheMetricsSayWhatClientsWereTold(t *testing.T) {
	later := time.Now().Add(time.Minute).Truncate(time.Second).Add(time.Millisecond)
	e := open(t, facing(""), func(g *gateway.Gateway) {
		for _, source := range g.Ready.Sources {
			if source.Name() == "psa" {
				*source = loaders.Source{Policy: source.Policy, Source: treacherous{source.Source, func(billing.Outcome[*billing.Subscription]) billing.Outcome[*billing.Subscription] {
					return billing.Outcome[*billing.Subscription]{Err: &billing.Error{Code: billing.CodeSourceRateLimited, Source: "psa", RetryAfter: later}}
				}}}
			}
		}
	})
	told := func(header http.Header, query string) *reply {
		header.Set("X-Request-Id", "the-one")
		return e.send("POST", "/graphql", header, strings.NewReader(query))
	}
	r := told(acme.header(), `{"query":"{ a: subscription(id: \"subscription/psa/682\") { id } b: node(id: \"x\") { id } }"}`)
	for _, one := range r.Errors {
		if at, ok := one.Extensions["retryAfter"].(string); ok && at != later.Add(time.Second).UTC().Format(time.RFC3339) {
			t.Errorf("the time to try again is %s, before %s", at, later)
		}
	}
	told(newCaller("stranger", "").header(), viewer)
	scraped := httptest.NewRecorder()
	e.built.Gateway.Metrics.Admin().ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for where, words := range map[string][]string{
		e.log.Text(): {`psa:SOURCE_RATE_LIMITED`, `BAD_USER_INPUT`, `"errors":"UNAUTHENTICATED"`, `"reason":"unknown key","address":"127.0.0.1:`, `"requestId":"the-one"`},
		scraped.Body.String(): {
			`tributary_graphql_errors_total{code="SOURCE_RATE_LIMITED",source="psa"} 1`, `tributary_graphql_errors_total{code="BAD_USER_INPUT",source=""} 1`,
			`tributary_graphql_errors_total{code="UNAUTHENTICATED",source=""} 1`,
		},
	} {
		for _, word := range words {
			if !strings.Contains(where, word) {
				t.Errorf("%q is not in %.3000s", word, where)
			}
		}
	}
}
