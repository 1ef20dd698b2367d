// Package billing is the domain: one Subscription, whatever system holds it.
// It imports the standard library only and knows no GraphQL, HTTP or Redis.
package billing

import (
	"encoding/json"
	"time"
)

// SourceKind is a family of upstream systems that share one API.
type SourceKind string

// The four kinds the gateway speaks.
const (
	KindFocus      SourceKind = "FOCUS"
	KindFrontier   SourceKind = "FRONTIER"
	KindIntercode  SourceKind = "INTERCODE"
	KindProductive SourceKind = "PRODUCTIVE"
)

// Status is the normalised state of a subscription: what is, never what is
// coming. A subscription that ends with its period stays ACTIVE until then.
type Status string

// Every status a source's own state can land on.
const (
	StatusIncomplete Status = "INCOMPLETE"
	StatusScheduled  Status = "SCHEDULED"
	StatusTrialing   Status = "TRIALING"
	StatusActive     Status = "ACTIVE"
	StatusPastDue    Status = "PAST_DUE"
	StatusUnpaid     Status = "UNPAID"
	StatusPaused     Status = "PAUSED"
	StatusCanceled   Status = "CANCELED"
	StatusExpired    Status = "EXPIRED"
	StatusUnknown    Status = "UNKNOWN"
)

// Statuses lists every Status in the order of the schema, which is also the
// order that sorting by status uses.
var Statuses = []Status{
	StatusIncomplete, StatusScheduled, StatusTrialing, StatusActive, StatusPastDue,
	StatusUnpaid, StatusPaused, StatusCanceled, StatusExpired, StatusUnknown,
}

// Subscription is a paid agreement between a customer and a vendor. A nil
// pointer means that the source does not say; it never means zero or "". Values are shared between callers: nobody changes one that a loader
// returned.
type Subscription struct {
	Ref        Ref
	ExternalID string  // the source's own id, verbatim; Ref's key where that is empty
	ProviderID *string // the payment provider's id
	Name       *string

	Status        Status
	SourceStatus  *string // verbatim
	PaymentFailed *bool

	Plan       *Plan
	Product    *Product
	Price      *Price
	Seats      *SeatUsage
	Discounts  []Discount
	AddOns     []AddOn
	Interval   *Interval
	Collection CollectionMethod

	PaymentMethod *PaymentMethod
	CurrentPeriod *Period
	BillingAnchor *time.Time
	NextBillingAt *time.Time
	Trial         *Trial
	Cancellation  *Cancellation
	Phases        []Phase
	PendingChange *PendingChange

	GracePeriodEndsAt *time.Time
	StartedAt         *time.Time
	EndedAt           *time.Time
	CreatedAt         *time.Time
	UpdatedAt         *time.Time

	Customer      *Customer
	Organization  *Organization
	ManagementURL *string
	Metadata      json.RawMessage // a JSON object, or nil

	// Details is the source's own document, losslessly: a pointer to the
	// Details type of the adapter that made this subscription.
	Details any
}

// Text is nil for "", which sources send where they have nothing to say.
func Text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// CollectionMethod says who starts a payment.
type CollectionMethod string

// How a subscription is paid; CollectUnknown where the source does not say.
const (
	CollectAutomatically CollectionMethod = "CHARGE_AUTOMATICALLY"
	CollectInvoice       CollectionMethod = "SEND_INVOICE"
	CollectUnknown       CollectionMethod = "UNKNOWN"
)

// Price is what a subscription is charged each billing interval.
type Price struct {
	Amount *Money // nil where the source gives no usable amount
	Per    PriceBasis
	Scheme PricingScheme
}

// PriceBasis says what an amount buys for one billing interval.
type PriceBasis string

// One seat, the whole subscription, or not known.
const (
	PerSeat    PriceBasis = "SEAT"
	PerTotal   PriceBasis = "TOTAL"
	PerUnknown PriceBasis = "UNKNOWN"
)

// PricingScheme says how an amount grows with quantity.
type PricingScheme string

// The schemes; a tiered price has no single amount.
const (
	SchemeFlat    PricingScheme = "FLAT"
	SchemePerUnit PricingScheme = "PER_UNIT"
	SchemeTiered  PricingScheme = "TIERED"
	SchemeMetered PricingScheme = "METERED"
	SchemeUnknown PricingScheme = "UNKNOWN"
)

// Period is a span of time; either end may be unknown.
type Period struct {
	Start *time.Time
	End   *time.Time
}

// SeatUsage counts seats; nil where the source does not say.
type SeatUsage struct {
	Purchased *int
	Used      *int
	Pending   *int
	Minimum   *int
	Maximum   *int

	isSum     bool
	available *int // of a sum
}

// Available is purchased minus used, never below zero; nil unless both are known.
func (s *SeatUsage) Available() *int {
	if s != nil && s.isSum {
		return s.available
	}
	if s == nil || s.Purchased == nil || s.Used == nil {
		return nil
	}
	left := max(*s.Purchased-*s.Used, 0)
	return &left
}

// Discount lowers the price of a subscription.
type Discount struct {
	Name            *string
	CouponID        *string
	PromotionCodeID *string
	AmountOff       *Money
	PercentOff      *string // exact decimal, 25 = 25 %
	Duration        *string // the provider's word: once, repeating, forever
	EndsAt          *time.Time
}

// AddOn is bought on top of the plan.
type AddOn struct {
	ID       string
	Name     *string
	Price    *Price
	Quantity *int
}

// PaymentMethod is what a subscription is paid with.
type PaymentMethod struct {
	Kind          PaymentMethodKind
	CardBrand     *string
	CardLast4     *string
	CardExpiresAt *time.Time // the first instant at which the card is no longer valid
}

// PaymentMethodKind is the family of a payment method.
type PaymentMethodKind string

// The families that sources tell apart.
const (
	PayCreditCard PaymentMethodKind = "CREDIT_CARD"
	PayInvoice    PaymentMethodKind = "INVOICE"
	PayOther      PaymentMethodKind = "OTHER"
)

// Trial is the trial of a subscription or of a higher plan.
type Trial struct {
	Available *bool // whether one may still be started
	// Running is the source's own word on whether the trial runs; nil where it
	// gives dates only. See IsActive.
	Running  *bool
	StartsAt *time.Time
	EndsAt   *time.Time
	Plan     *Plan // the plan on trial where it is not the subscription's own

	// Details is the source's own document of the trial, or nil.
	Details any
}

// Cancellation is an end that was asked for: still to come, or done.
type Cancellation struct {
	RequestedAt *time.Time
	EffectiveAt *time.Time
	AtPeriodEnd bool
	Reason      *string
	Note        *string
}

// Phase is a scheduled step in a subscription's life.
type Phase struct {
	StartsAt *time.Time
	PlanID   *string
	Reason   PhaseReason
}

// PhaseReason says why a phase exists.
type PhaseReason string

// The reasons a source gives for a phase.
const (
	PhaseCancel  PhaseReason = "CANCEL"
	PhaseChange  PhaseReason = "CHANGE"
	PhaseNone    PhaseReason = "NONE"
	PhaseUnknown PhaseReason = "UNKNOWN"
)

// PendingChange is a change of plan that is still to come.
type PendingChange struct {
	EffectiveAt *time.Time
	PlanID      *string // the plan's id at the source
	Plan        *Plan
}

// Product is the vendor's product that a subscription gives access to.
type Product struct {
	ID          string // product/<source>/<id>
	ExternalID  string
	Name        *string
	Handle      *string
	Title       *string
	Description *string
}
