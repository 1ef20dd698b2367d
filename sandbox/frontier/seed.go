package frontier

import (
	"fmt"
	"time"
)

func orgID(n int) string          { return fmt.Sprintf("0f3c0000-0000-4000-8000-%012d", n) }
func subscriptionID(n int) string { return fmt.Sprintf("7d1e0000-0000-4000-8000-%012d", n) }
func accountID(n int) string      { return fmt.Sprintf("b1110000-0000-4000-8000-%012d", n) }
func planID(n int) string         { return fmt.Sprintf("9a5e0000-0000-4000-8000-%012d", n) }
func productID(n int) string      { return fmt.Sprintf("5e110000-0000-4000-8000-%012d", n) }
func priceID(n int) string        { return fmt.Sprintf("c0570000-0000-4000-8000-%012d", n) }
func featureID(n int) string      { return fmt.Sprintf("fea70000-0000-4000-8000-%012d", n) }

// organizationRow is an organisation and its billing account, which has the
// same number; an organisation without a currency has none.
type organizationRow struct {
	n                       int
	name, title             string
	currency, email         string
	city, country, postcode string
	tax                     taxID
	accountState            string
}

var organizationRows = []organizationRow{
	{1, "acme", "Acme Inc.", "usd", "billing@acme.example", "Portland", "US", "97201", taxID{"us_ein", "12-3456789"}, "active"},
	{2, "globex", "Globex Europe GmbH", "eur", "rechnung@globex.example", "Hamburg", "DE", "20095", taxID{"eu_vat", "DE123456789"}, "active"},
	{3, "initech", "Initech Japan K.K.", "jpy", "keiri@initech.example", "Kyoto", "JP", "600-8216", taxID{"jp_cn", "1234567890123"}, "active"},
	{4, "umbrella", "Umbrella Gulf W.L.L.", "kwd", "accounts@umbrella.example", "Kuwait City", "KW", "13001", taxID{}, "active"},
	{5, "hooli", "Hooli UK Ltd", "gbp", "payables@hooli.example", "Leeds", "GB", "LS1 4DY", taxID{"gb_vat", "GB123456789"}, "active"},
	{6, "hooli-canada", "Hooli Canada", "usd", "office@hooli.example", "Halifax", "CA", "B3H 1A1", taxID{"ca_bn", "123456789"}, "active"},
	{7, "stark", "Stark Industries France", "eur", "compta@stark.example", "Lyon", "FR", "69001", taxID{"eu_vat", "FR12345678901"}, "active"},
	{8, "wayne", "Wayne Netherlands B.V.", "eur", "post@wayne.example", "Utrecht", "NL", "3511", taxID{}, "active"},
	{9, "wonka", "Wonka Labs", "usd", "finance@wonka.example", "Oakland", "US", "94607", taxID{}, "disabled"},
	{10, "wonka-brand-new", "Wonka, not yet billed", "", "", "", "", "", taxID{}, ""},
}

// priceRow is a price of a product; usage and scheme are licensed and flat
// where empty.
type priceRow struct {
	interval, currency string
	amount             int64
	usage, scheme      string
	state              string // active where empty
}

type productRow struct {
	n           int
	name, title string
	behavior    string
	config      *behaviorConfig
	features    []string
	prices      []priceRow
}

var productRows = []productRow{
	{1, "starter", "Starter", "basic", nil, []string{"projects", "email_support"}, []priceRow{{interval: "month", currency: "usd", amount: 2900}, {interval: "year", currency: "usd", amount: 29000}}},
	{2, "seat_yearly", "Team seat", "per_seat", &behaviorConfig{SeatLimit: 250, MinQuantity: 3}, []string{"projects", "sso", "audit_log"}, []priceRow{{interval: "year", currency: "usd", amount: 9600}, {interval: "year", currency: "usd", amount: 8400, state: "inactive"}}},
	{3, "seat_monthly", "Team seat, monthly", "per_seat", &behaviorConfig{SeatLimit: 100, MinQuantity: 1, MaxQuantity: 100}, []string{"projects", "sso"}, []priceRow{{interval: "month", currency: "eur", amount: 950}}},
	{4, "api_calls", "API calls", "basic", nil, []string{"api"}, []priceRow{{interval: "month", currency: "usd", amount: 2, usage: "metered"}}},
	{5, "events", "Events", "basic", nil, []string{"api", "webhooks"}, []priceRow{{interval: "month", currency: "gbp", scheme: "tiered"}}},
	{6, "kansai", "Kansai", "basic", nil, []string{"projects"}, []priceRow{{interval: "month", currency: "jpy", amount: 4800}}},
	{7, "gulf", "Gulf", "basic", nil, []string{"projects", "phone_support"}, []priceRow{{interval: "year", currency: "kwd", amount: 145500}}},
	{8, "platform", "Platform", "basic", nil, []string{"projects", "sso"}, []priceRow{{interval: "month", currency: "usd", amount: 9900}}},
	{9, "reports", "Reports", "basic", nil, []string{"reports"}, []priceRow{{interval: "month", currency: "usd", amount: 1500}}},
	{10, "community", "Community", "basic", nil, []string{"projects"}, []priceRow{{interval: "month", currency: "eur", amount: 0}}},
	{11, "pass", "Week pass", "basic", nil, nil, []priceRow{{interval: "week", currency: "eur", amount: 700}}},
	{12, "credits", "Credits", "credits", &behaviorConfig{CreditAmount: 1000, MaxQuantity: 20}, nil, []priceRow{{currency: "usd", amount: 1000}}},
	{13, "workshop", "Workshop", "basic", nil, []string{"training"}, []priceRow{{interval: "month", currency: "usd", amount: 4900}}},
	{14, "seat_on_platform", "Platform seat", "per_seat", &behaviorConfig{SeatLimit: 500}, nil, []priceRow{{interval: "month", currency: "usd", amount: 900}}},
}

