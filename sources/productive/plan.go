package productive

import (
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// The values of plan_cycle.
const (
	cycleMonth    = "month"
	cycleQuarter  = "quarter"
	cycleYear     = "year"
	cycleBiannual = "biannual"
)

// interval is the length of a cycle; nil where it is missing or not known.
func (r *rules) interval(cycle *string) *billing.Interval {
	if cycle == nil {
		return nil
	}
	interval, ok := r.cycles[*cycle]
	if !ok {
		return nil
	}
	return &interval
}

// plan normalises one plan; nil for none and for one without an id.
func (r *rules) plan(read *wire.Reader, p *plan) *billing.Plan {
	if p == nil || p.ID == "" {
		return nil
	}
	normal := &billing.Plan{
		Source:       r.source,
		ExternalID:   p.ID,
		Name:         text(p.Name),
		IsBillable:   p.IsBillable,
		Features:     p.Features.list,
		UpgradesTo:   p.Upgrades,
		DowngradesTo: p.Downgrades,
	}
	for _, offer := range []struct {
		field, cycle string
		cents        *wire.Int
		tiers        []jsontext.Value
	}{
		{"monthly_price_cents", cycleMonth, p.MonthlyPriceCents, p.Tiers},
		{"quarterly_price_cents", cycleQuarter, p.QuarterlyPriceCents, p.QuarterlyTiers},
		{"yearly_price_cents", cycleYear, p.YearlyPriceCents, p.AnnualTiers},
	} {
		amount := read.MinorMoney(offer.field, offer.cents, p.Currency)
		if amount == nil {
			continue
		}
		per, scheme := pricing(offer.tiers)
		normal.Prices = append(normal.Prices, billing.PlanPrice{
			Amount: amount, Interval: r.interval(&offer.cycle), Per: per, Scheme: scheme,
		})
	}
	return normal
}

// pricing says what a plan's price buys: one seat, unless there are tiers,
// whose shape is not documented.
func pricing(tiers []jsontext.Value) (billing.PriceBasis, billing.PricingScheme) {
	if len(tiers) > 0 {
		return billing.PerUnknown, billing.SchemeTiered
	}
	return billing.PerSeat, billing.SchemePerUnit
}

// tiersFor are the plan's tiers for a cycle.
func (p *plan) tiersFor(cycle string) []jsontext.Value {
	switch cycle {
	case cycleMonth:
		return p.Tiers
	case cycleQuarter:
		return p.QuarterlyTiers
	case cycleYear:
		return p.AnnualTiers
	case cycleBiannual:
		return p.BiannualTiers
	default:
		return nil
	}
}

// near are the plans next to p: those one may move up to, then down to.
func (p *plan) near() []*plan {
	near := make([]*plan, 0, len(p.Upgradeables)+len(p.Downgradeables))
	for i := range p.Upgradeables {
		near = append(near, &p.Upgradeables[i])
	}
	for i := range p.Downgradeables {
		near = append(near, &p.Downgradeables[i])
	}
	return near
}

// catalogue is every plan that a document tells of, each once: the current
// one, then those near it. It is all that Productive shows of what it sells.
func (r *rules) catalogue(data *resource) ([]*billing.Plan, error) {
	current := data.Attributes.CurrentPlan
	if current == nil {
		return nil, nil
	}
	read := &wire.Reader{Location: r.location}
	var plans []*billing.Plan
	seen := make(map[string]bool)
	for _, p := range append([]*plan{current}, current.near()...) {
		if normal := r.plan(read, p); normal != nil && !seen[p.ID] {
			seen[p.ID] = true
			plans = append(plans, normal)
		}
	}
	return plans, read.Err()
}

// planNamed is the plan of that id: complete where it is near current, else
// its id alone.
func (r *rules) planNamed(read *wire.Reader, id string, current *plan) *billing.Plan {
	if current != nil {
		for _, p := range current.near() {
			if p.ID == id {
				return r.plan(read, p)
			}
		}
	}
	return &billing.Plan{Source: r.source, ExternalID: id}
}
