package frontier

import (
	"context"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// order is what the requests that change a subscription may hold, under the same
// names over either protocol.
type order struct {
	ID          string       `json:"id,omitzero"`         // Connect's; REST has it in the path
	BillingID   string       `json:"billing_id,omitzero"` // REST's; Connect ignores it
	Immediate   *bool        `json:"immediate,omitzero"`
	PlanChange  *planChange  `json:"plan_change,omitzero"`
	PhaseChange *phaseChange `json:"phase_change,omitzero"`
}

type planChange struct {
	Plan      string `json:"plan"` // an id or a name
	Immediate *bool  `json:"immediate,omitzero"`
}

type phaseChange struct {
	CancelUpcomingChanges bool `json:"cancel_upcoming_changes"`
}

// written is a message as JSON. An id that is not UTF-8 is sent with its bad
// bytes replaced and names nothing.
func written(message any) []byte {
	body, _ := json.Marshal(message, jsontext.AllowInvalidUTF8(true))
	return body
}

// write sends req, which changes something. Its answer holds no subscription and
// only has to be one of Frontier's. field is the input that a refusal of the
// argument is about, nil for none.
func (c *client) write(ctx context.Context, req upstream.Request, field ...string) error {
	req.Status = func(resp *upstream.Response) error { return c.writeStatus(req.Op, resp, field) }
	resp, err := c.Do(ctx, req)
	if err != nil {
		return err
	}
	var answered struct{}
	if err := wire.Decode(resp.Body, &answered); err != nil {
		return c.Unread(req.Op, err)
	}
	return nil
}

// writeStatus is status with what some refusals say more closely of a write.
func (c *client) writeStatus(op string, resp *upstream.Response, field []string) error {
	err := c.status(op, resp, never)
	failure, failed := billing.AsError(err)
	if !failed {
		return err
	}
	r := c.codec.refusal(resp.Body)
	switch {
	case hasNoAccount(r):
		failure.Code = billing.CodeNotFound
	case failure.Code == billing.CodeBadUserInput:
		failure.Field = field
	case r.code == "canceled": // it gave up, and may have acted before
		failure.Code = billing.CodeSourceTimeout
	case r.code == "failed_precondition" && speaksOfPayment(r):
		failure.Code = billing.CodePaymentRequired
	}
	return failure
}

// speaksOfPayment tells a payment that failed from the other states that keep
// Frontier from acting, such as what its payment provider does not know. It
// gives all the same code.
func speaksOfPayment(r refusal) bool {
	message := strings.ToLower(r.message)
	return strings.Contains(message, "payment") && !strings.Contains(message, "payment provider")
}
