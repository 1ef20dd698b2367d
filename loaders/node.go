package loaders

// Node is anything that has a global id: *Subscription, *billing.Account,
// *billing.Plan or *Source.
type Node any

// Details is a source's own document of a subscription: a pointer to the
// Details type of an adapter.
type Details any
