package portfolio_test

import (
	"fmt"
	"slices"
	"testing"

	"tributary/billing"
	"tributary/portfolio"
)

var fields = []portfolio.OrderField{
	portfolio.ByID, portfolio.ByPlanName, portfolio.ByStatus, portfolio.ByRenewsAt,
	portfolio.ByMonthlyAmount, portfolio.BySeatsUnused, portfolio.ByUpdatedAt,
}

var directions = []portfolio.Direction{portfolio.Ascending, portfolio.Descending}

var filters = map[string]*portfolio.Filter{
	"everything":           nil,
	"an empty filter":      {},
	"two sources":          {Sources: []string{"psa", "billing"}},
	"one source, twice":    {Sources: []string{"teams", "teams"}},
	"three accounts":       {Accounts: []string{"account/a-003", "account/a-004", "account/a-005", "account/nobody"}},
	"two statuses":         {Statuses: []billing.Status{billing.StatusActive, billing.StatusPastDue}},
	"a plan by name":       {Plan: ptr("PRO")},
	"soon to be billed":    {RenewsBefore: in(20)},
	"a trial about to end": {TrialEndsBefore: in(15)},
	"a bit of all": {
		Sources: []string{"focus", "billing"}, Statuses: billing.Statuses[2:6],
		Accounts: []string{"account/a-000", "account/a-001", "account/a-002", "account/a-003"}, RenewsBefore: in(35),
	},
}

// checkWalks reads a whole list forward and backward and compares both with
// what it must hold.
func checkWalks(t *testing.T, w *world, q portfolio.Query, size int, want []string) {
	t.Helper()
	var forward []string
	q.Page = portfolio.Page{First: &size}
	for pages := 0; ; pages++ {
		page := w.mustList(q)
		forward = append(forward, ids(page)...)
		left := len(forward) < len(want)
		if info := page.PageInfo; info.HasNextPage != left || info.HasPreviousPage != (pages > 0) || left && len(page.Edges) != size {
			t.Fatalf("forward, page %d of %d rows: %d of %d rows read, %+v", pages, len(page.Edges), len(forward), len(want), *info)
		}
		if !left || pages > len(want) {
			break
		}
		q.Page.After = page.PageInfo.EndCursor
	}
	if !slices.Equal(forward, want) {
		t.Fatalf("forward gave %d rows of %d: %s", len(forward), len(want), difference(forward, want))
	}
	var backward []string
	q.Page = portfolio.Page{Last: &size}
	for pages := 0; ; pages++ {
		page := w.mustList(q)
		backward = append(ids(page), backward...)
		left := len(backward) < len(want)
		if info := page.PageInfo; info.HasPreviousPage != left || info.HasNextPage != (pages > 0) || left && len(page.Edges) != size {
			t.Fatalf("backward, page %d of %d rows: %d of %d rows read, %+v", pages, len(page.Edges), len(backward), len(want), *info)
		}
		if !left || pages > len(want) {
			break
		}
		q.Page.Before = page.PageInfo.StartCursor
	}
	if !slices.Equal(backward, want) {
		t.Fatalf("backward gave %d rows of %d: %s", len(backward), len(want), difference(backward, want))
	}
}

func difference(got, want []string) string {
	for i := range min(len(got), len(want)) {
		if got[i] != want[i] {
			return fmt.Sprintf("row %d is %s, want %s", i, got[i], want[i])
		}
	}
	return "one is the beginning of the other"
}

func TestEveryWalkGivesTheWholeListOnce(t *testing.T) {
	w := newWorld(t, sample(60))
	w.teams.empty = func(ref billing.Ref) bool { return ref.Org[len(ref.Org)-1]%3 == 0 }
	for name, filter := range filters {
		for _, field := range fields {
			for _, direction := range directions {
				t.Run(fmt.Sprint(name, "/", field, "/", direction), func(t *testing.T) {
					order := portfolio.Order{Field: field, Direction: direction}
					want := w.expected(filter, order)
					if len(want) == 0 {
						t.Fatal("the filter lets nothing through, so this shows nothing")
					}
					for _, size := range []int{37, 100} {
						checkWalks(t, w, portfolio.Query{Filter: filter, Order: &order}, size, want)
					}
				})
			}
		}
	}
}

