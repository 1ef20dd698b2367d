package portfolio_test

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/portfolio"
)

func TestACursorHoldsForItsOwnListOnly(t *testing.T) {
	w := newWorld(t, sample(60))
	byName := &portfolio.Order{Field: portfolio.ByPlanName, Direction: portfolio.Ascending}
	acme, other := w.directory.Get("a-000"), w.directory.Get("a-001")
	q := portfolio.Query{Filter: &portfolio.Filter{Sources: []string{"psa", "focus"}}, Order: byName, Page: portfolio.Page{First: ptr(2)}}
	cursor := *w.mustList(q).PageInfo.EndCursor
	byID := *w.mustList(portfolio.Query{Page: portfolio.Page{First: ptr(2)}}).PageInfo.EndCursor
	ofAccount := *w.mustList(portfolio.Query{Account: acme, Page: portfolio.Page{First: ptr(2)}}).PageInfo.EndCursor
	accounts, err := w.Accounts(anyone, nil, ptr(2), nil, false)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-3] ^= 1
	cases := map[string]struct {
		q      portfolio.Query
		cursor string
	}{
		"of another filter":            {portfolio.Query{Filter: &portfolio.Filter{Sources: []string{"psa"}}, Order: byName}, cursor},
		"of a filter, without one":     {portfolio.Query{Order: byName}, cursor},
		"of no filter, with empty one": {portfolio.Query{Filter: &portfolio.Filter{Sources: []string{}}}, byID},
		"of another direction":         {portfolio.Query{Filter: q.Filter, Order: &portfolio.Order{Field: portfolio.ByPlanName, Direction: portfolio.Descending}}, cursor},
		"of another field":             {portfolio.Query{Filter: q.Filter, Order: &portfolio.Order{Field: portfolio.ByID, Direction: portfolio.Ascending}}, cursor},
		"of all, for an account":       {portfolio.Query{Account: acme}, byID},
		"of another account":           {portfolio.Query{Account: other}, ofAccount},
		"of the accounts":              {portfolio.Query{}, *accounts.PageInfo.EndCursor},
		"with its end cut off":         {q, cursor[:len(cursor)-4]},
		"with its beginning cut off":   {q, cursor[4:]},
		"with a byte changed":          {q, base64.RawURLEncoding.EncodeToString(raw)},
		"with more behind it":          {q, cursor + "AAAA"},
		"in another base 64":           {q, base64.URLEncoding.EncodeToString(raw)},
		"empty":                        {q, ""},
		"forged":                       {q, base64.RawURLEncoding.EncodeToString([]byte(`{"i":"subscription/psa/1"}`))},
		"a row number":                 {q, "cursor:5"},
		"very long":                    {q, strings.Repeat("A", 1<<20)},
		"not ASCII":                    {q, "\xff\x00é"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for _, page := range []portfolio.Page{{After: &c.cursor}, {Before: &c.cursor}} {
				c.q.Page = page
				answer, err := w.list(c.q)
				if billing.CodeOf(err) != billing.CodeBadUserInput || !strings.Contains(billing.ClientMessage(err), "cursor") {
					t.Errorf("got %v, %v", answer, err)
				}
			}
		})
	}
	foreign := &portfolio.Portfolio{Directory: w.Directory, Sources: w.Sources, Cursors: portfolio.Cursors{Key: []byte("another key")}}
	if _, err := foreign.Accounts(anyone, nil, nil, accounts.PageInfo.EndCursor, false); billing.CodeOf(err) != billing.CodeBadUserInput {
		t.Errorf("a cursor signed with another key: %v", err)
	}
	if _, err := w.Accounts(anyone, nil, nil, &byID, false); billing.CodeOf(err) != billing.CodeBadUserInput {
		t.Errorf("a cursor of subscriptions, for accounts: %v", err)
	}
	named := &portfolio.AccountFilter{NameContains: ptr("a")}
	if _, err := w.Accounts(anyone, named, nil, accounts.PageInfo.EndCursor, false); billing.CodeOf(err) != billing.CodeBadUserInput {
		t.Errorf("a cursor of another filter of accounts: %v", err)
	}
}

func TestReplicasOfOneKeyTakeEachOthersCursors(t *testing.T) {
	one, two := newWorld(t, sample(60)), newWorld(t, sample(60))
	q := portfolio.Query{Order: &portfolio.Order{Field: portfolio.ByMonthlyAmount, Direction: portfolio.Descending}, Page: portfolio.Page{First: ptr(5)}}
	q.Page.After = one.mustList(q).PageInfo.EndCursor
	if a, b := ids(one.mustList(q)), ids(two.mustList(q)); fmt.Sprint(a) != fmt.Sprint(b) || len(a) != 5 {
		t.Errorf("one answers %v, the other %v", a, b)
	}
}

