package writes

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"tributary/billing"
	"tributary/loaders"
)

// subscriptionJob is a write to one subscription.
type subscriptionJob struct {
	*Writer
	source *loaders.Source
	ref    billing.Ref

	// asks are the capabilities that the write takes, each with the input field
	// that asks for it.
	asks []ask
	// readsPlans is whether fit and shows need the source's catalogue.
	readsPlans bool

	// hidden says that no document ever shows the write, mayVanish that the
	// subscription may be gone after it.
	hidden    bool
	mayVanish bool

	fit   func(sub *billing.Subscription, plans []*billing.Plan) []*billing.Error
	write func(ctx context.Context, sub *billing.Subscription) (*billing.Subscription, error)
	shows func(sub *billing.Subscription, plans []*billing.Plan) bool

	// What was found on the way.
	before *billing.Subscription
	readAt time.Time // before
	plans  []*billing.Plan
	answer *billing.Subscription
}

type ask struct {
	capability billing.Capability
	field      []string
}

// prepare reads the subscription as it is now, which also holds the id to its
// organisation where the source's own writes don't.
func (j *subscriptionJob) prepare(ctx context.Context) error {
	sub, err := j.Sources.Read(ctx, j.ref)
	if err != nil {
		return notMade(withField(err, "id"))
	}
	if sub == nil {
		return noSubscription(j.source)
	}
	j.before, j.readAt = sub, j.Sources.Now()
	if err := j.obstacles(); err != nil {
		return err
	}
	if j.readsPlans {
		if err := j.readPlans(ctx); err != nil {
			return err
		}
	}
	if j.fit == nil {
		return nil
	}
	if list := j.fit(sub, j.plans); len(list) > 0 {
		return refusals(list)
	}
	return nil
}

// notMade says of a failed reading that the write was not made after it.
func notMade(err error) error {
	e, ok := billing.AsError(err)
	if !ok || e.Code.Mendable() {
		return err
	}
	told := *e
	told.Message = strings.TrimSuffix(billing.ClientMessage(e), ".") + ", so nothing was sent"
	return &told
}

func (j *subscriptionJob) obstacles() error {
	var list refusals
	for _, asked := range j.asks {
		if why := j.source.Obstacle(j.before, asked.capability, j.readAt); why != "" {
			list = append(list, refuse(billing.CodeConflict, j.source.Name(), asked.field, why)...)
		}
	}
	if len(list) > 0 {
		return list
	}
	return nil
}

func (j *subscriptionJob) readPlans(ctx context.Context) error {
	joiner, ok := j.source.Source.(billing.PlanJoiner)
	if !ok {
		return nil
	}
	key, err := joiner.PlansKey(j.ref.Org)
	if err != nil {
		return err
	}
	if j.plans, err = j.Sources.ReadPlans(ctx, j.source, key); err != nil {
		return notMade(err)
	}
	return nil
}

func (j *subscriptionJob) send(ctx context.Context) error {
	answer, err := j.write(ctx, j.before)
	j.answer = answer
	switch billing.CodeOf(err) {
	case billing.CodeNotFound, billing.CodeForbidden, billing.CodeConflict:
		err = withField(err, "id")
	}
	return err
}

func (j *subscriptionJob) settle(ctx context.Context) *Result {
	if j.answer != nil {
		return j.shown(j.answer, billing.ConfirmedByAnswer)
	}
	after, shows, err := j.reread(ctx)
	switch {
	case shows:
		return j.misfired(j.shown(after, billing.ConfirmedByReading))
	case err != nil:
		return j.unread(err)
	case after == nil:
		return j.unread(&billing.Error{Code: billing.CodeNotFound})
	case j.isHidden():
		return j.shown(after, billing.NeverConfirmed)
	default:
		return j.swallowed(j.shown(after, billing.NotConfirmed))
	}
}

// isHidden reports whether no document ever shows what is asked for.
func (j *subscriptionJob) isHidden() bool {
	hider, ok := j.source.Source.(billing.Hider)
	if !ok || len(j.asks) == 0 {
		return j.hidden
	}
	return !slices.ContainsFunc(j.asks, func(asked ask) bool { return !hider.Hides(asked.capability) })
}

// reread reads until the change shows, or once where it never does.
func (j *subscriptionJob) reread(ctx context.Context) (after *billing.Subscription, shows bool, err error) {
	untilTrue(ctx, j.confirmWithin, func() bool {
		after, err = j.Sources.Read(ctx, j.ref)
		if err != nil {
			return false
		}
		if after == nil {
			shows = j.mayVanish
			return shows
		}
		shows = !j.isHidden() && j.shows(after, j.plans)
		return shows || j.isHidden()
	})
	return after, shows, err
}

func (j *subscriptionJob) shown(sub *billing.Subscription, confirmation billing.Confirmation) *Result {
	return &Result{Subscription: sub, Changed: true, Provenance: billing.Provenance{
		FetchedAt: j.Sources.Now(), Freshness: billing.Fresh, Cache: billing.CacheBypass, Confirmation: confirmation,
	}}
}

// unread is a write that was made and whose subscription can't be read after it.
func (j *subscriptionJob) unread(err error) *Result {
	return &Result{Subscription: j.before, Changed: true, Provenance: billing.Provenance{
		FetchedAt: j.readAt, Freshness: billing.StaleSourceDown, Cache: billing.CacheBypass,
		Degraded: billing.CodeOf(err), Confirmation: billing.NotConfirmed,
	}}
}

// misfired tells of a cancellation for the period's end that the source carried
// out at once.
func (j *subscriptionJob) misfired(result *Result) *Result {
	after := result.Subscription
	if after == nil || after.Status != billing.StatusCanceled || j.before.Status == billing.StatusCanceled {
		return result
	}
	for _, asked := range j.asks {
		if asked.capability == billing.CanCancelAtPeriodEnd {
			result.Refusals = append(result.Refusals, refuse(billing.CodeConflict, j.source.Name(), asked.field, fmt.Sprintf(
				"source %s cancelled the subscription at once, although the end of its period was asked for", j.source.Name()))...)
		}
	}
	return result
}

// swallowed tells of a write that the source answered well and did not do, where
// the subscription now shows why.
func (j *subscriptionJob) swallowed(result *Result) *Result {
	for _, asked := range j.asks {
		why := j.source.Obstacle(result.Subscription, asked.capability, j.Sources.Now())
		if why != "" {
			result.Changed = false
			result.Refusals = append(result.Refusals, refuse(billing.CodeConflict, j.source.Name(), asked.field,
				"source "+j.source.Name()+" took the request, and nothing has changed: "+why)...)
		}
	}
	return result
}

func (j *subscriptionJob) look(ctx context.Context) (billing.Sighting, *Result) {
	sub, err := j.Sources.Read(ctx, j.ref)
	if err != nil || sub == nil {
		return billing.SeenNothing, &Result{}
	}
	if j.isHidden() {
		return billing.SeenNothing, j.shown(sub, billing.NeverConfirmed)
	}
	if j.readsPlans && j.plans == nil { // another process prepared the write
		if err := j.readPlans(ctx); err != nil {
			return billing.SeenNothing, j.shown(sub, billing.NotConfirmed)
		}
	}
	if j.shows(sub, j.plans) {
		return billing.SeenDone, j.shown(sub, billing.ConfirmedByReading)
	}
	return billing.SeenNotDone, j.shown(sub, billing.NotConfirmed)
}
