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
	calls   int    // to sources
	reads   look   // of subscriptions, one call each and one for each part shown; of each entry where the field grows
	grows   growth // what multiplies
	entries int    // of its list, where that is not shortList
	counts  bool   // it shows how long the list of its connection is
	hasID   bool   // its argument id may be an account's
}

// look says which subscriptions a field reads.
type look uint8

const (
	none      look = iota
	aThing         // one, by its id
	ofAll          // those of a page of all, or all where it filters, sorts or counts
	ofAccount      // those of a page of an account, or likewise all
	aSum           // all of an account
)

// The sizes that are assumed of lists. portfolio bounds pages alike.
const (
	defaultPage = 20
	largestPage = 100
	shortList   = 5
)

var (
	readsOne = price{reads: aThing}
	writes   = price{calls: 2, reads: aThing} // read, written, read again
	ofPage   = price{grows: withPage}
	free     = price{}
)

// prices are what fields cost, by type and field: every root field, and of the
// others those that cost something or whose list is not short.
var prices = map[string]map[string]price{
	"Query": {
		"node":          {reads: aThing, hasID: true},
		"nodes":         {reads: aThing, grows: byIDs},
		"subscription":  readsOne,
		"subscriptions": {reads: ofAll, grows: byPage},
		"account":       {hasID: true},
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
		"accountChanged":      {reads: aSum, hasID: true},
	},
	"Account":                {"subscriptions": {reads: ofAccount, grows: byPage}, "summary": {reads: aSum}},
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
