package focus

import (
	"strconv"

	"tributary/sources/wire"
)

// details reads the document losslessly; what does not fit is r's to tell. org
// is the organisation asked for.
func (d *document) details(r *wire.Reader, org string) *Details {
	if d.OrganizationID != nil && number(d.OrganizationID) != org {
		// One organisation's subscription is never shown as another's.
		r.Fault("organization_id", "is not the organisation asked for")
	}
	return &Details{
		OrganizationID:    org,
		FocusTrialEndedAt: r.Time("focus_trial_ended_at", d.FocusTrialEndedAt),
		Price:             d.Price.read(r),
		Product:           d.Product.read(),
		Subscription:      d.Subscription.read(r),
		SubscriptionItem:  d.SubscriptionItem.read(r, "subscription_item"),
		TrackSubscription: d.TrackSubscription.read(r),
	}
}

func (p *priceDocument) read(r *wire.Reader) *Price {
	if p == nil {
		return nil
	}
	return &Price{
		BillingPeriodInMonths: r.Count("price.billing_period_in_months", p.BillingPeriodInMonths),
		CostInCents:           amount(r, "price.cost_in_cents", p.CostInCents),
		Currency:              p.Currency,
		Tag:                   p.Tag,
		TrackPricingPlanID:    id(p.TrackPricingPlanID),
	}
}

func (p *productDocument) read() *Product {
	if p == nil {
		return nil
	}
	return &Product{
		Handle:          p.Handle,
		Name:            p.Name,
		Site:            p.Site,
		TogglProductID:  p.TogglProductID,
		TrackEnterprise: p.TrackEnterprise,
		TrackPlanID:     id(p.TrackPlanID),
	}
}

func (s *subscriptionDocument) read(r *wire.Reader) *StripeSubscription {
	if s == nil {
		return nil
	}
	read := &StripeSubscription{
		ID:               s.ID,
		PaymentFailed:    s.PaymentFailed,
		State:            s.State,
		URL:              s.URL,
		SubscriptionItem: s.SubscriptionItem.read(r, "subscription.subscription_item"),
	}
	if s.Customer != nil {
		read.Customer = &Customer{ID: s.Customer.ID, URL: s.Customer.URL}
	}
	return read
}

func (i *itemDocument) read(r *wire.Reader, path string) *SubscriptionItem {
	if i == nil {
		return nil
	}
	return &SubscriptionItem{
		SubscriptionItemID: i.SubscriptionItemID.text,
		Quantity:           r.Count(path+".quantity", i.Quantity),
		UpdatedAt:          r.Time(path+".updated_at", i.UpdatedAt),
		Discount:           i.Discount.read(r, path+".discount"),
	}
}

func (d *discountDocument) read(r *wire.Reader, path string) *Discount {
	if d == nil {
		return nil
	}
	if percent := wire.String(d.PercentOff); percent != nil && (*percent)[0] == '-' {
		r.Fault(path+".percent_off", "is negative")
	}
	return &Discount{
		AmountOff:       amount(r, path+".amount_off", d.AmountOff),
		CouponID:        d.CouponID,
		Currency:        d.Currency,
		Duration:        d.Duration,
		Name:            d.Name,
		PercentOff:      wire.String(d.PercentOff),
		PromotionCodeID: d.PromotionCodeID,
	}
}

func (t *trackDocument) read(r *wire.Reader) *TrackSubscription {
	if t == nil {
		return nil
	}
	read := &TrackSubscription{
		CancelDate:            r.Time("track_subscription.cancel_date", t.CancelDate),
		CurrentPeriodEndsAt:   r.Time("track_subscription.current_period_ends_at", t.CurrentPeriodEndsAt),
		CurrentPeriodStartsAt: r.Time("track_subscription.current_period_starts_at", t.CurrentPeriodStartsAt),
		EndDate:               r.Time("track_subscription.end_date", t.EndDate),
		PaymentFailed:         t.PaymentFailed,
		StartDate:             r.Time("track_subscription.start_date", t.StartDate),
		SubscriptionCreatedAt: r.Time("track_subscription.subscription_created_at", t.SubscriptionCreatedAt),
		SubscriptionUpdatedAt: r.Time("track_subscription.subscription_updated_at", t.SubscriptionUpdatedAt),
	}
	if t.Trial != nil {
		read.Trial = &TrackTrial{
			Available:   t.Trial.Available,
			EndDate:     r.Time("track_subscription.trial.end_date", t.Trial.EndDate),
			StartDate:   r.Time("track_subscription.trial.start_date", t.Trial.StartDate),
			TrialPlanID: id(t.Trial.TrialPlanID),
		}
	}
	return read
}

// details reads the running trial of org losslessly.
func (d *trialDocument) details(r *wire.Reader, org string) *Trial {
	if d.ID == nil {
		r.Fault("id", "is missing")
	}
	if d.OrganizationID != nil && number(d.OrganizationID) != org {
		r.Fault("organization_id", "is not the organisation asked for")
	}
	return &Trial{
		ID:               number(d.ID),
		OrganizationID:   id(d.OrganizationID),
		PlanID:           id(d.PlanID),
		PlanName:         d.PlanName,
		ProductHandle:    d.ProductHandle,
		TogglProductName: d.TogglProductName,
		TrialType:        d.TrialType,
		TrialCancelsAt:   r.Time("trial_cancels_at", d.TrialCancelsAt),
		TrialCreatedAt:   r.Time("trial_created_at", d.TrialCreatedAt),
		TrialDeletedAt:   r.Time("trial_deleted_at", d.TrialDeletedAt),
		TrialEndedAt:     r.Time("trial_ended_at", d.TrialEndedAt),
		TrialStartedAt:   r.Time("trial_started_at", d.TrialStartedAt),
	}
}

// amount is a number of minor units, which is never negative.
func amount(r *wire.Reader, field string, value *wire.Int) *int64 {
	if value != nil && *value < 0 {
		r.Fault(field, "is negative")
	}
	return wire.Int64(value)
}

// number is a whole number in digits, "" for nil.
func number(value *wire.Int) string {
	if value == nil {
		return ""
	}
	return strconv.FormatInt(int64(*value), 10)
}

// id is a numeric id in digits, nil for nil.
func id(value *wire.Int) *string {
	if value == nil {
		return nil
	}
	digits := number(value)
	return &digits
}
