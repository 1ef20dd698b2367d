package portfolio

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tributary/billing"
	"tributary/loaders"
)

// UpcomingEvent is something that a subscription has ahead.
type UpcomingEvent struct {
	At           time.Time
	Kind         EventKind
	Subscription *loaders.Subscription
}

// EventKind is what lies ahead.
type EventKind string

// The kinds of events.
const (
	EventRenewal      EventKind = "RENEWAL"
	EventTrialEnd     EventKind = "TRIAL_END"
	EventCancellation EventKind = "CANCELLATION"
	EventPlanChange   EventKind = "PLAN_CHANGE"
	EventEnd          EventKind = "END"
	EventCardExpiry   EventKind = "CARD_EXPIRY"
	EventDiscountEnd  EventKind = "DISCOUNT_END"
)

// The reach of Upcoming, in days.
const (
	defaultDays = 30
	mostDays    = 366
)

// Upcoming lists what happens within days from now, soonest first.
func (s *Summary) Upcoming(days *int) ([]*UpcomingEvent, error) {
	reach := defaultDays
	if days != nil {
		reach = *days
	}
	if reach < 1 || reach > mostDays {
		return nil, billing.Errorf(billing.CodeBadUserInput, "days is %d; upcoming looks 1 to %d days ahead", reach, mostDays)
	}
	until := s.now.Add(time.Duration(reach) * 24 * time.Hour)
	events := []*UpcomingEvent{}
	for _, row := range s.rows {
		row.Turns()
		for _, event := range eventsOf(row, s.now) {
			s.op.ChangesAt(event.At.Add(s.now.Sub(until))) // when it comes within reach
			if event.At.After(s.now) && !event.At.After(until) {
				events = append(events, event)
			}
		}
	}
	slices.SortFunc(events, func(a, b *UpcomingEvent) int {
		return cmp.Or(a.At.Compare(b.At), strings.Compare(a.Subscription.ID(), b.Subscription.ID()), strings.Compare(string(a.Kind), string(b.Kind)))
	})
	return events, nil
}

// eventsOf is all that a subscription has ahead, and some that it has behind. What would come at
// its end or after it does not come at all.
func eventsOf(s *loaders.Subscription, now time.Time) []*UpcomingEvent {
	end, ending := endOf(s)
	if end != nil && !end.After(now) {
		end = nil // over, or so its source said once
	}
	var events []*UpcomingEvent
	if end != nil {
		events = append(events, &UpcomingEvent{At: *end, Kind: ending, Subscription: s})
	}
	if s.Status == billing.StatusCanceled || s.Status == billing.StatusExpired {
		return events
	}
	add := func(at *time.Time, kind EventKind) {
		if at != nil && (end == nil || at.Before(*end)) {
			events = append(events, &UpcomingEvent{At: *at, Kind: kind, Subscription: s})
		}
	}
	if isLive(s) {
		add(s.NextBillingAt, EventRenewal)
	}
	if s.Subscription.Trial.IsActive(now) {
		add(s.Subscription.Trial.EndsAt, EventTrialEnd)
	}
	if s.PendingChange != nil {
		add(s.PendingChange.EffectiveAt, EventPlanChange)
	}
	if s.PaymentMethod != nil {
		add(s.PaymentMethod.CardExpiresAt, EventCardExpiry)
	}
	for _, discount := range s.Discounts {
		add(discount.EndsAt, EventDiscountEnd)
	}
	return events
}

// endOf is when a subscription ends, and whether because somebody asked for it.
func endOf(s *loaders.Subscription) (*time.Time, EventKind) {
	if s.Cancellation != nil && s.Cancellation.EffectiveAt != nil {
		return s.Cancellation.EffectiveAt, EventCancellation
	}
	if s.Cancellation != nil {
		return s.EndedAt, EventCancellation
	}
	return s.EndedAt, EventEnd
}

func isLive(s *loaders.Subscription) bool {
	return s.IsActive() || s.Status == billing.StatusPastDue
}
