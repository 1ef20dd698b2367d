package portfolio_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"tributary/accounts"
	"tributary/billing"
	"tributary/portfolio"
)

// directoryOf reads accounts that hold nothing which a source must be asked about.
func directoryOf(t testing.TB, text string) func() *accounts.Directory {
	t.Helper()
	known := accounts.Sources{}
	for name, kind := range map[string]billing.SourceKind{
		"focus": billing.KindFocus, "billing": billing.KindFrontier, "teams": billing.KindIntercode, "psa": billing.KindProductive,
	} {
		known[name] = &made{name: name, kind: kind}
	}
	parsed, err := accounts.Parse("accounts.yaml", []byte(text), known, nil)
	if err != nil {
		t.Fatal(err)
	}
	return func() *accounts.Directory { return parsed }
}

// customers writes n accounts, one in ten of which is called Initech something.
func customers(n int) string {
	var b strings.Builder
	for i := range n {
		name := "Customer"
		if i%10 == 7 {
			name = "InITech"
		}
		fmt.Fprintf(&b, "- { id: c-%05d, name: %s %d }\n", i, name, i)
	}
	return b.String()
}

func TestAccountsArePaged(t *testing.T) {
	p := &portfolio.Portfolio{Directory: directoryOf(t, customers(3210)), Cursors: portfolio.Cursors{Key: []byte("k")}}
	some := []string{"account/c-00009", "account/c-00001", "account/c-00007", "account/nobody", "account/c-00001"}
	cases := map[string]struct {
		filter *portfolio.AccountFilter
		count  int
		first  string
	}{
		"all":                      {nil, 3210, "c-00000"},
		"an empty filter":          {&portfolio.AccountFilter{}, 3210, "c-00000"},
		"by name, in any case":     {&portfolio.AccountFilter{NameContains: ptr("initech")}, 321, "c-00007"},
		"by the empty text":        {&portfolio.AccountFilter{NameContains: ptr("")}, 3210, "c-00000"},
		"by a name nobody has":     {&portfolio.AccountFilter{NameContains: ptr("hooli")}, 0, ""},
		"by id, unknown left out":  {&portfolio.AccountFilter{IDs: some}, 3, "c-00001"},
		"by id and name":           {&portfolio.AccountFilter{IDs: some, NameContains: ptr("ITECH")}, 1, "c-00007"},
		"by no id at all":          {&portfolio.AccountFilter{IDs: []string{}}, 0, ""},
		"by an id that is unknown": {&portfolio.AccountFilter{IDs: []string{"account/nobody"}}, 0, ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			var after *string
			for {
				page, err := p.Accounts(anyone, c.filter, ptr(100), after, true)
				if err != nil {
					t.Fatal(err)
				}
				if page.TotalCount == nil || *page.TotalCount != c.count {
					t.Fatalf("the total is %v, want %d", page.TotalCount, c.count)
				}
				if page.PageInfo.HasPreviousPage != (after != nil) {
					t.Errorf("after %d accounts: hasPreviousPage is %t", len(got), page.PageInfo.HasPreviousPage)
				}
				for _, account := range page.Nodes() {
					got = append(got, account.ID)
				}
				if !page.PageInfo.HasNextPage {
					break
				}
				if len(page.Edges) != 100 || *page.PageInfo.EndCursor != page.Edges[99].Cursor {
					t.Fatalf("a page of %d accounts that more follows", len(page.Edges))
				}
				after = page.PageInfo.EndCursor
			}
			if len(got) != c.count || !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != c.count {
				t.Errorf("%d accounts in order, want %d", len(got), c.count)
			}
			if c.count > 0 && got[0] != c.first {
				t.Errorf("the first is %s, want %s", got[0], c.first)
			}
		})
	}
	page, err := p.Accounts(anyone, nil, nil, nil, false)
	if err != nil || len(page.Edges) != portfolio.DefaultPage || page.TotalCount != nil {
		t.Errorf("by default: %d accounts, total %v, %v", len(page.Edges), page.TotalCount, err)
	}
	for _, size := range []int{0, -1, 101} {
		if _, err := p.Accounts(anyone, nil, &size, nil, false); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("a page of %d: %v", size, err)
		}
	}
	if _, err := p.Accounts(anyone, &portfolio.AccountFilter{IDs: []string{"account/c-00001", "nonsense"}}, nil, nil, false); billing.CodeOf(err) != billing.CodeBadUserInput || !strings.Contains(err.Error(), "filter.ids: entry 2") {
		t.Errorf("an id that can be no account's: %v", err)
	}
}

func TestAPageOfALargeDirectoryLooksAtNothingElse(t *testing.T) {
	small := &portfolio.Portfolio{Directory: directoryOf(t, customers(200)), Cursors: portfolio.Cursors{Key: []byte("k")}}
	large := &portfolio.Portfolio{Directory: directoryOf(t, customers(20_000)), Cursors: portfolio.Cursors{Key: []byte("k")}}
	allocations := func(p *portfolio.Portfolio) float64 {
		return testing.AllocsPerRun(20, func() {
			if page, err := p.Accounts(anyone, nil, ptr(100), nil, true); err != nil || len(page.Edges) != 100 {
				t.Fatalf("%d accounts, %v", len(page.Edges), err)
			}
		})
	}
	if a, b := allocations(small), allocations(large); b > a*1.1 {
		t.Errorf("a page of 200 accounts takes %.0f allocations, one of 20,000 takes %.0f", a, b)
	}
}
