package focus

import (
	"net/url"
	"strings"
	"time"

	"tributary/billing"
	"tributary/sources/wire"
)

// normalise makes the subscription of ref of its document. The error names the
// fields that cannot be read. now decides what is over and what is to come.
func normalise(doc *document, ref billing.Ref, rules rules, now time.Time) (*billing.Subscription, error) {
	r := &wire.Reader{}
	details := doc.details(r, ref.Org)
	n := newNormaliser(doc, details, ref.Source, now)
	meaning := rules.meaning(n.facts.word)
	sub := &billing.Subscription{
		Ref:           ref,
		ExternalID:    text(n.stripe.ID),
		ProviderID:    providerID(n.stripe.ID),
		Status:        rules.status(n.facts),
		SourceStatus:  nonEmpty(n.stripe.State),
		PaymentFailed: n.paymentFailed(),
		Plan:          n.plan(),
		Product:       n.product(),
		Price:         n.price(rules.basis),
		Seats:         n.seats(),
		Discounts:     n.discounts(),
		Interval:      n.interval(),
		Collection:    billing.CollectUnknown,
		CurrentPeriod: n.period(),
		Trial:         n.trial(meaning == billing.StatusTrialing),
		StartedAt:     n.track.StartDate,
		CreatedAt:     n.track.SubscriptionCreatedAt,
		UpdatedAt:     n.updatedAt(),
		Customer:      n.customer(),
		ManagementURL: link(n.stripe.URL),
		Organization: &billing.Organization{
			ID:         billing.GlobalID("organization", ref.Source, ref.Org),
			ExternalID: ref.Org,
		},
		Details: details,
	}
	if sub.ExternalID == "" {
		sub.ExternalID = ref.LocalKey()
	}
	sub.Cancellation = n.cancellation(sub.Status)
	sub.EndedAt = n.endedAt(sub.Status)
	sub.NextBillingAt = n.nextBilling(sub)
	if err := r.Err(); err != nil {
		return nil, err
	}
	return sub, nil
}

// normaliser holds the parts of a document, zero where the document has none.
type normaliser struct {
	source  string
	now     time.Time
	details *Details
	stripe  StripeSubscription
	item    SubscriptionItem
	track   TrackSubscription
	facts   facts
}

func newNormaliser(doc *document, details *Details, source string, now time.Time) *normaliser {
	n := &normaliser{source: source, now: now, details: details}
	if details.Subscription != nil {
		n.stripe = *details.Subscription
	}
	if details.TrackSubscription != nil {
		n.track = *details.TrackSubscription
	}
	item, empty := chooseItem(doc, details)
	if item != nil {
		n.item = *item
	}
	n.facts = facts{
		word:          fold(text(n.stripe.State)),
		noItem:        item == nil || empty,
		paymentFailed: isTrue(n.stripe.PaymentFailed) || isTrue(n.track.PaymentFailed),
		trialLives:    n.track.Trial.lives(now),
		trialEnded:    over(details.FocusTrialEndedAt, now),
	}
	return n
}

// chooseItem takes the nested subscription_item, and the one at the top where
// that is missing or has no id while the top has one. empty reports an id that
// was sent without anything in it.
func chooseItem(doc *document, details *Details) (item *SubscriptionItem, empty bool) {
	top := details.SubscriptionItem
	if details.Subscription != nil && details.Subscription.SubscriptionItem != nil {
		nested := details.Subscription.SubscriptionItem
		if text(nested.SubscriptionItemID) != "" || top == nil || text(top.SubscriptionItemID) == "" {
			return nested, doc.Subscription.SubscriptionItem.SubscriptionItemID.empty()
		}
	}
	if top == nil {
		return nil, false
	}
	return top, doc.SubscriptionItem.SubscriptionItemID.empty()
}

// providerID is an id that is Stripe's by its form; Focus does not say whose
// its subscription ids are.
func providerID(id *string) *string {
	if strings.HasPrefix(text(id), "sub_") {
		return id
	}
	return nil
}

// paymentFailed is true where either of the two flags is, nil where neither is there.
func (n *normaliser) paymentFailed() *bool {
	if n.stripe.PaymentFailed == nil && n.track.PaymentFailed == nil {
		return nil
	}
	failed := n.facts.paymentFailed
	return &failed
}