func TestAPageIsAskedForInOneWay(t *testing.T) {
	w := newWorld(t, sample(10))
	cursor := ptr("x")
	cases := map[string]struct {
		page portfolio.Page
		says []string
	}{
		"first 0":               {portfolio.Page{First: ptr(0)}, []string{"first is 0", "1 to 100"}},
		"first -1":              {portfolio.Page{First: ptr(-1)}, []string{"first is -1", "1 to 100"}},
		"first 101":             {portfolio.Page{First: ptr(101)}, []string{"first is 101", "1 to 100"}},
		"last 0":                {portfolio.Page{Last: ptr(0)}, []string{"last is 0", "1 to 100"}},
		"last -1":               {portfolio.Page{Last: ptr(-1)}, []string{"last is -1", "1 to 100"}},
		"last 101":              {portfolio.Page{Last: ptr(101)}, []string{"last is 101", "1 to 100"}},
		"first with last":       {portfolio.Page{First: ptr(1), Last: ptr(1)}, []string{"first", "last"}},
		"after with before":     {portfolio.Page{After: cursor, Before: cursor}, []string{"after", "before"}},
		"first with before":     {portfolio.Page{First: ptr(1), Before: cursor}, []string{"first", "before"}},
		"last with after":       {portfolio.Page{Last: ptr(1), After: cursor}, []string{"last", "after"}},
		"everything at once":    {portfolio.Page{First: ptr(1), Last: ptr(1), After: cursor, Before: cursor}, []string{"first", "last"}},
		"an empty after":        {portfolio.Page{After: ptr("")}, []string{"cursor"}},
		"an empty before":       {portfolio.Page{Before: ptr("")}, []string{"cursor"}},
		"the least int":         {portfolio.Page{First: ptr(-1 << 31)}, []string{"first"}},
		"a cursor from nowhere": {portfolio.Page{First: ptr(1), After: cursor}, []string{"cursor"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			asked := w.allQuestions(func() {
				_, err := w.list(portfolio.Query{Page: c.page})
				if billing.CodeOf(err) != billing.CodeBadUserInput {
					t.Fatalf("got %v", err)
				}
				for _, word := range c.says {
					if !strings.Contains(billing.ClientMessage(err), word) {
						t.Errorf("%q does not say %q", billing.ClientMessage(err), word)
					}
				}
			})
			if asked != 0 {
				t.Errorf("asked %d questions all the same", asked)
			}
		})
	}
}

func TestAFilterNamesWhatThereIs(t *testing.T) {
	w := newWorld(t, sample(10))
	cases := map[string]struct {
		filter portfolio.Filter
		says   string
	}{
		"an unknown source":     {portfolio.Filter{Sources: []string{"psa", "stripe"}}, `filter.sources: there is no source "stripe"; the sources are focus, billing, teams, psa`},
		"a source's global id":  {portfolio.Filter{Sources: []string{"source/psa"}}, "filter.sources"},
		"no account's id":       {portfolio.Filter{Accounts: []string{"account/a-001", "a-002"}}, "filter.accounts: entry 2"},
		"a subscription's id":   {portfolio.Filter{Accounts: []string{"subscription/psa/1"}}, "filter.accounts: entry 1: an account's id looks like account/<name>"},
		"a broken escape":       {portfolio.Filter{Accounts: []string{"account/%zz"}}, "bad escape"},
		"a source's name of 1M": {portfolio.Filter{Sources: []string{strings.Repeat("s", 1<<20)}}, "there is no source"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := w.list(portfolio.Query{Filter: &c.filter})
			message := billing.ClientMessage(err)
			if billing.CodeOf(err) != billing.CodeBadUserInput || !strings.Contains(message, c.says) || len(message) > 400 {
				t.Errorf("got %.500s", message)
			}
		})
	}
}

func FuzzCursor(f *testing.F) {
	cursors := portfolio.Cursors{Key: []byte("a key for tests")}
	p := &portfolio.Portfolio{Directory: directoryOf(f, sample(5)), Cursors: cursors}
	page, err := p.Accounts(anyone, nil, ptr(3), nil, false)
	if err != nil {
		f.Fatal(err)
	}
	given := map[string]bool{}
	for _, edge := range page.Edges {
		given[edge.Cursor] = true
		f.Add(edge.Cursor)
		f.Add(edge.Cursor[:20])
		f.Add(edge.Cursor + "A")
	}
	f.Add("")
	f.Add("=")
	f.Add(strings.Repeat("A", 5000))
	f.Fuzz(func(t *testing.T, cursor string) {
		page, err := p.Accounts(anyone, nil, ptr(1), &cursor, false)
		if given[cursor] {
			if err != nil || page == nil {
				t.Errorf("a cursor of the list is refused: %v", err)
			}
			return
		}
		if billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("%q is taken for a cursor: %v, %v", cursor, page, err)
		}
	})
}
