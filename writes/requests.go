package writes

import (
	"context"
	"fmt"

	"tributary/billing"
	"tributary/loaders"
)

// Cancel cancels the subscription of a global id.
func (w *Writer) Cancel(ctx context.Context, id string, cancel billing.Cancel, key *string) *Result {
	capability := billing.CanCancelAtPeriodEnd
	if cancel.When == billing.CancelNow {
		capability = billing.CanCancelNow
	}
	return w.onSubscription(ctx, "cancelSubscription", id, cancel, key, func(o *order, j *subscriptionJob) error {
		able, ok := j.source.Source.(billing.Canceller)
		if !ok || !can(j.source, capability) {
			return cannot(j.source, []string{"when"}, words[capability])
		}
		o.check = able.CheckCancel(cancel)
		j.asks = []ask{{capability, []string{"when"}}}
		j.mayVanish = true
		j.write = func(ctx context.Context, sub *billing.Subscription) (*billing.Subscription, error) {
			return able.Cancel(ctx, sub, cancel)
		}
		j.shows = func(sub *billing.Subscription, _ []*billing.Plan) bool {
			over := sub.Status == billing.StatusCanceled || sub.Status == billing.StatusExpired
			return over || cancel.When == billing.CancelAtPeriodEnd && sub.Cancellation != nil
		}
		return nil
	})
}

// Renew takes back what is to come, or reactivates.
func (w *Writer) Renew(ctx context.Context, id string, key *string) *Result {
	return w.onSubscription(ctx, "renewSubscription", id, nil, key, func(_ *order, j *subscriptionJob) error {
		able, ok := j.source.Source.(billing.Renewer)
		if !ok {
			return cannot(j.source, []string{"id"}, words[billing.CanRenew])
		}
		j.asks = []ask{{billing.CanRenew, []string{"id"}}}
		j.write = able.Renew
		j.shows = func(sub *billing.Subscription, _ []*billing.Plan) bool {
			return sub.Status != billing.StatusCanceled && sub.Cancellation == nil && sub.PendingChange == nil
		}
		return nil
	})
}

// Change changes the subscription of a global id.
func (w *Writer) Change(ctx context.Context, id string, change billing.Change, key *string) *Result {
	return w.onSubscription(ctx, "changeSubscription", id, change, key, func(o *order, j *subscriptionJob) error {
		able, ok := j.source.Source.(billing.Changer)
		if !ok {
			return cannot(j.source, []string{"id"}, "change subscriptions")
		}
		j.asks = asksOf(change)
		if err := unable(j.source, j.asks); err != nil {
			return err
		}
		o.check = able.CheckChange(change)
		j.readsPlans = true
		j.fit = func(sub *billing.Subscription, plans []*billing.Plan) []*billing.Error {
			return able.FitChange(sub, plans, change)
		}
		j.write = func(ctx context.Context, sub *billing.Subscription) (*billing.Subscription, error) {
			changed, err := able.Change(ctx, sub, change)
			if change.PaymentToken.Value != nil && billing.CodeOf(err) == billing.CodePaymentRequired {
				err = withField(err, "paymentToken")
			}
			return changed, err
		}
		j.hidden = change.OnlyPaysOtherwise()
		j.shows = func(sub *billing.Subscription, plans []*billing.Plan) bool { return able.Shows(sub, plans, change) }
		return nil
	})
}

// asksOf are the capabilities that a change takes. To give up a trial or to
// replace a card takes none.
func asksOf(change billing.Change) []ask {
	var asks []ask
	for _, a := range []struct {
		given      bool
		capability billing.Capability
		field      string
	}{
		{change.Plan.Given, billing.CanChangePlan, "plan"},
		{change.Cycle.Given, billing.CanChangeCycle, "cycle"},
		{change.Seats.Given, billing.CanChangeSeats, "seats"},
		{change.AddOns.Given, billing.CanChangeAddOns, "addOns"},
		{change.TrialPlan.Value != nil, billing.CanStartTrial, "trialPlan"},
	} {
		if a.given {
			asks = append(asks, ask{a.capability, []string{a.field}})
		}
	}
	return asks
}

// onSubscription makes a write to the subscription of an id; complete adds what
// is peculiar to it, or refuses it.
func (w *Writer) onSubscription(ctx context.Context, mutation, id string, input any, key *string, complete func(*order, *subscriptionJob) error) *Result {
	source, ref, err := w.find(ctx, id)
	o := order{mutation: mutation, source: source, key: key, input: input}
	j := &subscriptionJob{Writer: w, source: source, ref: ref}
	o.job = j
	if ref.Source != "" {
		o.target = ref.ID()
	}
	if err == nil {
		o.lock = lockOf(source, ref.ID())
		o.subjects = w.Sources.SubjectsOf(ref)
		err = complete(&o, j)
	}
	return w.carryOut(ctx, o, err)
}

// find reads a subscription's id. What the caller may not see is not there.
func (w *Writer) find(ctx context.Context, id string) (*loaders.Source, billing.Ref, error) {
	source, parts, err := w.sourceOf("subscription", id)
	if err != nil {
		return source, billing.Ref{}, err
	}
	ref, err := source.ParseRef(parts)
	if err != nil {
		return source, billing.Ref{}, refuse(billing.CodeBadUserInput, source.Name(), []string{"id"}, billing.ClientMessage(err))
	}
	ref = w.Canonical(ref)
	if !w.Sees(ctx, ref) {
		return source, ref, noSubscription(source)
	}
	return source, ref, nil
}

func noSubscription(source *loaders.Source) refusals {
	return refuse(billing.CodeNotFound, source.Name(), []string{"id"}, "source "+source.Name()+" has no such subscription")
}

// sourceOf splits an id of a kind into its source and the parts after that.
func (w *Writer) sourceOf(kind, id string) (*loaders.Source, []string, error) {
	found, parts, err := billing.ParseGlobalID(id)
	if err != nil {
		return nil, nil, refuse(billing.CodeBadUserInput, "", []string{"id"}, err.Error())
	}
	if found != kind {
		return nil, nil, refuse(billing.CodeBadUserInput, "", []string{"id"}, fmt.Sprintf("a %s's id begins with %s/", kind, kind))
	}
	source := w.Sources.Source(parts[0])
	if source == nil {
		return nil, nil, refuse(billing.CodeNotFound, "", []string{"id"}, "there is no source of that name")
	}
	return source, parts[1:], nil
}

// lockOf names what two writes may not do at once. It follows from no credential
// and no setting: callers with credentials of their own, and replicas of two
// configurations, write to the same things.
func lockOf(source *loaders.Source, id string) string { return source.Name() + ":" + id }
