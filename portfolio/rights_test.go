package portfolio_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"tributary/access"
	"tributary/billing"
	"tributary/loaders"
	"tributary/portfolio"
)

// whoSees is a caller that may see some accounts, with all scopes.
func whoSees(accounts ...string) context.Context {
	return access.With(context.Background(), &access.Caller{Subject: fmt.Sprint(accounts), Scopes: access.Scopes, Accounts: accounts})
}

func (w *world) listAs(caller context.Context, q portfolio.Query) (*portfolio.Connection, error) {
	q.ShowCursors, q.ShowEnds = true, true
	ctx, _ := w.Sources.Begin(caller, 0)
	return w.List(ctx, q)
}

// heldBy is the ids of all that an account holds, in order.
func (w *world) heldBy(account string) []string {
	w.t.Helper()
	return ids(w.mustList(portfolio.Query{Account: w.directory.Get(account), Page: portfolio.Page{First: ptr(100)}}))
}

func TestAListHoldsWhatItsCallerMaySeeAndCountsNoMore(t *testing.T) {
	w := newWorld(t, sample(60))
	orders := []*portfolio.Order{nil, {Field: portfolio.ByPlanName, Direction: portfolio.Descending}}
	for _, who := range [][]string{{"a-000"}, {"a-001"}, {"a-000", "a-001"}, {"a-007", "a-058", "gone"}, {"gone"}, {}} {
		var want []string
		for _, account := range who {
			if account != "gone" {
				want = append(want, w.heldBy(account)...)
			}
		}
		slices.Sort(want)
		want = slices.Compact(want)
		for _, order := range orders {
			page, err := w.listAs(whoSees(who...), portfolio.Query{Order: order, CountTotal: true, Page: portfolio.Page{First: ptr(100)}})
			if err != nil {
				t.Fatal(err)
			}
			got := ids(page)
			slices.Sort(got)
			if !slices.Equal(got, want) || page.TotalCount == nil || *page.TotalCount != len(want) {
				t.Errorf("%v see %v of %v, want %v", who, got, page.TotalCount, want)
			}
		}
		// Naming another's account adds nothing.
		page, err := w.listAs(whoSees(who...), portfolio.Query{CountTotal: true, Filter: &portfolio.Filter{Accounts: []string{"account/a-030"}}})
		if err != nil || len(page.Edges) != 0 || *page.TotalCount != 0 {
			t.Errorf("%v, filtering by another's account, see %v, %v", who, ids(page), err)
		}
		for _, source := range page.Completeness.Sources {
			if source.Outcome != portfolio.OutcomeNotAsked || source.Count != 0 {
				t.Errorf("%v, asking for another's, have source %s asked: %+v", who, source.Source.Name(), source)
			}
		}
	}
}

func TestACursorIsOfItsCaller(t *testing.T) {
	w := newWorld(t, sample(60))
	theirs, err := w.listAs(whoSees("a-001"), portfolio.Query{Page: portfolio.Page{First: ptr(1)}})
	if err != nil {
		t.Fatal(err)
	}
	again := portfolio.Query{Page: portfolio.Page{First: ptr(1), After: theirs.PageInfo.EndCursor}}
	if _, err := w.listAs(whoSees("a-001"), again); err != nil {
		t.Errorf("its own cursor: %v", err)
	}
	for _, other := range []context.Context{whoSees("a-000"), anyone} {
		if page, err := w.listAs(other, again); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("another's cursor gives %v, %v", page, err)
		}
	}
}

