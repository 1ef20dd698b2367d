package productive

import (
	"slices"
	"strings"

	"tributary/billing"
)

// FitChange holds a change against the subscription's own document, which says
// where its plan leads. What it does not say, the source judges; so it does the
// words of cycles, which nobody lists.
func (s *Source) FitChange(sub *billing.Subscription, _ []*billing.Plan, change billing.Change) []*billing.Error {
	f := faults{billing.Refusals{Source: s.name, Op: opChange}}
	details := detailsOf(sub)
	f.plan("plan", change.Plan.Value, details)
	f.seats(change.Seats.Value, sub.Seats)
	f.plan("trialPlan", change.TrialPlan.Value, details)
	return f.List
}

// plan finds fault with a plan that the document shows no way to: it is neither
// the present one, nor near it, nor on trial.
func (f *faults) plan(field string, wanted *string, d *Details) {
	near := nearby(d)
	if wanted == nil || len(near) == 0 {
		return
	}
	trial := deref(d.TrialPlanType)
	if slices.Contains(near, *wanted) || *wanted == presentPlan(d) || *wanted == trial {
		return
	}
	if trial != "" && trial != presentPlan(d) && !slices.Contains(near, trial) {
		near = append(near, trial)
	}
	f.Input([]string{field}, "from its plan the subscription can move to %s, and not to %q", strings.Join(near, ", "), *wanted)
}

func (f *faults) seats(wanted *int, seats *billing.SeatUsage) {
	if wanted == nil || seats == nil {
		return
	}
	field := []string{"seats"}
	switch {
	case seats.Used != nil && *wanted < *seats.Used:
		f.Input(field, "%d seats are in use, so there have to be at least as many", *seats.Used)
	case seats.Minimum != nil && *wanted < *seats.Minimum:
		f.Input(field, "the subscription has at least %d seats", *seats.Minimum)
	case seats.Maximum != nil && *wanted > *seats.Maximum:
		f.Input(field, "the subscription has at most %d seats", *seats.Maximum)
	}
}

// nearby are the ids of the plans that the present one can be left for, each
// once, upgrades first; none where the document does not say.
func nearby(d *Details) []string {
	if d.CurrentPlan == nil {
		return nil
	}
	return append(upgrades(d.CurrentPlan), downgrades(d.CurrentPlan)...)
}

func upgrades(p *Plan) []string   { return named(p.Upgrades, p.Upgradeables) }
func downgrades(p *Plan) []string { return named(p.Downgrades, p.Downgradeables) }

// named are ids and the ids of plans, each once.
func named(ids []string, plans []*Plan) []string {
	var all []string
	add := func(id string) {
		if id != "" && !slices.Contains(all, id) {
			all = append(all, id)
		}
	}
	for _, id := range ids {
		add(id)
	}
	for _, plan := range plans {
		add(plan.ID)
	}
	return all
}

// presentPlan is the id of the plan that the subscription is on; "" where the
// document does not say.
func presentPlan(d *Details) string {
	if id := deref(d.PlanType); id != "" || d.CurrentPlan == nil {
		return id
	}
	return d.CurrentPlan.ID
}

// Shows compares everything but the payment token, which no document shows: a
// change of nothing else is never seen.
func (s *Source) Shows(sub *billing.Subscription, _ []*billing.Plan, change billing.Change) bool {
	if !shows(change) {
		return false
	}
	d := detailsOf(sub)
	return (!change.Plan.Given || presentPlan(d) == change.Plan.Or("")) &&
		(!change.Cycle.Given || deref(d.PlanCycle) == change.Cycle.Or("")) &&
		(!change.Seats.Given || d.Seats != nil && *d.Seats == change.Seats.Or(0)) &&
		(!change.TrialPlan.Given || deref(d.TrialPlanType) == change.TrialPlan.Or("")) &&
		(!change.AddOns.Given || showsAddOns(d, change.AddOns.Or(nil)))
}

// shows reports a change of something that documents show.
func shows(change billing.Change) bool {
	return change.Plan.Given || change.Cycle.Given || change.Seats.Given || change.TrialPlan.Given || change.AddOns.Given
}

// showsAddOns compares sets: the document's order is its own.
func showsAddOns(d *Details, wanted []billing.AddOnChoice) bool {
	shown, known := shownAddOns(d)
	if !known || len(shown) != len(wanted) {
		return false
	}
	for _, choice := range wanted {
		if !slices.Contains(shown, choice) {
			return false
		}
	}
	return true
}

// shownAddOns are those of active_products or, in newer answers without it, of
// the plan's own list; false where the document has neither.
func shownAddOns(d *Details) ([]billing.AddOnChoice, bool) {
	var shown []billing.AddOnChoice
	if listed := readActive([]byte(d.ActiveProducts)); listed != nil {
		for _, a := range listed {
			shown = append(shown, billing.AddOnChoice{Product: a.productType, ID: a.id})
		}
		return shown, true
	}
	if d.CurrentPlan == nil {
		return nil, false
	}
	for _, a := range d.CurrentPlan.ActiveProducts {
		choice := billing.AddOnChoice{Product: deref(a.ProductType), ID: a.ID}
		if a.ID != "" && !slices.Contains(shown, choice) { // one entry a cycle
			shown = append(shown, choice)
		}
	}
	return shown, true
}
