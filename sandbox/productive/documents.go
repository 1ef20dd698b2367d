package productive

import (
	"net/http"
	"strconv"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

const mediaType = "application/vnd.api+json; charset=utf-8"

type document struct {
	Data resource `json:"data"`
	Meta struct{} `json:"meta"`
}

type resource struct {
	ID            string        `json:"id"`
	Type          string        `json:"type"`
	Attributes    attributes    `json:"attributes"`
	Relationships relationships `json:"relationships"`
}

type relationships struct {
	Organization relationship `json:"organization"`
}

// relationship has data, or only says that there is some, as newer answers do.
type relationship struct {
	Data *identifier `json:"data,omitzero"`
	Meta *included   `json:"meta,omitzero"`
}

type identifier struct {
	Type string `json:"type"`
	ID   string `json:"id"`
}

type included struct {
	Included bool `json:"included"`
}

type attributes struct {
	BillingEmail        *string        `json:"billing_email"`
	BillingAddress      *string        `json:"billing_address"`
	SubscriptionStateID *int           `json:"subscription_state_id"`
	TrialEndsAt         *string        `json:"trial_ends_at"`
	SubscriptionEndsAt  *string        `json:"subscription_ends_at"`
	NextBillingCycleAt  *string        `json:"next_billing_cycle_at"`
	GracePeriodEndsAt   *string        `json:"grace_period_ends_at"`
	PlanPrice           jsontext.Value `json:"plan_price"`
	Discount            *int           `json:"discount"`
	DiscountExpiresOn   *string        `json:"discount_expires_on"`
	PlanCycle           string         `json:"plan_cycle"`
	CurrentPlan         currentPlan    `json:"current_plan"`
	PlanType            string         `json:"plan_type"`
	PaymentMethodID     int            `json:"payment_method_id"`
	Seats               int            `json:"seats"`
	SeatsUsed           int            `json:"seats_used"`
	SeatsPending        int            `json:"seats_pending"`
	TrialPlanEndsAt     *string        `json:"trial_plan_ends_at"`
	TrialPlanType       *string        `json:"trial_plan_type"`
	ActiveProducts      activeProducts `json:"active_products"`
	CardBrand           *string        `json:"card_brand"`
	CardLast4           *string        `json:"card_last4"`
	CardMonth           *string        `json:"card_month"`
	CardYear            *string        `json:"card_year"`
	StripeCustomerID    string         `json:"stripe_customer_id"`
	Balance             *int           `json:"balance"`

	SubscriptionStartedAt *string `json:"subscription_started_at,omitzero"` // newer answers only
}

// activeProducts maps a kind of add-on to the one in use.
type activeProducts map[string]productID

type productID struct {
	ID string `json:"id"`
}

// offer is what any plan in a document has.
type offer struct {
	ID                  string         `json:"id"`
	Name                string         `json:"name"`
	Type                *string        `json:"type"`
	IsBillable          bool           `json:"is_billable"`
	MonthlyPriceCents   int64          `json:"monthly_price_cents"`
	YearlyPriceCents    int64          `json:"yearly_price_cents"`
	QuarterlyPriceCents *int64         `json:"quarterly_price_cents,omitzero"` // newer answers only
	Currency            string         `json:"currency"`
	Tiers               []string       `json:"tiers"`
	AnnualTiers         []string       `json:"annual_tiers"`
	QuarterlyTiers      []string       `json:"quarterly_tiers"`
	BiannualTiers       []string       `json:"biannual_tiers"`
	Upgrades            []string       `json:"upgrades"`
	Downgrades          []string       `json:"downgrades"`
	Features            jsontext.Value `json:"features"`
}

type nestedPlan struct {
	offer        `json:",inline"`
	Discontinued *bool `json:"discontinued"`
}

type currentPlan struct {
	offer              `json:",inline"`
	ActiveProducts     []activeProduct `json:"active_products"`
	BuyableProducts    []product       `json:"buyable_products"`
	CycleChangeEnabled bool            `json:"cycle_change_enabled"`
	Upgradeables       []nestedPlan    `json:"upgradeables"`
	Downgradeables     []nestedPlan    `json:"downgradeables"`
}

type product struct {
	StripeID            string `json:"stripe_id"`
	ProductType         string `json:"product_type"`
	ID                  string `json:"id"`
	PricingType         string `json:"pricing_type"`
	MonthlyPriceCents   int64  `json:"monthly_price_cents"`
	YearlyPriceCents    int64  `json:"yearly_price_cents"`
	QuarterlyPriceCents int64  `json:"quarterly_price_cents"`
	BiannualPriceCents  int64  `json:"biannual_price_cents"`
	Cycle               string `json:"cycle"`
	Currency            string `json:"currency"`
}

type activeProduct struct {
	product  `json:",inline"`
	Quantity *int `json:"quantity"`
}

type listDocument struct {
	Data []organizationDocument `json:"data"`
	Meta pageMeta               `json:"meta"`
}

type organizationDocument struct {
	ID         string `json:"id"`
	Type       string `json:"type"`
	Attributes struct {
		Name string `json:"name"`
	} `json:"attributes"`
}

type pageMeta struct {
	CurrentPage int `json:"current_page"`
	TotalPages  int `json:"total_pages"`
	TotalCount  int `json:"total_count"`
	PageSize    int `json:"page_size"`
	MaxPageSize int `json:"max_page_size"`
}

// fault is one JSON:API error. The vendor writes status as a number in most
// answers and as text in some.
type fault struct {
	status        int
	code          string
	title, detail string
	pointer       string
	textStatus    bool
	done          bool // what was asked for happened before it

	// Of a rate limit.
	limit            int
	period, resetsIn time.Duration
}

var notFound = fault{status: http.StatusNotFound, title: "Not found", detail: "The resource does not exist."}

type errorDocument struct {
	Errors []errorObject `json:"errors"`
}

type errorObject struct {
	Status jsontext.Value `json:"status"`
	Code   string         `json:"code,omitzero"`
	Title  string         `json:"title"`
	Detail string         `json:"detail,omitzero"`
	Source errorSource    `json:"source"`
	Limit  int            `json:"limit,omitzero"`
	Period int            `json:"period,omitzero"`
}

type errorSource struct {
	Pointer string `json:"pointer,omitzero"`
}

func fail(w http.ResponseWriter, f fault) {
	status := strconv.Itoa(f.status)
	if f.textStatus {
		status = strconv.Quote(status)
	}
	if f.resetsIn > 0 {
		w.Header().Set("X-RateLimit-Reset", strconv.Itoa(int(f.resetsIn.Seconds())))
	}
	answer(w, f.status, errorDocument{Errors: []errorObject{{
		Status: jsontext.Value(status), Code: f.code, Title: f.title, Detail: f.detail,
		Source: errorSource{Pointer: f.pointer}, Limit: f.limit, Period: int(f.period.Seconds()),
	}}})
}

func answer(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value, json.Deterministic(true))
	if err != nil {
		http.Error(w, "the sandbox cannot write its answer", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.WriteHeader(status)
	w.Write(body) // #nosec G705 -- JSON:API, and said to be
}
