package productive_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

func serve(t testing.TB, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

// asking serves body and keeps the requests that it was asked.
func asking(t *testing.T, headers map[string]string, body string) (*productive.Source, *[]*http.Request) {
	t.Helper()
	var seen []*http.Request
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		seen = append(seen, r)
		sourcetest.Answer(200, mediaType, body)(w, r)
	})
	config := productive.Config{Config: upstream.Config{URL: server.URL + "/gw", Auth: upstream.Auth{Headers: headers}}}
	return newSource(t, config, sourcetest.Options()), &seen
}

func TestAGetIsSentAsTheVendorAsks(t *testing.T) {
	source, seen := asking(t, map[string]string{"X-Auth-Token": "secret-token", "X-Organization-Id": "682"}, fixture(t, "bare"))
	if _, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "682"}); err != nil {
		t.Fatal(err)
	}
	if len(*seen) != 1 {
		t.Fatalf("%d requests, want 1", len(*seen))
	}
	r := (*seen)[0]
	if got := r.Method + " " + r.RequestURI; got != "GET /gw/api/v2/organization_subscriptions/682" {
		t.Errorf("asked %q", got)
	}
	for header, want := range map[string]string{
		"Accept": "application/vnd.api+json", "X-Auth-Token": "secret-token", "X-Organization-Id": "682", "Content-Type": "", "Authorization": "",
	} {
		if got := r.Header.Get(header); got != want {
			t.Errorf("sent %s: %q, want %q", header, got, want)
		}
	}
}

func TestProbe(t *testing.T) {
	cases := map[string]struct {
		headers map[string]string
		want    string
	}{
		"reads the subscription of the credentials' organisation": {
			map[string]string{"x-organization-id": "682"}, "/gw/api/v2/organization_subscriptions/682"},
		"asks for an organisation where the credentials name none": {
			nil, "/gw/api/v2/organizations?page%5Bsize%5D=1"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			source, seen := asking(t, c.headers, fixture(t, "bare"))
			if err := source.Probe(context.Background()); err != nil {
				t.Fatal(err)
			}
			if len(*seen) != 1 || (*seen)[0].RequestURI != c.want {
				t.Errorf("asked %v, want %s", *seen, c.want)
			}
		})
	}
	t.Run("tells refused credentials", func(t *testing.T) {
		server := serve(t, sourcetest.Answer(401, mediaType, `{"errors":[{"status":"401"}]}`))
		source := newSource(t, productive.Config{Config: upstream.Config{URL: server.URL}}, sourcetest.Options())
		if err := source.Probe(context.Background()); billing.CodeOf(err) != billing.CodeSourceAuthFailed {
			t.Errorf("got %v", err)
		}
	})
}

func TestAnAnswerForAnotherOrganisationIsRefused(t *testing.T) {
	source, _ := asking(t, nil, fixture(t, "682"))
	sub, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "683"})
	if sub != nil || billing.CodeOf(err) != billing.CodeSourceBadData {
		t.Errorf("got %v, %v", sub, err)
	}
}

func TestQuotaIsReadFromEveryAnswer(t *testing.T) {
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "41")
		w.Header().Set("X-RateLimit-Reset", "8")
		if strings.HasSuffix(r.URL.Path, "/683") {
			w.Header().Del("X-RateLimit-Remaining")
			sourcetest.Answer(429, mediaType, `{"errors":[{"status":429,"title":"Too many requests"}]}`)(w, r)
			return
		}
		sourcetest.Answer(200, mediaType, fixture(t, "bare"))(w, r)
	})
	source := newSource(t, productive.Config{Config: upstream.Config{URL: server.URL}}, sourcetest.Options())
	sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "682"})
	health := source.Health()
	if health.QuotaRemaining == nil || *health.QuotaRemaining != 41 || !health.QuotaResetsAt.Equal(sourcetest.Now.Add(8e9)) {
		t.Errorf("after an answer: %+v", health)
	}
	sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "683"})
	if health := source.Health(); health.QuotaRemaining == nil || *health.QuotaRemaining != 0 {
		t.Errorf("after 429: %+v", health)
	}
}

func TestTheLogIsToldTitleAndCodeAlone(t *testing.T) {
	server := serve(t, sourcetest.Answer(422, mediaType,
		`{"errors":[{"status":"422","code":"invalid_attribute","title":"Invalid attribute","detail":"tok_1234 is odd"}]}`))
	source := newSource(t, productive.Config{Config: upstream.Config{URL: server.URL}}, sourcetest.Options())
	_, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "682"})
	if err == nil || !strings.Contains(err.Error(), "Invalid attribute invalid_attribute") || strings.Contains(err.Error(), "tok_1234") {
		t.Errorf("the log is told %v", err)
	}
}

func TestPlans(t *testing.T) {
	source, seen := asking(t, nil, recorded("684"))
	for _, org := range []string{"", "0", "x", "0684"} {
		if key, err := source.PlansKey(org); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("PlansKey(%q) = %q, %v; want BAD_USER_INPUT", org, key, err)
		}
	}
	key, err := source.PlansKey("684")
	if err != nil {
		t.Fatal(err)
	}
	outcome := source.Plans(context.Background(), []string{key, key})[key]
	if outcome.Err != nil || len(*seen) != 1 {
		t.Fatalf("%v after %d calls", outcome.Err, len(*seen))
	}
	var ids []string
	for _, plan := range outcome.Value {
		ids = append(ids, plan.ID())
		if len(plan.Features) != 84 || len(plan.Prices) != 2 {
			t.Errorf("%s has %d features and %d prices", plan.ID(), len(plan.Features), len(plan.Prices))
		}
	}
	if got := strings.Join(ids, " "); got != "plan/src/professional plan/src/ultimate plan/src/essential" {
		t.Errorf("plans are %s", got)
	}
	essential := outcome.Value[2]
	if got := *essential.Prices[1].Amount; got != (billing.Money{Minor: 20400, Currency: "USD"}) || essential.Prices[1].Interval.ISO8601() != "P1Y" {
		t.Errorf("a year of essential costs %v per %v", got, essential.Prices[1].Interval)
	}
	if got := strings.Join(essential.UpgradesTo, " "); got != "professional ultimate" {
		t.Errorf("essential upgrades to %s", got)
	}
}

func TestPlansOfAnOrganisationWithoutSubscription(t *testing.T) {
	server := serve(t, suite().Absent)
	source := newSource(t, productive.Config{Config: upstream.Config{URL: server.URL}}, sourcetest.Options())
	outcome, ok := source.Plans(context.Background(), []string{"7"})["7"]
	if !ok || outcome.Err != nil || outcome.Value != nil {
		t.Errorf("got %v, %v", outcome.Value, outcome.Err)
	}
}

func TestPlansWithAPriceThatCannotBe(t *testing.T) {
	source, _ := asking(t, nil, strings.Replace(recorded("684"), `"monthly_price_cents":2000`, `"monthly_price_cents":-2000`, 1))
	if err := source.Plans(context.Background(), []string{"684"})["684"].Err; billing.CodeOf(err) != billing.CodeSourceBadData {
		t.Errorf("got %v", err)
	}
}
