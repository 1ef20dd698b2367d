package portfolio_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/portfolio"
)

func TestAPageAsksForWhatItShows(t *testing.T) {
	w := newWorld(t, sample(300))
	byID := &portfolio.Order{Field: portfolio.ByID, Direction: portfolio.Ascending}
	cases := map[string]struct {
		q    portfolio.Query
		most int
	}{
		"the first five":                  {portfolio.Query{}, 6},
		"the first five of one source":    {portfolio.Query{Filter: &portfolio.Filter{Sources: []string{"psa"}}}, 6},
		"the first five of some accounts": {portfolio.Query{Filter: &portfolio.Filter{Accounts: []string{"account/a-001", "account/a-002"}}}, 6},
		"the last five":                   {portfolio.Query{Order: &portfolio.Order{Field: portfolio.ByID, Direction: portfolio.Descending}}, 6},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			c.q.Page.First = ptr(5)
			var page *portfolio.Connection
			if asked := w.allQuestions(func() { page = w.mustList(c.q) }); asked > c.most || asked == 0 {
				t.Errorf("asked %d questions, want up to %d", asked, c.most)
			}
			if len(page.Edges) != 5 || !page.Completeness.Complete {
				t.Errorf("%d rows, %+v", len(page.Edges), page.Completeness)
			}
			if asked := w.allQuestions(func() { w.mustList(c.q) }); asked != 0 {
				t.Errorf("asked %d questions again", asked)
			}
		})
	}
	everything := len(w.expected(nil, *byID))
	statuses := &portfolio.Filter{Statuses: []billing.Status{billing.StatusActive}}
	w.forget()
	if asked := w.allQuestions(func() { w.mustList(portfolio.Query{Filter: statuses, Page: portfolio.Page{First: ptr(5)}}) }); asked < everything/2 {
		t.Errorf("a filter by status asked %d questions of a directory of %d subscriptions", asked, everything)
	}
}

func TestEmptyHoldingsCostFewRounds(t *testing.T) {
	var b strings.Builder
	for i := range 400 {
		fmt.Fprintf(&b, "- { id: a-%d, subscriptions: [ { source: teams, team: t-%03d } ] }\n", i, i)
	}
	w := newWorld(t, b.String())
	w.teams.empty = func(ref billing.Ref) bool { return ref.Org != "t-399" }
	var got []string
	asked, next := 0, portfolio.Page{First: ptr(2)}
	for range 10 {
		var page *portfolio.Connection
		one := w.teams.questions(func() { page = w.mustList(portfolio.Query{Page: next}) })
		if one > 110 {
			t.Errorf("a page of 2 asked %d questions", one)
		}
		asked += one
		got = append(got, ids(page)...)
		if page.Completeness.Truncated != page.PageInfo.HasNextPage {
			t.Errorf("a page that is cut short says %+v, %+v", *page.PageInfo, *page.Completeness)
		}
		if !page.PageInfo.HasNextPage {
			break
		}
		next.After = page.PageInfo.EndCursor
	}
	if !slices.Equal(got, []string{"subscription/teams/t-399"}) || asked != 400 {
		t.Errorf("got %v for %d questions", got, asked)
	}
	if w.teams.batches > 20 {
		t.Errorf("they travelled in %d batches", w.teams.batches)
	}
}

func TestAScanStopsAtItsBoundAndSaysSo(t *testing.T) {
	w := newWorld(t, sample(60))
	w.ScanLimit = 50
	byStatus := &portfolio.Order{Field: portfolio.ByStatus, Direction: portfolio.Ascending}
	var page *portfolio.Connection
	asked := w.allQuestions(func() { page = w.mustList(portfolio.Query{Order: byStatus, CountTotal: true}) })
	if asked > 50 {
		t.Errorf("asked %d questions past a bound of 50", asked)
	}
	if c := page.Completeness; !c.Truncated || c.Complete || page.TotalCount != nil || len(c.Failures()) != 0 {
		t.Errorf("truncated %t, complete %t, total %v, failures %v", c.Truncated, c.Complete, page.TotalCount, c.Failures())
	}
	narrow := &portfolio.Filter{Accounts: []string{"account/a-001"}}
	page = w.mustList(portfolio.Query{Order: byStatus, Filter: narrow, CountTotal: true})
	if c := page.Completeness; c.Truncated || !c.Complete || page.TotalCount == nil {
		t.Errorf("below the bound: truncated %t, complete %t, total %v", c.Truncated, c.Complete, page.TotalCount)
	}
}

