package main

import (
	"fmt"
	"strings"
	"time"
)

// What an answer of data may cost, beside a refusal.
const (
	busyTime   = 5 * time.Second
	busyMemory = 64 << 20
)

// costs ask for more than an operation may cause.
func costs() []attack {
	page := "subscriptions(first: 100) { nodes { id plan { name } customer { name } trial { endsAt } } }"
	ids := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, `"subscription/psa/%d",`, 100_000+i)
		}
		return b.String()
	}
	row := func(name string, document func() string, codes []string) attack {
		return attack{class: "cost", name: name, codes: codes, send: func(t *target) (*answer, error) {
			return timed(t, request{body: asking(document(), `{"ids":[`+strings.TrimSuffix(ids(100), ",")+`]}`)})
		}}
	}
	// What a caller may see bounds what its lists can cause, whatever they ask for.
	cheap := func(name, document, variables string) attack {
		return attack{class: "cost", name: name, statuses: []int{200, 400}, harmless: true, within: busyTime, memory: busyMemory,
			send: func(t *target) (*answer, error) { return timed(t, request{body: asking(document, variables)}) }}
	}
	lists := "fragment F on Account {" + each(40, " b#: subscriptions(first: 1, filter: $f) { totalCount }") + "}"
	named := `{"f":{"accounts":["account/acme"` + again(950, `,"account/`+again(1000, "B")+`"`) + `]}}`
	rows := []attack{
		cheap("100 roots of 100 subscriptions each", "{"+each(100, " a#: "+page)+"}", ""),
		cheap("100 accounts of 100 subscriptions each", "{ accounts(first: 100) { nodes { "+page+" } } }", ""),
		cheap("a filter of 950 accounts in each of 40 lists", "query($f: SubscriptionFilter) { account(id: \"account/acme\") { ...F } } "+lists, named),
		cheap("100 searches for 32,000 letters", "query($f: AccountFilter) {"+each(100, " a#: accounts(filter: $f, first: 1) { totalCount }")+"}", `{"f":{"nameContains":"`+again(32_000, "A")+`"}}`),
		row("300 lists, through a fragment", func() string {
			return "{" + each(10, " a#: account(id: \"account/acme\") { ...F }") + "} " + strings.ReplaceAll(lists, "(first: 1, filter: $f)", "")
		}, limit),
		row("accounts of subscriptions of accounts of subscriptions", func() string {
			return "{ accounts { nodes { subscriptions { nodes { account { subscriptions { nodes { account { subscriptions { nodes { id } } } } } } } } } } }"
		}, limit),
		row("sums over all accounts, 90 times", func() string {
			return "{" + each(90, " a#: accounts(first: 100) { nodes { summary { subscriptionCount } } }") + "}"
		}, limit),
		row("10,000 ids", func() string { return "{ nodes(ids: [" + ids(10_000) + "]) { id } }" }, limit),
		row("60 times 100 ids", func() string { return "query($ids: [ID!]!) {" + each(60, " a#: nodes(ids: $ids) { id }") + "}" }, limit),
		row("a variable of 100 ids in each of 50 roots", func() string {
			return "query($ids: [ID!]!) {" + each(50, " a#: nodes(ids: $ids) { ... on Subscription { plan { name } customer { name } } }") + "}"
		}, refusal),
	}
	// What only a resolver can judge costs its field, and asks nobody.
	pages := []struct{ name, arguments string }{
		{"a page of a million", "first: 1000000"}, {"a page of -1", "first: -1"}, {"a page of 0", "first: 0"},
		{"pages from both ends", "first: 1, last: 1"}, {"a cursor that was never given", `first: 1, after: "zqx"`},
		{"a cursor of 20 KB", `first: 1, after: "` + again(20_000, "A") + `"`}, {"a cursor in Base64 of a query", `first: 1, after: "eyJpZCI6ICJzdWJzY3JpcHRpb24vcHNhLzY4MyJ9"`},
	}
	for _, p := range pages {
		rows = append(rows, attack{class: "cost", name: p.name, codes: refusal, statuses: []int{200, 400}, harmless: true, within: busyTime, check: noRows,
			send: body(is(asking("{ subscriptions("+p.arguments+") { nodes { id } } }", "")))})
	}
	for _, id := range []string{"", "/", "subscription", "subscription/psa", "subscription/psa/682/../683", "subscription/psa/..%2f..%2fmetrics", "subscription/focus/4711?x=y", "subscription/focus/4711#x", "subscription/focus/%00", "subscription/http:%2F%2Fexample.com/1", "account/../acme", "plan/teams/1e400"} {
		rows = append(rows, attack{class: "id", name: fmt.Sprintf("%q", id), statuses: []int{200, 400}, harmless: true, within: busyTime, memory: busyMemory, check: nothingThere,
			send: body(is(asking(fmt.Sprintf("{ node(id: %q) { id } }", id), "")))})
	}
	return rows
}

// noRows holds that an answer that may have data has none of subscriptions.
func noRows(got *answer) error {
	if strings.Contains(string(got.body), `"subscription/`) {
		return fmt.Errorf("has rows: %s", bounded(got.body))
	}
	return nil
}

// nothingThere holds that node is null, with or without an error.
func nothingThere(got *answer) error {
	g, err := got.graphQL()
	if err != nil {
		return err
	}
	data := strings.ReplaceAll(string(g.Data), " ", "")
	if data != "" && data != "null" && data != `{"node":null}` {
		return fmt.Errorf("something is there: %s", bounded(got.body))
	}
	return nil
}
