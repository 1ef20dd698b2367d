package focus_test

import (
	"fmt"
	"testing"

	"tributary/billing"
	"tributary/sources/focus"
	"tributary/sources/sourcetest"
)

func TestStatesBecomeStatuses(t *testing.T) {
	cases := []struct {
		name   string
		fields string // of subscription, beside its state
		rest   string // of the document, beside subscription
		state  string
		want   billing.Status
	}{
		{name: "canceled", state: "canceled", want: billing.StatusCanceled},
		{name: "cancelled in British", state: "cancelled", want: billing.StatusCanceled},
		{name: "canceled with a failed payment", state: "canceled", fields: `,"payment_failed":true`, want: billing.StatusCanceled},
		{name: "expired", state: "expired", want: billing.StatusExpired},
		{name: "trial_ended", state: "trial_ended", want: billing.StatusExpired},
		{name: "incomplete_expired", state: "incomplete_expired", want: billing.StatusExpired},
		{name: "incomplete", state: "incomplete", want: billing.StatusIncomplete},
		{name: "pending", state: "pending", want: billing.StatusIncomplete},
		{name: "awaiting_signup", state: "awaiting_signup", want: billing.StatusIncomplete},
		{name: "paused", state: "paused", want: billing.StatusPaused},
		{name: "on_hold", state: "on_hold", want: billing.StatusPaused},
		{name: "past_due", state: "past_due", want: billing.StatusPastDue},
		{name: "soft_failure", state: "soft_failure", want: billing.StatusPastDue},
		{name: "unpaid", state: "unpaid", want: billing.StatusUnpaid},
		{name: "unpaid with a failed payment", state: "unpaid", fields: `,"payment_failed":true`, want: billing.StatusUnpaid},
		{name: "active with a failed payment", state: "active", fields: `,"payment_failed":true`, want: billing.StatusPastDue},
		{name: "trialing with a failed payment in the legacy view", state: "trialing", rest: `,"track_subscription":{"payment_failed":true}`, want: billing.StatusPastDue},
		{name: "an unknown word with a failed payment", state: "assessing", fields: `,"payment_failed":true`, want: billing.StatusPastDue},
		{name: "trialing", state: "trialing", want: billing.StatusTrialing},
		{name: "trial", state: "trial", want: billing.StatusTrialing},
		{name: "active", state: "active", want: billing.StatusActive},
		{name: "active in upper case", state: "ACTIVE", want: billing.StatusActive},
		{name: "active on an older item without an id, during a trial of Track", state: "active",
			rest: `,"subscription_item":{"quantity":2},"track_subscription":{"trial":{"end_date":"2026-03-20"}}`, want: billing.StatusActive},
		{name: "no word, an item with an empty id, a live trial", state: "",
			rest: `,"subscription_item":{"subscription_item_id":""},"track_subscription":{"trial":{"end_date":"2026-03-20"}}`, want: billing.StatusTrialing},
		{name: "no word, an item whose id is null, a live trial", state: "",
			rest: `,"subscription_item":{"subscription_item_id":null},"track_subscription":{"trial":{"end_date":"2026-03-20"}}`, want: billing.StatusTrialing},
		{name: "no word, no item, a trial that begins tomorrow", state: "",
			rest: `,"track_subscription":{"trial":{"start_date":"2026-03-16","end_date":"2026-03-20"}}`, want: billing.StatusUnknown},
		{name: "no word, no item, a trial that ends now", state: "",
			rest: `,"track_subscription":{"trial":{"end_date":"2026-03-15T12:00:00Z"}}`, want: billing.StatusUnknown},
		{name: "no word, no item, the trial of Focus over", state: "", rest: `,"focus_trial_ended_at":"2026-03-14"`, want: billing.StatusExpired},
		{name: "no word, something bought, the trial of Focus over", state: "",
			rest: `,"focus_trial_ended_at":"2026-03-14","subscription_item":{"subscription_item_id":"si_1"}`, want: billing.StatusUnknown},
		{name: "nothing", state: "", want: billing.StatusUnknown},
		{name: "a word the gateway is told of", state: "On Trial", want: billing.StatusTrialing},
		{name: "a word the gateway is told otherwise", state: "suspended", want: billing.StatusPaused},
		{name: "a word nobody knows", state: "brand_new", want: billing.StatusUnknown},
	}
	states := map[string]string{"on trial": "TRIALING", "Suspended": "PAUSED"}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := fmt.Sprintf(`{"subscription":{"state":%q%s}%s}`, c.state, c.fields, c.rest)
			sub, err := sourcetest.Get(t, serve(t, focus.Config{States: states}, answer(body)), acme)
			if err != nil {
				t.Fatal(err)
			}
			if sub.Status != c.want {
				t.Errorf("got %s, want %s", sub.Status, c.want)
			}
			if got := sub.SourceStatus; c.state != "" && (got == nil || *got != c.state) {
				t.Errorf("the source's own word is %v, want %q", got, c.state)
			}
			sourcetest.CheckTotal(t, sub)
		})
	}
}
