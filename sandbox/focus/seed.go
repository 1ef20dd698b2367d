package focus

import "time"

// product is a product as the vendor writes it.
type product struct {
	Handle          string `json:"handle"`
	Name            string `json:"name"`
	Site            string `json:"site"`
	TogglProductID  string `json:"toggl_product_id"`
	TrackEnterprise bool   `json:"track_enterprise"`
	TrackPlanID     int64  `json:"track_plan_id"`
}

var (
	starter    = product{"focus_starter", "Focus Starter", "toggl", "prod_focus_starter", false, 37}
	premium    = product{"focus_premium", "Focus Premium", "toggl", "prod_focus_premium", false, 38}
	enterprise = product{"focus_enterprise", "Focus Enterprise", "toggl", "prod_focus_enterprise", true, 39}
)

// plan is one element of the list of plans.
type plan struct {
	PlanID        int64  `json:"plan_id"`
	Name          string `json:"name"`
	ProductHandle string `json:"product_handle"`
	MaxUserCount  *int   `json:"max_user_count"`
}

var catalogue = []plan{
	{1, "Free", "focus_free", users(5)},
	{3, "Starter", "focus_starter", users(50)},
	{5, "Premium", "focus_premium", users(500)},
	{7, "Enterprise", "focus_enterprise", nil},
}

func users(n int) *int { return &n }

// planOf is the plan that a product is sold as.
func planOf(p product) plan {
	for _, plan := range catalogue {
		if plan.ProductHandle == p.Handle {
			return plan
		}
	}
	return plan{}
}

// ordinary is the quota of a paid plan, in requests an hour.
const ordinary = 600

// row is one organisation. Days count from the start of the sandbox; 0 is "unset".
type row struct {
	org      int64
	state    string
	product  product
	cents    int64
	currency string
	months   int
	seats    int

	began, renews    int // days
	cancelled, ended int // days
	trial            trialRow
	discount         *discountDocument
	declined         bool
	overdue          bool
	older            bool
	quota            int // ordinary where 0
}

// trialRow is a trial of Focus, running or over; none where kind is "".
type trialRow struct {
	kind         string
	began, until int // days
}

// rows: who they are stands behind each. Cents are minor units: 1200 JPY are
// 1200 yen, 3250 KWD are 3.250 dinars.
var rows = []row{
	// Acme: healthy, yearly, with a discount of the coupon kind.
	{org: 4711, state: "active", product: premium, cents: 10800, currency: "EUR", months: 12, seats: 25, began: -430, renews: 300,
		discount: &discountDocument{CouponID: "co_ANNUAL20", Duration: "repeating", Name: "Annual 20", PercentOff: 20, PromotionCodeID: "promo_1NqAcme"}},
	// Birch & Bloom: bought, and in its trial for another nine days.
	{org: 4712, state: "trialing", product: premium, cents: 1200, currency: "USD", months: 1, seats: 6, began: -5, renews: 9,
		trial: trialRow{kind: "opt_in", began: -5, until: 9}},
	// Cobalt Studio: the card was declined twice.
	{org: 4713, state: "past_due", product: starter, cents: 900, currency: "USD", months: 1, seats: 12, began: -200, renews: 21, declined: true},
	// Dune Robotics: nobody tries the card any more.
	{org: 4714, state: "unpaid", product: premium, cents: 1200, currency: "USD", months: 1, seats: 40, began: -390, renews: 4, declined: true, overdue: true},
	// Evergreen Law: cancelled, and over since last month.
	{org: 4715, state: "canceled", product: starter, cents: 9000, currency: "EUR", months: 12, seats: 8, began: -402, renews: -37, cancelled: -60, ended: -37},
	// Fjord Design: tried Focus and bought nothing.
	{org: 4716, state: "", product: premium, trial: trialRow{kind: "opt_in", began: -50, until: -36}},
	// Granite Media: the first payment is not through.
	{org: 4717, state: "incomplete", product: starter, cents: 900, currency: "USD", months: 1, seats: 3, began: -1, renews: 30},
	// Harbor Health: paused over the summer.
	{org: 4718, state: "paused", product: premium, cents: 1200, currency: "USD", months: 1, seats: 18, began: -310, renews: 12},
	// Iris Analytics: a state that no table knows.
	{org: 4719, state: "assessing", product: starter, cents: 900, currency: "GBP", months: 1, seats: 5, began: -95, renews: 17},
	// Juniper Tokyo: in yen, and answered in the older shape.
	{org: 4720, state: "active", product: starter, cents: 1200, currency: "JPY", months: 1, seats: 30, began: -150, renews: 11, older: true},
	// Kuwait Logistics: in dinars of three decimals, with an amount off.
	{org: 4721, state: "active", product: premium, cents: 3250, currency: "KWD", months: 1, seats: 9, began: -75, renews: 15,
		discount: &discountDocument{AmountOff: 1500, CouponID: "co_WELCOME", Currency: "KWD", Duration: "once", Name: "Welcome"}},
	// Lumen Press: cancelled for the end of its year.
	{org: 4722, state: "active", product: premium, cents: 9600, currency: "GBP", months: 12, seats: 14, began: -345, renews: 20, cancelled: -12},
	// Meridian Travel: active, while the legacy view knows of a failed payment.
	{org: 4723, state: "active", product: premium, cents: 3000, currency: "EUR", months: 3, seats: 22, began: -260, renews: 26, overdue: true},
	// Nimbus Labs: a trial without payment, so nothing has been bought yet.
	{org: 4724, state: "", product: premium, trial: trialRow{kind: "opt_in", began: -3, until: 11}},
	// Orchid Foods: three requests an hour, to watch the quota run out.
	{org: 4725, state: "active", product: enterprise, cents: 24000, currency: "EUR", months: 24, seats: 120, began: -500, renews: 230, quota: 3},
	// Pebble Games: no subscription at all, until somebody forces a trial.
	{org: 4726},
}

// organizations puts the rows into the time that begins at start.
func organizations(start time.Time) map[int64]*organization {
	start = start.Truncate(time.Second)
	all := make(map[int64]*organization, len(rows))
	for _, row := range rows {
		all[row.org] = row.organization(start)
	}
	return all
}
