package frontier

import (
	"time"

	"tributary/billing"
	"tributary/sources/wire"
)

// normaliser turns Frontier's messages into the domain's types. It is pure.
type normaliser struct {
	source   string
	protocol string
}

// statuses are the states that Frontier's database holds: its own words, and
// those of Stripe that it stores as they come.
var statuses = map[string]billing.Status{
	"pending":            billing.StatusIncomplete,
	"incomplete":         billing.StatusIncomplete,
	"trialing":           billing.StatusTrialing,
	"active":             billing.StatusActive,
	"past_due":           billing.StatusPastDue,
	"unpaid":             billing.StatusUnpaid,
	"paused":             billing.StatusPaused,
	"canceled":           billing.StatusCanceled,
	"ended":              billing.StatusExpired,
	"incomplete_expired": billing.StatusExpired,
}

// subscription normalises doc, which ref named. Its error names each field
// that cannot be used.
func (n normaliser) subscription(ref billing.Ref, doc *subscription) (*billing.Subscription, error) {
	r := &wire.Reader{}
	d := detailsOf(r, doc)
	sub := &billing.Subscription{
		Ref:           ref,
		ExternalID:    ref.Key,
		ProviderID:    text(d.ProviderID),
		Status:        statusOf(d.State),
		SourceStatus:  text(d.State),
		Collection:    billing.CollectUnknown,
		CurrentPeriod: periodOf(d.CurrentPeriodStartAt, d.CurrentPeriodEndAt),
		BillingAnchor: d.BillingCycleAnchorAt,
		EndedAt:       d.EndedAt,
		CreatedAt:     d.CreatedAt,
		UpdatedAt:     d.UpdatedAt,
		Plan:          n.planStub(d.PlanID),
		Customer:      n.customerStub(d.CustomerID),
		Organization:  n.organizationStub(ref.Org),
		Details:       d,
	}
	if d.ID != "" {
		sub.ExternalID = d.ID
	}
	if len(d.Metadata) > 0 && d.Metadata[0] == '{' {
		sub.Metadata = d.Metadata
	}
	sub.Trial = trialOf(sub.Status, d.TrialEndsAt)
	for _, p := range d.Phases {
		sub.Phases = append(sub.Phases, billing.Phase{StartsAt: p.EffectiveAt, PlanID: text(p.PlanID), Reason: n.reason(p)})
	}
	sub.Cancellation = n.cancellation(sub.Status, d)
	sub.PendingChange = n.pendingChange(sub.Status, d)
	sub.NextBillingAt = nextBilling(sub)
	if d.Plan != nil && d.Plan.ID != "" {
		withPlan(sub, n.plan(r, d.Plan))
	}
	if d.Customer != nil && d.Customer.ID != "" {
		withCustomer(sub, n.customer(d.Customer))
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return sub, nil
}

func statusOf(state *string) billing.Status {
	if state != nil {
		if status, ok := statuses[*state]; ok {
			return status
		}
	}
	return billing.StatusUnknown
}

// text is nil for nil and "" alike.
func text(s *string) *string {
	if s == nil {
		return nil
	}
	return billing.Text(*s)
}

// word is "" for nil, which is what an absent key means in protojson.
func word(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func periodOf(start, end *time.Time) *billing.Period {
	if start == nil && end == nil {
		return nil
	}
	return &billing.Period{Start: start, End: end}
}

// trialOf is nil where Frontier shows no trial. The state says whether it
// runs; an unknown state leaves that to the date.
func trialOf(status billing.Status, endsAt *time.Time) *billing.Trial {
	running := status == billing.StatusTrialing
	switch {
	case endsAt == nil && !running:
		return nil
	case status == billing.StatusUnknown:
		return &billing.Trial{EndsAt: endsAt}
	default:
		return &billing.Trial{EndsAt: endsAt, Running: &running}
	}
}

// reason reads a phase's reason. Connect leaves "" out; a REST document without
// the key is of a server that had no reasons yet.
func (n normaliser) reason(p Phase) billing.PhaseReason {
	switch {
	case n.hasNoReasons(p):
		return billing.PhaseUnknown
	case word(p.Reason) == "cancel":
		return billing.PhaseCancel
	case word(p.Reason) == "change":
		return billing.PhaseChange
	case word(p.Reason) == "":
		return billing.PhaseNone
	default:
		return billing.PhaseUnknown
	}
}

func (n normaliser) hasNoReasons(p Phase) bool { return n.protocol == REST && p.Reason == nil }

// cancellation is an end that was asked for. While the subscription lives, the
// phase tells it and canceled_at does not, for Frontier never clears that one;
// only where a server has no reasons is canceled_at the hint.
func (n normaliser) cancellation(status billing.Status, d *Details) *billing.Cancellation {
	switch status {
	case billing.StatusExpired:
		return nil
	case billing.StatusCanceled:
		// It is over, whatever a phase that was left behind announces, so
		// ended_at alone says when.
		c := &billing.Cancellation{RequestedAt: d.CanceledAt, EffectiveAt: d.EndedAt}
		for _, p := range d.Phases {
			c.AtPeriodEnd = c.AtPeriodEnd || n.reason(p) == billing.PhaseCancel
		}
		return c
	}
	for _, p := range d.Phases {
		hinted := n.hasNoReasons(p) && word(p.PlanID) == "" && d.CanceledAt != nil
		if hinted || n.reason(p) == billing.PhaseCancel {
			return &billing.Cancellation{RequestedAt: d.CanceledAt, EffectiveAt: p.EffectiveAt, AtPeriodEnd: true}
		}
	}
	return nil
}

// pendingChange needs a plan: the reason stays "change", with plan_id "",
// after a change has taken effect.
func (n normaliser) pendingChange(status billing.Status, d *Details) *billing.PendingChange {
	if status == billing.StatusCanceled || status == billing.StatusExpired {
		return nil
	}
	for _, p := range d.Phases {
		if n.reason(p) == billing.PhaseChange && word(p.PlanID) != "" {
			return &billing.PendingChange{EffectiveAt: p.EffectiveAt, PlanID: p.PlanID, Plan: n.planStub(p.PlanID)}
		}
	}
	return nil
}

// nextBilling is the end of the period while the subscription goes on after it.
func nextBilling(sub *billing.Subscription) *time.Time {
	goesOn := sub.IsActive() || sub.Status == billing.StatusPastDue
	if !goesOn || sub.Cancellation != nil || sub.CurrentPeriod == nil {
		return nil
	}
	return sub.CurrentPeriod.End
}

func (n normaliser) planStub(id *string) *billing.Plan {
	if word(id) == "" {
		return nil
	}
	return &billing.Plan{Source: n.source, ExternalID: *id}
}

func (n normaliser) customerStub(id *string) *billing.Customer {
	if word(id) == "" {
		return nil
	}
	return &billing.Customer{ID: billing.GlobalID("customer", n.source, *id), ExternalID: *id}
}

func (n normaliser) organizationStub(id string) *billing.Organization {
	if id == "" {
		return nil
	}
	return &billing.Organization{ID: billing.GlobalID("organization", n.source, id), ExternalID: id}
}
