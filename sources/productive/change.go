package productive

import (
	"context"
	"strconv"

	"tributary/billing"
)

var changeInputs = map[string]input{
	"plan_type":       {"plan", "the plan"},
	"plan_cycle":      {"cycle", "the billing cycle"},
	"seats":           {"seats", "the number of seats"},
	"trial_plan_type": {"trialPlan", "the plan to try"},
	"active_products": {"addOns", "the set of add-ons"},
	"stripe_token":    {"paymentToken", "the payment token"},
}

// CheckChange wants something to change. Only the trial of a higher plan can be
// cleared, and nobody can choose when a change takes effect.
func (s *Source) CheckChange(change billing.Change) []*billing.Error {
	f := faults{billing.Refusals{Source: s.name, Op: opChange}}
	if !shows(change) && !change.PaymentToken.Given {
		f.Input(nil, "the change says nothing to change: give at least one of plan, cycle, seats, trialPlan, addOns and paymentToken")
	}
	f.null(change.Plan.IsNull(), "plan")
	f.blank(change.Plan.Value, "plan")
	f.null(change.Cycle.IsNull(), "cycle")
	f.blank(change.Cycle.Value, "cycle")
	f.null(change.Seats.IsNull(), "seats")
	if change.Seats.Or(1) < 1 {
		f.Input([]string{"seats"}, "seats is at least 1")
	}
	f.blank(change.TrialPlan.Value, "trialPlan")
	f.null(change.AddOns.IsNull(), "addOns")
	f.addOns(change.AddOns.Or(nil))
	f.null(change.PaymentToken.IsNull(), "paymentToken")
	f.blank(change.PaymentToken.Value, "paymentToken")
	if change.Effective == billing.ChangeNow || change.Effective == billing.ChangeAtPeriodEnd {
		f.Add(billing.CodeNotSupported, []string{"effective"},
			"source %s decides itself when a change takes effect; leave effective out, or say PROVIDER_DEFAULT", s.name)
	}
	return f.List
}

// addOns finds fault with add-ons that the source could not be told: its
// document has one of each kind.
func (f *faults) addOns(choices []billing.AddOnChoice) {
	seen := make(map[string]bool, len(choices))
	for i, choice := range choices {
		at := strconv.Itoa(i)
		f.blank(&choice.Product, "addOns", at, "product")
		f.blank(&choice.ID, "addOns", at, "id")
		if choice.Product != "" && seen[choice.Product] {
			f.Input([]string{"addOns", at, "product"}, "%q is there twice; a subscription has one add-on of a kind", choice.Product)
		}
		seen[choice.Product] = true
	}
}

// Change sends what was given and nothing else. The answer shows it, but for
// the payment token.
func (s *Source) Change(ctx context.Context, sub *billing.Subscription, change billing.Change) (*billing.Subscription, error) {
	attributes := make(map[string]any)
	change.Plan.Put(attributes, "plan_type")
	change.Cycle.Put(attributes, "plan_cycle")
	change.Seats.Put(attributes, "seats")
	change.TrialPlan.Put(attributes, "trial_plan_type")
	if change.AddOns.Given {
		attributes["active_products"] = products(change.AddOns.Or(nil))
	}
	change.PaymentToken.Put(attributes, "stripe_token")
	return s.patch(ctx, sub.Ref, command{
		op: opChange, attributes: attributes, inputs: changeInputs, secret: change.PaymentToken.Given,
	})
}

type productID struct {
	ID string `json:"id"`
}

// products is the set of add-ons as the attribute active_products has it. An
// empty one removes all; those that are left out of it are removed too.
func products(choices []billing.AddOnChoice) map[string]productID {
	set := make(map[string]productID, len(choices))
	for _, choice := range choices {
		set[choice.Product] = productID{choice.ID}
	}
	return set
}
