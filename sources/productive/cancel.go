package productive

import (
	"context"
	"unicode/utf8"

	"tributary/billing"
)

// longestNote is in characters, as the schema says it.
const longestNote = 2000

var cancelInputs = map[string]input{
	"deactivation_reason_id": {"reasonId", "the reason"},
	"deactivation_note":      {"note", "the note"},
}

// CheckCancel bounds the note. Which numbers a reason may have is not
// published, so the source judges them.
func (s *Source) CheckCancel(cancel billing.Cancel) []*billing.Error {
	f := faults{billing.Refusals{Source: s.name, Op: opCancel}}
	if utf8.RuneCountInString(cancel.Note.Or("")) > longestNote {
		f.Input([]string{"note"}, "a note has at most %d characters", longestNote)
	}
	return f.List
}

// Cancel cancels at the end of the period, the only way that there is. The
// answer shows it.
func (s *Source) Cancel(ctx context.Context, sub *billing.Subscription, cancel billing.Cancel) (*billing.Subscription, error) {
	attributes := make(map[string]any)
	cancel.ReasonID.Put(attributes, "deactivation_reason_id")
	cancel.Note.Put(attributes, "deactivation_note")
	return s.patch(ctx, sub.Ref, command{op: opCancel, step: "cancel", attributes: attributes, inputs: cancelInputs})
}

// Renew takes a cancellation back. The answer shows it.
func (s *Source) Renew(ctx context.Context, sub *billing.Subscription) (*billing.Subscription, error) {
	return s.patch(ctx, sub.Ref, command{op: opRenew, step: "reactivate"})
}