type planRow struct {
	n           int
	name, title string
	interval    string
	trialDays   int64
	products    []int
}

var planRows = []planRow{
	{1, "starter_monthly", "Starter, monthly", "month", 14, []int{1}},
	{2, "starter_yearly", "Starter, yearly", "year", 14, []int{1}},
	{3, "team_yearly", "Team, yearly", "year", 30, []int{2}},
	{4, "team_monthly", "Team, monthly", "month", 14, []int{3}},
	{5, "pay_as_you_go", "Pay as you go", "month", 0, []int{4}},
	{6, "events_monthly", "Events", "month", 0, []int{5}},
	{7, "kansai_monthly", "Kansai", "month", 0, []int{6}},
	{8, "gulf_yearly", "Gulf", "year", 0, []int{7}},
	{9, "studio_monthly", "Studio", "month", 0, []int{9, 13, 12}},
	{10, "platform_monthly", "Platform and seats", "month", 0, []int{8, 14}},
	{11, "community", "", "month", 0, []int{10}},
	{12, "week_pass", "Week pass", "week", 0, []int{11}},
}

// subscriptionRow gives times in days from now; 0 is unset.
type subscriptionRow struct {
	n, org, plan int
	state        string
	created      int
	start, end   int
	trialEnds    int
	canceled     int
	ended        int
	phases       []phaseRow
}

type phaseRow struct {
	effective int
	plan      int // 0 is ""
	reason    string
}

var subscriptionRows = []subscriptionRow{
	{n: 1, org: 1, plan: 3, state: "active", created: -420, start: -55, end: 310},

	{n: 2, org: 2, plan: 1, state: "active", created: -200, start: -12, end: 18},
	{n: 3, org: 2, plan: 4, state: "trialing", created: -5, start: -5, end: 9, trialEnds: 9},
	{n: 4, org: 2, plan: 5, state: "active", created: -90, start: -10, end: 20, canceled: -3, phases: []phaseRow{{20, 0, "cancel"}}},
	{n: 5, org: 2, plan: 2, state: "active", created: -225, start: -225, end: 140, phases: []phaseRow{{140, 3, "change"}}},
	{n: 6, org: 2, plan: 1, state: "canceled", created: -300, start: -75, end: -45, canceled: -60, ended: -45},

	{n: 7, org: 3, plan: 7, state: "active", created: -150, start: -3, end: 27},
	{n: 8, org: 3, plan: 7, state: "past_due", created: -130, start: -4, end: 26},
	// The change to plan 9 has taken effect; the reason stayed behind.
	{n: 9, org: 3, plan: 9, state: "active", created: -400, start: -20, end: 10, phases: []phaseRow{{10, 0, "change"}}},

	{n: 10, org: 4, plan: 8, state: "active", created: -100, start: -100, end: 265},
	// Cancelled at once: ended_at is never filled.
	{n: 11, org: 4, plan: 8, state: "canceled", created: -500, start: -135, end: 230, canceled: -30},
	{n: 12, org: 4, plan: 4, state: "unpaid", created: -80, start: -20, end: 10},

	{n: 13, org: 5, plan: 6, state: "active", created: -61, start: -1, end: 29},
	{n: 14, org: 5, plan: 1, state: "incomplete", created: -1, start: -1, end: 29},
	{n: 15, org: 5, plan: 1, state: "incomplete_expired", created: -33, start: -33, end: -3, ended: -32},

	// A cancellation was undone: canceled_at was not cleared.
	{n: 16, org: 6, plan: 10, state: "active", created: -260, start: -20, end: 10, canceled: -15, phases: []phaseRow{{10, 0, ""}}},
	{n: 17, org: 6, plan: 4, state: "paused", created: -70, start: -10, end: 20},
	{n: 18, org: 6, plan: 2, state: "ended", created: -730, start: -730, end: -365, ended: -365},

	// The database's default, before the payment provider has answered.
	{n: 19, org: 7, plan: 3, state: "pending", created: -2},
	{n: 20, org: 7, plan: 3, state: "trialing", created: -10, start: -10, end: 20, trialEnds: 20, canceled: -1, phases: []phaseRow{{20, 0, "cancel"}}},
	{n: 21, org: 7, plan: 1, state: "on_hold", created: -50, start: -20, end: 10},

	{n: 22, org: 8, plan: 11, state: "active", created: -900, start: -6, end: 24},
	{n: 23, org: 8, plan: 12, state: "active", created: -40, start: -5, end: 2},
	{n: 24, org: 8, plan: 4, state: "past_due", created: -44, start: -2, end: 28, trialEnds: -30},

	{n: 25, org: 9, plan: 4, state: "active", created: -365, start: -5, end: 25, phases: []phaseRow{{25, 3, "change"}}},
	{n: 26, org: 9, plan: 0, state: "", created: -7},
}

// clock turns days from now into times; 0 days is unset.
type clock struct{ now time.Time }

func (c clock) days(n int) *time.Time {
	if n == 0 {
		return nil
	}
	t := c.now.AddDate(0, 0, n)
	return &t
}
