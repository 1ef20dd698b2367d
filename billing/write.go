package billing

import "context"

// Optional is an input that a caller may leave out (not Given), set to null
// (Given, a nil Value) or give.
type Optional[T any] struct {
	Given bool
	Value *T
}

// Give is an Optional with a value.
func Give[T any](value T) Optional[T] { return Optional[T]{Given: true, Value: &value} }

// IsNull reports an explicit null.
func (o Optional[T]) IsNull() bool { return o.Given && o.Value == nil }

// Or is the value, or other where there is none.
func (o Optional[T]) Or(other T) T {
	if o.Value == nil {
		return other
	}
	return *o.Value
}

// Put sets a member of a document to what was given, an explicit null included.
func (o Optional[T]) Put(members map[string]any, name string) {
	if o.Given {
		members[name] = o.Value
	}
}

// CancelWhen says when a cancellation takes effect.
type CancelWhen string

// At the end of what is paid for, or at once.
const (
	CancelAtPeriodEnd CancelWhen = "AT_PERIOD_END"
	CancelNow         CancelWhen = "NOW"
)

// Cancel is what a cancellation asks for.
type Cancel struct {
	When     CancelWhen
	ReasonID Optional[int]
	Note     Optional[string]
}

// Change is what a change of a subscription asks for. Plans are named by their
// ids at the source, a cycle by the source's own word.
type Change struct {
	Plan         Optional[string]
	Cycle        Optional[string]
	Seats        Optional[int]
	TrialPlan    Optional[string]
	AddOns       Optional[[]AddOnChoice] // all that are to be there; an empty list removes all
	PaymentToken Optional[string]        // never logged and never kept
	Effective    ChangeEffective
}

// AddOnChoice names an add-on: its kind and its id at the source.
type AddOnChoice struct {
	Product string
	ID      string
}

// ChangeEffective says when a change takes effect.
type ChangeEffective string

// At once, at the end of what is paid for, or as the source does by itself.
const (
	ChangeNow               ChangeEffective = "NOW"
	ChangeAtPeriodEnd       ChangeEffective = "AT_PERIOD_END"
	ChangeByProviderDefault ChangeEffective = "PROVIDER_DEFAULT"
)

// TrialRequest asks for the trial of an organisation.
type TrialRequest struct {
	Org           string
	Workspace     string
	PlanWorkspace *string // nil leaves it to the source
}

// CheckoutRequest asks for a page to subscribe at.
type CheckoutRequest struct {
	PriceID     string
	Quantity    int
	Team        *string // nil for none yet
	CreatesTeam bool
}

// Checkout is where to pay. Nothing has changed until somebody did.
type Checkout struct {
	Redirect bool // whether the source wants the browser sent there
	URL      string
}

// PlanChange is what is to be said of a plan that is created or updated.
type PlanChange struct {
	Name        Optional[string]
	Description Optional[string]
	Features    Optional[[]string]
	Price       Optional[string] // an exact decimal, in the source's own unit
	Rank        Optional[int]
	UsersLimit  Optional[int]
	TeamsLimit  Optional[int]
	IsPopular   Optional[bool]
}

// The interfaces below are what a Source may be able to do beyond reading. For
// all of them holds:
//
// Check methods judge the input by itself, Fit methods against a subscription
// as it was just read; both send nothing, return what the caller can mend,
// each with its Field, and nothing where there is nothing to mend.
//
// The others make one request that changes something. Those that are given a
// subscription are given it as it was just read, and return the source's answer,
// nil where that is not the subscription. Their error is an *Error:
// CodeOutcomeUnknown where the source may have done it; any other means that it
// surely has not.

// Canceller is a Source that cancels.
type Canceller interface {
	CheckCancel(cancel Cancel) []*Error
	Cancel(ctx context.Context, sub *Subscription, cancel Cancel) (*Subscription, error)
}

// Hider is a Source some of whose writes no document ever shows.
type Hider interface {
	// Hides reports whether a write that takes c never shows.
	Hides(c Capability) bool
}

// Renewer is a Source that takes a cancellation back.
type Renewer interface {
	Renew(ctx context.Context, sub *Subscription) (*Subscription, error)
}

// Changer is a Source that changes subscriptions.
type Changer interface {
	CheckChange(change Change) []*Error
	// FitChange is also given the source's catalogue where it is a PlanJoiner.
	FitChange(sub *Subscription, plans []*Plan, change Change) []*Error
	Change(ctx context.Context, sub *Subscription, change Change) (*Subscription, error)
	// Shows reports whether sub looks as it would after the change, in all that
	// a document shows.
	Shows(sub *Subscription, plans []*Plan, change Change) bool
}

// TrialStarter is a Source that starts trials of organisations.
type TrialStarter interface {
	CheckTrial(request TrialRequest) []*Error
	// StartTrial is nil where the source left everything as it was.
	StartTrial(ctx context.Context, request TrialRequest) (*Trial, error)
}

// CheckoutOpener is a Source that sells through a page of its payment provider.
type CheckoutOpener interface {
	CheckCheckout(request CheckoutRequest) []*Error
	OpenCheckout(ctx context.Context, request CheckoutRequest) (*Checkout, error)
}

// PlanManager is a Source whose catalogue can be changed.
type PlanManager interface {
	PlanLister
	CheckNewPlan(plan PlanChange) []*Error
	CreatePlan(ctx context.Context, plan PlanChange) (*Plan, error)
	// FitPlan judges an update against the catalogue as it was just read.
	FitPlan(plans []*Plan, change PlanChange) []*Error
	UpdatePlan(ctx context.Context, change PlanChange) error
	// ShowsPlan is Changer.Shows for a plan.
	ShowsPlan(plan *Plan, change PlanChange) bool
	DeletePlan(ctx context.Context, id string) error
}

// Sighting is what reading again showed after a write whose outcome the source
// did not tell.
type Sighting string

// The change is there, or it is not (yet), or no document could be read that
// would show it.
const (
	SeenDone    Sighting = "DONE"
	SeenNotDone Sighting = "NOT_DONE"
	SeenNothing Sighting = "UNREADABLE"
)

// Confirmation says how a subscription in the answer to a write relates to it.
type Confirmation string

// The source's own answer to the write; a document read after it that shows the
// change; one that does not show it yet; one of a source whose documents never
// do.
const (
	ConfirmedByAnswer  Confirmation = "ANSWERED"
	ConfirmedByReading Confirmation = "SHOWN"
	NotConfirmed       Confirmation = "NOT_SHOWN"
	NeverConfirmed     Confirmation = "NEVER_SHOWN"
)

// OnlyPaysOtherwise reports a change of nothing but the means of payment, which
// no source shows.
func (c Change) OnlyPaysOtherwise() bool {
	others := c.Plan.Given || c.Cycle.Given || c.Seats.Given || c.TrialPlan.Given || c.AddOns.Given
	return c.PaymentToken.Given && !others
}

// Mendable reports whether a failure is one that the caller can do something
// about, as opposed to a fault of the gateway or a source.
func (c Code) Mendable() bool {
	switch c {
	case CodeBadUserInput, CodeForbidden, CodeNotFound, CodeConflict, CodeNotSupported, CodePaymentRequired:
		return true
	}
	return false
}
