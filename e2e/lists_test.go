package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

const pageQuery = `query Page($first: Int, $after: String, $last: Int, $before: String, $filter: SubscriptionFilter, $order: SubscriptionOrder) {
	subscriptions(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $order) {
		edges { cursor node { id } }
		pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
		completeness { complete truncated sources { source { name } outcome count error { code } } }
	}
}`

// page is a page of subscriptions as a client holds it.
type page struct {
	*answer
	ids []string
}

func (w *world) page(variables map[string]any) page {
	w.t.Helper()
	p := page{answer: w.ask(pageQuery, variables)}
	edges, ok := p.at("subscriptions", "edges").([]any)
	if !ok {
		w.t.Fatalf("got %.500s", p.raw)
	}
	for i := range edges {
		p.ids = append(p.ids, p.at("subscriptions", "edges", i, "node", "id").(string))
	}
	return p
}

func (p page) info(name string) any { return p.at("subscriptions", "pageInfo", name) }

// outcome is a source's outcome, its count and its error's code.
func (p page) outcome(source string) string {
	for i := range 4 {
		part := func(path ...any) any {
			return p.at(append([]any{"subscriptions", "completeness", "sources", i}, path...)...)
		}
		if part("source", "name") == source {
			return fmt.Sprint(part("outcome"), " ", part("count"), " ", part("error", "code"))
		}
	}
	return ""
}

// walk reads a list to its end, forward or backward.
func (w *world) walk(size int, backward bool, arguments map[string]any) []string {
	w.t.Helper()
	variables := map[string]any{}
	for name, value := range arguments {
		variables[name] = value
	}
	count, cursor, more, next := "first", "after", "hasNextPage", "endCursor"
	if backward {
		count, cursor, more, next = "last", "before", "hasPreviousPage", "startCursor"
	}
	variables[count] = size
	var all []string
	for range 200 {
		p := w.page(variables)
		if backward {
			all = append(p.ids, all...)
		} else {
			all = append(all, p.ids...)
		}
		if p.info(more) == false {
			return all
		}
		variables[cursor] = p.info(next)
	}
	w.t.Fatal("the list does not end")
	return nil
}

func TestTheSandboxsListsWalkAlikeInAllWays(t *testing.T) {
	w := start(t, nil)
	filters := map[string]map[string]any{
		"everything":    nil,
		"two sources":   {"sources": []string{"billing", "psa"}},
		"by status":     {"statuses": []string{"ACTIVE", "UNKNOWN", "PAST_DUE"}},
		"two accounts":  {"accounts": []string{"account/hooli", "account/acme", "account/nobody"}},
		"by a plan":     {"plan": "professional"},
		"soon billed":   {"renewsBefore": "2026-04-15T00:00:00Z"},
		"trials ending": {"trialEndsBefore": "2026-03-26T13:00:00+01:00"},
		"all together":  {"sources": []string{"focus", "billing"}, "statuses": []string{"ACTIVE", "TRIALING"}, "renewsBefore": "2026-04-15T00:00:00Z"},
	}
	counts := map[string]int{
		"everything": 72, "two sources": 44, "by status": 46, "two accounts": 16, "by a plan": 7,
		"soon billed": 18, "trials ending": 4, "all together": 12,
	}
	for name, filter := range filters {
		var sorted []string
		for _, field := range []string{"ID", "PLAN_NAME", "STATUS", "RENEWS_AT", "MONTHLY_AMOUNT", "SEATS_UNUSED", "UPDATED_AT"} {
			for _, direction := range []string{"ASC", "DESC"} {
				arguments := map[string]any{"filter": filter, "order": map[string]any{"field": field, "direction": direction}}
				whole := w.walk(100, false, arguments)
				if len(whole) != counts[name] {
					t.Fatalf("%s by %s: %d rows, want %d", name, field, len(whole), counts[name])
				}
				for _, backward := range []bool{false, true} {
					if got := w.walk(19, backward, arguments); !slices.Equal(got, whole) {
						t.Errorf("%s by %s %s, backward %t: %d rows in another order than the whole of %d", name, field, direction, backward, len(got), len(whole))
					}
				}
				slices.Sort(whole)
				if sorted == nil {
					sorted = whole
				}
				if !slices.Equal(whole, sorted) || len(slices.Compact(whole)) != counts[name] {
					t.Errorf("%s by %s %s holds other rows than by ID", name, field, direction)
				}
			}
		}
	}
}

