package productive

import (
	"strconv"
	"time"
)

// seeds are the organisations at the start: every known state, an unknown one
// and none, every cycle, currencies of 0, 2 and 3 decimals. Days count from
// now; 0 is no date.
var seeds = []struct {
	id       int
	name     string
	plan     string
	cycle    string
	currency string
	seats    int
	used     int
	state    int // 0 is null
	payment  payment
	days     days
	extras   extras
}{
	{682, "Acme Studio", "ultimate", "month", "USD", 25, 18, 2, byCard, days{ends: 12}, extras{email: "billing@acme.example", address: "12 Harbour Street, Dublin"}},
	{683, "Northwind Design", "professional", "year", "EUR", 40, 36, 2, byCard, days{ends: 145, discount: 90}, extras{discount: 15, addOn: true}},
	{684, "Bluebird Labs", "essential", "month", "USD", 6, 4, 1, unpaid, days{trial: 9}, extras{}},
	{685, "Sakura Systems", "ultimate", "year", "JPY", 60, 51, 2, byInvoice, days{ends: 201}, extras{email: "keiri@sakura.example", balance: -12500}},
	{686, "Harbour & Finch", "professional", "quarter", "USD", 14, 14, 2, byInvoice, days{ends: 33}, extras{addOn: true}},
	{687, "Granite Engineering", "ultimate", "biannual", "USD", 30, 22, 2, byCard, days{ends: 480}, extras{addOn: true}},
	{688, "Lumen Agency", "professional", "month", "USD", 9, 9, 5, unpaid, days{planTrial: 6}, extras{planTrial: "ultimate"}},
	{689, "Paper Lantern", "professional", "year", "USD", 5, 3, 5, unpaid, days{planTrial: -20}, extras{}},
	{690, "Al Manar Consulting", "essential", "month", "KWD", 11, 8, 2, byInvoice, days{ends: 19}, extras{}},
	{691, "Red Kite Media", "professional", "month", "EUR", 17, 15, 4, byCard, days{ends: -3, grace: 5}, extras{balance: 47600}},
	{692, "Oakfield Partners", "ultimate", "month", "USD", 12, 7, 6, byCard, days{ends: 18}, extras{}},
	{693, "Silver Birch", "essential", "year", "EUR", 4, 0, 6, byCard, days{ends: -40}, extras{}},
	{694, "Quarry Digital", "premium", "year", "USD", 20, 19, 7, byCard, days{ends: 88}, extras{}},
	{695, "Tidewater Works", "essential", "month", "USD", 3, 3, 8, unpaid, days{}, extras{}},
	{696, "Kestrel Research", "professional", "month", "USD", 8, 6, 3, unpaid, days{}, extras{}},
	{697, "Maple & Stone", "ultimate", "year", "EUR", 22, 20, 2, byCard, days{ends: 61}, extras{}},
	{698, "Fernhill Group", "professional", "month", "USD", 16, 10, 0, byCard, days{ends: 27}, extras{startedDaysAgo: 400}},
	{699, "Windmill Collective", "standard", "month", "USD", 2, 1, 9, unpaid, days{}, extras{}},
}

// days are dates, counted in days from now.
type days struct{ trial, ends, grace, planTrial, discount int }

type extras struct {
	email, address string
	discount       int // percent
	addOn          bool
	planTrial      string
	balance        int
	startedDaysAgo int
}

// payment is how an organisation pays.
type payment struct {
	method int
	card   *card
}

var (
	byCard    = payment{method: 1, card: &visa}
	byInvoice = payment{method: 2}
	unpaid    = payment{method: 1} // the vendor says 1 before there is a card
)

func seed(now time.Time) map[string]*organization {
	organizations := make(map[string]*organization, len(seeds))
	for _, s := range seeds {
		org := &organization{
			id: strconv.Itoa(s.id), name: s.name, plan: s.plan, cycle: s.cycle, currency: s.currency,
			seats: s.seats, used: s.used, state: unlessZero(s.state), method: s.payment.method, card: s.payment.card,
			trialEnds: inDays(now, s.days.trial), ends: inDays(now, s.days.ends), graceEnds: inDays(now, s.days.grace),
			trialPlan: unlessZero(s.extras.planTrial), trialPlanEnds: inDays(now, s.days.planTrial),
			discount: unlessZero(s.extras.discount), discountExpires: inDays(now, s.days.discount),
			addOns: activeProducts{}, balance: unlessZero(s.extras.balance),
			email: unlessZero(s.extras.email), address: unlessZero(s.extras.address),
			startedAt: inDays(now, -s.extras.startedDaysAgo),
		}
		if s.extras.addOn {
			org.addOns[hrisType] = productID{ID: hrisID}
		}
		if s.payment == unpaid {
			org.pending = s.seats
		}
		organizations[org.id] = org
	}
	return organizations
}

func inDays(now time.Time, days int) *time.Time {
	if days == 0 {
		return nil
	}
	return endOfDay(now, days)
}

func unlessZero[T comparable](value T) *T {
	var zero T
	if value == zero {
		return nil
	}
	return &value
}
