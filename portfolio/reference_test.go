package portfolio_test

import (
	"cmp"
	"slices"
	"strings"

	"tributary/billing"
	"tributary/portfolio"
)

// expected is what a list must hold, in order, worked out the long way round:
// all that the directory names, each once, filtered and sorted.
func (w *world) expected(f *portfolio.Filter, o portfolio.Order) []string {
	all := map[string]*billing.Subscription{}
	for _, account := range w.directory.Page("", w.directory.Len()) {
		if f != nil && f.Accounts != nil && !slices.Contains(f.Accounts, account.GlobalID()) {
			continue
		}
		for _, ref := range account.Holdings {
			for _, sub := range w.held(ref) {
				if passes(f, sub) {
					all[sub.Ref.ID()] = sub
				}
			}
		}
	}
	subs := make([]*billing.Subscription, 0, len(all))
	for _, sub := range all {
		subs = append(subs, sub)
	}
	slices.SortFunc(subs, func(a, b *billing.Subscription) int { return compare(a, b, o) })
	ids := make([]string, len(subs))
	for i, sub := range subs {
		ids[i] = sub.Ref.ID()
	}
	return ids
}

func (w *world) held(ref billing.Ref) []*billing.Subscription {
	source := map[string]*made{"focus": w.focus, "billing": &w.billing.made, "teams": w.teams, "psa": w.psa}[ref.Source]
	if ref.Source != "billing" || ref.Key != "" {
		if source.empty != nil && source.empty(ref) {
			return nil
		}
		return []*billing.Subscription{source.subscription(ref)}
	}
	var subs []*billing.Subscription
	for _, key := range holdings(ref.Org) {
		ref.Key = key
		subs = append(subs, source.subscription(ref))
	}
	return subs
}

func passes(f *portfolio.Filter, s *billing.Subscription) bool {
	switch {
	case f == nil:
		return true
	case f.Sources != nil && !slices.Contains(f.Sources, s.Ref.Source):
		return false
	case f.Statuses != nil && !slices.Contains(f.Statuses, s.Status):
		return false
	case f.Plan != nil && (s.Plan == nil || !strings.EqualFold(*s.Plan.Name, *f.Plan)):
		return false
	case f.RenewsBefore != nil && (s.NextBillingAt == nil || !s.NextBillingAt.Before(*f.RenewsBefore)):
		return false
	case f.TrialEndsBefore != nil && (s.Trial == nil || !s.Trial.EndsAt.After(now) || !s.Trial.EndsAt.Before(*f.TrialEndsBefore)):
		return false
	}
	return true
}

func compare(a, b *billing.Subscription, o portfolio.Order) int {
	x, y := sortKey(a, o.Field), sortKey(b, o.Field)
	byID := strings.Compare(a.Ref.ID(), b.Ref.ID())
	switch {
	case x == nil && y == nil:
		if o.Field == portfolio.ByID && o.Direction == portfolio.Descending {
			return -byID
		}
		return byID
	case x == nil:
		return 1
	case y == nil:
		return -1
	}
	order := cmp.Compare(x.number, y.number)
	if x.text != y.text {
		order = strings.Compare(x.text, y.text)
	}
	if o.Direction == portfolio.Descending && !(o.Field == portfolio.ByMonthlyAmount && x.text != y.text) {
		order = -order
	}
	return cmp.Or(order, byID)
}

type key struct {
	text   string
	number int64
}

// sortKey is nil for what has no value to sort by, and for the order by id.
func sortKey(s *billing.Subscription, field portfolio.OrderField) *key {
	switch field {
	case portfolio.ByPlanName:
		if s.Plan != nil {
			return &key{text: strings.ToLower(*s.Plan.Name)}
		}
	case portfolio.ByStatus:
		return &key{number: int64(slices.Index(billing.Statuses, s.Status))}
	case portfolio.ByRenewsAt:
		if s.NextBillingAt != nil {
			return &key{number: s.NextBillingAt.Unix()}
		}
	case portfolio.ByUpdatedAt:
		if s.UpdatedAt != nil {
			return &key{number: s.UpdatedAt.Unix()}
		}
	case portfolio.ByMonthlyAmount:
		if money := s.MonthlyRecurring(); money != nil {
			return &key{text: money.Currency, number: money.Minor}
		}
	case portfolio.BySeatsUnused:
		if unused := s.Seats.Available(); unused != nil {
			return &key{number: int64(*unused)}
		}
	}
	return nil
}