func TestAPageCostsAboutWhatItShows(t *testing.T) {
	w := start(t, nil)
	cases := []struct {
		name      string
		arguments map[string]any
		most      int
	}{
		{"five by id", map[string]any{"first": 5}, 6},
		{"the last five by id", map[string]any{"last": 5}, 6},
		{"five of one source", map[string]any{"first": 5, "filter": map[string]any{"sources": []string{"focus"}}}, 6},
		{"five of one account", map[string]any{"first": 5, "filter": map[string]any{"accounts": []string{"account/globex"}}}, 6},
	}
	for _, c := range cases {
		w.clock.advance(48 * 3600e9)
		if n := w.during(func() { w.page(c.arguments) }); n > c.most || n == 0 {
			t.Errorf("%s cost %d calls, want up to %d", c.name, n, c.most)
		}
	}
	w.clock.advance(48 * 3600e9)
	if n := w.during(func() { w.page(map[string]any{"first": 5, "filter": map[string]any{"statuses": []string{"ACTIVE"}}}) }); n < 50 {
		t.Errorf("a filter by status cost %d calls, too few to know all statuses", n)
	}
}

func TestADeadSourceLeavesThePagesOfTheOthers(t *testing.T) {
	w := start(t, nil)
	whole := w.walk(100, false, nil)
	for _, order := range []string{"ID", "RENEWS_AT"} {
		w := start(t, nil)
		w.fault(`{"source":"focus","status":503}`)
		arguments := map[string]any{"order": map[string]any{"field": order, "direction": "ASC"}}
		first := w.page(map[string]any{"first": 7, "order": arguments["order"], "filter": map[string]any{"sources": []string{"focus", "psa"}}})
		if first.codes() != "SOURCE_UNAVAILABLE" || len(first.ids) != 7 || first.info("hasNextPage") != true {
			t.Errorf("by %s: %d rows with the errors %q", order, len(first.ids), first.codes())
		}
		if got := first.outcome("focus"); got != "FAILED 0 SOURCE_UNAVAILABLE" {
			t.Errorf("by %s: the dead source is %s", order, got)
		}
		if got := first.outcome("teams"); got != "NOT_ASKED 0 <nil>" {
			t.Errorf("by %s: a source that is not in the filter is %s", order, got)
		}
		got := w.walk(7, false, arguments)
		want := slices.DeleteFunc(slices.Clone(whole), func(id string) bool { return strings.HasPrefix(id, "subscription/focus/") })
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("by %s: %d rows are left, want %d", order, len(got), len(want))
		}
	}
}

// A refusal is not worth another try, so each question costs one call.
func TestADeadSourceIsNotAskedAgainAndAgain(t *testing.T) {
	w := start(t, func(text string) string { return text + manyTeams(400) })
	w.fault(`{"source":"teams","status":401}`)
	filter := map[string]any{"accounts": []string{"account/many"}}
	if n := w.during(func() {
		p := w.page(map[string]any{"first": 100, "filter": filter})
		if p.codes() != "SOURCE_AUTH_FAILED" || p.info("hasNextPage") != false {
			t.Errorf("by id: errors %q, hasNextPage %v", p.codes(), p.info("hasNextPage"))
		}
	}); n > 15 {
		t.Errorf("a page by id asked the dead source %d times", n)
	}
	if n := w.during(func() {
		p := w.page(map[string]any{"filter": map[string]any{"accounts": filter["accounts"], "statuses": []string{"ACTIVE"}}})
		if p.codes() != "SOURCE_AUTH_FAILED" || len(p.ids) != 0 {
			t.Errorf("by status: errors %q", p.codes())
		}
	}); n > 15 {
		t.Errorf("a list by status asked the dead source %d times", n)
	}
}

