package productive_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

func TestStateTable(t *testing.T) {
	const ahead, past = `"2026-03-20 23:59:59"`, `"2026-03-10 23:59:59"`
	cases := []struct {
		name, state, trialEnds, ends string
		states                       map[int]string
		want                         billing.Status
	}{
		{"1 in a trial is TRIALING", "1", ahead, "null", nil, billing.StatusTrialing},
		{"1 after a trial is UNKNOWN", "1", past, "null", nil, billing.StatusUnknown},
		{"1 without a trial is UNKNOWN", "1", "null", "null", nil, billing.StatusUnknown},
		{"1 as configured", "1", "null", "null", map[int]string{1: "INCOMPLETE"}, billing.StatusIncomplete},
		{"2 is ACTIVE", "2", "null", ahead, nil, billing.StatusActive},
		{"2 stays ACTIVE when its date is past", "2", "null", past, nil, billing.StatusActive},
		{"3 is UNKNOWN", "3", "null", ahead, nil, billing.StatusUnknown},
		{"4 is UNKNOWN", "4", "null", ahead, nil, billing.StatusUnknown},
		{"4 as configured", "4", "null", ahead, map[int]string{4: "PAST_DUE"}, billing.StatusPastDue},
		{"5 is UNKNOWN", "5", ahead, "null", nil, billing.StatusUnknown},
		{"6 is ACTIVE until its end", "6", "null", ahead, nil, billing.StatusActive},
		{"6 is CANCELED from its end on", "6", "null", past, nil, billing.StatusCanceled},
		{"6 without an end is CANCELED", "6", "null", "null", nil, billing.StatusCanceled},
		{"6 as configured", "6", "null", ahead, map[int]string{6: "UNPAID"}, billing.StatusUnpaid},
		{"7 is ACTIVE", "7", "null", "null", nil, billing.StatusActive},
		{"8 is UNKNOWN", "8", "null", "null", nil, billing.StatusUnknown},
		{"8 configured as CANCELED is ACTIVE until its end", "8", "null", ahead, map[int]string{8: "CANCELED"}, billing.StatusActive},
		{"9 is UNKNOWN", "9", "null", "null", nil, billing.StatusUnknown},
		{"a state never heard of is UNKNOWN", "9000000", "null", "null", nil, billing.StatusUnknown},
		{"null is UNKNOWN", "null", ahead, ahead, nil, billing.StatusUnknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := attributes(`"subscription_state_id":%s,"trial_ends_at":%s,"subscription_ends_at":%s`, c.state, c.trialEnds, c.ends)
			sub := normalised(t, "682", body, func(config *productive.Config) { config.States = c.states })
			if sub.Status != c.want {
				t.Errorf("status is %s, want %s", sub.Status, c.want)
			}
			if c.state != "null" && (sub.SourceStatus == nil || *sub.SourceStatus != c.state) || c.state == "null" && sub.SourceStatus != nil {
				t.Errorf("source status is %v, want %s", sub.SourceStatus, c.state)
			}
		})
	}
}

func attributes(format string, args ...any) string {
	return `{"data":{"id":"682","type":"organization_subscriptions","attributes":{` + fmt.Sprintf(format, args...) + `}}}`
}