// plan goes by the product's handle, the one name that the list of plans shares.
func (n *normaliser) plan() *billing.Plan {
	if n.details.Product == nil || text(n.details.Product.Handle) == "" {
		return nil
	}
	return &billing.Plan{Source: n.source, ExternalID: *n.details.Product.Handle, Name: nonEmpty(n.details.Product.Name)}
}

func (n *normaliser) product() *billing.Product {
	product := n.details.Product
	if product == nil {
		return nil
	}
	id := text(product.TogglProductID)
	if id == "" {
		id = text(product.Handle)
	}
	if id == "" {
		return nil
	}
	return &billing.Product{
		ID:         billing.GlobalID("product", n.source, id),
		ExternalID: id,
		Name:       nonEmpty(product.Name),
		Handle:     nonEmpty(product.Handle),
	}
}

// price takes cost_in_cents as minor units, whatever the currency's cent is.
func (n *normaliser) price(basis billing.PriceBasis) *billing.Price {
	price := n.details.Price
	if price == nil || price.CostInCents == nil {
		return nil
	}
	amount := billing.Minor(*price.CostInCents, text(price.Currency))
	if amount == nil {
		return nil
	}
	return &billing.Price{Amount: amount, Per: basis, Scheme: schemes[basis]}
}

// schemes is how the price grows with seats, which follows from what it buys.
var schemes = map[billing.PriceBasis]billing.PricingScheme{
	billing.PerSeat:    billing.SchemePerUnit,
	billing.PerTotal:   billing.SchemeFlat,
	billing.PerUnknown: billing.SchemeUnknown,
}

func (n *normaliser) interval() *billing.Interval {
	if n.details.Price == nil || n.details.Price.BillingPeriodInMonths == nil {
		return nil
	}
	return billing.Months(*n.details.Price.BillingPeriodInMonths)
}

// seats does not count the 0 of an item that does not exist yet.
func (n *normaliser) seats() *billing.SeatUsage {
	if n.item.Quantity == nil || n.facts.noItem && *n.item.Quantity == 0 {
		return nil
	}
	return &billing.SeatUsage{Purchased: n.item.Quantity}
}

// discounts leaves out a discount that says nothing, as an unset one does. An
// amount or percentage of 0 is the other kind's unset half.
func (n *normaliser) discounts() []billing.Discount {
	d := n.item.Discount
	if d == nil {
		return nil
	}
	discount := billing.Discount{
		Name:            nonEmpty(d.Name),
		CouponID:        nonEmpty(d.CouponID),
		PromotionCodeID: nonEmpty(d.PromotionCodeID),
		Duration:        nonEmpty(d.Duration),
	}
	if d.AmountOff != nil && *d.AmountOff != 0 {
		discount.AmountOff = billing.Minor(*d.AmountOff, text(d.Currency))
	}
	if d.PercentOff != nil && *d.PercentOff != "0" {
		discount.PercentOff = d.PercentOff
	}
	if discount == (billing.Discount{}) {
		return nil
	}
	return []billing.Discount{discount}
}

func (n *normaliser) period() *billing.Period {
	if n.track.CurrentPeriodStartsAt == nil && n.track.CurrentPeriodEndsAt == nil {
		return nil
	}
	return &billing.Period{Start: n.track.CurrentPeriodStartsAt, End: n.track.CurrentPeriodEndsAt}
}

// updatedAt is the later of the record's and the item's.
func (n *normaliser) updatedAt() *time.Time {
	record, item := n.track.SubscriptionUpdatedAt, n.item.UpdatedAt
	if record == nil || item != nil && item.After(*record) {
		return item
	}
	return record
}

func (n *normaliser) customer() *billing.Customer {
	if n.stripe.Customer == nil || text(n.stripe.Customer.ID) == "" {
		return nil
	}
	id := *n.stripe.Customer.ID
	return &billing.Customer{
		ID:         billing.GlobalID("customer", n.source, id),
		ExternalID: id,
		URL:        link(n.stripe.Customer.URL),
		AtProvider: true,
	}
}

// link is an address that a browser may be sent to, else nil.
func link(address *string) *string {
	u, err := url.Parse(text(address))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return nil
	}
	return address
}

func nonEmpty(s *string) *string { return billing.Text(text(s)) }

func isTrue(b *bool) bool { return b != nil && *b }
