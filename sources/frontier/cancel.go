package frontier

import (
	"context"
	"fmt"

	"tributary/billing"
)

// CheckCancel refuses a reason and a note, for which Frontier has no place.
func (s *Source) CheckCancel(cancel billing.Cancel) []*billing.Error {
	f := billing.Refusals{Source: s.Name(), Op: opCancel}
	f.NoReason(cancel)
	return f.List
}

// unsupported refuses one field of the input; message has a place for the
// source's name.
func (s *Source) unsupported(op, field, message string) *billing.Error {
	return &billing.Error{
		Code: billing.CodeNotSupported, Source: s.Name(), Op: op,
		Field: []string{field}, Message: fmt.Sprintf(message, s.Name()),
	}
}

// What the writes are called in errors.
const (
	opCancel = "cancel subscription"
	opRenew  = "renew subscription"
	opChange = "change subscription"
)

// Cancel ends sub now, or at the end of its period. The answer tells nothing of
// the subscription, so it has to be read again.
func (s *Source) Cancel(ctx context.Context, sub *billing.Subscription, cancel billing.Cancel) (*billing.Subscription, error) {
	now := cancel.When == billing.CancelNow
	return nil, s.client.write(ctx, s.client.codec.cancel(sub.Ref, now))
}

// Renew drops all that is pending of sub, be it a cancellation or another plan:
// Frontier does not tell them apart. The subscription has to be read again.
func (s *Source) Renew(ctx context.Context, sub *billing.Subscription) (*billing.Subscription, error) {
	takeBack := order{PhaseChange: &phaseChange{CancelUpcomingChanges: true}}
	return nil, s.client.write(ctx, s.client.codec.change(opRenew, sub.Ref, takeBack))
}
