package loaders

import (
	"time"

	"tributary/billing"
)

// The methods of this file are what the schema shows of a Subscription beyond
// its plain fields. A part whose document could not be fetched is an error, so
// that a null still means that the source does not say; of a row after row of
// one failed source, the first tells it. None of them does anything that a second
// call would do again.

// ID is the global id.
func (s *Subscription) ID() string { return s.Ref.ID() }

// Source is where it is held.
func (s *Subscription) Source() *Source { return s.From }

// Account is the account of the directory that holds it, of those that the caller
// may see; nil for none.
func (s *Subscription) Account() *billing.Account { return s.op.directory.Holder(s.op.caller, s.Ref) }

// CameBy says how it was come by, to whoever does not tell clients.
func (s *Subscription) CameBy() billing.Provenance { return s.provenance }

// Provenance says how it was come by.
func (s *Subscription) Provenance() *Provenance {
	if s.provenance.Cache != billing.CacheHit {
		s.op.Fleeting()
	}
	return &Provenance{Provenance: s.provenance, op: s.op}
}

// IsEntitled is billing's rule as of the operation.
func (s *Subscription) IsEntitled() bool {
	s.Turns()
	return s.Subscription.IsEntitled(s.op.now)
}

// Capabilities is what may be asked of it in its present state.
func (s *Subscription) Capabilities() []billing.Capability {
	s.Turns()
	return billing.Allowed(s.From.Source, s.Subscription, s.op.now)
}

// Plan is the plan it is on.
func (s *Subscription) Plan() (*billing.Plan, error) {
	if s.planErr != nil {
		return nil, s.untold(s.planErr)
	}
	return s.Subscription.Plan, nil
}

// Product is what it gives access to.
func (s *Subscription) Product() (*billing.Product, error) {
	return orFault(s, s.Subscription.Product, s.planErr)
}

// Price is what it is charged for an interval.
func (s *Subscription) Price() (*billing.Price, error) {
	return orFault(s, s.Subscription.Price, s.planErr)
}

// MonthlyRecurring is billing's rule.
func (s *Subscription) MonthlyRecurring() (*billing.Money, error) {
	return orFault(s, s.Subscription.MonthlyRecurring(), s.planErr)
}

// Interval is how often it is charged.
func (s *Subscription) Interval() (*billing.Interval, error) {
	return orFault(s, s.Subscription.Interval, s.planErr)
}

// Customer is who pays.
func (s *Subscription) Customer() (*billing.Customer, error) {
	return orFault(s, s.Subscription.Customer, s.customerErr)
}

// Organization is the tenant at the source.
func (s *Subscription) Organization() (*billing.Organization, error) {
	return orFault(s, s.Subscription.Organization, s.customerErr)
}

// Trial is its trial.
func (s *Subscription) Trial() (*Trial, error) {
	if s.trialErr != nil {
		return nil, s.untold(s.trialErr)
	}
	if s.Subscription.Trial == nil {
		return nil, nil
	}
	s.Turns()
	return &Trial{Trial: s.Subscription.Trial, at: s.op.now}, nil
}

// Details is the source's own document. It is an error where a part that it was
// to show could not be fetched; no null can stand for that, so each row tells it.
func (s *Subscription) Details() (Details, error) {
	if err := s.Fault(s.parts >> InDetails); err != nil {
		return nil, err
	}
	return s.Subscription.Details, nil
}

// Fault is why one of the parts could not be fetched; nil where each was, or was
// not asked for.
func (s *Subscription) Fault(parts Parts) error {
	switch {
	case parts&PartPlan != 0 && s.planErr != nil:
		return s.planErr
	case parts&PartCustomer != 0 && s.customerErr != nil:
		return s.customerErr
	case parts&PartTrial != 0:
		return s.trialErr
	default:
		return nil
	}
}

func orFault[T any](s *Subscription, value *T, err error) (*T, error) {
	if value == nil && err != nil {
		return nil, s.untold(err)
	}
	return value, nil
}

// Untold is a fault that each row meets and one tells.
type Untold struct {
	error
	op *batches
}

func (s *Subscription) untold(err error) error { return &Untold{error: err, op: s.op.batches} }

// Unwrap is the fault itself.
func (u *Untold) Unwrap() error { return u.error }

// IsFirst notes that the fault is about to be told, and reports whether its
// operation has met none of its like before.
func (u *Untold) IsFirst() bool { return u.op.Once(u.error) != nil }

// Once is err the first time this operation meets its like, then nil.
func (op *batches) Once(err error) error {
	type fault struct {
		source, op string
		code       billing.Code
	}
	key := fault{code: billing.CodeOf(err)}
	if e, ok := billing.AsError(err); ok {
		key.source, key.op = e.Source, e.Op
	}
	if _, told := op.reported.LoadOrStore(key, struct{}{}); told {
		return nil
	}
	return err
}

// Trial is a trial as of an instant.
type Trial struct {
	*billing.Trial
	at time.Time
}

// IsActive reports whether it runs.
func (t *Trial) IsActive() bool { return t.Trial.IsActive(t.at) }

// DaysRemaining is the days left, begun ones counted whole.
func (t *Trial) DaysRemaining() *int { return t.Trial.DaysRemaining(t.at) }

// Provenance is an answer's provenance as of its operation.
type Provenance struct {
	billing.Provenance
	op *Operation
}

// AgeSeconds stands for how long ago the source said it, until the whole answer is
// known; see Ages.
func (p *Provenance) AgeSeconds() int { return p.op.age(p.FetchedAt) }

// DegradedReason is why the source could not be asked; nil where it could.
func (p *Provenance) DegradedReason() *billing.Code {
	if p.Degraded == "" {
		return nil
	}
	return &p.Degraded
}

// Confirmation is nil outside of the answers to writes.
func (p *Provenance) Confirmation() *billing.Confirmation {
	if p.Provenance.Confirmation == "" {
		return nil
	}
	return &p.Provenance.Confirmation
}