func TestAScanOfAFewLargeOrganisationsStopsToo(t *testing.T) {
	w := newWorld(t, "- id: a\n  subscriptions:\n    - { source: billing, organization: o-1 }\n    - { source: billing, organization: o-2 }\n")
	w.ScanLimit = 4
	order := portfolio.Order{Field: portfolio.ByID, Direction: portfolio.Ascending}
	want := w.expected(nil, order)
	if len(want) <= 4 {
		t.Fatalf("the organisations hold %d subscriptions, so this shows nothing", len(want))
	}
	byStatus := &portfolio.Order{Field: portfolio.ByStatus, Direction: portfolio.Ascending}
	page := w.mustList(portfolio.Query{Order: byStatus, CountTotal: true})
	got := ids(page)
	slices.Sort(got)
	if !slices.Equal(got, want[:4]) || !page.Completeness.Truncated || page.TotalCount != nil {
		t.Errorf("got %v of %v, truncated %t, total %v", got, want, page.Completeness.Truncated, page.TotalCount)
	}
	checkWalks(t, w, portfolio.Query{CountTotal: true}, 2, want)
}

func TestAListByIDIsWalkedWholeThoughItIsTooLongToCount(t *testing.T) {
	w := newWorld(t, sample(60))
	w.ScanLimit = 50
	want := w.expected(nil, portfolio.Order{Field: portfolio.ByID, Direction: portfolio.Ascending})
	q := portfolio.Query{CountTotal: true}
	checkWalks(t, w, q, 20, want)
	page := w.mustList(q)
	if c := page.Completeness; page.TotalCount != nil || c.Truncated || !c.Complete {
		t.Errorf("total %v, truncated %t, complete %t", page.TotalCount, c.Truncated, c.Complete)
	}
}

func TestAPageCutShortByTheBoundCanBeGoneOnFrom(t *testing.T) {
	var b strings.Builder
	for i := range 90 {
		fmt.Fprintf(&b, "- id: a-%d\n  subscriptions:\n    - { source: billing, organization: o-%02d }\n    - { source: teams, team: t-%02d }\n", i, i, i)
	}
	w := newWorld(t, b.String())
	w.ScanLimit = 10
	w.teams.empty = func(ref billing.Ref) bool { return ref.Org != "t-70" }
	for _, direction := range directions {
		order := portfolio.Order{Field: portfolio.ByID, Direction: direction}
		want := w.expected(nil, order)
		var got []string
		q := portfolio.Query{Order: &order, Page: portfolio.Page{First: ptr(50)}}
		for pages := 0; pages < 100; pages++ {
			page := w.mustList(q)
			got = append(got, ids(page)...)
			if !page.PageInfo.HasNextPage {
				break
			}
			if len(page.Edges) < 50 && !page.Completeness.Truncated {
				t.Fatalf("a page of %d rows that more follows does not say why", len(page.Edges))
			}
			if page.PageInfo.EndCursor == nil {
				t.Fatal("a page that more follows has no end")
			}
			q.Page.After = page.PageInfo.EndCursor
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: got %d rows of %d: %s", direction, len(got), len(want), difference(got, want))
		}
		got = nil
		q.Page = portfolio.Page{Last: ptr(50)}
		for pages := 0; pages < 100; pages++ {
			page := w.mustList(q)
			got = append(ids(page), got...)
			if !page.PageInfo.HasPreviousPage {
				break
			}
			q.Page.Before = page.PageInfo.StartCursor
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s, backward: got %d rows of %d: %s", direction, len(got), len(want), difference(got, want))
		}
	}
}