// manyTeams is one more account, which holds n teams that have no subscription.
func manyTeams(n int) string {
	var b strings.Builder
	b.WriteString("  - id: many\n    name: Many\n    subscriptions:\n")
	for i := range n {
		fmt.Fprintf(&b, "      - { source: teams, team: x_%03d }\n", i)
	}
	return b.String()
}

func TestAListSaysWhereItsBoundCutItShort(t *testing.T) {
	w := start(t, func(text string) string {
		return strings.Replace(text, "sources:\n", "lists: { scanLimit: 20 }\nsources:\n", 1)
	})
	const counted = `query Q($order: SubscriptionOrder) { subscriptions(first: 100, orderBy: $order) { totalCount nodes { id } completeness { complete truncated } } }`
	byStatus := w.mustAsk(counted, map[string]any{"order": map[string]any{"field": "STATUS", "direction": "ASC"}})
	if byStatus.at("subscriptions", "completeness", "truncated") != true || byStatus.at("subscriptions", "completeness", "complete") != false || byStatus.at("subscriptions", "totalCount") != nil {
		t.Errorf("by status: %.300s", byStatus.raw)
	}
	if nodes := byStatus.at("subscriptions", "nodes").([]any); len(nodes) != 20 {
		t.Errorf("by status: %d rows, want the 20 of the bound", len(nodes))
	}
	all := w.walk(15, false, nil)
	if len(all) != 72 {
		t.Errorf("by id: %d rows, want all 72", len(all))
	}
}

func TestAFaultIsToldOnceThoughAListAndItsRowsMeetIt(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"billing","path":"/v1beta1/billing/plans","status":403}`)
	const query = `query Q($order: SubscriptionOrder) { subscriptions(first: 100, filter: { sources: ["billing"] }, orderBy: $order) {
		nodes { id plan { id name } price { per } monthlyRecurring { decimal } }
		completeness { complete sources { source { name } outcome } }
	} }`
	a := w.ask(query, map[string]any{"order": map[string]any{"field": "PLAN_NAME", "direction": "ASC"}})
	if a.codes() != "FORBIDDEN" || a.at("subscriptions", "completeness", "complete") != false {
		t.Errorf("sorted by what is missing: errors %q, %.200s", a.codes(), a.raw)
	}
	if len(a.Errors) > 0 && fmt.Sprint(a.Errors[0].Path) != "[subscriptions]" {
		t.Errorf("the list's error is at %v", a.Errors[0].Path)
	}
	a = w.ask(query, nil)
	if a.codes() != "FORBIDDEN" || a.at("subscriptions", "completeness", "complete") != true {
		t.Errorf("with what is missing only shown: errors %q, complete %v", a.codes(), a.at("subscriptions", "completeness", "complete"))
	}
	if rows, _ := a.at("subscriptions", "nodes").([]any); len(rows) != 26 {
		t.Errorf("%d rows are left of 26", len(rows))
	}
}

func TestAnOldAnswerSaysWhyInItsCompleteness(t *testing.T) {
	w := start(t, nil)
	arguments := map[string]any{"first": 100, "filter": map[string]any{"sources": []string{"psa"}}}
	if got := w.page(arguments).outcome("psa"); got != "OK 18 <nil>" {
		t.Fatalf("at first psa is %s", got)
	}
	w.fault(`{"source":"psa","status":500}`)
	w.clock.advance(3600e9)
	p := w.page(arguments)
	if got := p.outcome("psa"); got != "STALE 18 SOURCE_UNAVAILABLE" || len(p.Errors) > 0 || p.at("subscriptions", "completeness", "complete") != true {
		t.Errorf("then psa is %s with the errors %q", got, p.codes())
	}
}
