package productive

import (
	"time"

	"tributary/billing"
)

// Obstacle says what keeps sub, in its present state, from being asked for one
// of the Capabilities: a sentence for clients, "" for nothing. A state whose
// meaning is not known is no obstacle: the source knows it.
func (s *Source) Obstacle(sub *billing.Subscription, c billing.Capability, now time.Time) string {
	switch c {
	case billing.CanCancelAtPeriodEnd:
		return noCancel(sub, now)
	case billing.CanRenew:
		return noRenewal(sub)
	case billing.CanChangeCycle:
		return noOtherCycle(detailsOf(sub).CurrentPlan)
	case billing.CanStartTrial:
		return noTrial(detailsOf(sub).CurrentPlan)
	}
	return ""
}

func noCancel(sub *billing.Subscription, now time.Time) string {
	switch {
	case sub.Status == billing.StatusExpired:
		return "the subscription has expired, so there is nothing left to cancel"
	case sub.Cancellation == nil && sub.Status != billing.StatusCanceled:
		return ""
	}
	if c := sub.Cancellation; c != nil && c.EffectiveAt != nil && now.Before(*c.EffectiveAt) {
		return "the subscription is already cancelled and ends at " + c.EffectiveAt.Format(time.RFC3339) + "; renewing it takes that back"
	}
	return "the subscription is already cancelled; renewing it takes that back"
}

// noRenewal leaves the UNKNOWN states to the source: one of them may be that of
// an organisation that unsubscribed.
func noRenewal(sub *billing.Subscription) string {
	switch {
	case sub.Cancellation != nil, sub.Status == billing.StatusCanceled, sub.Status == billing.StatusUnknown:
		return ""
	case sub.Status == billing.StatusExpired:
		return "the subscription has expired, and only one that is cancelled can be renewed"
	default:
		return "the subscription is not cancelled, so there is nothing to take back"
	}
}

func noOtherCycle(p *Plan) string {
	if p == nil || p.CycleChangeEnabled == nil || *p.CycleChangeEnabled {
		return ""
	}
	return "the subscription's plan does not allow another billing cycle; a change to another plan may"
}

// noTrial tells a plan that is the highest, for which the document gives an
// empty list of upgrades, from a document that gives no lists.
func noTrial(p *Plan) string {
	if p == nil || p.Upgrades == nil || len(upgrades(p)) > 0 || len(downgrades(p)) == 0 {
		return ""
	}
	return "the subscription is on the highest plan, so there is no higher one to try"
}

// detailsOf is the document that sub was made of.
func detailsOf(sub *billing.Subscription) *Details {
	if details, ok := sub.Details.(*Details); ok {
		return details
	}
	return new(Details)
}
