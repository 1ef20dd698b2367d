package intercode

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// serve starts an upstream that gives one answer and records what it was asked.
func serve(t *testing.T, body string, change func(*Config)) (*Source, func() []*http.Request) {
	t.Helper()
	var mu sync.Mutex
	var seen []*http.Request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r)
		mu.Unlock()
		sourcetest.Answer(200, "application/json; charset=utf-8", body)(w, r)
	}))
	t.Cleanup(server.Close)
	source := newSource(t, upstream.Config{URL: server.URL + "/api/", Auth: upstream.Auth{Bearer: "secret-token"}}, change)
	return source, func() []*http.Request {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(seen)
	}
}

func TestWhatIsAskedForATeam(t *testing.T) {
	source, seen := serve(t, `{"status":"active"}`, nil)
	team := "team 1/&ü"
	if _, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: team}); err != nil {
		t.Fatal(err)
	}
	requests := seen()
	if len(requests) != 1 {
		t.Fatalf("made %d requests, want 1", len(requests))
	}
	r := requests[0]
	if r.Method != "GET" || r.URL.Path != "/api/subscriptions/me" {
		t.Errorf("asked %s %s", r.Method, r.URL.Path)
	}
	if query := r.URL.Query(); len(query) != 1 || query.Get("teamId") != team {
		t.Errorf("asked with the query %q", r.URL.RawQuery)
	}
	if got := r.Header.Get("Authorization"); got != "Bearer secret-token" {
		t.Errorf("sent the credential %q", got)
	}
	if got := r.Header.Get("Accept"); got != "application/json" {
		t.Errorf("accepts %q", got)
	}
}

func TestWhatIsAskedForTiers(t *testing.T) {
	source, seen := serve(t, `[]`, nil)
	key, err := source.PlansKey("any team")
	if key != "" || err != nil {
		t.Fatalf("PlansKey = %q, %v; want one catalogue for all", key, err)
	}
	outcome := source.Plans(context.Background(), []string{key, key})[key]
	if outcome.Err != nil || outcome.Value == nil || len(outcome.Value) != 0 {
		t.Errorf("an empty catalogue is %v, %v", outcome.Value, outcome.Err)
	}
	requests := seen()
	if len(requests) != 1 || requests[0].Method != "GET" || requests[0].URL.RequestURI() != "/api/subscriptions" {
		t.Errorf("asked %v", requests)
	}
}

func TestManyTeamsAreAskedOneByOne(t *testing.T) {
	source, seen := serve(t, `{"status":"active"}`, nil)
	var refs []billing.Ref
	for _, team := range strings.Split("a b c d e f g h i j k l", " ") {
		refs = append(refs, billing.Ref{Source: "src", Org: team})
	}
	outcomes := source.Subscriptions(context.Background(), refs)
	for _, ref := range refs {
		if got := outcomes[ref]; got.Err != nil || got.Value.Ref != ref {
			t.Errorf("%v is %v, %v", ref, got.Value, got.Err)
		}
	}
	if len(outcomes) != 12 || len(seen()) != 12 {
		t.Errorf("12 teams are %d outcomes of %d requests", len(outcomes), len(seen()))
	}
}

func TestAnEndedContextAsksNothing(t *testing.T) {
	source, seen := serve(t, `{"status":"active"}`, nil)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	outcome := source.Subscriptions(ctx, []billing.Ref{ref})[ref]
	if billing.CodeOf(outcome.Err) != billing.CodeSourceTimeout || len(seen()) != 0 {
		t.Errorf("got %v after %d requests", outcome, len(seen()))
	}
}

func TestProbeTellsAWrongAddress(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	source := newSource(t, upstream.Config{URL: server.URL}, nil)
	if err := source.Probe(context.Background()); billing.CodeOf(err) != billing.CodeSourceUnavailable {
		t.Errorf("got %v, want SOURCE_UNAVAILABLE", err)
	}
	right, _ := serve(t, `[]`, nil)
	if err := right.Probe(context.Background()); err != nil {
		t.Error(err)
	}
}

func TestTiers(t *testing.T) {
	document, err := os.ReadFile("testdata/tiers.json")
	if err != nil {
		t.Fatal(err)
	}
	source, _ := serve(t, string(document), func(c *Config) { c.Currency, c.PriceBasis, c.Interval = "eur", "total", "month" })
	outcome := source.Plans(context.Background(), []string{""})[""]
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	sourcetest.Golden(t, "tiers", outcome.Value)
}

func TestTiersThatCannotBeUsed(t *testing.T) {
	cases := map[string]string{
		"no array":           `{"id":1}`,
		"null":               `null`,
		"a tier without id":  `[{"title":"Basic"}]`,
		"a negative price":   `[{"id":1,"price":-1}]`,
		"half a minor unit":  `[{"id":1,"price":10.5}]`,
		"a priority too far": `[{"id":1,"priority":2147483648}]`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			source, _ := serve(t, body, func(c *Config) { c.Currency = "USD" })
			outcome := source.Plans(context.Background(), []string{""})[""]
			if billing.CodeOf(outcome.Err) != billing.CodeSourceBadData || outcome.Value != nil {
				t.Errorf("got %v, %v", outcome.Value, outcome.Err)
			}
		})
	}
}

func TestJoinPlan(t *testing.T) {
	document, err := os.ReadFile("testdata/tiers.json")
	if err != nil {
		t.Fatal(err)
	}
	source, _ := serve(t, string(document), nil)
	plans := source.Plans(context.Background(), []string{""})[""].Value
	cases := []struct {
		name string
		tier *string
		want string // the plan's global id
	}{
		{"the same title", new("Team"), "plan/src/2"},
		{"another case", new("bAsIc"), "plan/src/1"},
		{"other spaces", new(" Business"), "plan/src/b7"},
		{"a title that no tier has", new("Starter 2021"), ""},
		{"a title that two tiers have", new("Legacy"), ""},
		{"an empty title", new(""), ""},
		{"no title", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sub := &billing.Subscription{Details: &Details{Tier: c.tier}}
			source.JoinPlan(sub, plans)
			if c.want == "" {
				if sub.Plan != nil {
					t.Errorf("joined %s", sub.Plan.ID())
				}
				return
			}
			if sub.Plan == nil || sub.Plan.ID() != c.want {
				t.Errorf("joined %v, want %s", sub.Plan, c.want)
			}
		})
	}
}
