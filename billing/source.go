package billing

import (
	"context"
	"time"
)

// Source is one upstream system of the configuration.
type Source interface {
	// Name is the source's name in the configuration, a part of every id.
	Name() string
	Kind() SourceKind
	// Capabilities is what the source can do at all, in the order of the schema.
	Capabilities() []Capability
	// ParseRef reads the parts of a subscription's global id that follow the
	// source's name. Its error is a client's: *Error with CodeBadUserInput.
	ParseRef(parts []string) (Ref, error)
	// Tenant tells whose credentials a call under ctx about org would use, as a
	// keyed fingerprint; org is "" for a call about no organisation. Answers given
	// to one tenant are never shown to another.
	Tenant(ctx context.Context, org string) string
	// Pinned returns a context under which the calls about an organisation use the
	// credentials that Tenant told of, whatever changes between them.
	Pinned(ctx context.Context) context.Context
	// Borrowed tells which credentials of the caller's own a call under ctx would
	// pass on; "" for none. Unlike Tenant it follows from nothing else, so that it
	// stays the same when the configuration changes.
	Borrowed(ctx context.Context) string
	// Forwards reports whether calls pass on what their callers sent, whichever
	// headers these are.
	Forwards() bool
	// Subscriptions fetches the documents named by refs, each with a non-empty
	// Key where the kind has one. Every ref is in the answer: a nil Value with
	// a nil Err where the source says that there is none.
	Subscriptions(ctx context.Context, refs []Ref) map[Ref]Outcome[*Subscription]
	// Obstacle says what keeps sub, in its present state, from being asked for
	// one of the Capabilities: a sentence for clients, "" for nothing.
	Obstacle(sub *Subscription, c Capability, now time.Time) string
	// Health is what the latest calls showed.
	Health() Health
}

// Allowed is what sub may be asked of its source in its present state: of the
// source's capabilities those that are about one subscription and that nothing
// stands in the way of.
func Allowed(source Source, sub *Subscription, now time.Time) []Capability {
	var allowed []Capability
	for _, c := range source.Capabilities() {
		switch c {
		case CanList, CanListPlans, CanManagePlans:
		default:
			if source.Obstacle(sub, c, now) == "" {
				allowed = append(allowed, c)
			}
		}
	}
	return allowed
}

// Lister is a Source that can list what an organisation holds.
type Lister interface {
	// Holdings lists per owner, a Ref without a Key.
	Holdings(ctx context.Context, owners []Ref) map[Ref]Outcome[[]*Subscription]
}

// PlanLister is a Source that lists what it sells.
type PlanLister interface {
	// PlansKey is the catalogue that org sees: "" where the source has one for
	// all. It is a CodeBadUserInput error where the source needs an org and
	// none is given.
	PlansKey(org string) (string, error)
	// Plans fetches catalogues by key.
	Plans(ctx context.Context, keys []string) map[string]Outcome[[]*Plan]
}

// PlanJoiner is a PlanLister whose subscriptions only name their plan: price,
// product and interval come from the catalogue.
type PlanJoiner interface {
	PlanLister
	// JoinPlan completes sub, a copy of its caller's own, from the catalogue.
	// What sub points to is shared and must be replaced, not changed.
	JoinPlan(sub *Subscription, plans []*Plan)
}

// CustomerJoiner is a Source that keeps customers in documents of their own.
type CustomerJoiner interface {
	// Customers fetches the customers of organisations.
	Customers(ctx context.Context, orgs []string) map[string]Outcome[[]*Customer]
	// JoinCustomer completes sub as JoinPlan does.
	JoinCustomer(sub *Subscription, customers []*Customer)
}

// TrialJoiner is a Source that keeps the running trial in a document of its own.
type TrialJoiner interface {
	// Trials fetches the running trials of organisations; nil for none.
	Trials(ctx context.Context, orgs []string) map[string]Outcome[*Trial]
	// JoinTrial completes sub as JoinPlan does; trial may be nil.
	JoinTrial(sub *Subscription, trial *Trial)
}

// Prober is a Source that has a harmless question to ask.
type Prober interface {
	// Probe asks it; nil when the source answered and took the credentials.
	Probe(ctx context.Context) error
}

// Capability is one thing that a source, or a subscription in its present
// state, can be asked.
type Capability string

// The capabilities, in the order of the schema.
const (
	CanGet               Capability = "GET"
	CanList              Capability = "LIST"
	CanListPlans         Capability = "LIST_PLANS"
	CanCancelAtPeriodEnd Capability = "CANCEL_AT_PERIOD_END"
	CanCancelNow         Capability = "CANCEL_NOW"
	CanRenew             Capability = "RENEW"
	CanChangePlan        Capability = "CHANGE_PLAN"
	CanChangeCycle       Capability = "CHANGE_CYCLE"
	CanChangeSeats       Capability = "CHANGE_SEATS"
	CanChangeAddOns      Capability = "CHANGE_ADD_ONS"
	CanStartTrial        Capability = "START_TRIAL"
	CanCheckout          Capability = "CHECKOUT"
	CanManagePlans       Capability = "MANAGE_PLANS"
)

// Health is the state of a source as its latest calls showed it.
type Health struct {
	State          HealthState
	LastSuccessAt  time.Time // zero before the first
	LastErrorAt    time.Time
	LastError      *Error // the latest fault of the source, nil before the first
	QuotaRemaining *int
	QuotaResetsAt  time.Time
	UnknownStates  int64 // subscriptions whose state became UNKNOWN, each time one was read

	Circuit          Circuit   // the worst of the credentials that were used within the last minute
	CircuitOpenUntil time.Time // when the last of the open ones half-opens; zero where none is open
	Calls            Calls
}

// Calls counts what became of calls to a source, since the start of the process.
type Calls struct {
	UnderWay int64 // just now
	Retries  int64
	Hedges   int64 // reads sent a second time beside a slow first

	// Those that were not made, because the circuit was open, too many were under
	// way, the quota was spent, or the source takes longer than there was time.
	RejectedByCircuit  int64
	RejectedByBulkhead int64
	RejectedByQuota    int64
	RejectedByDeadline int64
}

// Circuit is whether calls to a source are let through, the better state before
// the worse.
type Circuit int

// Closed lets all calls through, HalfOpen a few that find out whether the source
// has recovered, Open none.
const (
	CircuitClosed Circuit = iota
	CircuitHalfOpen
	CircuitOpen
)

// HealthState is a source's state in one word.
type HealthState string

// Healthy after a success, Degraded after a fault that followed a recent
// success, Down after several faults in a row, Unknown before the first call.
const (
	Healthy       HealthState = "HEALTHY"
	Degraded      HealthState = "DEGRADED"
	Down          HealthState = "DOWN"
	HealthUnknown HealthState = "UNKNOWN"
)
