package productive

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/wire"
)

// addOns are the subscription's add-ons. The attribute active_products says
// which they are; newer answers leave it out, and then the plan's own list of
// the same name does. Prices come from the plan, for the subscription's cycle.
func (r *rules) addOns(read *wire.Reader, a *attributes) []billing.AddOn {
	listed := readActive(a.ActiveProducts)
	if a.CurrentPlan == nil {
		return bare(listed)
	}
	if listed == nil {
		listed = fromPlan(a.CurrentPlan.ActiveProducts)
	}
	addOns := make([]billing.AddOn, 0, len(listed))
	for _, active := range listed {
		addOn := active.bare()
		if p := active.find(a.CurrentPlan, a.PlanCycle); p != nil {
			addOn.Price = r.addOnPrice(read, p, a.PlanCycle)
			addOn.Quantity = read.Count("quantity", p.Quantity)
		}
		addOns = append(addOns, addOn)
	}
	return addOns
}

// active is one add-on in use: its kind, such as hris_integration, and its id.
type active struct{ productType, id string }

// bare is the add-on where no price of it is known. Its kind serves as its
// name: there is no other, and changing add-ons asks for it.
func (a active) bare() billing.AddOn {
	return billing.AddOn{ID: a.id, Name: billing.Text(a.productType)}
}

func bare(listed []active) []billing.AddOn {
	addOns := make([]billing.AddOn, len(listed))
	for i, a := range listed {
		addOns[i] = a.bare()
	}
	return addOns
}

// readActive reads the attribute in its own order; nil where it is null,
// missing or no object. Members of another shape are passed over.
func readActive(value jsontext.Value) []active {
	var kinds activeProducts
	if value.Kind() != '{' || json.Unmarshal(value, &kinds) != nil {
		return nil
	}
	return kinds
}

type activeProducts []active

// UnmarshalJSONFrom reads {"hris_integration":{"id":"hris_200"}}.
func (p *activeProducts) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	*p = activeProducts{}
	if _, err := dec.ReadToken(); err != nil {
		return err
	}
	for dec.PeekKind() != '}' {
		name, err := dec.ReadToken()
		if err != nil {
			return err
		}
		kind := name.String()
		value, err := dec.ReadValue()
		if err != nil {
			return err
		}
		var product struct {
			ID string `json:"id"`
		}
		if value.Kind() == '{' && json.Unmarshal(value, &product) == nil && product.ID != "" {
			*p = append(*p, active{productType: kind, id: product.ID})
		}
	}
	_, err := dec.ReadToken()
	return err
}

func fromPlan(products []product) []active {
	var listed []active
	for _, p := range products {
		if p.ID != "" {
			listed = append(listed, active{productType: deref(p.ProductType), id: p.ID})
		}
	}
	return listed
}

// find is the plan's entry for the add-on, one in use before one on offer, and
// one of the subscription's cycle before any other: each has all prices.
func (a active) find(p *plan, cycle *string) *product {
	var other *product
	for _, products := range [][]product{p.ActiveProducts, p.BuyableProducts} {
		for i := range products {
			entry := &products[i]
			if entry.ID != a.id || deref(entry.ProductType) != a.productType {
				continue
			}
			if deref(entry.Cycle) == deref(cycle) {
				return entry
			}
			if other == nil {
				other = entry
			}
		}
	}
	return other
}

// addOnPrice is the add-on's price for the subscription's cycle. What a price
// buys is known of by_seat only.
func (r *rules) addOnPrice(read *wire.Reader, p *product, cycle *string) *billing.Price {
	price := &billing.Price{Per: billing.PerUnknown, Scheme: billing.SchemeUnknown}
	if deref(p.PricingType) == "by_seat" {
		price.Per, price.Scheme = billing.PerSeat, billing.SchemePerUnit
	}
	switch deref(cycle) {
	case cycleMonth:
		price.Amount = read.MinorMoney("monthly_price_cents", p.MonthlyPriceCents, p.Currency)
	case cycleQuarter:
		price.Amount = read.MinorMoney("quarterly_price_cents", p.QuarterlyPriceCents, p.Currency)
	case cycleYear:
		price.Amount = read.MinorMoney("yearly_price_cents", p.YearlyPriceCents, p.Currency)
	case cycleBiannual:
		price.Amount = read.MinorMoney("biannual_price_cents", p.BiannualPriceCents, p.Currency)
	}
	return price
}