func TestWholeOrganisationsDoNotTearAtPageBorders(t *testing.T) {
	w := newWorld(t, sample(300))
	for _, direction := range directions {
		order := portfolio.Order{Field: portfolio.ByID, Direction: direction}
		for name, filter := range map[string]*portfolio.Filter{"everything": nil, "whole organisations": {Sources: []string{"billing"}}} {
			want := w.expected(filter, order)
			for _, size := range []int{2, 3, 5, 100} {
				t.Run(fmt.Sprint(name, "/", direction, "/", size), func(t *testing.T) {
					checkWalks(t, w, portfolio.Query{Filter: filter, Order: &order}, size, want)
				})
			}
		}
	}
}

func TestAnAccountHasItsOwnList(t *testing.T) {
	w := newWorld(t, sample(60))
	for _, id := range []string{"a-000", "a-001", "a-039"} {
		account := w.directory.Get(id)
		for _, field := range []portfolio.OrderField{portfolio.ByID, portfolio.ByMonthlyAmount} {
			order := portfolio.Order{Field: field, Direction: portfolio.Ascending}
			want := w.expected(&portfolio.Filter{Accounts: []string{account.GlobalID()}}, order)
			for _, size := range []int{1, 2, 50} {
				checkWalks(t, w, portfolio.Query{Account: account, Order: &order}, size, want)
			}
		}
	}
	q := portfolio.Query{Account: w.directory.Get("a-000"), Filter: &portfolio.Filter{Accounts: []string{"account/a-001"}}}
	if rows := ids(w.mustList(q)); len(rows) != 0 {
		t.Errorf("a filter for another account left %v", rows)
	}
}

func TestTheTotalIsThatOfTheWholeList(t *testing.T) {
	w := newWorld(t, sample(60))
	for name, filter := range filters {
		for _, field := range []portfolio.OrderField{portfolio.ByID, portfolio.ByStatus} {
			order := portfolio.Order{Field: field, Direction: portfolio.Descending}
			page := w.mustList(portfolio.Query{Filter: filter, Order: &order, CountTotal: true, Page: portfolio.Page{First: ptr(3)}})
			if want := len(w.expected(filter, order)); page.TotalCount == nil || *page.TotalCount != want {
				t.Errorf("%s by %s: the total is %v, want %d", name, field, page.TotalCount, want)
			}
		}
	}
	if page := w.mustList(portfolio.Query{}); page.TotalCount != nil {
		t.Error("a total was counted that nobody asked for")
	}
}

func TestAnEmptyFilterListMatchesNothingAndAsksNobody(t *testing.T) {
	w := newWorld(t, sample(10))
	for name, filter := range map[string]*portfolio.Filter{
		"sources":                      {Sources: []string{}},
		"statuses":                     {Statuses: []billing.Status{}},
		"accounts":                     {Accounts: []string{}},
		"an account that nobody knows": {Accounts: []string{"account/nobody"}},
	} {
		t.Run(name, func(t *testing.T) {
			var page *portfolio.Connection
			asked := w.allQuestions(func() { page = w.mustList(portfolio.Query{Filter: filter, CountTotal: true}) })
			if len(page.Edges) != 0 || *page.TotalCount != 0 || !page.Completeness.Complete || asked != 0 {
				t.Errorf("%d rows, total %d, complete %t, %d questions", len(page.Edges), *page.TotalCount, page.Completeness.Complete, asked)
			}
			if info := page.PageInfo; info.HasNextPage || info.HasPreviousPage || info.StartCursor != nil || info.EndCursor != nil {
				t.Errorf("an empty page says %+v", *info)
			}
		})
	}
}

// allQuestions is how often all sources together were asked while do ran.
func (w *world) allQuestions(do func()) int {
	total := 0
	total += w.focus.questions(func() {
		total += w.billing.questions(func() {
			total += w.teams.questions(func() {
				total += w.psa.questions(do)
			})
		})
	})
	return total
}
