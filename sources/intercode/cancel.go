package intercode

import (
	"context"
	"net/http"
	"time"

	"tributary/billing"
)

// CheckCancel takes no words about the reason.
func (s *Source) CheckCancel(cancel billing.Cancel) []*billing.Error {
	f := billing.Refusals{Source: s.name, Op: opCancel}
	f.NoReason(cancel)
	return f.List
}

// Cancel cancels at the end of the period, which no document ever shows, or at
// once, which the subscription's status does.
func (s *Source) Cancel(ctx context.Context, sub *billing.Subscription, cancel billing.Cancel) (*billing.Subscription, error) {
	if cancel.When == billing.CancelNow {
		return nil, s.act(ctx, opCancel, "cancel-immediately", sub)
	}
	return nil, s.act(ctx, opCancel, "cancel", sub)
}

// Renew takes a cancellation back. No document ever shows it.
func (s *Source) Renew(ctx context.Context, sub *billing.Subscription) (*billing.Subscription, error) {
	return nil, s.act(ctx, opRenew, "renew", sub)
}

// Hides: nothing shows that an end was asked for, or taken back.
func (s *Source) Hides(c billing.Capability) bool {
	return c == billing.CanCancelAtPeriodEnd || c == billing.CanRenew
}

type subscriptionOrder struct {
	Subscription string `json:"subscription"`
}

// act orders one step of a subscription, by its own id. The API calls the id
// optional; without it the team of the credentials would be meant, whichever
// that is.
func (s *Source) act(ctx context.Context, op, step string, sub *billing.Subscription) error {
	id := subscriptionID(sub)
	if id == "" {
		return &billing.Error{Code: billing.CodeConflict, Source: s.name, Op: op, Message: noID}
	}
	resp, err := s.send(ctx, order{op: op, method: http.MethodPost, team: sub.Ref.Org, path: []string{step}, body: subscriptionOrder{id}})
	if err != nil {
		return err
	}
	return s.prose(op, resp)
}

// subscriptionID is "" where the document names none.
func subscriptionID(sub *billing.Subscription) string {
	details, ok := sub.Details.(*Details)
	if !ok || details.SubscriptionID == nil {
		return ""
	}
	return *details.SubscriptionID
}

const noID = "the source shows no id of this team's subscription, and can cancel or renew it by that id alone"

// Obstacle says what keeps sub, in its present state, from being asked for one
// of the Capabilities: a sentence for clients, "" for nothing. Whether an end
// was asked for is never shown, so it is no obstacle to asking again.
func (s *Source) Obstacle(sub *billing.Subscription, c billing.Capability, _ time.Time) string {
	switch c {
	case billing.CanCancelAtPeriodEnd, billing.CanCancelNow, billing.CanRenew:
	default:
		return ""
	}
	switch {
	case sub.Status == billing.StatusCanceled:
		return "the subscription was cancelled and has ended; a new one starts with a checkout"
	case sub.Status == billing.StatusExpired:
		return "the subscription has expired; a new one starts with a checkout"
	case subscriptionID(sub) == "":
		return noID
	default:
		return ""
	}
}
