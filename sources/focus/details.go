package focus

import "time"

// Details is the document of /subscriptions/current, losslessly but for dates,
// of which "" and null are both nil. It holds plain values only, so that it
// survives any encoding. Shared: nobody changes one.
type Details struct {
	OrganizationID    string // the organisation asked for where the document names none
	FocusTrialEndedAt *time.Time
	Price             *Price
	Product           *Product
	Subscription      *StripeSubscription
	SubscriptionItem  *SubscriptionItem
	TrackSubscription *TrackSubscription

	// CurrentTrial comes from a call of its own and is nil until JoinTrial.
	CurrentTrial *Trial
}

// Price is price of the document.
type Price struct {
	BillingPeriodInMonths *int
	CostInCents           *int64 // in the currency's minor unit
	Currency              *string
	Tag                   *string
	TrackPricingPlanID    *string
}

// Product is product of the document.
type Product struct {
	Handle          *string
	Name            *string
	Site            *string
	TogglProductID  *string
	TrackEnterprise *bool
	TrackPlanID     *string
}

// StripeSubscription is subscription of the document.
type StripeSubscription struct {
	ID               *string
	Customer         *Customer
	PaymentFailed    *bool
	State            *string
	URL              *string
	SubscriptionItem *SubscriptionItem // nil in the older shape
}

// Customer is subscription.customer of the document.
type Customer struct {
	ID  *string
	URL *string
}

// SubscriptionItem is subscription_item, which stands in the document twice.
type SubscriptionItem struct {
	SubscriptionItemID *string // Stripe's; "" or nil where there is no item yet
	Quantity           *int
	UpdatedAt          *time.Time
	Discount           *Discount
}

// Discount is discount of a subscription_item.
type Discount struct {
	AmountOff       *int64 // in the currency's minor unit
	CouponID        *string
	Currency        *string
	Duration        *string
	Name            *string
	PercentOff      *string // exact decimal
	PromotionCodeID *string
}

// TrackSubscription is track_subscription of the document. Focus documents the
// types of its dates and not their meaning.
type TrackSubscription struct {
	CancelDate            *time.Time
	CurrentPeriodEndsAt   *time.Time
	CurrentPeriodStartsAt *time.Time
	EndDate               *time.Time
	PaymentFailed         *bool
	StartDate             *time.Time
	SubscriptionCreatedAt *time.Time
	SubscriptionUpdatedAt *time.Time
	Trial                 *TrackTrial
}

// TrackTrial is track_subscription.trial of the document.
type TrackTrial struct {
	Available   *bool
	EndDate     *time.Time
	StartDate   *time.Time
	TrialPlanID *string
}

// Trial is the document of /subscriptions/trials/current, losslessly as
// Details is.
type Trial struct {
	ID               string
	OrganizationID   *string
	PlanID           *string
	PlanName         *string
	ProductHandle    *string
	TogglProductName *string
	TrialType        *string
	TrialCancelsAt   *time.Time
	TrialCreatedAt   *time.Time
	TrialDeletedAt   *time.Time
	TrialEndedAt     *time.Time
	TrialStartedAt   *time.Time
}
