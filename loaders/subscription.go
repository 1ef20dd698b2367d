package loaders

import (
	"sync/atomic"

	"tributary/billing"
	"tributary/parts"
)

// Parts are what a selection needs beyond a subscription's own document.
type Parts uint8

// The parts that some sources keep in documents of their own.
const (
	PartPlan     = Parts(parts.Plan)
	PartCustomer = Parts(parts.Customer)
	PartTrial    = Parts(parts.Trial)

	// InDetails marks, shifted onto a part, that the source's own document is
	// to show it too: PartPlan<<InDetails.
	InDetails = 4
)

// Subscription is a subscription and how it was come by.
type Subscription struct {
	*billing.Subscription
	From *Source

	op          *Operation
	parts       Parts
	provenance  billing.Provenance
	planErr     error
	customerErr error
	trialErr    error
	turns       atomic.Bool // its operation knows that it follows from the time
}

// pending is a subscription whose documents are queued.
type pending struct {
	op       *Operation
	source   *Source
	parts    Parts
	plan     *asked[[]*billing.Plan] // nil where it was not asked for, and so the others
	customer *asked[[]*billing.Customer]
	trial    *asked[*billing.Trial]
}

// await queues the parts of a subscription at ref, beside its own document.
func (op *Operation) await(source *Source, ref billing.Ref, parts Parts) pending {
	p := pending{op: op, source: source, parts: parts}
	if joiner, ok := source.Source.(billing.PlanJoiner); ok && parts&PartPlan != 0 {
		if key, err := joiner.PlansKey(ref.Org); err == nil {
			p.plan = op.plans.queue(op.batches, documentKey{source.Name(), key})
		}
	}
	if _, ok := source.Source.(billing.CustomerJoiner); ok && parts&PartCustomer != 0 {
		p.customer = op.customers.queue(op.batches, documentKey{source.Name(), ref.Org})
	}
	if _, ok := source.Source.(billing.TrialJoiner); ok && parts&PartTrial != 0 {
		p.trial = op.trials.queue(op.batches, documentKey{source.Name(), ref.Org})
	}
	return p
}

// join waits for the parts and completes a copy of sub with them.
func (p pending) join(sub *billing.Subscription, provenance billing.Provenance) *Subscription {
	whole := *sub
	defer p.op.conceal(&whole)
	found := &Subscription{Subscription: &whole, From: p.source, op: p.op, parts: p.parts, provenance: provenance}
	if p.plan != nil {
		answer := p.plan.wait(&p.op.visit)
		if found.planErr = answer.Err; answer.Err == nil {
			p.source.Source.(billing.PlanJoiner).JoinPlan(&whole, answer.Value)
			found.provenance = found.provenance.Merge(answer.Provenance)
		}
	}
	if p.customer != nil {
		answer := p.customer.wait(&p.op.visit)
		if found.customerErr = answer.Err; answer.Err == nil {
			p.source.Source.(billing.CustomerJoiner).JoinCustomer(&whole, answer.Value)
			found.provenance = found.provenance.Merge(answer.Provenance)
		}
	}
	if p.trial != nil {
		answer := p.trial.wait(&p.op.visit)
		if found.trialErr = answer.Err; answer.Err == nil {
			p.source.Source.(billing.TrialJoiner).JoinTrial(&whole, answer.Value)
			found.provenance = found.provenance.Merge(answer.Provenance)
		}
	}
	return found
}

// Hold keeps batches from leaving until the function it returns is called, so
// that what is asked for in a row travels together. Nobody waits while holding.
func (op *Operation) Hold() (release func()) {
	op.flusher.hold()
	return op.flusher.release
}

// Load queues the subscription at ref with its parts and returns at once. The
// function it returns waits for them: nil where the source has none, or where it
// is not the caller's to see.
func (op *Operation) Load(ref billing.Ref, parts Parts) func() (*Subscription, error) {
	if !op.sees(ref) {
		return func() (*Subscription, error) { return nil, nil }
	}
	op.flusher.hold()
	defer op.flusher.release()
	source := op.set.byName[ref.Source]
	own := op.subscriptions.queue(op.batches, ref)
	rest := op.await(source, ref, parts)
	return func() (*Subscription, error) {
		answer := own.wait(&op.visit)
		if answer.Err != nil || answer.Value == nil {
			return nil, answer.Err
		}
		return rest.join(answer.Value, answer.Provenance), nil
	}
}

// LoadHoldings queues all that owner holds, as Load does. Its source must be a
// billing.Lister.
func (op *Operation) LoadHoldings(owner billing.Ref, parts Parts) func() ([]*Subscription, error) {
	if !op.sees(owner) {
		return func() ([]*Subscription, error) { return nil, nil }
	}
	op.flusher.hold()
	defer op.flusher.release()
	source := op.set.byName[owner.Source]
	own := op.holdings.queue(op.batches, owner)
	rest := op.await(source, owner, parts)
	return func() ([]*Subscription, error) {
		answer := own.wait(&op.visit)
		if answer.Err != nil {
			return nil, answer.Err
		}
		subs := make([]*Subscription, 0, len(answer.Value))
		for _, sub := range answer.Value {
			if sub != nil { // whoever can write to Redis can put a null there
				subs = append(subs, rest.join(sub, answer.Provenance))
			}
		}
		return subs, nil
	}
}

// Plans lists what the source sells to org; "" where none is named.
func (op *Operation) Plans(source *Source, org string) ([]*billing.Plan, error) {
	lister, ok := source.Source.(billing.PlanLister)
	if !ok {
		return nil, &billing.Error{Code: billing.CodeNotSupported, Source: source.Name(),
			Message: "source " + source.Name() + " does not list its plans"}
	}
	key, err := lister.PlansKey(org)
	if err != nil {
		return nil, err
	}
	if key != "" && !op.sees(billing.Ref{Source: source.Name(), Org: org}) {
		return nil, &billing.Error{Code: billing.CodeNotFound, Source: source.Name(), Op: "list plans",
			Message: "source " + source.Name() + " has no such organisation"}
	}
	answer := op.plans.queue(op.batches, documentKey{source.Name(), key}).wait(&op.visit)
	return answer.Value, answer.Err
}
