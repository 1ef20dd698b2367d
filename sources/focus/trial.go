package focus

import (
	"context"
	"fmt"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// Trials fetches the running trial of Focus of each organisation.
func (s *Source) Trials(ctx context.Context, orgs []string) map[string]billing.Outcome[*billing.Trial] {
	return upstream.Each(orgs, func(org string) (*billing.Trial, error) { return s.trial(ctx, org) })
}

func (s *Source) trial(ctx context.Context, org string) (*billing.Trial, error) {
	const op = "get trial"
	body, err := s.find(ctx, op, org, "trials", "current")
	if err != nil || body == nil {
		return nil, err
	}
	trial, err := s.readTrial(body, org)
	if err != nil {
		return nil, s.client.BadData(op, fmt.Errorf("read the trial: %w", err))
	}
	return trial, nil
}

// readTrial takes the trial as running, for the route answers with no other,
// unless the document says that it was deleted. It ends when it ended or, before
// that, when it will be cancelled by itself.
func (s *Source) readTrial(body []byte, org string) (*billing.Trial, error) {
	var doc trialDocument
	if err := wire.Decode(body, &doc); err != nil {
		return nil, err
	}
	r := &wire.Reader{}
	details := doc.details(r, org)
	if err := r.Err(); err != nil {
		return nil, err
	}
	running := details.TrialDeletedAt == nil
	trial := &billing.Trial{
		Running:  &running,
		StartsAt: details.TrialStartedAt,
		EndsAt:   details.TrialEndedAt,
		Details:  details,
	}
	if trial.EndsAt == nil {
		trial.EndsAt = details.TrialCancelsAt
	}
	if details.PlanID != nil {
		trial.Plan = &billing.Plan{Source: s.name, ExternalID: *details.PlanID, Name: nonEmpty(details.PlanName)}
	}
	return trial, nil
}

// JoinTrial puts the running trial in the place of what the subscription's own
// document tells, and into a copy of Details. It leaves the status alone, which
// must not depend on what else is asked for.
func (s *Source) JoinTrial(sub *billing.Subscription, trial *billing.Trial) {
	if trial == nil {
		return
	}
	joined := *trial
	if sub.Trial != nil {
		joined.Available = sub.Trial.Available
	}
	sub.Trial = &joined
	details, ok := sub.Details.(*Details)
	if !ok {
		return
	}
	withTrial := *details
	withTrial.CurrentTrial, _ = trial.Details.(*Trial)
	sub.Details = &withTrial
}
