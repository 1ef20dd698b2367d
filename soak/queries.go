package main

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// written are the subscriptions that are written to, each through the gateway of
// the same number.
var written = []string{"subscription/psa/683", "subscription/psa/682"}

// row is what is asked of each subscription. Nothing of it follows from the time.
const row = `fragment Row on Subscription {
	id externalId name status sourceStatus isActive collectionMethod startedAt
	source { name } account { id } plan { name externalId } customer { name } seats { purchased } monthlyRecurring { decimal currency }
	discounts { __typename } currentPeriod { start end }
	provenance { ageSeconds freshness cacheStatus degradedReason }
}`

const list = `nodes { ...Row } totalCount completeness { complete truncated sources { source { name } outcome count error { code } } }`

// query is one of those that are asked.
type query struct {
	text string
	// changes is set where it shows what is written to: what was kept of that is
	// let go by a write.
	changes bool
}

// queriesAbout are single subscriptions, lists, accounts, nodes and catalogues.
func queriesAbout(ids, accounts []string, dice *rand.Rand) []query {
	var all []query
	add := func(format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		isList := strings.Contains(text, "...Row } totalCount")
		if strings.Contains(text, "...Row") {
			text += row
		}
		changes := isList
		for _, id := range written {
			changes = changes || strings.Contains(text, id)
		}
		all = append(all, query{text, changes})
	}
	for _, id := range ids {
		add(`{ subscription(id: %q) { ...Row } }`, id)
	}
	for _, id := range accounts {
		add(`{ account(id: %q) { id name subscriptions(first: 100) { %s } } }`, id, list)
	}
	for _, source := range []string{"focus", "billing", "teams", "psa"} {
		add(`{ subscriptions(first: 100, filter: { sources: [%q] }) { %s } }`, source, list)
	}
	add(`{ subscriptions(first: 100) { %s } }`, list)
	add(`{ subscriptions(first: 100, orderBy: { field: PLAN_NAME, direction: DESC }) { %s } }`, list)
	add(`{ subscriptions(first: 100, filter: { statuses: [ACTIVE, TRIALING] }) { %s } }`, list)
	for range 10 {
		some := make([]string, 12)
		for i := range some {
			some[i] = fmt.Sprintf("%q", ids[dice.IntN(len(ids))])
		}
		add(`{ nodes(ids: [%s]) { ...Row } }`, strings.Join(some, ", "))
		for i, id := range some {
			some[i] = fmt.Sprintf(`s%d: node(id: %s) { ...Row }`, i, id)
		}
		add(`{ %s }`, strings.Join(some, " "))
	}
	add(`{ plans(source: "teams") { name } }`)
	add(`{ plans(source: "billing") { name } }`)
	add(`{ subscription(id: "subscription/psa/684") { id details { ... on ProductiveSubscription { currentPlan { features { name } } } } provenance { ageSeconds freshness cacheStatus degradedReason } } }`)
	add(`{ subscription(id: "subscription/teams/team_3") { id } }`)
	return all
}
