package focus

import (
	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/sources/wire"
)

// document is the answer of /subscriptions/current. The vendor's page marks
// next to nothing as nullable, yet an organisation that never paid has to
// answer too, so all of it may be absent, null or "".
type document struct {
	FocusTrialEndedAt *string               `json:"focus_trial_ended_at"`
	OrganizationID    *wire.Int             `json:"organization_id"`
	Price             *priceDocument        `json:"price"`
	Product           *productDocument      `json:"product"`
	Subscription      *subscriptionDocument `json:"subscription"`
	SubscriptionItem  *itemDocument         `json:"subscription_item"`
	TrackSubscription *trackDocument        `json:"track_subscription"`
}

type priceDocument struct {
	BillingPeriodInMonths *wire.Int `json:"billing_period_in_months"`
	CostInCents           *wire.Int `json:"cost_in_cents"`
	Currency              *string   `json:"currency"`
	Tag                   *string   `json:"tag"`
	TrackPricingPlanID    *wire.Int `json:"track_pricing_plan_id"`
}

type productDocument struct {
	Handle          *string   `json:"handle"`
	Name            *string   `json:"name"`
	Site            *string   `json:"site"`
	TogglProductID  *string   `json:"toggl_product_id"`
	TrackEnterprise *bool     `json:"track_enterprise"`
	TrackPlanID     *wire.Int `json:"track_plan_id"`
}

type subscriptionDocument struct {
	ID       *string `json:"id"`
	Customer *struct {
		ID  *string `json:"id"`
		URL *string `json:"url"`
	} `json:"customer"`
	PaymentFailed    *bool         `json:"payment_failed"`
	State            *string       `json:"state"`
	URL              *string       `json:"url"`
	SubscriptionItem *itemDocument `json:"subscription_item"`
}

type itemDocument struct {
	SubscriptionItemID itemID            `json:"subscription_item_id"`
	Quantity           *wire.Int         `json:"quantity"`
	UpdatedAt          *string           `json:"updated_at"`
	Discount           *discountDocument `json:"discount"`
}

// itemID tells an id that is empty, as in the answers for a trial without
// payment, from one that the older shape of the document does not have.
type itemID struct {
	sent bool
	text *string
}

func (id *itemID) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	id.sent = true
	return json.UnmarshalDecode(dec, &id.text)
}

// empty reports an id that was sent without anything in it.
func (id itemID) empty() bool { return id.sent && text(id.text) == "" }

type discountDocument struct {
	AmountOff       *wire.Int     `json:"amount_off"`
	CouponID        *string       `json:"coupon_id"`
	Currency        *string       `json:"currency"`
	Duration        *string       `json:"duration"`
	Name            *string       `json:"name"`
	PercentOff      *wire.Decimal `json:"percent_off"`
	PromotionCodeID *string       `json:"promotion_code_id"`
}

type trackDocument struct {
	CancelDate            *string             `json:"cancel_date"`
	CurrentPeriodEndsAt   *string             `json:"current_period_ends_at"`
	CurrentPeriodStartsAt *string             `json:"current_period_starts_at"`
	EndDate               *string             `json:"end_date"`
	PaymentFailed         *bool               `json:"payment_failed"`
	StartDate             *string             `json:"start_date"`
	SubscriptionCreatedAt *string             `json:"subscription_created_at"`
	SubscriptionUpdatedAt *string             `json:"subscription_updated_at"`
	Trial                 *trackTrialDocument `json:"trial"`
}

type trackTrialDocument struct {
	Available   *bool     `json:"available"`
	EndDate     *string   `json:"end_date"`
	StartDate   *string   `json:"start_date"`
	TrialPlanID *wire.Int `json:"trial_plan_id"`
}

// trialDocument is the answer of /subscriptions/trials/current.
type trialDocument struct {
	ID               *wire.Int `json:"id"`
	OrganizationID   *wire.Int `json:"organization_id"`
	PlanID           *wire.Int `json:"plan_id"`
	PlanName         *string   `json:"plan_name"`
	ProductHandle    *string   `json:"product_handle"`
	TogglProductName *string   `json:"toggl_product_name"`
	TrialType        *string   `json:"trial_type"`
	TrialCancelsAt   *string   `json:"trial_cancels_at"`
	TrialCreatedAt   *string   `json:"trial_created_at"`
	TrialDeletedAt   *string   `json:"trial_deleted_at"`
	TrialEndedAt     *string   `json:"trial_ended_at"`
	TrialStartedAt   *string   `json:"trial_started_at"`
}

// planDocument is one element of the answer of /subscriptions/plans.
type planDocument struct {
	PlanID        *wire.Int `json:"plan_id"`
	Name          *string   `json:"name"`
	ProductHandle *string   `json:"product_handle"`
	MaxUserCount  *wire.Int `json:"max_user_count"`
}

// errorDocument is the vendor's error body. A failure may come without one.
type errorDocument struct {
	Error string `json:"error"`
}

// text is what a string says, nothing where it is null.
func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
