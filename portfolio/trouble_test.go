package portfolio_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/loaders"
	"tributary/portfolio"
)

var down = &billing.Error{Code: billing.CodeSourceUnavailable, Source: "focus", Op: "get subscription"}

func part(c *portfolio.Completeness, source string) *portfolio.SourceCompleteness {
	for _, part := range c.Sources {
		if part.Source.Name() == source {
			return part
		}
	}
	return nil
}

// without drops the rows of a source.
func without(ids []string, source string) []string {
	return slices.DeleteFunc(slices.Clone(ids), func(id string) bool {
		return strings.HasPrefix(id, "subscription/"+source+"/")
	})
}

func TestADeadSourceCostsItsOwnRowsAndOneErrorAPage(t *testing.T) {
	for _, field := range []portfolio.OrderField{portfolio.ByID, portfolio.ByStatus} {
		for _, direction := range directions {
			t.Run(string(field)+"/"+string(direction), func(t *testing.T) {
				w := newWorld(t, sample(120))
				w.focus.fail(down)
				w.ScanLimit = 1000
				order := portfolio.Order{Field: field, Direction: direction}
				want := without(w.expected(nil, order), "focus")
				var got []string
				q := portfolio.Query{Order: &order, Page: portfolio.Page{First: ptr(10)}}
				for pages := 0; pages < 1000; pages++ {
					var page *portfolio.Connection
					asked := w.focus.questions(func() { page = w.mustList(q) })
					if field == portfolio.ByID && asked > 11 {
						t.Fatalf("page %d asked the dead source %d times", pages, asked)
					}
					c := page.Completeness
					if focus := part(c, "focus"); asked > 0 && (c.Complete || len(c.Failures()) != 1 || focus.Outcome != portfolio.OutcomeFailed || focus.Error.Code != billing.CodeSourceUnavailable) {
						t.Fatalf("page %d: complete %t, failures %v, focus %+v", pages, c.Complete, c.Failures(), *focus)
					}
					if psa := part(c, "psa"); psa.Outcome == portfolio.OutcomeFailed || psa.Error != nil {
						t.Fatalf("page %d: psa is %+v", pages, *psa)
					}
					got = append(got, ids(page)...)
					if !page.PageInfo.HasNextPage {
						break
					}
					if len(page.Edges) != 10 {
						t.Fatalf("page %d has %d rows, and more follows", pages, len(page.Edges))
					}
					q.Page.After = page.PageInfo.EndCursor
				}
				if !slices.Equal(got, want) {
					t.Errorf("got %d rows of %d: %s", len(got), len(want), difference(got, want))
				}
			})
		}
	}
}

func TestADeadSourceDoesNotUseUpTheBound(t *testing.T) {
	w := newWorld(t, sample(120))
	w.focus.fail(down)
	w.ScanLimit = 40 // of 120 holdings that are dead
	page := w.mustList(portfolio.Query{
		Filter: &portfolio.Filter{Sources: []string{"focus", "psa"}},
		Page:   portfolio.Page{First: ptr(10)},
	})
	if len(page.Edges) != 10 || page.Completeness.Truncated {
		t.Errorf("%d rows, truncated %t", len(page.Edges), page.Completeness.Truncated)
	}
}

