package e2e

import (
	"fmt"
	"strings"
	"testing"
)

func TestMalformedIDsAreNullWithAnError(t *testing.T) {
	w := start(t, nil)
	const whole = "0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-000000000002"
	cases := map[string]struct{ field, id, says string }{
		"empty":                               {"subscription", "", "an id looks like"},
		"a word":                              {"subscription", "4711", "an id looks like"},
		"no kind":                             {"subscription", "/focus/4711", "an id looks like"},
		"a kind alone":                        {"subscription", "subscription", "an id looks like"},
		"a source alone":                      {"subscription", "subscription/focus", ""},
		"an empty part":                       {"subscription", "subscription//4711", "part 2 of the id is empty"},
		"an empty end":                        {"subscription", "subscription/focus/", "part 3 of the id is empty"},
		"a bad escape":                        {"subscription", "subscription/teams/%zz", "part 3 of the id has a bad escape"},
		"half an escape":                      {"subscription", "subscription/teams/%2", "bad escape"},
		"an escape that need not be":          {"subscription", "subscription/focus/%34711", "not written the way"},
		"an escape in small letters":          {"subscription", "subscription/teams/a%2fb", "not written the way"},
		"a space that is not escaped":         {"subscription", "subscription/teams/a b", "not written the way"},
		"bytes that are no text":              {"subscription", "subscription/teams/%FF", "not UTF-8"},
		"too long":                            {"subscription", "subscription/teams/" + strings.Repeat("a", 2000), "at most 1024"},
		"an account's":                        {"subscription", "account/acme", "begins with subscription/"},
		"a plan's":                            {"subscription", "plan/teams/1", "begins with subscription/"},
		"a kind in capitals":                  {"subscription", "Subscription/focus/4711", "begins with subscription/"},
		"a Focus organisation in letters":     {"subscription", "subscription/focus/acme", ""},
		"a Focus organisation below zero":     {"subscription", "subscription/focus/-1", ""},
		"a Focus organisation past 64 bits":   {"subscription", "subscription/focus/92233720368547758080", ""},
		"Focus with a part too many":          {"subscription", "subscription/focus/4711/1", ""},
		"Productive with a part too many":     {"subscription", "subscription/psa/682/1", ""},
		"Intercode with a part too many":      {"subscription", "subscription/teams/team_1/1", ""},
		"Frontier without a subscription":     {"subscription", "subscription/billing/0f3c0000-0000-4000-8000-000000000002", ""},
		"Frontier with a part too many":       {"subscription", "subscription/billing/" + whole + "/1", ""},
		"an account of two parts":             {"account", "account/acme/1", "account/<name>"},
		"a subscription's, for an account":    {"account", "subscription/focus/4711", "account/<name>"},
		"a bare name, for an account":         {"account", "acme", "an id looks like"},
		"a node of no kind that there is":     {"node", "invoice/psa/1", "there is no kind of thing"},
		"a customer, which no one looks up":   {"node", "customer/focus/1", "there is no kind of thing"},
		"a node with a bad escape":            {"node", "source/%", "bad escape"},
		"a subscription's node, malformed":    {"node", "subscription/focus/acme", ""},
		"an account's node, of two parts":     {"node", "account/acme/1", "account/<name>"},
		"a source's node, of two parts":       {"node", "source/psa/1", ""},
		"a plan's node, without its plan":     {"node", "plan/teams", ""},
		"a plan's node, with a part too many": {"node", "plan/teams/1/2", ""},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var a *answer
			calls := w.during(func() {
				a = w.ask("query Q($id: ID!) { "+c.field+"(id: $id) { id } }", map[string]any{"id": c.id})
			})
			if value, there := a.Data[c.field]; !there || value != nil {
				t.Errorf("%s is %v in %s", c.field, value, a.raw)
			}
			refused(t, a, "BAD_USER_INPUT", c.says, c.field)
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
}

func TestWhatIsUnknownIsNullWithoutAnError(t *testing.T) {
	w := start(t, nil)
	for field, ids := range map[string][]string{
		"subscription": {"subscription/nowhere/1", "subscription/nowhere/a/b/c", "subscription/teams/team_3", "subscription/teams/team_99", "subscription/focus/4726",
			"subscription/billing/0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-000000000099"},
		"account": {"account/nobody", "account/acm%C3%A9", "account/ACME"},
		"node":    {"source/nowhere", "plan/nowhere/1", "plan/teams/99", "account/nobody", "subscription/nowhere/1"},
	} {
		for _, id := range ids {
			a := w.ask("query Q($id: ID!) { "+field+"(id: $id) { id } }", map[string]any{"id": id})
			if value, there := a.Data[field]; !there || value != nil || len(a.Errors) > 0 {
				t.Errorf("%s: %s", id, a.raw)
			}
		}
	}
}

func TestOneBadIDAmongNodesCostsItsOwnPlace(t *testing.T) {
	w := start(t, nil)
	a := w.ask(`{ nodes(ids: ["account/acme", "nonsense", "subscription/psa/682", "subscription/focus/x"]) { id } }`, nil)
	if got := fmt.Sprint(a.at("nodes")); got != "[map[id:account/acme] <nil> map[id:subscription/psa/682] <nil>]" {
		t.Errorf("nodes are %s", got)
	}
	if len(a.Errors) != 2 || a.codes() != "BAD_USER_INPUT BAD_USER_INPUT" || fmt.Sprint(a.Errors[0].Path, a.Errors[1].Path) != "[nodes 1] [nodes 3]" {
		t.Errorf("errors are %s", a.raw)
	}
}

func TestNodesAreAtMostAHundred(t *testing.T) {
	w := start(t, nil)
	ids := make([]string, 100)
	for i := range ids {
		ids[i] = "account/acme"
	}
	const query = "query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }"
	if nodes, _ := w.mustAsk(query, map[string]any{"ids": ids}).at("nodes").([]any); len(nodes) != 100 {
		t.Errorf("100 ids gave %d nodes", len(nodes))
	}
	refused(t, w.ask(query, map[string]any{"ids": append(ids, "account/acme")}), "BAD_USER_INPUT", "101", "nodes")
	if nodes, _ := w.mustAsk(query, map[string]any{"ids": []string{}}).at("nodes").([]any); len(nodes) != 0 {
		t.Errorf("no ids gave %d nodes", len(nodes))
	}
}
