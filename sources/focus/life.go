package focus

import (
	"time"

	"tributary/billing"
)

// trial is the trial that the document of the subscription tells of. running
// says that the state's own word is that of a trial.
func (n *normaliser) trial(running bool) *billing.Trial {
	var trial billing.Trial
	if t := n.track.Trial; t != nil {
		trial = billing.Trial{Available: t.Available, StartsAt: t.StartDate, EndsAt: t.EndDate}
	}
	if trial.StartsAt == nil && trial.EndsAt == nil && n.facts.trialEnded {
		trial.EndsAt = n.details.FocusTrialEndedAt
	}
	if running {
		trial.Running = &running
	}
	if trial == (billing.Trial{}) {
		return nil
	}
	return &trial
}

// cancellation is one still to come while the paid period runs on, and the one
// that happened for CANCELED. A cancel_date ahead can't be when it was asked for.
func (n *normaliser) cancellation(status billing.Status) *billing.Cancellation {
	cancel := n.track.CancelDate
	requested := cancel
	if ahead(cancel, n.now) {
		requested = nil
	}
	switch status {
	case billing.StatusTrialing, billing.StatusActive, billing.StatusPastDue, billing.StatusUnpaid, billing.StatusPaused:
		if cancel == nil || !ahead(n.track.CurrentPeriodEndsAt, n.now) {
			return nil
		}
		return &billing.Cancellation{RequestedAt: requested, EffectiveAt: n.track.CurrentPeriodEndsAt, AtPeriodEnd: true}
	case billing.StatusCanceled:
		if cancel == nil && n.track.EndDate == nil {
			return nil
		}
		return &billing.Cancellation{RequestedAt: requested, EffectiveAt: n.track.EndDate}
	default:
		return nil
	}
}

// endedAt reads end_date only where the state says that it has ended: what the
// date means before that is not documented.
func (n *normaliser) endedAt(status billing.Status) *time.Time {
	if status != billing.StatusCanceled && status != billing.StatusExpired {
		return nil
	}
	if over(n.track.EndDate, n.now) {
		return n.track.EndDate
	}
	if status == billing.StatusExpired && n.facts.trialEnded && n.facts.noItem {
		return n.details.FocusTrialEndedAt
	}
	return nil
}

// nextBilling is the period's end of what goes on after it: an active
// subscription, or a trial of something that was bought.
func (n *normaliser) nextBilling(sub *billing.Subscription) *time.Time {
	goesOn := sub.Status == billing.StatusActive || sub.Status == billing.StatusTrialing && !n.facts.noItem
	if !goesOn || sub.Cancellation != nil {
		return nil
	}
	return n.track.CurrentPeriodEndsAt
}