func TestAccountsAreTheCallersOwn(t *testing.T) {
	w := newWorld(t, sample(60))
	caller := whoSees("a-017", "a-003", "gone")
	for name, filter := range map[string]*portfolio.AccountFilter{
		"without a filter": nil,
		"by name":          {NameContains: ptr("A-0")},
		"by ids":           {IDs: []string{"account/a-003", "account/a-004", "account/a-017"}},
	} {
		page, err := w.Accounts(caller, filter, nil, nil, true)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, account := range page.Nodes() {
			got = append(got, account.ID)
		}
		if !slices.Equal(got, []string{"a-003", "a-017"}) || *page.TotalCount != 2 || page.PageInfo.HasNextPage {
			t.Errorf("%s: got %v of %d", name, got, *page.TotalCount)
		}
	}
	first, err := w.Accounts(caller, nil, ptr(1), nil, false)
	if err != nil || !first.PageInfo.HasNextPage {
		t.Fatalf("the first page: %+v, %v", first, err)
	}
	second, err := w.Accounts(caller, nil, ptr(1), first.PageInfo.EndCursor, false)
	if err != nil || len(second.Edges) != 1 || second.Edges[0].Node.ID != "a-017" || second.PageInfo.HasNextPage {
		t.Errorf("the second page: %+v, %v", second, err)
	}
	if account, err := w.Account(caller, "account/a-004"); account != nil || err != nil {
		t.Errorf("another's account is %v, %v", account, err)
	}
}

func TestAnIDIsNoPermission(t *testing.T) {
	w := newWorld(t, sample(60))
	ctx, op := w.Sources.Begin(whoSees("a-001"), 0)
	theirs, others := w.directory.Get("a-001").Holdings, w.directory.Get("a-002").Holdings
	for _, ref := range theirs {
		if sub, err := loaders.From(ctx).Load(ref, 0)(); err != nil || sub == nil || sub.Account() == nil || sub.Account().ID != "a-001" {
			t.Errorf("%s is %v, %v to its holder", ref.ID(), sub, err)
		}
	}
	before := op.CacheMisses()
	for _, ref := range others {
		if sub, err := op.Load(ref, loaders.PartPlan|loaders.PartTrial)(); err != nil || sub != nil {
			t.Errorf("%s is %v, %v to another", ref.ID(), sub, err)
		}
	}
	if rows, err := op.LoadHoldings(billing.Ref{Source: "billing", Org: "o-0"}, 0)(); err != nil || len(rows) != 0 {
		t.Errorf("another's organisation holds %v, %v", rows, err)
	}
	if asked := op.CacheMisses() - before; asked != 0 {
		t.Errorf("%d documents were asked for that are not the caller's", asked)
	}
}

func TestTheListsOfAnOperationLookAtABoundedNumber(t *testing.T) {
	w := newWorld(t, sample(60))
	w.ScanLimit = 30
	ctx, op := w.Sources.Begin(anyone, 0)
	byName := &portfolio.Order{Field: portfolio.ByPlanName, Direction: portfolio.Ascending}
	lists := 0
	for ; lists < 50; lists++ {
		if _, err := w.List(ctx, portfolio.Query{Order: byName}); err != nil {
			if billing.CodeOf(err) != billing.CodeLimitExceeded {
				t.Fatal(err)
			}
			break
		}
	}
	if looked := op.Looked(); lists == 50 || lists < 5 || looked > 12*w.ScanLimit {
		t.Errorf("%d lists were answered, which looked at %d", lists, looked)
	}
}

func TestFiltersAndSearchesAreBounded(t *testing.T) {
	w := newWorld(t, sample(3))
	many := slices.Repeat([]string{"account/a-000"}, 101)
	for name, filter := range map[string]*portfolio.Filter{"accounts": {Accounts: many}, "sources": {Sources: slices.Repeat([]string{"psa"}, 101)}} {
		if _, err := w.list(portfolio.Query{Filter: filter}); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("101 %s: %v", name, err)
		}
	}
	if _, err := w.list(portfolio.Query{Filter: &portfolio.Filter{Accounts: many[1:]}}); err != nil {
		t.Errorf("100 accounts: %v", err)
	}
	for name, filter := range map[string]*portfolio.AccountFilter{"101 ids": {IDs: many}, "257 bytes": {NameContains: ptr(strings.Repeat("a", 257))}} {
		if _, err := w.Accounts(anyone, filter, nil, nil, false); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("%s: %v", name, err)
		}
	}
	ended, cancel := context.WithCancel(anyone)
	cancel()
	if _, err := w.Accounts(ended, nil, nil, nil, false); billing.CodeOf(err) != billing.CodeSourceTimeout {
		t.Errorf("accounts of a request that is over: %v", err)
	}
	if _, err := w.listAs(ended, portfolio.Query{}); billing.CodeOf(err) != billing.CodeSourceTimeout {
		t.Errorf("a list of a request that is over: %v", err)
	}
}