func TestRecordedAnswers(t *testing.T) {
	cases := []struct {
		id, name     string
		status       billing.Status
		price, cycle string
		seats        string
		check        func(*billing.Subscription) bool
	}{
		{"683", "paid by card", billing.StatusActive, "39.00 USD", "P1M", "1/1/0", func(s *billing.Subscription) bool {
			return *s.PaymentMethod.CardLast4 == "4242" && s.PaymentMethod.CardExpiresAt.Format("2006-01-02") == "2033-01-01" &&
				s.CurrentPeriod.End.Format("2006-01-02 15:04:05 MST") == "2023-10-31 23:59:59 UTC" && s.NextBillingAt.Equal(*s.CurrentPeriod.End)
		}},
		{"684", "a higher plan on trial", billing.StatusUnknown, "28.00 USD", "P1M", "1/1/1", func(s *billing.Subscription) bool {
			return s.Trial.Plan.ID() == "plan/src/ultimate" && len(s.Trial.Plan.Features) == 84 && !s.Trial.IsActive(sourcetest.Now)
		}},
		{"688", "that trial given up", billing.StatusUnknown, "288.00 USD", "P1Y", "1/1/1", func(s *billing.Subscription) bool {
			return s.Trial == nil && s.Details.(*productive.Details).TrialPlanEndsAt != nil
		}},
		{"693", "an add-on a month", billing.StatusUnknown, "39.00 USD", "P1M", "1/1/1", func(s *billing.Subscription) bool {
			return len(s.AddOns) == 1 && s.AddOns[0].ID == "hris_200" && s.AddOns[0].Price.Amount.Decimal() == "2.00"
		}},
		{"695", "an add-on a year, five seats", billing.StatusUnknown, "384.00 USD", "P1Y", "5/1/5", func(s *billing.Subscription) bool {
			return s.AddOns[0].Price.Amount.Decimal() == "24.00" && s.AddOns[0].Price.Per == billing.PerSeat
		}},
		{"699", "cancelled, and its end past", billing.StatusCanceled, "39.00 USD", "P1M", "1/1/0", func(s *billing.Subscription) bool {
			return s.Cancellation.AtPeriodEnd && s.EndedAt.Equal(*s.Cancellation.EffectiveAt) && s.NextBillingAt == nil
		}},
		{"701", "reactivated", billing.StatusActive, "39.00 USD", "P1M", "1/1/0", func(s *billing.Subscription) bool {
			return s.Cancellation == nil && s.NextBillingAt != nil
		}},
	}
	for _, c := range cases {
		t.Run(c.id+" "+c.name, func(t *testing.T) {
			sub := normalised(t, c.id, recorded(c.id), nil)
			got := []any{sub.Status, sub.Price.Amount.Decimal() + " " + sub.Price.Amount.Currency, sub.Price.Per, sub.Interval.ISO8601(),
				fmt.Sprintf("%d/%d/%d", *sub.Seats.Purchased, *sub.Seats.Used, *sub.Seats.Pending), sub.ExternalID, len(sub.Plan.Features)}
			want := []any{c.status, c.price, billing.PerSeat, c.cycle, c.seats, c.id, 84}
			if fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("got  %v\nwant %v", got, want)
			}
			if !c.check(sub) {
				t.Errorf("%+v", sub)
			}
		})
	}
}

func TestValuesThatCannotBeAreBadData(t *testing.T) {
	cases := map[string]string{
		"a date that is none":            `"trial_ends_at":"soon"`,
		"a date in the year 10000":       `"next_billing_cycle_at":"10000-01-01 00:00:00"`,
		"a date as a number":             `"subscription_ends_at":1700000000`,
		"a negative price":               `"plan_price":-1`,
		"a price that is no number":      `"plan_price":"much"`,
		"a negative plan price":          `"current_plan":{"id":"x","currency":"USD","monthly_price_cents":-1}`,
		"a negative add-on price":        `"plan_cycle":"month","current_plan":{"id":"x","active_products":[{"id":"a","currency":"USD","cycle":"month","monthly_price_cents":-1}]}`,
		"negative seats":                 `"seats":-1`,
		"half a seat":                    `"seats":1.5`,
		"more seats than fit":            `"seats":3000000000`,
		"a 13th month":                   `"payment_method_id":1,"card_month":"13","card_year":"2032"`,
		"a card's year that is none":     `"payment_method_id":1,"card_month":"12","card_year":"MMXXXII"`,
		"a state that is no number":      `"subscription_state_id":"active"`,
		"features in a list":             `"current_plan":{"id":"x","features":[{"type":"switch"}]}`,
		"a limit that is no number":      `"current_plan":{"id":"x","features":{"a":{"type":"metered","limit":"many"}}}`,
		"a feature twice":                `"current_plan":{"id":"x","features":{"a":{},"a":{}}}`,
		"an add-on twice":                `"active_products":{"a":{"id":"1"},"a":{"id":"2"}}`,
		"a plan in a plan without end":   `"current_plan":` + strings.Repeat(`{"id":"x","upgradeables":[`, 9) + strings.Repeat(`]}`, 9),
		"a plan that is a word":          `"current_plan":"ultimate"`,
		"an upgrade that is no text":     `"current_plan":{"id":"x","upgrades":[1]}`,
		"a price past 64 bits":           `"current_plan":{"id":"x","monthly_price_cents":92233720368547758080}`,
		"a payment method past 32 bits":  `"payment_method_id":4294967296`,
		"a balance that is no number":    `"balance":{}`,
		"an organisation that is a list": `"x":0},"relationships":{"organization":[]},"y":{"z":0`,
	}
	for name, members := range cases {
		t.Run(name, func(t *testing.T) {
			source := newSource(t, productive.Config{Config: upstream.Config{
				URL: serve(t, sourcetest.Answer(200, mediaType, attributes("%s", members))).URL}}, sourcetest.Options())
			sub, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "682"})
			if sub != nil || billing.CodeOf(err) != billing.CodeSourceBadData {
				t.Errorf("got %+v, %v; want SOURCE_BAD_DATA", sub, err)
			}
		})
	}
}

