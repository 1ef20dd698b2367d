package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// alone leaves one account in a configuration's directory.
func alone(text, account string) string {
	head, list, _ := strings.Cut(text, "accounts:\n")
	for entry := range strings.SplitSeq(list, "  - id: ") {
		if strings.HasPrefix(entry, account+"\n") {
			return head + "accounts:\n  - id: " + entry
		}
	}
	return text
}

func TestAnEstimateTellsNothingOfOthersAccounts(t *testing.T) {
	estimates := map[bool]map[string]string{}
	for _, isAlone := range []bool{true, false} {
		globex := &caller{name: "globex", scopes: []string{"read", "admin"}, accounts: []string{"globex"}}
		w := start(t, func(text string) string {
			if isAlone {
				text = alone(text, "globex")
			}
			return withCallers(globex)(text)
		})
		estimates[isAlone] = map[string]string{}
		for _, query := range []string{
			`{ subscriptions(first: 1) { totalCount } }`,
			`{ subscriptions(first: 100) { nodes { id plan { id } } } }`,
			`{ subscriptions(first: 2, filter: { plan: "x" }) { nodes { id } } }`,
			`{ subscriptions(first: 2, filter: { accounts: ["account/acme"] }) { totalCount } }`,
			`{ account(id: "account/globex") { summary { subscriptionCount upcoming { at } } } }`,
			`{ account(id: "account/acme") { summary { subscriptionCount } subscriptions { totalCount } } }`,
			`{ accounts(first: 100) { totalCount nodes { summary { subscriptionCount } subscriptions(first: 100) { nodes { id } } } } }`,
			`{ nodes(ids: ["account/globex", "account/acme"]) { ... on Account { summary { subscriptionCount } } } }`,
		} {
			answered := w.postAs(globex.header(), map[string]any{"query": query, "extensions": map[string]any{"cost": true}})
			_, cost, found := strings.Cut(string(answered.raw), `"extensions":{"cost"`)
			if !found || answered.status != http.StatusOK {
				t.Fatalf("%s is answered %s", query, answered.raw)
			}
			estimates[isAlone][query] = cost
		}
	}
	for query, cost := range estimates[true] {
		if other := estimates[false][query]; other != cost {
			t.Errorf("%s costs %s where there is nobody else, and %s where there is", query, cost, other)
		}
	}
}
