package focus

import "time"

// zone is that of the profile of the key's owner, in which Focus writes times.
var zone = time.FixedZone("", 2*60*60)

// instant is t as the vendor writes it, "" where it is unset.
func instant(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(zone).Format(time.RFC3339)
}

// day is t as the older shape writes it, a date alone.
func day(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Format(time.DateOnly)
}

type currentDocument struct {
	FocusTrialEndedAt *string              `json:"focus_trial_ended_at"`
	OrganizationID    int64                `json:"organization_id"`
	Price             priceDocument        `json:"price"`
	Product           product              `json:"product"`
	Subscription      subscriptionDocument `json:"subscription"`
	SubscriptionItem  itemDocument         `json:"subscription_item"`
	TrackSubscription trackDocument        `json:"track_subscription"`
}

type priceDocument struct {
	BillingPeriodInMonths int    `json:"billing_period_in_months"`
	CostInCents           int64  `json:"cost_in_cents"`
	Currency              string `json:"currency"`
	Tag                   string `json:"tag"`
	TrackPricingPlanID    int64  `json:"track_pricing_plan_id"`
}

type customerDocument struct {
	ID  string `json:"id"`
	URL string `json:"url"`
}

type subscriptionDocument struct {
	Customer         customerDocument `json:"customer"`
	ID               string           `json:"id"`
	PaymentFailed    bool             `json:"payment_failed"`
	State            string           `json:"state"`
	SubscriptionItem itemDocument     `json:"subscription_item"`
	URL              string           `json:"url"`
}

type itemDocument struct {
	Discount           *discountDocument `json:"discount"`
	Quantity           int               `json:"quantity"`
	SubscriptionItemID string            `json:"subscription_item_id"`
	UpdatedAt          string            `json:"updated_at"`
}

type discountDocument struct {
	AmountOff       int64   `json:"amount_off"`
	CouponID        string  `json:"coupon_id"`
	Currency        string  `json:"currency"`
	Duration        string  `json:"duration"`
	Name            string  `json:"name"`
	PercentOff      float64 `json:"percent_off"`
	PromotionCodeID string  `json:"promotion_code_id"`
}

type trackDocument struct {
	CancelDate            string             `json:"cancel_date"`
	CurrentPeriodEndsAt   string             `json:"current_period_ends_at"`
	CurrentPeriodStartsAt string             `json:"current_period_starts_at"`
	EndDate               string             `json:"end_date"`
	PaymentFailed         bool               `json:"payment_failed"`
	StartDate             string             `json:"start_date"`
	SubscriptionCreatedAt string             `json:"subscription_created_at"`
	SubscriptionUpdatedAt string             `json:"subscription_updated_at"`
	Trial                 trackTrialDocument `json:"trial"`
}

type trackTrialDocument struct {
	Available   bool   `json:"available"`
	EndDate     string `json:"end_date"`
	StartDate   string `json:"start_date"`
	TrialPlanID int64  `json:"trial_plan_id"`
}

// document is the newer shape. A trial that ended with nothing bought leaves
// focus_trial_ended_at alone behind.
func (o *organization) document(now time.Time) currentDocument {
	s := o.subscription
	item := itemDocument{Discount: s.discount, Quantity: s.seats, SubscriptionItemID: s.item}
	if s.item != "" {
		item.UpdatedAt = instant(s.periodStart)
	}
	document := currentDocument{
		OrganizationID:   o.id,
		Price:            s.price(),
		Product:          s.product,
		Subscription:     s.document(item),
		SubscriptionItem: item,
		TrackSubscription: trackDocument{
			CancelDate:            instant(s.cancelledAt),
			CurrentPeriodEndsAt:   instant(s.periodEnd),
			CurrentPeriodStartsAt: instant(s.periodStart),
			EndDate:               instant(s.endedAt),
			PaymentFailed:         s.overdue,
			StartDate:             instant(s.startedAt),
			SubscriptionCreatedAt: instant(s.startedAt),
			SubscriptionUpdatedAt: instant(s.periodStart),
			Trial:                 trackTrialDocument{Available: o.trial == nil && s.item == ""},
		},
	}
	if o.trial == nil {
		return document
	}
	if s.item == "" && !o.trialRuns(now) {
		ended := instant(o.trial.cancelsAt)
		document.FocusTrialEndedAt = &ended
		return document
	}
	document.TrackSubscription.Trial = trackTrialDocument{
		EndDate:     instant(o.trial.cancelsAt),
		StartDate:   instant(o.trial.startedAt),
		TrialPlanID: o.trial.product.TrackPlanID,
	}
	return document
}

func (s *subscription) price() priceDocument {
	if s.item == "" {
		return priceDocument{}
	}
	return priceDocument{
		BillingPeriodInMonths: s.months,
		CostInCents:           s.cents,
		Currency:              s.currency,
		Tag:                   s.product.Handle,
		TrackPricingPlanID:    s.product.TrackPlanID*10 + int64(s.months),
	}
}

func (s *subscription) document(item itemDocument) subscriptionDocument {
	return subscriptionDocument{
		Customer:         customerDocument{ID: s.customer, URL: page("customers", s.customer)},
		ID:               s.id,
		PaymentFailed:    s.declined,
		State:            s.state,
		SubscriptionItem: item,
		URL:              page("subscriptions", s.id),
	}
}

func page(kind, id string) string {
	if id == "" {
		return ""
	}
	return "https://billing.focus.example/" + kind + "/" + id
}
