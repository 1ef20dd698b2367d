package productive

import (
	"net/http"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

var (
	declined      = fault{status: http.StatusPaymentRequired, title: "Stripe error", detail: "The card was declined."}
	insufficient  = fault{status: http.StatusPaymentRequired, title: "Stripe error", detail: "The card has insufficient funds."}
	stripeTrouble = fault{status: http.StatusServiceUnavailable, title: "Stripe error", detail: "A temporary problem with Stripe's servers."}
	stripeLost    = fault{status: stripeTrouble.status, title: stripeTrouble.title, detail: stripeTrouble.detail, done: true}
)

// troubles are the stripe tokens that end badly; any other pays.
var troubles = map[string]*fault{
	"tok_declined":           &declined,
	"tok_insufficient_funds": &insufficient,
	"tok_stripe_down":        &stripeTrouble,
	"tok_stripe_lost":        &stripeLost,
}

// pay takes a card and begins to pay with it.
func (o *organization) pay(value jsontext.Value, now time.Time) *fault {
	var token string
	if json.Unmarshal(value, &token) != nil || token == "" {
		return invalid("stripe_token", "is not a token")
	}
	trouble := troubles[token]
	if trouble != nil && !trouble.done {
		return trouble
	}
	o.method, o.card = 1, &visa
	o.startPaying(now)
	return trouble
}

// startPaying begins a cycle that is paid for.
func (o *organization) startPaying(now time.Time) {
	state := statePaying
	o.state, o.pending, o.graceEnds = &state, 0, nil
	if o.ends == nil || !now.Before(*o.ends) {
		length := map[string]int{"month": 30, "quarter": 91, "year": 365, "biannual": 730}[o.cycle]
		o.ends = endOfDay(now, length)
	}
}

// costs are the attributes that what is to be paid depends on.
var costs = []string{"active_products", "plan_cycle", "plan_type", "seats"}

// owes is true while a payment that failed has not been made good.
func (o *organization) owes() bool { return o.graceEnds != nil }

// retryLastPayment succeeds wherever there is a card.
func retryLastPayment(org *organization, _ map[string]jsontext.Value, now time.Time) *fault {
	if org.card == nil {
		return &declined
	}
	org.startPaying(now)
	return nil
}
