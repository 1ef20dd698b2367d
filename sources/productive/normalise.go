package productive

import (
	"strconv"
	"strings"
	"time"

	"tributary/billing"
	"tributary/sources/wire"
)

// rules are what the configuration says about documents.
type rules struct {
	source   string
	location *time.Location
	states   map[int64]billing.Status
	cycles   map[string]billing.Interval
}

// normalise turns a document into the domain's form as of now. It takes any
// document that decode gives: what it cannot name becomes UNKNOWN or nil, and
// only dates, counts and amounts that cannot be are errors.
func (r *rules) normalise(ref billing.Ref, data *resource, now time.Time) (*billing.Subscription, error) {
	read := &wire.Reader{Location: r.location}
	a := data.Attributes
	details := newDetails(read, data)
	ends := details.SubscriptionEndsAt
	reading := r.reading(a.SubscriptionStateID, details.TrialEndsAt, now)
	sub := &billing.Subscription{
		Ref:               ref,
		ExternalID:        data.ID,
		Status:            current(reading, ends, now),
		SourceStatus:      stateText(a.SubscriptionStateID),
		Plan:              r.currentPlan(read, a),
		Price:             price(read, a),
		Seats:             seats(details),
		Discounts:         discounts(details),
		AddOns:            r.addOns(read, a),
		Interval:          r.interval(a.PlanCycle),
		Collection:        collection(details.PaymentMethodID),
		PaymentMethod:     paymentMethod(read, details),
		CurrentPeriod:     period(details),
		NextBillingAt:     details.NextBillingCycleAt,
		GracePeriodEndsAt: details.GracePeriodEndsAt,
		StartedAt:         details.SubscriptionStartedAt,
		EndedAt:           details.SubscriptionEndedAt,
		Details:           details,
	}
	if sub.ExternalID == "" {
		sub.ExternalID = ref.LocalKey()
	}
	if reading == billing.StatusCanceled {
		sub.Cancellation = &billing.Cancellation{EffectiveAt: ends, AtPeriodEnd: true}
		sub.NextBillingAt = nil // stays filled upstream, but nothing is billed again
		if sub.Status == billing.StatusCanceled && sub.EndedAt == nil {
			sub.EndedAt = ends
		}
	}
	sub.Trial = r.trial(read, a, details, now)
	sub.Organization, sub.Customer = r.parties(details, ref)
	return sub, read.Err()
}

// stateNew is the state of an organisation that has not paid yet. It is a
// trial only while trial_ends_at lies ahead.
const stateNew = 1

// reading is what the state's id stands for, before dates are looked at.
func (r *rules) reading(id *wire.Int, trialEnds *time.Time, now time.Time) billing.Status {
	if id == nil {
		return billing.StatusUnknown
	}
	if status, ok := r.states[int64(*id)]; ok {
		return status
	}
	if *id == stateNew && trialEnds != nil && now.Before(*trialEnds) {
		return billing.StatusTrialing
	}
	return billing.StatusUnknown
}

// known reports whether an id has a reading, be it only at times.
func (r *rules) known(id int64) bool {
	_, ok := r.states[id]
	return ok || id == stateNew
}

// current is the status at now: a cancelled subscription runs until the period
// that is paid for ends.
func current(reading billing.Status, ends *time.Time, now time.Time) billing.Status {
	if reading == billing.StatusCanceled && ends != nil && now.Before(*ends) {
		return billing.StatusActive
	}
	return reading
}

func stateText(id *wire.Int) *string {
	if id == nil {
		return nil
	}
	state := strconv.FormatInt(int64(*id), 10)
	return &state
}

// currentPlan is the plan of the document, or what plan_type alone says.
func (r *rules) currentPlan(read *wire.Reader, a *attributes) *billing.Plan {
	if p := r.plan(read, a.CurrentPlan); p != nil {
		return p
	}
	named := deref(a.PlanType)
	if named == "" {
		return nil
	}
	return &billing.Plan{Source: r.source, ExternalID: named}
}

// price is plan_price: major units of the plan's currency, of one seat for one
// cycle. An amount that the currency cannot hold, such as a price with a
// discount of 12.5 % taken off, has no normalised form and is left to Details.
func price(read *wire.Reader, a *attributes) *billing.Price {
	if a.PlanPrice == nil {
		return nil
	}
	if strings.HasPrefix(string(*a.PlanPrice), "-") {
		read.Fault("plan_price", "is negative")
		return nil
	}
	result := &billing.Price{Per: billing.PerSeat, Scheme: billing.SchemePerUnit}
	if p := a.CurrentPlan; p != nil {
		result.Per, result.Scheme = pricing(p.tiersFor(deref(a.PlanCycle)))
		result.Amount = billing.Major(string(*a.PlanPrice), deref(p.Currency))
	}
	return result
}

func seats(d *Details) *billing.SeatUsage {
	if d.Seats == nil && d.SeatsUsed == nil && d.SeatsPending == nil {
		return nil
	}
	return &billing.SeatUsage{Purchased: d.Seats, Used: d.SeatsUsed, Pending: d.SeatsPending}
}

func discounts(d *Details) []billing.Discount {
	if d.Discount == nil || *d.Discount == "0" || strings.HasPrefix(*d.Discount, "-") {
		return nil
	}
	return []billing.Discount{{PercentOff: d.Discount, EndsAt: d.DiscountExpiresOn}}
}

// period has no start: no attribute tells it.
func period(d *Details) *billing.Period {
	end := d.SubscriptionEndsAt
	if end == nil {
		end = d.NextBillingCycleAt
	}
	if end == nil {
		return nil
	}
	return &billing.Period{End: end}
}

// trial is the subscription's own while it lies ahead, else that of a higher
// plan, else the subscription's own that is over. A higher plan is on trial
// only while trial_plan_type names one; its date stays after that. Once the
// plan on trial was bought its trial no longer runs, though both fields stay.
func (r *rules) trial(read *wire.Reader, a *attributes, d *Details, now time.Time) *billing.Trial {
	higher := deref(a.TrialPlanType)
	if d.TrialEndsAt != nil && (higher == "" || now.Before(*d.TrialEndsAt)) {
		return &billing.Trial{EndsAt: d.TrialEndsAt}
	}
	if higher == "" {
		return nil
	}
	trial := &billing.Trial{EndsAt: d.TrialPlanEndsAt, Running: d.TrialPlanActive}
	if higher == deref(a.PlanType) {
		over := false
		trial.Running = &over
		return trial
	}
	trial.Plan = r.planNamed(read, higher, a.CurrentPlan)
	return trial
}

// parties are the organisation and, the same under another name, the customer:
// Productive bills organisations.
func (r *rules) parties(d *Details, ref billing.Ref) (*billing.Organization, *billing.Customer) {
	id := d.OrganizationID
	if id == "" {
		id = ref.Org
	}
	organization := &billing.Organization{ID: billing.GlobalID("organization", r.source, id), ExternalID: id}
	customer := &billing.Customer{
		ID:         billing.GlobalID("customer", r.source, id),
		ExternalID: id,
		Email:      text(d.BillingEmail),
	}
	if line := text(d.BillingAddress); line != nil {
		customer.Address = &billing.Address{Line1: line}
	}
	return organization, customer
}

// text is nil for "" as for nil.
func text(s *string) *string { return billing.Text(deref(s)) }

// deref is "" for nil.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
