package productive

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// setters are the attributes that may be written, without stripe_token, which
// pays for what the others ask for.
var setters = map[string]func(*organization, jsontext.Value, time.Time) *fault{
	"trial_plan_type": setTrialPlan,
	"plan_cycle":      setCycle,
	"plan_type":       setPlan,
	"active_products": setActiveProducts,
	"seats":           setSeats,
	"billing_email": func(o *organization, v jsontext.Value, _ time.Time) *fault {
		return setText(&o.email, "billing_email", v)
	},
	"billing_address": func(o *organization, v jsontext.Value, _ time.Time) *fault {
		return setText(&o.address, "billing_address", v)
	},
}

// setTrialPlan starts a trial of two weeks. null gives it up and leaves its
// date in place.
func setTrialPlan(org *organization, value jsontext.Value, now time.Time) *fault {
	var plan *string
	if json.Unmarshal(value, &plan) != nil {
		return invalid("trial_plan_type", "is not a plan")
	}
	if plan == nil {
		org.trialPlan = nil
		return nil
	}
	current, _ := findTariff(org.plan)
	if !slices.Contains(current.upgrades, *plan) {
		return invalid("trial_plan_type", "is not a higher plan")
	}
	org.trialPlan, org.trialPlanEnds = plan, endOfDay(now, 14)
	return nil
}

func setCycle(org *organization, value jsontext.Value, _ time.Time) *fault {
	var cycle string
	if json.Unmarshal(value, &cycle) != nil || !slices.Contains(cycles, cycle) {
		return invalid("plan_cycle", "is not included in the list")
	}
	org.cycle = cycle
	return nil
}

// setPlan leads to a plan that the present one can be changed for.
func setPlan(org *organization, value jsontext.Value, _ time.Time) *fault {
	var plan string
	if json.Unmarshal(value, &plan) != nil {
		return invalid("plan_type", "is not a plan")
	}
	current, _ := findTariff(org.plan)
	if plan != org.plan && !slices.Contains(slices.Concat(current.upgrades, current.downgrades), plan) {
		return invalid("plan_type", "is not included in the list")
	}
	org.plan = plan
	return nil
}

// setActiveProducts replaces all add-ons: {} removes them.
func setActiveProducts(org *organization, value jsontext.Value, _ time.Time) *fault {
	var products activeProducts
	if json.Unmarshal(value, &products) != nil || products == nil {
		return invalid("active_products", "is not an object of products")
	}
	for kind, product := range products {
		if kind != hrisType || product.ID != hrisID {
			return invalid("active_products", "has a product that is not for sale")
		}
	}
	org.addOns = products
	return nil
}

// setSeats buys seats. Before anything was paid for they are pending too.
func setSeats(org *organization, value jsontext.Value, _ time.Time) *fault {
	var seats int
	if json.Unmarshal(value, &seats) != nil || seats < 1 {
		return invalid("seats", "must be greater than 0")
	}
	if seats < org.used {
		return invalid("seats", "must not be less than the seats in use")
	}
	org.seats = seats
	if org.state == nil || *org.state != statePaying {
		org.pending = seats
	}
	return nil
}

func setText(field **string, name string, value jsontext.Value) *fault {
	var text *string
	if json.Unmarshal(value, &text) != nil {
		return invalid(name, "is not a text")
	}
	*field = text
	return nil
}

// invalid is the vendor's newer kind of error, with its status as text.
func invalid(attribute, detail string) *fault {
	return &fault{
		status: http.StatusUnprocessableEntity, code: "invalid_attribute", title: "Invalid attribute",
		detail: attribute + " " + detail, pointer: "data/attributes/" + attribute, textStatus: true,
	}
}
