package billing

import "time"

// NextInstant is the first of the times that a subscription names, but for what was
// recorded of its past alone, that is after now; zero for none. What follows from it
// and from the present can change at one of them, and at no other time but a day's
// before the end of its trial.
func (s *Subscription) NextInstant(now time.Time) time.Time {
	var first time.Time
	look := func(times ...*time.Time) {
		for _, t := range times {
			if t != nil && t.After(now) && (first.IsZero() || t.Before(first)) {
				first = *t
			}
		}
	}
	look(s.BillingAnchor, s.NextBillingAt, s.GracePeriodEndsAt, s.StartedAt, s.EndedAt)
	if s.CurrentPeriod != nil {
		look(s.CurrentPeriod.Start, s.CurrentPeriod.End)
	}
	if s.Trial != nil {
		look(s.Trial.StartsAt, s.Trial.EndsAt)
	}
	if s.Cancellation != nil {
		look(s.Cancellation.RequestedAt, s.Cancellation.EffectiveAt)
	}
	if s.PendingChange != nil {
		look(s.PendingChange.EffectiveAt)
	}
	if s.PaymentMethod != nil {
		look(s.PaymentMethod.CardExpiresAt)
	}
	for _, phase := range s.Phases {
		look(phase.StartsAt)
	}
	for _, discount := range s.Discounts {
		look(discount.EndsAt)
	}
	return first
}
