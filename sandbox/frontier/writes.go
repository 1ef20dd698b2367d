package frontier

import "time"

func (s *store) clockNow() *time.Time {
	now := s.now().UTC().Truncate(time.Second)
	return &now
}

// cancel answers {} whatever it did. At the period's end it leaves the state as
// it is and writes a phase. It does nothing where canceled_at is set, and
// cancels at once where the payment provider has no schedule yet.
func (s *store) cancel(req request) (any, *problem) {
	sub := s.find(req.ID)
	if sub.CanceledAt != nil && !req.Immediate {
		return nothing{}, nil
	}
	sub.UpdatedAt = s.clockNow()
	if req.Immediate || sub.State == "incomplete" {
		sub.State = "canceled"
		sub.CanceledAt = s.clockNow()
		return nothing{}, nil // ended_at stays unset: the sync passes canceled ones over
	}
	sub.Phases = []phase{{EffectiveAt: sub.CurrentPeriodEndAt, Reason: "cancel"}}
	return nothing{}, nil
}

// change moves to another plan, or drops what is scheduled, which also undoes a
// cancellation. Exactly one of the two may be asked for. An account that is
// disabled cannot pay for another plan; dropping what is scheduled costs nothing.
func (s *store) change(req request) (any, *problem) {
	plan, immediate := req.Plan, req.Immediate // the older form
	if req.PlanChange != nil {
		plan, immediate = req.PlanChange.Plan, req.PlanChange.Immediate
	}
	resume := req.PhaseChange != nil && req.PhaseChange.CancelUpcomingChanges
	if (plan != "") == resume {
		return nil, &problem{invalidArgument, "exactly one of plan_change and phase_change is needed"}
	}
	sub := s.find(req.ID)
	if sub.State != "active" && sub.State != "trialing" {
		return nil, masked // "only active subscriptions can be changed"
	}
	if resume {
		sub.Phases = nil
		sub.UpdatedAt = s.clockNow()
		return changed{&phase{}}, nil
	}
	next := s.planByID(plan)
	switch {
	case next == nil:
		return nil, masked
	case next.ID == sub.PlanID:
		return nil, &problem{invalidArgument, "already on the same plan"}
	case s.accounts[sub.CustomerID].State == "disabled":
		return nil, &problem{failedPrecondition, "payment failed: the billing account is disabled"}
	}
	sub.UpdatedAt = s.clockNow()
	if !immediate {
		sub.Phases = []phase{{EffectiveAt: sub.CurrentPeriodEndAt, PlanID: next.ID, Reason: "change"}}
		answer := sub.Phases[0]
		return changed{&answer}, nil
	}
	sub.PlanID = next.ID
	sub.Phases = []phase{{EffectiveAt: sub.CurrentPeriodEndAt, Reason: "change"}}
	return changed{&phase{EffectiveAt: s.clockNow(), PlanID: next.ID, Reason: "change"}}, nil
}
