package portfolio

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"tributary/billing"
	"tributary/loaders"
)

// place is the sort key of a subscription under an order.
func place(s *loaders.Subscription, o Order) position {
	p := position{ID: s.ID()}
	switch o.Field {
	case ByPlanName:
		p.Null = s.Subscription.Plan == nil || s.Subscription.Plan.Name == nil
		if !p.Null {
			p.Text = sortable(*s.Subscription.Plan.Name)
		}
	case ByStatus:
		p.Number = int64(slices.Index(billing.Statuses, s.Status))
	case ByRenewsAt:
		p.instant(s.NextBillingAt)
	case ByUpdatedAt:
		p.instant(s.UpdatedAt)
	case ByMonthlyAmount:
		money := s.Subscription.MonthlyRecurring()
		p.Null = money == nil
		if money != nil {
			p.Text, p.Number = money.Currency, money.Minor
		}
	case BySeatsUnused:
		unused := s.Seats.Available()
		p.Null = unused == nil
		if unused != nil {
			p.Number = int64(*unused)
		}
	}
	return p
}

func (p *position) instant(t *time.Time) {
	p.Null = t == nil
	if t != nil {
		// In microseconds: nanoseconds end in the year 2262.
		p.Number = t.UnixMicro()
	}
}

// sortable is a text without regard to letter case, cut to what a cursor can hold.
func sortable(text string) string {
	const longest = 200
	text = strings.ToValidUTF8(strings.ToLower(text), "\uFFFD")
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "")
}

// compare orders two positions. Nulls come last in both directions; amounts go
// by currency first, always from A to Z; ties go by id, from A to Z except
// where the order itself is by id.
func (o Order) compare(a, b position) int {
	if a.Null != b.Null {
		if a.Null {
			return 1
		}
		return -1
	}
	sign := 1
	if o.Direction == Descending {
		sign = -1
	}
	text := strings.Compare(a.Text, b.Text)
	if o.Field != ByMonthlyAmount {
		text *= sign
	}
	id := strings.Compare(a.ID, b.ID)
	if o.Field == ByID {
		id *= sign
	}
	return cmp.Or(text, sign*cmp.Compare(a.Number, b.Number), id)
}
