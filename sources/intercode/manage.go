package intercode

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// faults are what a caller can mend of one input.
type faults struct{ billing.Refusals }

// CheckNewPlan wants a name, a price that the catalogue can be read with, and a
// name for every feature.
func (s *Source) CheckNewPlan(plan billing.PlanChange) []*billing.Error {
	f := faults{billing.Refusals{Source: s.name, Op: opCreate}}
	f.tierName(plan.Name)
	f.tierMembers(plan, s.terms)
	return f.List
}

// tierName reports whether there is a name, and finds fault where there is none.
func (f *faults) tierName(name billing.Optional[string]) bool {
	field := []string{"name"}
	switch {
	case !name.Given:
		f.Input(field, "a tier needs a name")
	case strings.TrimSpace(name.Or("")) == "":
		f.Input(field, "a tier's name is not null and not empty")
	default:
		return true
	}
	return false
}

// tierMembers finds fault with what a tier has beside its name.
func (f *faults) tierMembers(plan billing.PlanChange, t terms) {
	for i, feature := range plan.Features.Or(nil) {
		if strings.TrimSpace(feature) == "" {
			f.Input([]string{"features", strconv.Itoa(i)}, "a feature's name is empty")
		}
	}
	f.price(plan.Price, t)
}

type featureInput struct {
	Name string `json:"name"`
}

// tierInput holds the members that were given. The vendor lists them all as
// required and all as nullable, so both a missing one and a null may be taken.
func tierInput(plan billing.PlanChange) map[string]any {
	members := make(map[string]any)
	plan.Name.Put(members, "name")
	plan.Description.Put(members, "description")
	convert(plan.Features, featureInputs).Put(members, "features")
	convert(plan.Price, priceInput).Put(members, "price")
	plan.Rank.Put(members, "priority")
	plan.UsersLimit.Put(members, "usersLimit")
	plan.TeamsLimit.Put(members, "teamsLimit")
	plan.IsPopular.Put(members, "isPopular")
	return members
}

func featureInputs(names []string) []featureInput {
	inputs := make([]featureInput, len(names))
	for i, name := range names {
		inputs[i] = featureInput{name}
	}
	return inputs
}

// priceInput is no JSON at all where CheckNewPlan was passed over, so that
// nothing is sent.
func priceInput(price string) jsontext.Value {
	number, _ := jsonNumber(price)
	return jsontext.Value(number)
}

// convert is value as another type; what is not given, or null, stays so.
func convert[T, U any](value billing.Optional[T], to func(T) U) billing.Optional[U] {
	converted := billing.Optional[U]{Given: value.Given}
	if value.Value != nil {
		u := to(*value.Value)
		converted.Value = &u
	}
	return converted
}

// CreatePlan adds a tier. The answer is the tier as the catalogue shows it.
func (s *Source) CreatePlan(ctx context.Context, plan billing.PlanChange) (*billing.Plan, error) {
	resp, err := s.send(ctx, order{op: opCreate, method: http.MethodPost, body: tierInput(plan), explain: s.nameTaken})
	if err != nil {
		return nil, err
	}
	var doc tier
	if err := wire.Decode(resp.Body, &doc); err != nil {
		return nil, s.client.Unread(opCreate, err)
	}
	plans, err := normaliseTiers([]tier{doc}, s.name, s.terms)
	if err != nil {
		return nil, s.client.Unread(opCreate, err)
	}
	return plans[0], nil
}

// nameTaken tells a tier that is there already from other input that is refused:
// 400 is documented to mean the former, and validation of any kind answers 400
// too.
func (s *Source) nameTaken(err *billing.Error, resp *upstream.Response) {
	taken := resp.Status == http.StatusConflict || resp.Status == http.StatusBadRequest && saysThatItExists(resp.Body)
	if taken {
		err.Code, err.Field = billing.CodeConflict, []string{"name"}
		err.Message = "source " + s.name + " has a tier of this name already"
	}
}

// saysThatItExists reads the words of a 400, which nobody documents. Words that
// speak of something else win; without any, the documented meaning holds.
func saysThatItExists(body []byte) bool {
	said := strings.ToLower(words(body))
	switch {
	case said == "", said == "bad request": // the framework's own, for want of others
		return true
	case strings.Contains(said, "not exist"), strings.Contains(said, "n't exist"):
		return false
	default:
		return strings.Contains(said, "exist") || strings.Contains(said, "already")
	}
}

// words are the message of an error, one text or several; "" where there is
// none to read.
func words(body []byte) string {
	var one struct {
		Message string `json:"message"`
	}
	if wire.Decode(body, &one) == nil {
		return strings.TrimSpace(one.Message)
	}
	var many struct {
		Message []string `json:"message"`
	}
	if wire.Decode(body, &many) == nil {
		return strings.TrimSpace(strings.Join(many.Message, "\n"))
	}
	return ""
}

// DeletePlan deletes the tier of that id.
func (s *Source) DeletePlan(ctx context.Context, id string) error {
	resp, err := s.send(ctx, order{op: opDelete, method: http.MethodDelete, path: []string{id}})
	if err != nil {
		return err
	}
	if resp.Status == http.StatusNoContent {
		return nil
	}
	return s.prose(opDelete, resp)
}
