package productive

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// organization is one customer of the vendor, with its subscription.
type organization struct {
	id, name        string
	state           *int
	plan            string
	cycle           string
	currency        string
	seats           int
	used            int
	pending         int
	method          int
	card            *card
	trialEnds       *time.Time
	ends            *time.Time // also when the next cycle is billed
	graceEnds       *time.Time
	trialPlan       *string
	trialPlanEnds   *time.Time
	discount        *int // percent
	discountExpires *time.Time
	addOns          activeProducts
	balance         *int
	email, address  *string
	startedAt       *time.Time // makes it a document of the newer shape
}

type card struct{ brand, last4, month, year string }

var visa = card{brand: "Visa", last4: "4242", month: "12", year: "2032"}

// The states that writes lead to, and that of an older plan that is paid for.
const (
	stateNew       = 1
	statePaying    = 2
	stateCancelled = 6
	stateLegacy    = 7
)

// document is the subscription as the vendor answers it.
func (o *organization) document() document {
	a := attributes{
		BillingEmail:        o.email,
		BillingAddress:      o.address,
		SubscriptionStateID: o.state,
		TrialEndsAt:         zoneless(o.trialEnds),
		SubscriptionEndsAt:  zoneless(o.ends),
		NextBillingCycleAt:  zoneless(o.ends),
		GracePeriodEndsAt:   zoneless(o.graceEnds),
		PlanPrice:           o.planPrice(),
		Discount:            o.discount,
		DiscountExpiresOn:   day(o.discountExpires),
		PlanCycle:           o.cycle,
		CurrentPlan:         o.currentPlan(),
		PlanType:            o.plan,
		PaymentMethodID:     o.method,
		Seats:               o.seats,
		SeatsUsed:           o.used,
		SeatsPending:        o.pending,
		TrialPlanEndsAt:     zoneless(o.trialPlanEnds),
		TrialPlanType:       o.trialPlan,
		ActiveProducts:      o.addOns,
		StripeCustomerID:    "cus_sandbox" + o.id,
		Balance:             o.balance,
	}
	if o.card != nil {
		a.CardBrand, a.CardLast4, a.CardMonth, a.CardYear = &o.card.brand, &o.card.last4, &o.card.month, &o.card.year
	}
	organization := relationship{Data: &identifier{Type: "organizations", ID: o.id}}
	if o.startedAt != nil {
		started := o.startedAt.In(time.FixedZone("", 3600)).Format("2006-01-02T15:04:05.000-07:00")
		a.SubscriptionStartedAt = &started
		organization = relationship{Meta: &included{}}
	}
	return document{Data: resource{
		ID: o.id, Type: "organization_subscriptions", Attributes: a, Relationships: relationships{Organization: organization},
	}}
}

// named is the organisation as the list of organisations shows it.
func (o *organization) named() organizationDocument {
	d := organizationDocument{ID: o.id, Type: "organizations"}
	d.Attributes.Name = o.name
	return d
}

// planPrice is what one seat costs for one cycle, the discount taken off, in
// major units.
func (o *organization) planPrice() jsontext.Value {
	t, _ := findTariff(o.plan)
	minor := t.costs[o.currency].of(o.cycle)
	if o.discount != nil {
		minor = minor * int64(100-*o.discount) / 100
	}
	decimal := billing.Money{Minor: minor, Currency: o.currency}.Decimal()
	if strings.Contains(decimal, ".") {
		decimal = strings.TrimRight(strings.TrimRight(decimal, "0"), ".")
	}
	return jsontext.Value(decimal)
}

func (o *organization) currentPlan() currentPlan {
	t, _ := findTariff(o.plan)
	plan := currentPlan{
		offer:              t.offer(o.currency),
		CycleChangeEnabled: true,
		Upgradeables:       nested(t.upgrades, o.currency),
		Downgradeables:     nested(t.downgrades, o.currency),
	}
	if o.startedAt != nil {
		quarter := t.costs[o.currency].of("quarter")
		plan.Type, plan.QuarterlyPriceCents = nil, &quarter
	}
	for _, cycle := range cycles {
		plan.BuyableProducts = append(plan.BuyableProducts, hris(cycle, o.currency))
	}
	if _, active := o.addOns[hrisType]; active {
		plan.ActiveProducts = append(plan.ActiveProducts, activeProduct{product: hris(o.cycle, o.currency)})
	}
	return plan
}

// zoneless is how the vendor writes billing dates; the sandbox's are in UTC.
func zoneless(t *time.Time) *string { return written(t, time.DateTime) }

func day(t *time.Time) *string { return written(t, time.DateOnly) }

func written(t *time.Time, layout string) *string {
	if t == nil {
		return nil
	}
	text := t.UTC().Format(layout)
	return &text
}

// endOfDay is the last second of a day so many days from now.
func endOfDay(now time.Time, days int) *time.Time {
	y, m, d := now.UTC().Date()
	t := time.Date(y, m, d+days, 23, 59, 59, 0, time.UTC)
	return &t
}
