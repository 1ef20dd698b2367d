package productive_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"tributary/billing"
	sandbox "tributary/sandbox/productive"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

func serve(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(sandbox.New(func() time.Time { return sourcetest.Now }))
	t.Cleanup(server.Close)
	return server.URL
}

// source is the adapter over the vendor at url.
func source(t testing.TB, url, token string) *productive.Source {
	t.Helper()
	s, err := productive.New("psa", productive.Config{Config: upstream.Config{
		URL: url, Auth: upstream.Auth{Headers: map[string]string{"X-Auth-Token": token, "X-Organization-Id": "682"}},
	}}, sourcetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func get(t testing.TB, s *productive.Source, id int) *billing.Subscription {
	t.Helper()
	sub, err := sourcetest.Get(t, s, billing.Ref{Source: "psa", Org: strconv.Itoa(id)})
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.CheckTotal(t, sub)
	return sub
}

func TestEverySeededSubscriptionNormalises(t *testing.T) {
	s := source(t, serve(t), "token")
	want := map[int]string{
		682: "ACTIVE 2, ultimate at 39.00 USD P1M, 18 of 25 seats, CREDIT_CARD, next 2026-03-27",
		683: "ACTIVE 2, professional at 244.80 EUR P1Y, 36 of 40 seats, CREDIT_CARD, next 2026-08-07, 15 % off until 2026-06-13, hris_200 at 24.00 EUR",
		684: "TRIALING 1, essential at 20.00 USD P1M, 4 of 6 seats, CREDIT_CARD, trial until 2026-03-24",
		685: "ACTIVE 2, ultimate at 57600 JPY P1Y, 51 of 60 seats, INVOICE, next 2026-10-02",
		686: "ACTIVE 2, professional at 84.00 USD P3M, 14 of 14 seats, INVOICE, next 2026-04-17, hris_200 at 6.00 USD",
		687: "ACTIVE 2, ultimate at 936.00 USD of unknown length, 22 of 30 seats, CREDIT_CARD, next 2027-07-08, hris_200 at 48.00 USD",
		688: "UNKNOWN 5, professional at 28.00 USD P1M, 9 of 9 seats, CREDIT_CARD, trial until 2026-03-21 of ultimate",
		689: "UNKNOWN 5, professional at 288.00 USD P1Y, 3 of 5 seats, CREDIT_CARD",
		690: "ACTIVE 2, essential at 6.000 KWD P1M, 8 of 11 seats, INVOICE, next 2026-04-03",
		691: "UNKNOWN 4, professional at 28.00 EUR P1M, 15 of 17 seats, CREDIT_CARD, next 2026-03-12, grace until 2026-03-20",
		692: "ACTIVE 6, ultimate at 39.00 USD P1M, 7 of 12 seats, CREDIT_CARD, ends 2026-04-02",
		693: "CANCELED 6, essential at 204.00 EUR P1Y, 0 of 4 seats, CREDIT_CARD, ends 2026-02-03",
		694: "ACTIVE 7, premium at 240.00 USD P1Y, 19 of 20 seats, CREDIT_CARD, next 2026-06-11",
		695: "UNKNOWN 8, essential at 20.00 USD P1M, 3 of 3 seats, CREDIT_CARD",
		696: "UNKNOWN 3, professional at 28.00 USD P1M, 6 of 8 seats, CREDIT_CARD",
		697: "ACTIVE 2, ultimate at 384.00 EUR P1Y, 20 of 22 seats, CREDIT_CARD, next 2026-05-15",
		698: "UNKNOWN null, professional at 28.00 USD P1M, 10 of 16 seats, CREDIT_CARD, next 2026-04-11, started 2025-02-08",
		699: "UNKNOWN 9, standard at 15.00 USD P1M, 1 of 2 seats, CREDIT_CARD",
	}
	refs := make([]billing.Ref, 0, len(want))
	for id := range want {
		refs = append(refs, billing.Ref{Source: "psa", Org: strconv.Itoa(id)})
	}
	for ref, outcome := range s.Subscriptions(context.Background(), refs) {
		t.Run(ref.Org, func(t *testing.T) {
			if outcome.Err != nil || outcome.Value == nil {
				t.Fatalf("got %v, %v", outcome.Value, outcome.Err)
			}
			sourcetest.CheckTotal(t, outcome.Value)
			id, _ := strconv.Atoi(ref.Org)
			if got := summary(outcome.Value); got != want[id] {
				t.Errorf("got  %s\nwant %s", got, want[id])
			}
			if n := len(outcome.Value.Plan.Features); n != 84 {
				t.Errorf("the plan has %d features, want 84", n)
			}
		})
	}
}

// summary is what the seeds set, in a line.
func summary(sub *billing.Subscription) string {
	state := "null"
	if sub.SourceStatus != nil {
		state = *sub.SourceStatus
	}
	length := " of unknown length"
	if sub.Interval != nil {
		length = " " + sub.Interval.ISO8601()
	}
	line := fmt.Sprintf("%s %s, %s at %s%s, %d of %d seats, %s", sub.Status, state, sub.Plan.ExternalID, money(sub.Price), length,
		*sub.Seats.Used, *sub.Seats.Purchased, sub.PaymentMethod.Kind)
	add := func(label string, at *time.Time) {
		if at != nil {
			line += ", " + label + " " + at.Format(time.DateOnly)
		}
	}
	add("next", sub.NextBillingAt)
	if sub.Cancellation != nil {
		add("ends", sub.Cancellation.EffectiveAt)
	}
	add("grace until", sub.GracePeriodEndsAt)
	add("started", sub.StartedAt)
	if sub.Trial != nil {
		add("trial until", sub.Trial.EndsAt)
		if sub.Trial.Plan != nil {
			line += " of " + sub.Trial.Plan.ExternalID
		}
	}
	for _, discount := range sub.Discounts {
		add(*discount.PercentOff+" % off until", discount.EndsAt)
	}
	for _, addOn := range sub.AddOns {
		line += ", " + addOn.ID + " at " + money(addOn.Price)
	}
	return line
}

func money(price *billing.Price) string { return price.Amount.Decimal() + " " + price.Amount.Currency }

func TestUnknownOrganisationsAreAbsent(t *testing.T) {
	s := source(t, serve(t), "token")
	if sub, err := sourcetest.Get(t, s, billing.Ref{Source: "psa", Org: "7"}); sub != nil || err != nil {
		t.Errorf("got %v, %v", sub, err)
	}
}

func TestCredentials(t *testing.T) {
	url := serve(t)
	for _, token := range []string{"", "invalid"} {
		_, err := sourcetest.Get(t, source(t, url, token), billing.Ref{Source: "psa", Org: "682"})
		if billing.CodeOf(err) != billing.CodeSourceAuthFailed {
			t.Errorf("token %q: %v", token, err)
		}
	}
	if err := source(t, url, "token").Probe(context.Background()); err != nil {
		t.Errorf("good credentials are refused: %v", err)
	}
	without, err := productive.New("psa", productive.Config{Config: upstream.Config{
		URL: url, Auth: upstream.Auth{Headers: map[string]string{"X-Auth-Token": "token"}},
	}}, sourcetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	if err := without.Probe(context.Background()); billing.CodeOf(err) != billing.CodeSourceAuthFailed {
		t.Errorf("without an organisation: %v", err)
	}
}

func TestTheRateLimitOfOneOrganisation(t *testing.T) {
	url := serve(t)
	s := source(t, url, "token")
	for range 100 {
		get(t, s, 699)
	}
	_, err := sourcetest.Get(t, s, billing.Ref{Source: "psa", Org: "699"})
	if billing.CodeOf(err) != billing.CodeSourceRateLimited {
		t.Fatalf("the 101st request: %v", err)
	}
	if health := s.Health(); health.QuotaRemaining == nil || *health.QuotaRemaining != 0 || !health.QuotaResetsAt.Equal(sourcetest.Now.Add(10*time.Second)) {
		t.Errorf("health is %+v", health)
	}
	get(t, s, 682)
	get(t, source(t, url, "another token"), 699)
}

func TestPlansOfAnOrganisation(t *testing.T) {
	outcome := source(t, serve(t), "token").Plans(context.Background(), []string{"688"})["688"]
	if outcome.Err != nil || len(outcome.Value) != 3 {
		t.Fatalf("%d plans, %v", len(outcome.Value), outcome.Err)
	}
	for _, plan := range outcome.Value {
		if len(plan.Prices) != 2 || len(plan.Features) != 84 {
			t.Errorf("%s has %d prices and %d features", plan.ExternalID, len(plan.Prices), len(plan.Features))
		}
	}
}

func TestPathsAndMethodsThatAreNotThere(t *testing.T) {
	url := serve(t)
	for request, want := range map[string]int{
		"GET /api/v2/nothing":                           404,
		"GET /api/v2/organization_subscriptions":        404,
		"DELETE /api/v2/organization_subscriptions/682": 405,
		"POST /api/v2/organizations":                    405,
		"PATCH /api/v2/organization_subscriptions/7":    404,
	} {
		if status, body := send(t, url, request, ""); status != want || body.Errors == nil {
			t.Errorf("%s: status %d with %d errors, want %d", request, status, len(body.Errors), want)
		}
	}
}

func TestOrganisationsPage(t *testing.T) {
	url := serve(t)
	for path, want := range map[string]int{"": 18, "?page[size]=5": 5, "?page[size]=5&page[number]=4": 3, "?page[number]=9": 0, "?page[size]=x": 18} {
		req := "GET /api/v2/organizations" + path
		status, body := send(t, url, req, "")
		if status != http.StatusOK || len(body.list) != want {
			t.Errorf("%s: status %d, %d organisations, want %d", req, status, len(body.list), want)
		}
	}
}
