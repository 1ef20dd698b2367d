package focus

// The older shape of the document has no focus_trial_ended_at, no discount, no
// id of the item, and no item inside subscription.

type olderDocument struct {
	OrganizationID    int64                     `json:"organization_id"`
	Price             priceDocument             `json:"price"`
	Product           product                   `json:"product"`
	Subscription      olderSubscriptionDocument `json:"subscription"`
	SubscriptionItem  olderItemDocument         `json:"subscription_item"`
	TrackSubscription trackDocument             `json:"track_subscription"`
}

type olderSubscriptionDocument struct {
	Customer      customerDocument `json:"customer"`
	ID            string           `json:"id"`
	PaymentFailed bool             `json:"payment_failed"`
	State         string           `json:"state"`
	URL           string           `json:"url"`
}

type olderItemDocument struct {
	Quantity  int    `json:"quantity"`
	UpdatedAt string `json:"updated_at"`
}

func (o *organization) olderDocument() olderDocument {
	s := o.subscription
	newer := s.document(itemDocument{})
	return olderDocument{
		OrganizationID: o.id,
		Price:          s.price(),
		Product:        s.product,
		Subscription: olderSubscriptionDocument{
			Customer:      newer.Customer,
			ID:            newer.ID,
			PaymentFailed: newer.PaymentFailed,
			State:         newer.State,
			URL:           newer.URL,
		},
		SubscriptionItem: olderItemDocument{Quantity: s.seats, UpdatedAt: day(s.periodStart)},
		TrackSubscription: trackDocument{
			CancelDate:            day(s.cancelledAt),
			CurrentPeriodEndsAt:   day(s.periodEnd),
			CurrentPeriodStartsAt: day(s.periodStart),
			EndDate:               day(s.endedAt),
			PaymentFailed:         s.overdue,
			StartDate:             day(s.startedAt),
			SubscriptionCreatedAt: day(s.startedAt),
			SubscriptionUpdatedAt: day(s.periodStart),
		},
	}
}
