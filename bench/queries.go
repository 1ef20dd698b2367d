package bench

import (
	"encoding/json"
	"fmt"
	"strings"
)

// Query is one GraphQL request and what it may cost.
type Query struct {
	Name string
	Body []byte // of the POST
}

// Target is the most CPU that an answer of a mode may take: in bare answers or,
// where nothing is kept, in answers of the bare proxy. 0 is for no target.
func (q Query) Target(m Mode) float64 { return targets[m.Name][q.Name] }

var targets = map[string]map[string]float64{
	Whole.Name:      {OneSubscription: 1.5, Account: 1.5, Fifty: 2, AllFeatures: 1.5},
	FromMemory.Name: {OneSubscription: 3, Account: 10, Fifty: 150, AllFeatures: 10},
	Uncached.Name:   {OneSubscription: 1.8, Account: 2, Fifty: 2.5, AllFeatures: 4},
}

// dashboard is what a page over subscriptions shows of each.
const dashboard = `
	id name status isEntitled paymentFailed
	source { name kind }
	plan { name }
	price { amount { decimal currency } per }
	monthlyRecurring { decimal currency }
	billingInterval { unit count }
	seats { purchased used available }
	currentPeriod { start end }
	nextBillingAt
	trial { isActive endsAt }
	cancellation { effectiveAt atPeriodEnd }
	provenance { freshness ageSeconds }`

// The queries' names.
const (
	OneSubscription = "one subscription"
	Account         = "account of four sources"
	Fifty           = "50 aliases of 25 ids"
	AllFeatures     = "all 84 features"
)

// Queries are those that are measured.
var Queries = []Query{
	{
		Name: OneSubscription,
		Body: One("subscription/psa/682"),
	},
	{
		Name: Account,
		Body: post(`query Account($id: ID!) { account(id: $id) { id name subscriptions(first: 20) {
			nodes {`+dashboard+` }
			pageInfo { hasNextPage endCursor }
			completeness { complete sources { source { name } outcome } }
		} } }`, map[string]any{"id": "account/acme"}),
	},
	{
		Name: Fifty,
		Body: Aliases(fifty()),
	},
	{
		Name: AllFeatures,
		Body: post(`query Features($id: ID!) { subscription(id: $id) { id name status details { ... on ProductiveSubscription {
			planType planCycle planPrice seats seatsUsed
			currentPlan {
				name type currency monthlyPriceCents yearlyPriceCents
				features { name title kind limit available }
				upgradeables { name features { name kind limit available } }
			}
		} } } }`, map[string]any{"id": "subscription/psa/683"}),
	},
}

// One asks for one subscription.
func One(id string) []byte {
	return post(`query Subscription($id: ID!) { subscription(id: $id) {`+dashboard+` } }`, map[string]any{"id": id})
}

// fifty are 25 subscriptions of four sources, twice.
func fifty() []string {
	var ids []string
	for i := range 7 {
		ids = append(ids, fmt.Sprintf("subscription/focus/%d", 4711+i), fmt.Sprintf("subscription/psa/%d", 682+i))
	}
	for i := range 6 {
		ids = append(ids, fmt.Sprintf("subscription/teams/team_%d", 1+i))
	}
	for i := range 5 {
		ids = append(ids, fmt.Sprintf("subscription/billing/0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-0000000000%02d", 2+i))
	}
	return append(ids, ids...)
}

// Aliases asks for many subscriptions, each under an alias.
func Aliases(ids []string) []byte {
	var b strings.Builder
	b.WriteString("query Aliases {")
	for i, id := range ids {
		fmt.Fprintf(&b, " a%d: subscription(id: %q) { ...Dashboard }", i, id)
	}
	b.WriteString(" } fragment Dashboard on Subscription {" + dashboard + " }")
	return post(b.String(), nil)
}

// post is the body of a GraphQL request.
func post(text string, variables map[string]any) []byte {
	body, err := json.Marshal(map[string]any{"query": text, "variables": variables})
	if err != nil {
		panic(err)
	}
	return body
}
