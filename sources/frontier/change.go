package frontier

import (
	"context"
	"fmt"
	"strings"

	"tributary/billing"
)

// CheckChange takes another plan and nothing else.
func (s *Source) CheckChange(change billing.Change) []*billing.Error {
	var faults []*billing.Error
	if change.Plan.Or("") == "" {
		faults = append(faults, s.badPlan("source %s changes the plan of a subscription, so plan is needed"))
	}
	for _, other := range []struct {
		given          bool
		field, message string
	}{
		{change.Cycle.Given, "cycle", "source %s sells each plan in one cycle; choose the plan that has the cycle wanted"},
		{change.Seats.Given, "seats", "source %s counts the organisation's members as seats, so their number cannot be set"},
		{change.TrialPlan.Given, "trialPlan", "source %s has no trial of another plan"},
		{change.AddOns.Given, "addOns", "source %s sells no add-ons"},
		{change.PaymentToken.Given, "paymentToken", "source %s takes no payment method with a change"},
	} {
		if other.given {
			faults = append(faults, s.unsupported(opChange, other.field, other.message))
		}
	}
	return faults
}

func (s *Source) badPlan(message string) *billing.Error {
	return &billing.Error{
		Code: billing.CodeBadUserInput, Source: s.Name(), Op: opChange,
		Field: []string{"plan"}, Message: fmt.Sprintf(message, s.Name()),
	}
}

// FitChange wants a plan of the catalogue, named by its id or name, that sub is
// not on already. REST masks the refusal of an unknown plan as an internal
// error, which would leave in doubt whether anything was done.
func (s *Source) FitChange(sub *billing.Subscription, plans []*billing.Plan, change billing.Change) []*billing.Error {
	wanted := change.Plan.Or("")
	switch {
	case len(plans) > 0 && planNamed(plans, wanted) == nil:
		return []*billing.Error{s.badPlan("source %s has no such plan; name the id or the name of one that it lists")}
	case isOn(sub, idOf(plans, wanted)):
		return []*billing.Error{s.badPlan("the subscription at source %s is on this plan already; name another one")}
	}
	return nil
}

// Change moves sub to another plan. Left to Frontier, a change waits for the end
// of the period; it takes a pending cancellation back either way. The answer is
// but the next phase, so the subscription has to be read again.
func (s *Source) Change(ctx context.Context, sub *billing.Subscription, change billing.Change) (*billing.Subscription, error) {
	wanted := &planChange{Plan: change.Plan.Or("")}
	if change.Effective == billing.ChangeNow || change.Effective == billing.ChangeAtPeriodEnd {
		now := change.Effective == billing.ChangeNow
		wanted.Immediate = &now
	}
	req := s.client.codec.change(opChange, sub.Ref, order{PlanChange: wanted})
	return nil, s.client.write(ctx, req, "plan")
}

// Shows reports whether sub is on the plan or, unless the change was to be made
// at once, will be.
func (s *Source) Shows(sub *billing.Subscription, plans []*billing.Plan, change billing.Change) bool {
	wanted := idOf(plans, change.Plan.Or(""))
	if isOn(sub, wanted) {
		return true
	}
	return change.Effective != billing.ChangeNow && sub.PendingChange != nil &&
		strings.EqualFold(word(sub.PendingChange.PlanID), wanted)
}

// isOn takes a plan's id, or its name where sub knows that.
func isOn(sub *billing.Subscription, plan string) bool {
	return sub.Plan != nil && isNamed(sub.Plan, plan)
}

// idOf is the id of the plan that goes by that id or name; what it was named by
// where the catalogue does not have it.
func idOf(plans []*billing.Plan, named string) string {
	if plan := planNamed(plans, named); plan != nil {
		return plan.ExternalID
	}
	return named
}

func planNamed(plans []*billing.Plan, named string) *billing.Plan {
	for _, plan := range plans {
		if isNamed(plan, named) {
			return plan
		}
	}
	return nil
}

// isNamed compares ids as the UUIDs that they are, without case, and names as
// they are written.
func isNamed(plan *billing.Plan, named string) bool {
	if strings.EqualFold(plan.ExternalID, named) {
		return true
	}
	document, known := plan.Details.(*Plan)
	return known && named != "" && word(document.Name) == named
}
