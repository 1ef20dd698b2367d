package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"regexp"
)

// others are what the caller of acme asks of globex.
func others() []attack {
	const none = "subscription/focus/4799"
	var rows []attack
	// What another holds is answered as what does not exist.
	for _, pair := range [][3]string{
		{"node, with another's account", `{ node(id: "account/globex") { id ... on Account { name } } }`, `{ node(id: "account/nobody") { id ... on Account { name } } }`},
		{"node, with another's subscription", `{ node(id: "subscription/focus/4712") { id } }`, `{ node(id: "` + none + `") { id } }`},
		{"nodes, one of them another's", `{ nodes(ids: ["subscription/focus/4712"]) { id } }`, `{ nodes(ids: ["` + none + `"]) { id } }`},
		{"subscription, by its id", `{ subscription(id: "subscription/psa/683") { id name status } }`, `{ subscription(id: "subscription/psa/79999") { id name status } }`},
		{"account, by its id", `{ account(id: "account/globex") { name summary { subscriptionCount } } }`, `{ account(id: "account/nobody") { name summary { subscriptionCount } } }`},
		{"a filter for another's account", `{ subscriptions(filter: {accounts: ["account/globex"]}) { totalCount nodes { id } } }`, `{ subscriptions(filter: {accounts: ["account/nobody"]}) { totalCount nodes { id } } }`},
		{"accounts, by another's id", `{ accounts(filter: {ids: ["account/globex"]}) { totalCount nodes { id } } }`, `{ accounts(filter: {ids: ["account/nobody"]}) { totalCount nodes { id } } }`},
		{"accounts, by a piece of another's name", `{ accounts(filter: {nameContains: "lobe"}) { totalCount nodes { id } } }`, `{ accounts(filter: {nameContains: "zqx"}) { totalCount nodes { id } } }`},
	} {
		rows = append(rows, attack{class: "another's", name: pair[0], keyed: true, statuses: []int{200}, harmless: true, within: busyTime, memory: busyMemory, check: holdsNothingOfGlobex,
			send: func(t *target) (*answer, error) { return likeNothing(t, pair[1], pair[2]) }})
	}
	for _, query := range [][2]string{
		{"the list of subscriptions", `{ subscriptions(first: 100) { totalCount nodes { id account { id } } completeness { complete } } }`},
		{"the list from its end, in another order", `{ subscriptions(last: 100, orderBy: {field: STATUS, direction: DESC}) { nodes { id name } } }`},
		{"the list of accounts", `{ accounts(first: 100) { totalCount nodes { id name subscriptions { nodes { id } } } } }`},
		{"the viewer's accounts", `{ viewer { accounts(first: 100) { nodes { id name } } } }`},
		{"the holder of an own subscription", `{ account(id: "account/acme") { subscriptions { nodes { account { name subscriptions { nodes { id } } } } } } }`},
	} {
		rows = append(rows, attack{class: "another's", name: query[0], keyed: true, statuses: []int{200, 400}, harmless: true, within: busyTime, memory: busyMemory, check: holdsNothingOfGlobex, send: body(is(asking(query[1], "")))})
	}
	for _, mutation := range [][2]string{
		{"cancelling another's subscription", `mutation { cancelSubscription(input: {id: "subscription/psa/683"}) { subscription { id } userErrors { code } } }`},
		{"renewing another's subscription", `mutation { renewSubscription(input: {id: "subscription/teams/team_2"}) { subscription { id } userErrors { code } } }`},
		{"changing another's plan", `mutation { changeSubscription(input: {id: "subscription/psa/683", seats: 40}) { subscription { id } userErrors { code } } }`},
		{"another's trial", `mutation { startTrial(input: {source: "focus", organizationId: "4712", workspaceId: "1"}) { subscription { id } userErrors { code } } }`},
		{"another's checkout", `mutation { createCheckout(input: {source: "teams", priceId: "price_1", quantity: 1, teamId: "team_2", isTeamCreation: false}) { url userErrors { code } } }`},
		{"a plan, without the right to", `mutation { deletePlan(input: {id: "plan/teams/1"}) { deletedPlanId userErrors { code } } }`},
	} {
		rows = append(rows, attack{class: "another's", name: mutation[0], keyed: true, statuses: []int{200, 400, 403}, harmless: true, within: busyTime, memory: busyMemory, check: holdsNothingOfGlobex,
			send: func(t *target) (*answer, error) { return writesNothing(t, mutation[1]) }})
	}
	return append(rows, attack{class: "another's", name: "a cursor that was given to another", keyed: true, statuses: []int{200, 400}, harmless: true, within: busyTime, memory: busyMemory, check: holdsNothingOfGlobex, send: withCursorOfAnother},
		attack{class: "another's", name: "contact and payment, without the scope sensitive", keyed: true, statuses: []int{200}, harmless: true, within: busyTime, memory: busyMemory, check: holdsNoContact,
			send: body(is(asking(`{ subscriptions(first: 100) { nodes { id customer { email phone taxIds { id } url } paymentMethod { cardLast4 } providerId managementUrl } } }`, "")))})
}

// globex is what only the account of that name has.
var globex = regexp.MustCompile(`[Gg]lobex|471[23]|team_[24]\b|psa/68[34]|0f3c0000-0000-4000-8000-000000000002`)

func holdsNothingOfGlobex(got *answer) error {
	g, err := got.graphQL()
	if err != nil {
		return err
	}
	if found := globex.Find(g.Data); found != nil {
		return fmt.Errorf("the data holds %q", found)
	}
	return nil
}

func holdsNoContact(got *answer) error {
	g, err := got.graphQL()
	if err != nil {
		return err
	}
	if bytes.ContainsAny(g.Data, "@+") || bytes.Contains(g.Data, []byte("https://")) {
		return fmt.Errorf("the data holds contacts: %s", bounded(got.body))
	}
	return nil
}

// likeNothing asks for what is another's and for what does not exist, and holds
// both to the same answer.
func likeNothing(t *target, anothers, nothing string) (*answer, error) {
	got, err := t.do(request{body: asking(anothers, "")})
	if err != nil {
		return nil, err
	}
	want, err := t.do(request{body: asking(nothing, "")})
	if err != nil {
		return nil, err
	}
	one, other := requestID.ReplaceAll(got.body, nil), requestID.ReplaceAll(want.body, nil)
	if !bytes.Equal(one, other) {
		return nil, fmt.Errorf("answered %s, and what does not exist %s", bounded(one), bounded(other))
	}
	return got, nil
}

var requestID = regexp.MustCompile(`"requestId":"[^"]*"`)

func writesNothing(t *target, mutation string) (*answer, error) {
	before := t.writes()
	got, err := t.do(request{body: asking(mutation, "")})
	if err == nil && t.writes() > before {
		err = errors.New("a source was asked for a change")
	}
	return got, err
}

var cursor = regexp.MustCompile(`"endCursor":"([^"]+)"`)

func withCursorOfAnother(t *target) (*answer, error) {
	given, err := t.do(request{body: asking("{ subscriptions(first: 1) { pageInfo { endCursor } } }", ""), header: []string{"X-Api-Key: " + t.otherKey}})
	if err != nil {
		return nil, err
	}
	found := cursor.FindSubmatch(given.body)
	if given.status != http.StatusOK || found == nil {
		return nil, fmt.Errorf("no cursor to begin with: %s", bounded(given.body))
	}
	return t.do(request{body: asking(fmt.Sprintf("{ subscriptions(first: 100, after: %q) { nodes { id } pageInfo { endCursor } } }", found[1]), "")})
}
