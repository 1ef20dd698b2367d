package frontier

import (
	"slices"

	"tributary/billing"
	"tributary/sources/wire"
)

// plan normalises a plan of the catalogue. What cannot be used is a fault of r.
func (n normaliser) plan(r *wire.Reader, p *Plan) *billing.Plan {
	out := &billing.Plan{
		Source:      n.source,
		ExternalID:  p.ID,
		Name:        text(p.Title),
		Description: text(p.Description),
		TrialDays:   r.Count("plan.trial_days", orZero(p.TrialDays)),
		Interval:    intervalOf(word(p.Interval)),
		Limits:      limitsOf(r, p),
		Details:     p,
	}
	if out.Name == nil {
		out.Name = text(p.Name)
	}
	if len(p.Products) > 0 && p.Products[0].ID != "" {
		out.Product = n.product(&p.Products[0])
	}
	var charges []billing.Price
	for i := range p.Products {
		product := &p.Products[i]
		for j := range product.Prices {
			price := &product.Prices[j]
			if !isSold(price) {
				continue
			}
			normal := priceIn(r, product, price)
			// Tiers and meters have no amount to put on a price list.
			if normal.Amount != nil {
				out.Prices = append(out.Prices, billing.PlanPrice{
					Amount: normal.Amount, Per: normal.Per, Scheme: normal.Scheme, Interval: intervalOf(word(price.Interval)),
				})
			}
			if word(p.Interval) != "" && word(price.Interval) == word(p.Interval) {
				charges = append(charges, normal)
			}
		}
		out.Features = addFeatures(out.Features, product.Features)
	}
	out.Charge = chargeOf(charges)
	return out
}

func (n normaliser) product(p *Product) *billing.Product {
	return &billing.Product{
		ID:          billing.GlobalID("product", n.source, p.ID),
		ExternalID:  p.ID,
		Name:        text(p.Name),
		Title:       text(p.Title),
		Description: text(p.Description),
	}
}

// isSold leaves out only what is said not to be active: a price without a
// state is one of a server that gives none.
func isSold(p *Price) bool {
	state := word(p.State)
	return state == "" || state == "active"
}

// priceIn normalises a price of product. A tiered one has no amount, for
// Frontier does not show its rows; an amount of metered use buys one unit of
// use, which is neither a seat nor the whole.
func priceIn(r *wire.Reader, product *Product, p *Price) billing.Price {
	amount := r.MinorMoney("price.amount", orZero(p.Amount), p.Currency)
	switch {
	case word(p.UsageType) == "metered" && word(p.BillingScheme) != "tiered":
		return billing.Price{Amount: amount, Per: billing.PerUnknown, Scheme: billing.SchemeMetered}
	case word(p.BillingScheme) == "tiered":
		return billing.Price{Per: basisOf(product), Scheme: billing.SchemeTiered}
	case !slices.Contains([]string{"", "licensed"}, word(p.UsageType)),
		!slices.Contains([]string{"", "flat"}, word(p.BillingScheme)):
		return billing.Price{Per: billing.PerUnknown, Scheme: billing.SchemeUnknown}
	case basisOf(product) == billing.PerSeat:
		return billing.Price{Amount: amount, Per: billing.PerSeat, Scheme: billing.SchemePerUnit}
	default:
		return billing.Price{Amount: amount, Per: basisOf(product), Scheme: billing.SchemeFlat}
	}
}

// basisOf is what a price of product buys; "" is Frontier's "basic".
func basisOf(product *Product) billing.PriceBasis {
	switch word(product.Behavior) {
	case "per_seat":
		return billing.PerSeat
	case "", "basic", "credits":
		return billing.PerTotal
	default:
		return billing.PerUnknown
	}
}

// chargeOf is what a subscription to the plan is charged each interval, given
// the prices of that interval: the only one, or the sum of flat ones in one
// currency. Of any other mixture only the common basis and scheme are known.
func chargeOf(prices []billing.Price) *billing.Price {
	if len(prices) == 0 {
		return nil
	}
	charge := prices[0]
	if charge.Scheme == billing.SchemeMetered {
		charge.Amount = nil // a charge for use is no charge for an interval
	}
	for _, next := range prices[1:] {
		charge = together(charge, next)
	}
	return &charge
}

func together(a, b billing.Price) billing.Price {
	sum := billing.Price{Per: billing.PerUnknown, Scheme: billing.SchemeUnknown}
	if a.Per == b.Per {
		sum.Per = a.Per
	}
	if a.Scheme == b.Scheme {
		sum.Scheme = a.Scheme
	}
	if sum.Per != billing.PerTotal || sum.Scheme != billing.SchemeFlat || a.Amount == nil || b.Amount == nil {
		return sum
	}
	if total, ok := a.Amount.Add(*b.Amount); ok {
		sum.Amount = &total
	}
	return sum
}

func intervalOf(unit string) *billing.Interval {
	switch unit {
	case "day":
		return &billing.Interval{Unit: billing.Day, Count: 1}
	case "week":
		return &billing.Interval{Unit: billing.Week, Count: 1}
	case "month":
		return &billing.Interval{Unit: billing.Month, Count: 1}
	case "year":
		return &billing.Interval{Unit: billing.Year, Count: 1}
	default:
		return nil
	}
}

// addFeatures lists a feature that two products of a plan include only once.
func addFeatures(listed []billing.Feature, more []Feature) []billing.Feature {
	for _, f := range more {
		name := word(f.Name)
		if name == "" {
			name = f.ID
		}
		known := func(other billing.Feature) bool { return other.Name == name }
		if name == "" || slices.ContainsFunc(listed, known) {
			continue
		}
		listed = append(listed, billing.Feature{Name: name, Title: text(f.Title), Kind: billing.FeatureDescriptive})
	}
	return listed
}

// limitsOf are the narrowest bounds of the plan's per_seat products; nil where
// none names a bound.
func limitsOf(r *wire.Reader, p *Plan) *billing.PlanLimits {
	var limits billing.PlanLimits
	for _, product := range p.Products {
		config := product.BehaviorConfig
		if word(product.Behavior) != "per_seat" || config == nil {
			continue
		}
		if least := bound(r, "min_quantity", config.MinQuantity); least != nil {
			if limits.MinimumSeats == nil || *least > *limits.MinimumSeats {
				limits.MinimumSeats = least
			}
		}
		limits.MaximumSeats = lower(limits.MaximumSeats, bound(r, "max_quantity", config.MaxQuantity))
		limits.Users = lower(limits.Users, bound(r, "seat_limit", config.SeatLimit))
	}
	if limits == (billing.PlanLimits{}) {
		return nil
	}
	return &limits
}

// bound is nil for 0, which is a bound that was not set.
func bound(r *wire.Reader, field string, value *int64) *int {
	n := r.Count("behavior_config."+field, orZero(value))
	if n == nil || *n == 0 {
		return nil
	}
	return n
}

func lower(a, b *int) *int {
	if a == nil || b != nil && *b < *a {
		return b
	}
	return a
}

// orZero is 0 for nil: protojson leaves a zero out where it omits what is unset.
func orZero(value *int64) *wire.Int {
	var n wire.Int
	if value != nil {
		n = wire.Int(*value)
	}
	return &n
}
