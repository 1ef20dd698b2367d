package portfolio

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"tributary/billing"
	"tributary/loaders"
)

// Summary is the sum of an account's subscriptions.
type Summary struct {
	SubscriptionCount int
	ByStatus          []*StatusCount
	BySource          []*SourceCount
	MonthlyRecurring  []*billing.Money
	UnpricedCount     int
	Seats             *billing.SeatUsage
	Completeness      *Completeness

	rows []*loaders.Subscription
	now  time.Time
}

// StatusCount counts the subscriptions of a status.
type StatusCount struct {
	Status billing.Status
	Count  int
}

// SourceCount counts the subscriptions of a source.
type SourceCount struct {
	Source *loaders.Source
	Count  int
}

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

// Summarise sums up what an account holds and the filter lets through. parts
// is what the selection needs of each subscription.
func (p *Portfolio) Summarise(ctx context.Context, account *billing.Account, filter *Filter, needed loaders.Parts) (*Summary, error) {
	if err := filter.check(p.Sources); err != nil {
		return nil, err
	}
	op := loaders.From(ctx)
	l := list{
		Portfolio: p,
		op:        op,
		filter:    filter,
		parts:     needed | parts(filter, Order{}),
		census:    newCensus(p.Sources),
	}
	rows := l.matching(p.candidates(account, filter))
	s := &Summary{SubscriptionCount: len(rows), Completeness: l.census.close(), rows: rows, now: op.Now()}
	s.count(p.Sources)
	s.addUp()
	return s, nil
}

// count leaves out what does not occur.
func (s *Summary) count(set *loaders.Set) {
	statuses := map[billing.Status]int{}
	sources := map[string]int{}
	for _, row := range s.rows {
		statuses[row.Status]++
		sources[row.Ref.Source]++
	}
	for _, status := range billing.Statuses {
		if n := statuses[status]; n > 0 {
			s.ByStatus = append(s.ByStatus, &StatusCount{status, n})
		}
	}
	for _, source := range set.Sources() {
		if n := sources[source.Name()]; n > 0 {
			s.BySource = append(s.BySource, &SourceCount{source, n})
		}
	}
}

// addUp sums money by currency and seats over what is live. A sum past 64 bits
// leaves the amount that does not fit among the unpriced.
func (s *Summary) addUp() {
	sums := map[string]billing.Money{}
	for _, row := range s.rows {
		if !row.IsActive() && row.Status != billing.StatusPastDue {
			continue
		}
		s.Seats = addSeats(s.Seats, row.Seats)
		money := row.Subscription.MonthlyRecurring()
		if money == nil {
			s.UnpricedCount++
			continue
		}
		sum, ok := money.Add(billing.Money{Minor: sums[money.Currency].Minor, Currency: money.Currency})
		if !ok {
			s.UnpricedCount++
			continue
		}
		sums[money.Currency] = sum
	}
	s.MonthlyRecurring = make([]*billing.Money, 0, len(sums))
	for _, sum := range sums {
		s.MonthlyRecurring = append(s.MonthlyRecurring, &sum)
	}
	slices.SortFunc(s.MonthlyRecurring, func(a, b *billing.Money) int { return strings.Compare(a.Currency, b.Currency) })
}

// addSeats sums what each side knows; what neither knows stays unknown.
func addSeats(sum, more *billing.SeatUsage) *billing.SeatUsage {
	if more == nil {
		return sum
	}
	if sum == nil {
		sum = &billing.SeatUsage{}
	}
	return &billing.SeatUsage{
		Purchased: addKnown(sum.Purchased, more.Purchased),
		Used:      addKnown(sum.Used, more.Used),
		Pending:   addKnown(sum.Pending, more.Pending),
	}
}

func addKnown(a, b *int) *int {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	n := *a + *b
	return &n
}

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
		for _, event := range eventsOf(row, s.now) {
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

// eventsOf is all that a subscription has ahead, or behind.
func eventsOf(s *loaders.Subscription, now time.Time) []*UpcomingEvent {
	var events []*UpcomingEvent
	add := func(at *time.Time, kind EventKind) {
		if at != nil {
			events = append(events, &UpcomingEvent{At: *at, Kind: kind, Subscription: s})
		}
	}
	live := s.IsActive() || s.Status == billing.StatusPastDue
	ending := s.Cancellation != nil && s.Cancellation.EffectiveAt != nil
	if ending {
		add(s.Cancellation.EffectiveAt, EventCancellation)
	}
	if live && s.NextBillingAt != nil && !(ending && !s.Cancellation.EffectiveAt.After(*s.NextBillingAt)) {
		add(s.NextBillingAt, EventRenewal)
	}
	if s.Subscription.Trial.IsActive(now) {
		add(s.Subscription.Trial.EndsAt, EventTrialEnd)
	}
	if s.PendingChange != nil {
		add(s.PendingChange.EffectiveAt, EventPlanChange)
	}
	add(s.EndedAt, EventEnd)
	if s.PaymentMethod != nil {
		add(s.PaymentMethod.CardExpiresAt, EventCardExpiry)
	}
	for _, discount := range s.Discounts {
		add(discount.EndsAt, EventDiscountEnd)
	}
	return events
}
