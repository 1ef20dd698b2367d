package billing

import "time"

// Instants are all the times that a subscription names, but for what was
// recorded of its past alone. What follows from it and from the present can
// change at one of them, and at no other time but a day's before the end of its
// trial.
func (s *Subscription) Instants() []time.Time {
	var all []time.Time
	add := func(times ...*time.Time) {
		for _, t := range times {
			if t != nil {
				all = append(all, *t)
			}
		}
	}
	add(s.BillingAnchor, s.NextBillingAt, s.GracePeriodEndsAt, s.StartedAt, s.EndedAt)
	if s.CurrentPeriod != nil {
		add(s.CurrentPeriod.Start, s.CurrentPeriod.End)
	}
	if s.Trial != nil {
		add(s.Trial.StartsAt, s.Trial.EndsAt)
	}
	if s.Cancellation != nil {
		add(s.Cancellation.RequestedAt, s.Cancellation.EffectiveAt)
	}
	if s.PendingChange != nil {
		add(s.PendingChange.EffectiveAt)
	}
	if s.PaymentMethod != nil {
		add(s.PaymentMethod.CardExpiresAt)
	}
	for _, phase := range s.Phases {
		add(phase.StartsAt)
	}
	for _, discount := range s.Discounts {
		add(discount.EndsAt)
	}
	return all
}
