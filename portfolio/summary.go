package portfolio

import (
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
	op   *loaders.Operation
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

// Summarise sums up what an account holds and the filter lets through. parts
// is what the selection needs of each subscription.
func (p *Portfolio) Summarise(ctx context.Context, account *billing.Account, filter *Filter, needed loaders.Parts) (*Summary, error) {
	if err := p.overworked(ctx); err != nil {
		return nil, err
	}
	if err := filter.check(p.Sources); err != nil {
		return nil, err
	}
	op := loaders.From(ctx)
	l := list{
		Portfolio: p,
		op:        op,
		filter:    filter,
		parts:     needed | parts(filter, Order{}),
		deciding:  needed&loaders.PartTrial | parts(filter, Order{}),
		census:    newCensus(p.Sources),
	}
	rows := l.matching(p.candidates(ctx, account, filter))
	s := &Summary{SubscriptionCount: len(rows), rows: rows, op: op, now: op.Now()}
	s.count(p.Sources)
	s.addUp(l.census)
	s.Completeness = l.census.close()
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
func (s *Summary) addUp(census *census) {
	sums := map[string]billing.Money{}
	var seats []*billing.SeatUsage
	for _, row := range s.rows {
		if !isLive(row) {
			continue
		}
		seats = append(seats, row.Seats)
		money := row.Subscription.MonthlyRecurring()
		if money == nil {
			s.UnpricedCount++
			census.noteFault(row.Ref.Source, row.Fault(loaders.PartPlan))
			continue
		}
		sum, ok := money.Add(billing.Money{Minor: sums[money.Currency].Minor, Currency: money.Currency})
		if !ok {
			s.UnpricedCount++
			continue
		}
		sums[money.Currency] = sum
	}
	s.Seats = billing.SumSeats(seats)
	s.MonthlyRecurring = make([]*billing.Money, 0, len(sums))
	for _, sum := range sums {
		s.MonthlyRecurring = append(s.MonthlyRecurring, &sum)
	}
	slices.SortFunc(s.MonthlyRecurring, func(a, b *billing.Money) int { return strings.Compare(a.Currency, b.Currency) })
}
