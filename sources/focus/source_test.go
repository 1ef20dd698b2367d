package focus_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fxamacker/cbor/v2"

	"tributary/billing"
	"tributary/sources/focus"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// serve starts a Focus of one handler and makes a source of it.
func serve(t testing.TB, config focus.Config, handler http.HandlerFunc) *focus.Source {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	config.URL = server.URL + "/api"
	if config.Auth.Bearer == "" {
		config.Auth.Bearer = "toggl_sk_0"
	}
	return newSource(t, config, sourcetest.Options())
}

func fixture(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func answer(body string) http.HandlerFunc { return sourcetest.Answer(200, "application/json", body) }

func TestRequestsAsTheVendorDocumentsThem(t *testing.T) {
	ctx := context.Background()
	cases := map[string]struct {
		ask  func(*focus.Source)
		want string
	}{
		"a subscription": {
			func(s *focus.Source) { s.Subscriptions(ctx, []billing.Ref{acme}) },
			"/api/organizations/4711/subscriptions/current",
		},
		"a trial": {
			func(s *focus.Source) { s.Trials(ctx, []string{"4711"}) },
			"/api/organizations/4711/subscriptions/trials/current",
		},
		"plans": {
			func(s *focus.Source) { s.Plans(ctx, []string{"4711"}) },
			"/api/organizations/4711/subscriptions/plans",
		},
		"a probe": {
			func(s *focus.Source) { s.Probe(ctx) },
			"/api/organizations/1/subscriptions/current",
		},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var sent []string
			source := serve(t, focus.Config{}, func(w http.ResponseWriter, r *http.Request) {
				sent = append(sent, r.Method+" "+r.RequestURI)
				if got := r.Header.Get("Authorization"); got != "Bearer toggl_sk_0" {
					t.Errorf("sent the credential %q", got)
				}
				if got := r.Header.Get("Accept"); got != "application/json" {
					t.Errorf("accepts %q", got)
				}
				w.WriteHeader(http.StatusNoContent)
			})
			c.ask(source)
			if want := []string{"GET " + c.want}; !slices.Equal(sent, want) {
				t.Errorf("sent %q, want %q", sent, want)
			}
		})
	}
}

func TestConfiguredPriceBasis(t *testing.T) {
	cases := map[string]struct {
		per     billing.PriceBasis
		scheme  billing.PricingScheme
		monthly int64 // 0: not known
	}{
		"":        {billing.PerUnknown, billing.SchemeUnknown, 0},
		"unknown": {billing.PerUnknown, billing.SchemeUnknown, 0},
		"seat":    {billing.PerSeat, billing.SchemePerUnit, 25 * 10800 / 12},
		"total":   {billing.PerTotal, billing.SchemeFlat, 10800 / 12},
	}
	body := fixture(t, "active-yearly-percent-discount")
	for basis, c := range cases {
		t.Run("basis "+basis, func(t *testing.T) {
			sub, err := sourcetest.Get(t, serve(t, focus.Config{PriceBasis: basis}, answer(body)), acme)
			if err != nil {
				t.Fatal(err)
			}
			if sub.Price.Per != c.per || sub.Price.Scheme != c.scheme {
				t.Errorf("got %s %s, want %s %s", sub.Price.Per, sub.Price.Scheme, c.per, c.scheme)
			}
			monthly := sub.MonthlyRecurring()
			if c.monthly == 0 && monthly != nil || c.monthly != 0 && (monthly == nil || monthly.Minor != c.monthly) {
				t.Errorf("a month brings %v, want %d", monthly, c.monthly)
			}
		})
	}
}

func TestTwoItemsInOneDocument(t *testing.T) {
	cases := map[string]struct {
		nested, top string
		want        int
	}{
		"the nested one comes first":               {`{"subscription_item_id":"si_1","quantity":1}`, `{"subscription_item_id":"si_2","quantity":2}`, 1},
		"the top one stands in for a missing one":  {`null`, `{"subscription_item_id":"si_2","quantity":2}`, 2},
		"the top one stands in for an empty one":   {`{"subscription_item_id":"","quantity":0}`, `{"subscription_item_id":"si_2","quantity":2}`, 2},
		"the nested one is enough":                 {`{"subscription_item_id":"si_1","quantity":1}`, `null`, 1},
		"the nested one wins where neither has id": {`{"quantity":1}`, `{"quantity":2}`, 1},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			body := fmt.Sprintf(`{"subscription":{"subscription_item":%s},"subscription_item":%s}`, c.nested, c.top)
			sub, err := sourcetest.Get(t, serve(t, focus.Config{}, answer(body)), acme)
			if err != nil || sub.Seats == nil || *sub.Seats.Purchased != c.want {
				t.Errorf("got %+v, %v; want %d seats", sub, err, c.want)
			}
		})
	}
}

