package productive

import (
	"errors"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// document is a JSON:API document that holds one subscription. Every member is
// optional: newer answers leave some out, and null means the same.
type document struct {
	Data *resource `json:"data"`
}

type resource struct {
	ID            string        `json:"id"`
	Type          string        `json:"type"`
	Attributes    *attributes   `json:"attributes"`
	Relationships relationships `json:"relationships"`
}

// relationships may come without data: {"meta":{"included":false}}.
type relationships struct {
	Organization struct {
		Data struct {
			ID string `json:"id"`
		} `json:"data"`
	} `json:"organization"`
}

// attributes holds the 26 attributes of the recorded answers, then those that
// only newer answers have.
type attributes struct {
	BillingEmail        *string        `json:"billing_email"`
	BillingAddress      *string        `json:"billing_address"`
	SubscriptionStateID *wire.Int      `json:"subscription_state_id"`
	TrialEndsAt         *string        `json:"trial_ends_at"`
	SubscriptionEndsAt  *string        `json:"subscription_ends_at"`
	NextBillingCycleAt  *string        `json:"next_billing_cycle_at"`
	GracePeriodEndsAt   *string        `json:"grace_period_ends_at"`
	PlanPrice           *wire.Decimal  `json:"plan_price"` // major units, a seat and cycle
	Discount            *wire.Decimal  `json:"discount"`
	DiscountExpiresOn   *string        `json:"discount_expires_on"`
	PlanCycle           *string        `json:"plan_cycle"`
	CurrentPlan         *plan          `json:"current_plan"`
	PlanType            *string        `json:"plan_type"`
	PaymentMethodID     *wire.Int      `json:"payment_method_id"`
	Seats               *wire.Int      `json:"seats"`
	SeatsUsed           *wire.Int      `json:"seats_used"`
	SeatsPending        *wire.Int      `json:"seats_pending"`
	TrialPlanEndsAt     *string        `json:"trial_plan_ends_at"`
	TrialPlanType       *string        `json:"trial_plan_type"`
	ActiveProducts      jsontext.Value `json:"active_products"` // an object keyed by product type
	CardBrand           *string        `json:"card_brand"`
	CardLast4           *string        `json:"card_last4"`
	CardMonth           *string        `json:"card_month"`
	CardYear            *string        `json:"card_year"`
	StripeCustomerID    *string        `json:"stripe_customer_id"`
	Balance             *wire.Decimal  `json:"balance"`

	SubscriptionStartedAt *string `json:"subscription_started_at"`
	SubscriptionEndedAt   *string `json:"subscription_ended_at"`
	TrialPlanActive       *bool   `json:"trial_plan_active"`
}

// plan is current_plan, or a plan nested in it, which comes without products
// and further plans.
type plan struct {
	ID                  string           `json:"id"`
	Name                *string          `json:"name"`
	Type                *string          `json:"type"`
	IsBillable          *bool            `json:"is_billable"`
	MonthlyPriceCents   *wire.Int        `json:"monthly_price_cents"`
	YearlyPriceCents    *wire.Int        `json:"yearly_price_cents"`
	QuarterlyPriceCents *wire.Int        `json:"quarterly_price_cents"` // newer answers only
	Currency            *string          `json:"currency"`
	Tiers               []jsontext.Value `json:"tiers"`
	AnnualTiers         []jsontext.Value `json:"annual_tiers"`
	QuarterlyTiers      []jsontext.Value `json:"quarterly_tiers"`
	BiannualTiers       []jsontext.Value `json:"biannual_tiers"`
	Upgrades            []string         `json:"upgrades"`
	Downgrades          []string         `json:"downgrades"`
	Features            features         `json:"features"`
	ActiveProducts      []product        `json:"active_products"`
	BuyableProducts     []product        `json:"buyable_products"`
	CycleChangeEnabled  *bool            `json:"cycle_change_enabled"`
	Upgradeables        []plan           `json:"upgradeables"`
	Downgradeables      []plan           `json:"downgradeables"`
	Discontinued        *bool            `json:"discontinued"`
}

// product is an add-on: one entry a cycle, each with the prices of all cycles.
type product struct {
	StripeID            *string   `json:"stripe_id"`
	ProductType         *string   `json:"product_type"`
	ID                  string    `json:"id"`
	PricingType         *string   `json:"pricing_type"`
	MonthlyPriceCents   *wire.Int `json:"monthly_price_cents"`
	YearlyPriceCents    *wire.Int `json:"yearly_price_cents"`
	QuarterlyPriceCents *wire.Int `json:"quarterly_price_cents"`
	BiannualPriceCents  *wire.Int `json:"biannual_price_cents"`
	Cycle               *string   `json:"cycle"`
	Currency            *string   `json:"currency"`
	Quantity            *wire.Int `json:"quantity"` // of an active product
}

const resourceType = "organization_subscriptions"

// deepest is how far plans may nest; answers seen nest once.
const deepest = 4

// toPlans are the members that lead to a document's plans.
var toPlans = []string{"data", "attributes", "current_plan", "upgradeables", "downgradeables"}

// decode reads a document and checks that it holds a subscription.
func decode(body []byte) (*resource, error) {
	var doc document
	var beforehand glances
	cuts, err := wire.DecodeAround(body, &doc, wire.Cut{Path: toPlans, Name: "features", Read: beforehand.read})
	if err != nil {
		return nil, err
	}
	switch {
	case doc.Data == nil:
		return nil, errors.New("the document has no data")
	case doc.Data.Type != resourceType:
		return nil, errors.New("the document is of another type than " + resourceType)
	case doc.Data.Attributes == nil:
		return nil, errors.New("the document has no attributes")
	case doc.Data.Attributes.CurrentPlan.depth() > deepest:
		return nil, errors.New("the document nests plans too deep")
	}
	if err := doc.Data.Attributes.CurrentPlan.findFeatures(beforehand.lists[:cuts]); err != nil {
		return nil, err
	}
	return doc.Data, nil
}

// findFeatures has p and the plans below it take theirs from lists.
func (p *plan) findFeatures(lists [][]billing.Feature) error {
	if p == nil {
		return nil
	}
	if err := p.Features.find(lists); err != nil {
		return err
	}
	for _, nested := range [][]plan{p.Upgradeables, p.Downgradeables} {
		for i := range nested {
			if err := nested[i].findFeatures(lists); err != nil {
				return err
			}
		}
	}
	return nil
}

// depth is how many plans deep p goes, itself included.
func (p *plan) depth() int {
	if p == nil {
		return 0
	}
	below := 0
	for _, nested := range [][]plan{p.Upgradeables, p.Downgradeables} {
		for i := range nested {
			below = max(below, nested[i].depth())
		}
	}
	return 1 + below
}
