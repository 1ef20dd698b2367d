package productive

import (
	"encoding/json"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// Details is Productive's own document of a subscription, losslessly: texts as
// sent ("" stays ""), numbers with their exact digits, nil for null and for
// what is missing. Times are in UTC, read in the configured zone where they
// name none.
type Details struct {
	ID                  string
	OrganizationID      string // ID where the document does not relate an organisation
	BillingEmail        *string
	BillingAddress      *string
	SubscriptionStateID *int
	TrialEndsAt         *time.Time
	SubscriptionEndsAt  *time.Time
	NextBillingCycleAt  *time.Time
	GracePeriodEndsAt   *time.Time
	PlanPrice           *string // major units, of one seat for one cycle
	Discount            *string // percent
	DiscountExpiresOn   *time.Time
	PlanCycle           *string
	CurrentPlan         *Plan
	PlanType            *string
	PaymentMethodID     *int // 1 credit card, 2 invoice
	Seats               *int
	SeatsUsed           *int
	SeatsPending        *int
	TrialPlanEndsAt     *time.Time // stays filled after that trial was given up
	TrialPlanType       *string
	ActiveProducts      json.RawMessage // an object keyed by product type
	CardBrand           *string
	CardLast4           *string
	CardMonth           *string
	CardYear            *string
	StripeCustomerID    *string
	Balance             *string // cents; below zero is credit

	// Of newer answers; nil in older ones.
	SubscriptionStartedAt *time.Time
	SubscriptionEndedAt   *time.Time
	TrialPlanActive       *bool
}

// Plan is a plan in Productive's own terms. Prices are of one seat, in minor
// units of Currency. Plans nested in another have no products and no plans.
type Plan struct {
	ID                  string
	Name                *string
	Type                *string
	IsBillable          *bool
	MonthlyPriceCents   *int64
	YearlyPriceCents    *int64
	QuarterlyPriceCents *int64 // newer answers only
	Currency            *string
	Tiers               []json.RawMessage
	AnnualTiers         []json.RawMessage
	QuarterlyTiers      []json.RawMessage
	BiannualTiers       []json.RawMessage
	Upgrades            []string
	Downgrades          []string
	Features            []billing.Feature // in the document's order
	ActiveProducts      []AddOn
	BuyableProducts     []AddOn
	CycleChangeEnabled  *bool
	Upgradeables        []*Plan
	Downgradeables      []*Plan
	Discontinued        *bool
}

// AddOn is a product on top of the plan, for the cycle it names; its prices
// are in minor units.
type AddOn struct {
	ID                  string
	StripeID            *string
	ProductType         *string
	PricingType         *string
	MonthlyPriceCents   *int64
	YearlyPriceCents    *int64
	QuarterlyPriceCents *int64
	BiannualPriceCents  *int64
	Cycle               *string
	Currency            *string
	Quantity            *int
}

func newDetails(read *wire.Reader, data *resource) *Details {
	a := data.Attributes
	organization := data.Relationships.Organization.Data.ID
	if organization == "" {
		organization = data.ID
	}
	return &Details{
		ID:                  data.ID,
		OrganizationID:      organization,
		BillingEmail:        a.BillingEmail,
		BillingAddress:      a.BillingAddress,
		SubscriptionStateID: read.Number("subscription_state_id", a.SubscriptionStateID),
		TrialEndsAt:         read.Time("trial_ends_at", a.TrialEndsAt),
		SubscriptionEndsAt:  read.Time("subscription_ends_at", a.SubscriptionEndsAt),
		NextBillingCycleAt:  read.Time("next_billing_cycle_at", a.NextBillingCycleAt),
		GracePeriodEndsAt:   read.Time("grace_period_ends_at", a.GracePeriodEndsAt),
		PlanPrice:           wire.String(a.PlanPrice),
		Discount:            wire.String(a.Discount),
		DiscountExpiresOn:   read.Time("discount_expires_on", a.DiscountExpiresOn),
		PlanCycle:           a.PlanCycle,
		CurrentPlan:         newPlan(read, a.CurrentPlan),
		PlanType:            a.PlanType,
		PaymentMethodID:     read.Number("payment_method_id", a.PaymentMethodID),
		Seats:               read.Count("seats", a.Seats),
		SeatsUsed:           read.Count("seats_used", a.SeatsUsed),
		SeatsPending:        read.Count("seats_pending", a.SeatsPending),
		TrialPlanEndsAt:     read.Time("trial_plan_ends_at", a.TrialPlanEndsAt),
		TrialPlanType:       a.TrialPlanType,
		ActiveProducts:      raw(a.ActiveProducts),
		CardBrand:           a.CardBrand,
		CardLast4:           a.CardLast4,
		CardMonth:           a.CardMonth,
		CardYear:            a.CardYear,
		StripeCustomerID:    a.StripeCustomerID,
		Balance:             wire.String(a.Balance),

		SubscriptionStartedAt: read.Time("subscription_started_at", a.SubscriptionStartedAt),
		SubscriptionEndedAt:   read.Time("subscription_ended_at", a.SubscriptionEndedAt),
		TrialPlanActive:       a.TrialPlanActive,
	}
}

func newPlan(read *wire.Reader, p *plan) *Plan {
	if p == nil {
		return nil
	}
	return &Plan{
		ID:                  p.ID,
		Name:                p.Name,
		Type:                p.Type,
		IsBillable:          p.IsBillable,
		MonthlyPriceCents:   wire.Int64(p.MonthlyPriceCents),
		YearlyPriceCents:    wire.Int64(p.YearlyPriceCents),
		QuarterlyPriceCents: wire.Int64(p.QuarterlyPriceCents),
		Currency:            p.Currency,
		Tiers:               raws(p.Tiers),
		AnnualTiers:         raws(p.AnnualTiers),
		QuarterlyTiers:      raws(p.QuarterlyTiers),
		BiannualTiers:       raws(p.BiannualTiers),
		Upgrades:            p.Upgrades,
		Downgrades:          p.Downgrades,
		Features:            p.Features.list,
		ActiveProducts:      newAddOns(read, p.ActiveProducts),
		BuyableProducts:     newAddOns(read, p.BuyableProducts),
		CycleChangeEnabled:  p.CycleChangeEnabled,
		Upgradeables:        newPlans(read, p.Upgradeables),
		Downgradeables:      newPlans(read, p.Downgradeables),
		Discontinued:        p.Discontinued,
	}
}

func newPlans(read *wire.Reader, nested []plan) []*Plan {
	plans := make([]*Plan, len(nested))
	for i := range nested {
		plans[i] = newPlan(read, &nested[i])
	}
	return plans
}

func newAddOns(read *wire.Reader, products []product) []AddOn {
	addOns := make([]AddOn, len(products))
	for i := range products {
		p := &products[i]
		addOns[i] = AddOn{
			ID:                  p.ID,
			StripeID:            p.StripeID,
			ProductType:         p.ProductType,
			PricingType:         p.PricingType,
			MonthlyPriceCents:   wire.Int64(p.MonthlyPriceCents),
			YearlyPriceCents:    wire.Int64(p.YearlyPriceCents),
			QuarterlyPriceCents: wire.Int64(p.QuarterlyPriceCents),
			BiannualPriceCents:  wire.Int64(p.BiannualPriceCents),
			Cycle:               p.Cycle,
			Currency:            p.Currency,
			Quantity:            read.Count("quantity", p.Quantity),
		}
	}
	return addOns
}

// raw is nil for null and for a value that is missing.
func raw(value jsontext.Value) json.RawMessage {
	if len(value) == 0 || value.Kind() == 'n' {
		return nil
	}
	return json.RawMessage(value)
}

// raws keeps each element, null included: the schema's list holds no nulls of
// its own, so one is written out.
func raws(values []jsontext.Value) []json.RawMessage {
	list := make([]json.RawMessage, len(values))
	for i, value := range values {
		list[i] = json.RawMessage(value)
	}
	return list
}
