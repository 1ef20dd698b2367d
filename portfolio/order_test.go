package portfolio_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/portfolio"
)

// shaped is a world of as many Focus subscriptions as there are shapes.
func shaped(t *testing.T, shapes ...func(*billing.Subscription)) *world {
	t.Helper()
	var b strings.Builder
	b.WriteString("- id: a\n  subscriptions:\n")
	for i := range shapes {
		fmt.Fprintf(&b, "    - { source: focus, organization: %d }\n", i)
	}
	w := newWorld(t, b.String())
	w.focus.shape = func(sub *billing.Subscription) {
		*sub = billing.Subscription{Ref: sub.Ref, ExternalID: sub.ExternalID, Status: billing.StatusActive, Details: &details{}}
		shapes[int(sub.Ref.Org[0]-'0')](sub)
	}
	return w
}

func (w *world) orderOf(field portfolio.OrderField, direction portfolio.Direction) string {
	w.t.Helper()
	var orgs []string
	for _, node := range w.mustList(portfolio.Query{Order: &portfolio.Order{Field: field, Direction: direction}}).Nodes() {
		orgs = append(orgs, node.Ref.Org)
	}
	return strings.Join(orgs, " ")
}

func renewing(year int) func(*billing.Subscription) {
	return func(s *billing.Subscription) { s.NextBillingAt = ptr(time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)) }
}

func costing(minor int64, currency string) func(*billing.Subscription) {
	return func(s *billing.Subscription) {
		s.Price = &billing.Price{Amount: &billing.Money{Minor: minor, Currency: currency}, Per: billing.PerTotal}
		s.Interval = &billing.Interval{Unit: billing.Month, Count: 1}
	}
}

func called(name string) func(*billing.Subscription) {
	return func(s *billing.Subscription) { s.Plan = &billing.Plan{Source: "focus", ExternalID: "p", Name: &name} }
}

func nothing(*billing.Subscription) {}

func TestOrders(t *testing.T) {
	long := strings.Repeat("ü", 5000)
	cases := map[string]struct {
		field           portfolio.OrderField
		shapes          []func(*billing.Subscription)
		ascending, desc string
	}{
		"nulls come last in both directions": {portfolio.ByRenewsAt,
			[]func(*billing.Subscription){nothing, renewing(2027), renewing(2026), nothing}, "2 1 0 3", "1 2 0 3"},
		"dates of all centuries compare": {portfolio.ByRenewsAt,
			[]func(*billing.Subscription){renewing(9999), renewing(2263), renewing(1), renewing(2026)}, "2 3 1 0", "0 1 3 2"},
		"amounts go by currency from A to Z first": {portfolio.ByMonthlyAmount,
			[]func(*billing.Subscription){costing(1, "USD"), costing(9, "EUR"), costing(5, "USD"), costing(3, "EUR"), nothing}, "3 1 0 2 4", "1 3 2 0 4"},
		"names compare without regard to case": {portfolio.ByPlanName,
			[]func(*billing.Subscription){called("b"), called("A"), called("a"), called("B"), nothing}, "1 2 0 3 4", "0 3 1 2 4"},
		"long names and broken ones have a place": {portfolio.ByPlanName,
			[]func(*billing.Subscription){called(long + "b"), called("\xff"), called(long + "a"), called("a")}, "3 0 2 1", "1 0 2 3"},
		"statuses go as the schema lists them": {portfolio.ByStatus, []func(*billing.Subscription){
			func(s *billing.Subscription) { s.Status = billing.StatusUnknown },
			func(s *billing.Subscription) { s.Status = billing.StatusCanceled },
			func(s *billing.Subscription) { s.Status = billing.StatusIncomplete },
		}, "2 1 0", "0 1 2"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := shaped(t, c.shapes...)
			if got := w.orderOf(c.field, portfolio.Ascending); got != c.ascending {
				t.Errorf("ascending %s, want %s", got, c.ascending)
			}
			if got := w.orderOf(c.field, portfolio.Descending); got != c.desc {
				t.Errorf("descending %s, want %s", got, c.desc)
			}
			for _, direction := range directions {
				order := &portfolio.Order{Field: c.field, Direction: direction}
				want := ids(w.mustList(portfolio.Query{Order: order}))
				checkWalks(t, w, portfolio.Query{Order: order}, 1, want)
			}
		})
	}
}

func TestARowThatComesAndGoesDoesNotUpsetThePages(t *testing.T) {
	w := shaped(t, renewing(2027), renewing(2028), renewing(2029), renewing(2030))
	gone := ""
	w.focus.empty = func(ref billing.Ref) bool { return ref.Org == gone }
	order := &portfolio.Order{Field: portfolio.ByRenewsAt, Direction: portfolio.Ascending}
	first := w.mustList(portfolio.Query{Order: order, Page: portfolio.Page{First: ptr(2)}})
	gone = "1"
	w.forget()
	rest := w.mustList(portfolio.Query{Order: order, Page: portfolio.Page{After: first.PageInfo.EndCursor}})
	if got := ids(rest); !slices.Equal(got, []string{"subscription/focus/2", "subscription/focus/3"}) || !rest.PageInfo.HasPreviousPage {
		t.Errorf("behind a row that is gone come %v", got)
	}
}
