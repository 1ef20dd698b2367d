// Package parts says which fields of the schema show more than a subscription's
// own document.
package parts

// Set is a set of documents that sources keep beside a subscription's own and
// are asked for only where they are shown.
type Set uint8

// The documents.
const (
	Plan Set = 1 << iota
	Customer
	Trial
)

// Of are the documents that a field takes from, by type and field.
var Of = map[string]map[string]Set{
	"Subscription": {
		"plan":             Plan,
		"product":          Plan,
		"price":            Plan,
		"monthlyRecurring": Plan,
		"billingInterval":  Plan,
		"pendingChange":    Plan,
		"trial":            Trial,
		"customer":         Customer,
		"organization":     Customer,
	},
	"FrontierSubscription": {
		"plan":         Plan,
		"customer":     Customer,
		"organization": Customer,
	},
	"FocusSubscription": {
		"currentTrial": Trial,
	},
	"PortfolioSummary": {
		"monthlyRecurring": Plan,
		"unpricedCount":    Plan,
		"upcoming":         Trial,
	},
}