func TestValuesThatCannotBeRead(t *testing.T) {
	cases := map[string]string{
		"a negative price":             `{"price":{"cost_in_cents":-1,"currency":"EUR"}}`,
		"a negative price, no euro":    `{"price":{"cost_in_cents":-1}}`,
		"a price past 64 bits":         `{"price":{"cost_in_cents":92233720368547758080}}`,
		"a price with a fraction":      `{"price":{"cost_in_cents":10.5}}`,
		"a negative interval":          `{"price":{"billing_period_in_months":-1}}`,
		"a date in the year 10000":     `{"track_subscription":{"start_date":"10000-01-01T00:00:00Z"}}`,
		"a date that is none":          `{"focus_trial_ended_at":"soon"}`,
		"a negative quantity":          `{"subscription_item":{"quantity":-4}}`,
		"a negative discount":          `{"subscription_item":{"discount":{"amount_off":-1}}}`,
		"a negative percentage":        `{"subscription_item":{"discount":{"percent_off":-0.5}}}`,
		"another organisation's":       `{"organization_id":4712}`,
		"a list instead of an object":  `[]`,
		"text instead of a flag":       `{"subscription":{"payment_failed":"yes"}}`,
		"an object instead of an item": `{"subscription_item":{"subscription_item_id":{}}}`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			sub, err := sourcetest.Get(t, serve(t, focus.Config{}, answer(body)), acme)
			if sub != nil || billing.CodeOf(err) != billing.CodeSourceBadData {
				t.Errorf("got %v, %v; want SOURCE_BAD_DATA", sub, err)
			}
		})
	}
}

func TestQuotaIsPartOfTheHealth(t *testing.T) {
	source := serve(t, focus.Config{}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Toggl-Quota-Remaining", "17")
		w.Header().Set("X-Toggl-Quota-Resets-In", "90")
		w.WriteHeader(http.StatusNoContent)
	})
	sourcetest.Get(t, source, acme)
	health := source.Health()
	if health.QuotaRemaining == nil || *health.QuotaRemaining != 17 || !health.QuotaResetsAt.Equal(sourcetest.Now.Add(90*time.Second)) {
		t.Errorf("health says %v left until %v", health.QuotaRemaining, health.QuotaResetsAt)
	}
}

func TestProbe(t *testing.T) {
	cases := map[string]struct {
		status int
		want   billing.Code
	}{
		"a refusal of another's organisation shows that all is well": {403, ""},
		"an answer without a subscription shows that all is well":    {204, ""},
		"refused credentials":                 {401, billing.CodeSourceAuthFailed},
		"a url that leads elsewhere":          {404, billing.CodeNotFound},
		"a source that is out of order":       {500, billing.CodeSourceUnavailable},
		"an answer that Focus does not write": {302, billing.CodeSourceBadData},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			source := serve(t, focus.Config{}, sourcetest.Answer(c.status, "application/json", ""))
			if err := source.Probe(context.Background()); billing.CodeOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestAnUnknownStateIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	source := serve(t, focus.Config{}, answer(fixture(t, "unknown-state")))
	for range 3 {
		sourcetest.Get(t, source, acme)
	}
	if n := strings.Count(log.String(), "Assessing"); n != 1 || !strings.Contains(log.String(), "source=src") {
		t.Errorf("logged %d lines, want 1:\n%s", n, log.String())
	}
}

func TestDetailsSurviveTheCache(t *testing.T) {
	mode, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range contract().Documents {
		sub, err := sourcetest.Get(t, serve(t, focus.Config{}, answer(fixture(t, name))), acme)
		if err != nil {
			t.Fatal(err)
		}
		encoded, err := mode.Marshal(sub.Details)
		if err != nil {
			t.Fatal(err)
		}
		var back focus.Details
		if err := cbor.Unmarshal(encoded, &back); err != nil {
			t.Fatal(err)
		}
		want, _ := json.Marshal(sub.Details)
		got, _ := json.Marshal(&back)
		if !bytes.Equal(got, want) {
			t.Errorf("%s came back as\n%s\nwant\n%s", name, got, want)
		}
	}
}

func TestSourceDescribesItself(t *testing.T) {
	source := serve(t, focus.Config{}, answer("{}"))
	if source.Name() != "src" || source.Kind() != billing.KindFocus {
		t.Errorf("it is %s of kind %s", source.Name(), source.Kind())
	}
	if want := []billing.Capability{billing.CanGet, billing.CanListPlans, billing.CanStartTrial}; !reflect.DeepEqual(source.Capabilities(), want) {
		t.Errorf("it can %v, want %v", source.Capabilities(), want)
	}
}

func TestSettingsThatCannotBeUsed(t *testing.T) {
	cases := map[string]struct {
		config focus.Config
		field  string // "" for none
	}{
		"all is well":               {focus.Config{Config: upstream.Config{URL: "https://focus.toggl.com/api"}, PriceBasis: "seat", States: map[string]string{"assessing": "PAST_DUE"}}, ""},
		"no url":                    {focus.Config{}, "url"},
		"a basis that is none":      {focus.Config{Config: upstream.Config{URL: "https://x.test"}, PriceBasis: "SEAT"}, "priceBasis"},
		"a status that is none":     {focus.Config{Config: upstream.Config{URL: "https://x.test"}, States: map[string]string{"assessing": "LATE"}}, "states.assessing"},
		"the empty state":           {focus.Config{Config: upstream.Config{URL: "https://x.test"}, States: map[string]string{" ": "ACTIVE"}}, "states"},
		"one word in two spellings": {focus.Config{Config: upstream.Config{URL: "https://x.test"}, States: map[string]string{"Live": "ACTIVE", "live": "PAUSED"}}, "states.live"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := focus.New("src", c.config, sourcetest.Options())
			invalid, _ := err.(*upstream.Invalid)
			if c.field == "" && err != nil || c.field != "" && (invalid == nil || invalid.Field != c.field) {
				t.Errorf("got %v, want a fault of %q", err, c.field)
			}
		})
	}
}
