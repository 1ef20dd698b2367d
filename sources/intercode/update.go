package intercode

import (
	"bytes"
	"context"
	"errors"
	"net/http"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/upstream"
)

// FitPlan wants one tier of that title, spelt exactly so: the source is told a
// name and no id, and a tier that is only alike would be another.
func (s *Source) FitPlan(plans []*billing.Plan, change billing.PlanChange) []*billing.Error {
	f := faults{billing.Refusals{Source: s.name, Op: opUpdate}}
	if !s.updates {
		f.Add(billing.CodeNotSupported, nil, "tiers of source %s cannot be changed: this deployment does not say how a tier is told", s.name)
		return f.List
	}
	f.tierNamed(change.Name, plans)
	if !changesTier(change) {
		f.Input(nil, "the change says nothing to change beside the name, which tells the tier")
	}
	f.tierMembers(change, s.terms)
	return f.List
}

func (f *faults) tierNamed(name billing.Optional[string], plans []*billing.Plan) {
	if !f.tierName(name) {
		return
	}
	found := 0
	for _, plan := range plans {
		if plan.Name != nil && *plan.Name == *name.Value {
			found++
		}
	}
	switch found {
	case 0:
		f.Add(billing.CodeNotFound, []string{"name"}, "source %s has no tier of this name, in this spelling", f.Source)
	case 1:
	default:
		f.Add(billing.CodeConflict, []string{"name"}, "source %s has several tiers of this name, and nothing else tells which is meant", f.Source)
	}
}

func changesTier(c billing.PlanChange) bool {
	return c.Description.Given || c.Features.Given || c.Price.Given || c.Rank.Given ||
		c.UsersLimit.Given || c.TeamsLimit.Given || c.IsPopular.Given
}

// UpdatePlan changes the tier of change's name. What the source answers is
// documented nowhere, so any JSON will do, and none.
func (s *Source) UpdatePlan(ctx context.Context, change billing.PlanChange) error {
	resp, err := s.send(ctx, order{op: opUpdate, method: http.MethodPut, body: tierInput(change), explain: s.nameUnknown})
	if err != nil {
		return err
	}
	if body := bytes.TrimSpace(resp.Body); len(body) > 0 && !jsontext.Value(body).IsValid() {
		return s.client.Unread(opUpdate, errors.New("the answer is no JSON"))
	}
	return nil
}

func (s *Source) nameUnknown(err *billing.Error, _ *upstream.Response) {
	if err.Code == billing.CodeNotFound {
		err.Field = []string{"name"}
		err.Message = "source " + s.name + " has no tier of this name"
	}
}

// ShowsPlan compares rank, limits and price. The catalogue never shows
// description, features and popularity, and without a configured currency there
// is no amount to compare.
func (s *Source) ShowsPlan(plan *billing.Plan, change billing.PlanChange) bool {
	shown := plan.Limits
	if shown == nil {
		shown = new(billing.PlanLimits)
	}
	return (change.Rank.Value == nil || same(plan.Rank, change.Rank.Value)) &&
		(change.UsersLimit.Value == nil || same(shown.Users, limit(change.UsersLimit.Value))) &&
		(change.TeamsLimit.Value == nil || same(shown.Teams, limit(change.TeamsLimit.Value))) &&
		(change.Price.Value == nil || s.terms.showsPrice(plan, *change.Price.Value))
}

func (t terms) showsPrice(plan *billing.Plan, price string) bool {
	if t.currency == nil {
		return true
	}
	if len(plan.Prices) == 0 {
		return false
	}
	number, _ := jsonNumber(price)
	wanted, err := t.money(number)
	shown := plan.Prices[0].Amount
	return err == nil && shown != nil && *wanted == *shown
}

func same(a, b *int) bool {
	if a == nil || b == nil {
		return a == b
	}
	return *a == *b
}