func TestDocumentsOfAnotherShapeAreBadData(t *testing.T) {
	for name, body := range map[string]string{
		"no data":          `{"meta":{}}`,
		"null data":        `{"data":null}`,
		"a list":           `{"data":[]}`,
		"no type":          `{"data":{"id":"682","attributes":{}}}`,
		"another type":     `{"data":{"id":"682","type":"organizations","attributes":{}}}`,
		"no attributes":    `{"data":{"id":"682","type":"organization_subscriptions"}}`,
		"an id as number":  `{"data":{"id":682,"type":"organization_subscriptions","attributes":{}}}`,
		"errors under 200": `{"errors":[{"status":500}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			source := newSource(t, productive.Config{Config: upstream.Config{
				URL: serve(t, sourcetest.Answer(200, mediaType, body)).URL}}, sourcetest.Options())
			sub, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "682"})
			if sub != nil || billing.CodeOf(err) != billing.CodeSourceBadData {
				t.Errorf("got %+v, %v; want SOURCE_BAD_DATA", sub, err)
			}
		})
	}
}

func TestTimesWithoutAZoneAreReadInTheConfiguredOne(t *testing.T) {
	body := attributes(`"subscription_ends_at":"2026-07-31 23:59:59","subscription_started_at":"2026-07-01T00:30:00.000+02:00"`)
	sub := normalised(t, "682", body, func(config *productive.Config) { config.Timezone = "Europe/Zagreb" })
	if got := sub.CurrentPeriod.End.Format("2006-01-02T15:04:05Z07:00"); got != "2026-07-31T21:59:59Z" {
		t.Errorf("the period ends at %s", got)
	}
	if got := sub.StartedAt.Format("2006-01-02T15:04:05Z07:00"); got != "2026-06-30T22:30:00Z" {
		t.Errorf("it started at %s", got)
	}
}

func TestBiannualHasTheLengthThatIsConfigured(t *testing.T) {
	if sub := normalised(t, "682", fixture(t, "biannual"), nil); sub.Interval != nil || sub.MonthlyRecurring() != nil {
		t.Errorf("without configuration it is %v", sub.Interval)
	}
	sub := normalised(t, "682", fixture(t, "biannual"), func(c *productive.Config) { c.Cycles = map[string]string{"biannual": "P2Y"} })
	if sub.Interval == nil || sub.Interval.ISO8601() != "P2Y" {
		t.Fatalf("as configured it is %v", sub.Interval)
	}
	if got := sub.MonthlyRecurring(); got == nil || got.Decimal() != "32.00" {
		t.Errorf("a month brings in %v, want 768 / 24", got)
	}
}

func TestEachUnknownStateIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	t.Cleanup(func() { slog.SetDefault(before) })
	var state string
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sourcetest.Answer(200, mediaType, attributes(`"subscription_state_id":%s`, state))(w, r)
	})
	source := newSource(t, productive.Config{Config: upstream.Config{URL: server.URL}}, sourcetest.Options())
	for _, state = range []string{"3", "3", "42", "1", "2", "null", "42"} {
		if _, err := sourcetest.Get(t, source, billing.Ref{Source: "src", Org: "682"}); err != nil {
			t.Fatal(err)
		}
	}
	for state, want := range map[string]int{"state=3\n": 1, "state=42\n": 1, "state=1\n": 0, "state=2\n": 0} {
		if got := strings.Count(log.String(), state); got != want {
			t.Errorf("%q was logged %d times, want %d", strings.TrimSpace(state), got, want)
		}
	}
}
