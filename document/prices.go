package document

// growth says by what a field's answer grows.
type growth uint8

const (
	byNothing growth = iota
	byPage           // its connection by the arguments first and last
	byIDs            // its list by the argument ids
	withPage         // its list by the page of the connection that it is of
)

// price says what a field can cause. A field without one is answered from what
// is there, and its list, where it is one, has shortList entries.
type price struct {
	calls         int    // to sources
	subscriptions int    // that are read, one call each and one for each part shown; of each entry where the field grows
	grows         growth // what multiplies
	entries       int    // of its list, where that is not shortList
	ofAll         bool   // its list is of all there is, which it looks through to filter, sort or count
	counts        bool   // it shows how long the list of its connection is
}

// The sizes that are assumed of lists. portfolio bounds pages alike.
const (
	defaultPage = 20
	largestPage = 100
	shortList   = 5
)

var (
	readsOne     = price{subscriptions: 1}
	readsPage    = price{subscriptions: 1, grows: byPage}
	readsOfAll   = price{subscriptions: 1, grows: byPage, ofAll: true}
	readsAccount = price{subscriptions: defaultPage} // accounts are taken to hold a page
	writes       = price{calls: 2, subscriptions: 1} // read, written, read again
	ofPage       = price{grows: withPage}
	free         = price{}
)

// prices are what fields cost, by type and field: every root field, and of the
// others those that cost something or whose list is not short.
var prices = map[string]map[string]price{
	"Query": {
		"node":          readsOne,
		"nodes":         {subscriptions: 1, grows: byIDs},
		"subscription":  readsOne,
		"subscriptions": readsOfAll,
		"account":       free,
		"accounts":      {grows: byPage},
		"plans":         {calls: 1, entries: 20},
		"sources":       free,
		"viewer":        free,
	},
	"Mutation": {
		"cancelSubscription": writes,
		"renewSubscription":  writes,
		"changeSubscription": writes,
		"startTrial":         writes,
		"createCheckout":     writes,
		"createPlan":         writes,
		"updatePlan":         writes,
		"deletePlan":         writes,
	},
	"SubscriptionRoot": {
		"subscriptionChanged": readsOne,
		"accountChanged":      readsAccount,
	},
	"Account":                {"subscriptions": readsPage, "summary": readsAccount},
	"Viewer":                 {"accounts": {grows: byPage}},
	"AccountConnection":      {"edges": ofPage, "nodes": ofPage},
	"SubscriptionConnection": {"edges": ofPage, "nodes": ofPage, "totalCount": {counts: true}},
	"PortfolioSummary":       {"upcoming": {entries: defaultPage}},
	"Plan":                   {"features": {entries: 100}},
	"ProductivePlan":         {"features": {entries: 100}},
	"__Schema":               {"types": {entries: 110}},
	"__Type":                 {"fields": {entries: 8}, "interfaces": {entries: 1}, "possibleTypes": {entries: 1}},
	"__Field":                {"args": {entries: 1}},
}
