package frontier

import (
	"fmt"
	"time"

	"tributary/billing"
)

// Obstacle says what keeps sub, in its present state, from being asked for c: a
// sentence for clients, "" for nothing. Some of it Frontier would refuse by
// itself, in words or with an internal error; the rest it would pass over or
// take for something else without saying so.
func (s *Source) Obstacle(sub *billing.Subscription, c billing.Capability, _ time.Time) string {
	switch c {
	case billing.CanCancelNow:
		return endedObstacle(sub)
	case billing.CanCancelAtPeriodEnd:
		if obstacle := endedObstacle(sub); obstacle != "" {
			return obstacle
		}
		return s.periodEndObstacle(sub)
	case billing.CanRenew:
		if obstacle := s.changeObstacle(sub); obstacle != "" {
			return obstacle
		}
		return pendingObstacle(sub)
	case billing.CanChangePlan:
		return s.changeObstacle(sub)
	}
	return ""
}

func endedObstacle(sub *billing.Subscription) string {
	if sub.Status == billing.StatusCanceled || sub.Status == billing.StatusExpired {
		return "the subscription has ended, so there is nothing left to cancel"
	}
	return ""
}

// periodEndObstacle knows two traps of Frontier. canceled_at is never cleared,
// and with it set a cancellation at the period's end is answered as done and
// dropped. An incomplete subscription has no schedule to end by, so that it is
// cancelled on the spot.
func (s *Source) periodEndObstacle(sub *billing.Subscription) string {
	details := detailsIn(sub)
	switch {
	case sub.Cancellation != nil:
		return "the subscription is to end with its period already; to end it sooner, ask for NOW"
	case details.CanceledAt != nil:
		return fmt.Sprintf("source %s has recorded an earlier cancellation of the subscription and passes over another one for the end of the period; it can be cancelled at once, with NOW", s.Name())
	case word(details.State) == "incomplete":
		return fmt.Sprintf("the subscription awaits its first payment, and until then source %s can only cancel at once; ask for NOW if that is meant", s.Name())
	}
	return ""
}

func (s *Source) changeObstacle(sub *billing.Subscription) string {
	switch word(detailsIn(sub).State) {
	case "active", "trialing":
		return ""
	}
	return fmt.Sprintf("source %s changes a subscription only while it is ACTIVE or TRIALING, and this one is %s", s.Name(), sub.Status)
}

// pendingObstacle leaves a phase of unknown reason to Frontier: servers that
// give no reasons announce a change of plan by it.
func pendingObstacle(sub *billing.Subscription) string {
	if sub.Cancellation != nil || sub.PendingChange != nil {
		return ""
	}
	for _, p := range sub.Phases {
		if p.Reason == billing.PhaseUnknown {
			return ""
		}
	}
	return "neither a cancellation nor a change of plan is pending, so there is nothing to take back"
}

// detailsIn is empty where sub was made by something else.
func detailsIn(sub *billing.Subscription) *Details {
	if details, ok := sub.Details.(*Details); ok {
		return details
	}
	return &Details{}
}
