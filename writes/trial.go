package writes

import (
	"context"
	"time"

	"tributary/billing"
	"tributary/loaders"
)

// StartTrial starts the trial of an organisation, or updates it.
func (w *Writer) StartTrial(ctx context.Context, name string, request billing.TrialRequest, key *string) *Result {
	o := order{mutation: "startTrial", key: key, input: request}
	source, err := w.named(name)
	if err != nil {
		return w.carryOut(ctx, o, err)
	}
	o.source = source
	able, ok := source.Source.(billing.TrialStarter)
	switch {
	case !ok && can(source, billing.CanStartTrial):
		err = refuse(billing.CodeNotSupported, name, []string{"source"},
			"source "+name+" starts the trial of a higher plan through changeSubscription with trialPlan")
	case !ok:
		err = cannot(source, []string{"source"}, words[billing.CanStartTrial])
	default:
		if o.check = able.CheckTrial(request); len(o.check) > 0 {
			break
		}
		ref := w.Canonical(billing.Ref{Source: name, Org: request.Org})
		if !w.Sees(ctx, ref) {
			err = refuse(billing.CodeNotFound, name, []string{"organizationId"}, "source "+name+" has no such organisation")
			break
		}
		o.target = ref.ID()
		o.lock = lockOf(source, ref.ID())
		o.subjects = w.Sources.SubjectsOf(ref)
		o.job = &trialJob{Writer: w, source: source, able: able, ref: ref, request: request}
	}
	return w.carryOut(ctx, o, err)
}

// trialJob starts a trial. It reads nothing first: the source's quota is small,
// and it judges the state by itself.
type trialJob struct {
	*Writer
	source  *loaders.Source
	able    billing.TrialStarter
	ref     billing.Ref
	request billing.TrialRequest

	begun time.Time // zero where another process sent the request
	trial *billing.Trial
}

func (j *trialJob) prepare(context.Context) error {
	j.begun = j.Sources.Now()
	return nil
}

func (j *trialJob) send(ctx context.Context) error {
	trial, err := j.able.StartTrial(ctx, j.request)
	j.trial = trial
	return withField(err, "organizationId")
}

func (j *trialJob) settle(ctx context.Context) *Result {
	result := j.read(ctx)
	result.Trial, result.Changed = j.trial, j.trial != nil
	sub := result.Subscription
	switch {
	case !result.Changed || sub == nil:
	case sub.Trial.IsActive(j.Sources.Now()):
		result.Provenance.Confirmation = billing.ConfirmedByReading
	default: // it is told in a document of its own
		result.Provenance.Confirmation = billing.NeverConfirmed
	}
	return result
}

// look reads the running trial. One that began before the request may be the one
// that it was to change, or have been there all along.
func (j *trialJob) look(ctx context.Context) (billing.Sighting, *Result) {
	result := j.read(ctx)
	joiner, ok := j.source.Source.(billing.TrialJoiner)
	if !ok {
		return billing.SeenNothing, result
	}
	outcome := joiner.Trials(ctx, []string{j.ref.Org})[j.ref.Org]
	if outcome.Err != nil {
		return billing.SeenNothing, result
	}
	if outcome.Value == nil {
		return billing.SeenNotDone, result
	}
	result.Trial = outcome.Value
	if began := outcome.Value.StartsAt; j.begun.IsZero() || began == nil || began.Before(j.begun.Add(-clocksApart)) {
		return billing.SeenNothing, result
	}
	return billing.SeenDone, result
}

// clocksApart is how far the source's clock may be behind.
const clocksApart = time.Minute

// read is the organisation's subscription after the write, as far as it can be
// read.
func (j *trialJob) read(ctx context.Context) *Result {
	sub, err := j.Sources.Read(ctx, j.ref)
	if err != nil {
		return &Result{}
	}
	return &Result{Subscription: sub, Provenance: billing.Provenance{
		FetchedAt: j.Sources.Now(), Freshness: billing.Fresh, Cache: billing.CacheBypass,
	}}
}