func TestAFaultOfOneRowLeavesTheOthersOfItsSource(t *testing.T) {
	w := newWorld(t, "- id: a\n  subscriptions:\n    - { source: billing, organization: o-1 }\n    - { source: billing, organization: o-2, id: s-1 }\n")
	w.billing.fail(&billing.Error{Code: billing.CodeSourceBadData, Source: "billing"})
	page := w.mustList(portfolio.Query{})
	if c := page.Completeness; len(c.Failures()) != 1 || c.Complete || part(c, "billing").Error.Code != billing.CodeSourceBadData {
		t.Errorf("two faults of one source: failures %v", c.Failures())
	}
	for name, want := range map[string]portfolio.SourceOutcome{"billing": portfolio.OutcomeFailed, "focus": portfolio.OutcomeNotAsked} {
		if got := part(page.Completeness, name).Outcome; got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

func TestAnOldAnswerIsToldApart(t *testing.T) {
	w := newWorld(t, sample(10))
	q := portfolio.Query{Filter: &portfolio.Filter{Sources: []string{"focus", "psa"}}, Page: portfolio.Page{First: ptr(100)}}
	fresh := w.mustList(q)
	w.focus.fail(down)
	w.pass(10 * time.Minute)
	page := w.mustList(q)
	if !slices.Equal(ids(page), ids(fresh)) || !page.Completeness.Complete || len(page.Completeness.Failures()) != 0 {
		t.Fatalf("%d rows of %d, complete %t", len(page.Edges), len(fresh.Edges), page.Completeness.Complete)
	}
	focus := part(page.Completeness, "focus")
	if focus.Outcome != portfolio.OutcomeStale || focus.Count != 10 || focus.Error == nil || focus.Error.Code != billing.CodeSourceUnavailable {
		t.Errorf("the source that failed is %+v", *focus)
	}
	if focus.Error != nil && focus.Error.Message == "" {
		t.Error("its error says nothing to people")
	}
	if psa := part(page.Completeness, "psa"); psa.Outcome != portfolio.OutcomeOK || psa.Error != nil {
		t.Errorf("the other is %+v", *psa)
	}
}

func TestAListIsInDoubtWhenWhatItHangsOnCouldNotBeHad(t *testing.T) {
	broken := &billing.Error{Code: billing.CodeSourceTimeout, Source: "billing", Op: "list plans"}
	cases := map[string]struct {
		q     portfolio.Query
		sound bool
	}{
		"the plan, only shown": {portfolio.Query{Parts: loaders.PartPlan}, true},
		"the plan, filtered":   {portfolio.Query{Filter: &portfolio.Filter{Plan: ptr("Pro")}}, false},
		"the plan, sorted by":  {portfolio.Query{Order: &portfolio.Order{Field: portfolio.ByPlanName, Direction: portfolio.Ascending}}, false},
		"the price, sorted by": {portfolio.Query{Order: &portfolio.Order{Field: portfolio.ByMonthlyAmount, Direction: portfolio.Ascending}}, false},
		"the status":           {portfolio.Query{Order: &portfolio.Order{Field: portfolio.ByStatus, Direction: portfolio.Ascending}, Parts: loaders.PartPlan}, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sample(30))
			w.billing.plans = broken
			c.q.CountTotal = true
			page := w.mustList(c.q)
			billed := part(page.Completeness, "billing")
			if c.sound {
				if !page.Completeness.Complete || billed.Outcome != portfolio.OutcomeOK || page.TotalCount == nil {
					t.Errorf("complete %t, %+v, total %v", page.Completeness.Complete, *billed, page.TotalCount)
				}
				return
			}
			failures := page.Completeness.Failures()
			if page.Completeness.Complete || billed.Outcome != portfolio.OutcomeFailed || len(failures) != 1 || !errors.Is(failures[0], broken) || page.TotalCount != nil {
				t.Errorf("complete %t, %+v, failures %v, total %v", page.Completeness.Complete, *billed, failures, page.TotalCount)
			}
		})
	}
}

func TestCredentialsOfOneOrganisationThatFailCostItsRowsAlone(t *testing.T) {
	w := newWorld(t, "- { id: a, subscriptions: [{ source: psa, id: 1 }] }\n- { id: b, subscriptions: [{ source: psa, id: 2 }, { source: psa, id: 3 }, { source: psa, id: 4 }] }\n")
	w.psa.faultOf = func(ref billing.Ref) error {
		if ref.Org != "1" {
			return nil
		}
		return &billing.Error{Code: billing.CodeSourceAuthFailed, Source: "psa", Own: true}
	}
	var got []string
	page := portfolio.Page{First: ptr(1)}
	for range 5 {
		connection := w.mustList(portfolio.Query{Page: page})
		got = append(got, ids(connection)...)
		if !connection.PageInfo.HasNextPage {
			break
		}
		page.After = connection.PageInfo.EndCursor
	}
	if want := []string{"subscription/psa/2", "subscription/psa/3", "subscription/psa/4"}; !slices.Equal(got, want) {
		t.Errorf("page after page there are %v, want %v", got, want)
	}
	if connection := w.mustList(portfolio.Query{}); connection.Completeness.Complete || len(connection.Completeness.Failures()) != 1 {
		t.Errorf("the list does not say what it lacks: %+v", connection.Completeness)
	}
}
