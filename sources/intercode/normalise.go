package intercode

import (
	"fmt"
	"strconv"
	"strings"

	"tributary/billing"
	"tributary/sources/wire"
)

// normalise makes the subscription of ref's team. It never asks the clock: an
// endDate that has passed changes no status, for the API does not say what
// follows it. Its error names every field that cannot be used.
func normalise(doc teamSubscription, ref billing.Ref, t terms) (*billing.Subscription, error) {
	var r wire.Reader
	details := detailsOf(&r, doc, ref)
	status := t.status(doc.Status)
	sub := &billing.Subscription{
		Ref:          ref,
		ExternalID:   ref.LocalKey(),
		ProviderID:   providerID(details.SubscriptionID),
		Status:       status,
		SourceStatus: known(doc.Status),
		Price:        t.price(&r, doc.Price),
		Seats:        seats(details.UsersLimit),
		Interval:     t.interval,
		Collection:   billing.CollectUnknown,
		Organization: &billing.Organization{
			ID:         billing.GlobalID("organization", ref.Source, ref.Org),
			ExternalID: ref.Org,
		},
		Details: details,
	}
	if id := known(details.SubscriptionID); id != nil {
		sub.ExternalID = *id
	}
	if details.EndDate != nil && runs(status) {
		sub.CurrentPeriod = &billing.Period{End: details.EndDate}
	}
	if status == billing.StatusTrialing {
		running := true
		sub.Trial = &billing.Trial{Running: &running}
	}
	return sub, r.Err()
}

func detailsOf(r *wire.Reader, doc teamSubscription, ref billing.Ref) *Details {
	details := &Details{
		TeamID:         ref.Org,
		SubscriptionID: doc.SubscriptionID.text(),
		EndDate:        r.Time("endDate", doc.EndDate),
		Price:          wire.String(doc.Price),
		Status:         doc.Status,
		Tier:           doc.Tier,
		Priority:       r.Number("priority", doc.Priority),
		UsersLimit:     r.Number("usersLimit", doc.UsersLimit),
		TeamsLimit:     r.Number("teamsLimit", doc.TeamsLimit),
	}
	// A token is bound to one team. A deployment that passed over teamId would
	// show that team's subscription under every other team's id.
	if team := known(doc.TeamID.text()); team != nil && *team != ref.Org {
		r.Fault("teamId", "is another team's than the one asked for")
	}
	return details
}

// normaliseTiers makes the catalogue, in the order it came.
func normaliseTiers(doc []tier, source string, t terms) ([]*billing.Plan, error) {
	var r wire.Reader
	plans := make([]*billing.Plan, 0, len(doc))
	for i, tier := range doc {
		field := func(name string) string { return fmt.Sprintf("tier %d: %s", i, name) }
		id := known(tier.ID.text())
		if id == nil {
			r.Fault(field("id"), "is missing")
			continue
		}
		plan := &billing.Plan{
			Source:     source,
			ExternalID: *id,
			Name:       known(tier.Title),
			Rank:       r.Number(field("priority"), tier.Priority),
			Limits: limits(
				r.Number(field("usersLimit"), tier.UsersLimit),
				r.Number(field("teamsLimit"), tier.TeamsLimit),
			),
		}
		if amount := t.amount(&r, field("price"), tier.Price); amount != nil {
			plan.Prices = []billing.PlanPrice{{Amount: amount, Interval: t.interval, Per: t.basis, Scheme: t.scheme}}
		}
		plans = append(plans, plan)
	}
	return plans, r.Err()
}

// price is nil where the document has none, and has no amount where its
// currency is not configured.
func (t terms) price(r *wire.Reader, price *wire.Decimal) *billing.Price {
	if price == nil {
		return nil
	}
	return &billing.Price{Amount: t.amount(r, "price", price), Per: t.basis, Scheme: t.scheme}
}

func (t terms) amount(r *wire.Reader, field string, price *wire.Decimal) *billing.Money {
	if price == nil {
		return nil
	}
	if strings.HasPrefix(string(*price), "-") {
		r.Fault(field, "is negative")
		return nil
	}
	if t.currency == nil {
		return nil
	}
	if t.scale == majorUnits {
		return r.MajorMoney(field, price, t.currency)
	}
	n, err := strconv.ParseInt(string(*price), 10, 64)
	if err != nil {
		r.Fault(field, "is no whole number of minor units, or too large")
		return nil
	}
	minor := wire.Int(n)
	return r.MinorMoney(field, &minor, t.currency)
}

// seats knows only the most users that the team may have.
func seats(usersLimit *int) *billing.SeatUsage {
	maximum := limit(usersLimit)
	if maximum == nil {
		return nil
	}
	return &billing.SeatUsage{Maximum: maximum}
}

func limits(users, teams *int) *billing.PlanLimits {
	users, teams = limit(users), limit(teams)
	if users == nil && teams == nil {
		return nil
	}
	return &billing.PlanLimits{Users: users, Teams: teams}
}

// limit is nil for a number below zero: no count, and in many systems the word
// for "unlimited".
func limit(n *int) *int {
	if n == nil || *n < 0 {
		return nil
	}
	return n
}

// providerID is the subscription's id where it is one of Stripe's, through
// whose checkout the kit sells.
func providerID(id *string) *string {
	if id == nil || !strings.HasPrefix(*id, "sub_") {
		return nil
	}
	return id
}

// known is nil for nil and for "".
func known(text *string) *string {
	if text == nil {
		return nil
	}
	return billing.Text(*text)
}

// planTitled is the one plan with that title: spelt the same, else the same
// but for case and outer spaces. nil where there is none or more than one.
func planTitled(title string, plans []*billing.Plan) *billing.Plan {
	folded := strings.TrimSpace(title)
	if folded == "" {
		return nil
	}
	var exact, alike []*billing.Plan
	for _, plan := range plans {
		switch {
		case plan.Name == nil:
		case *plan.Name == title:
			exact = append(exact, plan)
		case strings.EqualFold(strings.TrimSpace(*plan.Name), folded):
			alike = append(alike, plan)
		}
	}
	if len(exact) == 0 {
		exact = alike
	}
	if len(exact) != 1 {
		return nil
	}
	return exact[0]
}
