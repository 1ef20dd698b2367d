package focus

import (
	"context"
	"fmt"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// PlansKey is the organisation, for Focus offers plans per organisation.
func (s *Source) PlansKey(org string) (string, error) {
	if org == "" {
		return "", s.badInput("source %s needs organizationId, for it offers plans per organisation", s.name)
	}
	return org, s.checkOrg(org)
}

// Plans fetches what each organisation is offered. Focus names no prices.
func (s *Source) Plans(ctx context.Context, keys []string) map[string]billing.Outcome[[]*billing.Plan] {
	return upstream.Each(keys, func(org string) ([]*billing.Plan, error) { return s.plans(ctx, org) })
}

func (s *Source) plans(ctx context.Context, org string) ([]*billing.Plan, error) {
	const op = "list plans"
	body, err := s.get(ctx, op, org, "plans")
	if err != nil || body == nil {
		return nil, err
	}
	plans, err := s.readPlans(body)
	if err != nil {
		return nil, s.client.BadData(op, fmt.Errorf("read the plans: %w", err))
	}
	return plans, nil
}

func (s *Source) readPlans(body []byte) ([]*billing.Plan, error) {
	var docs []planDocument
	if err := wire.Decode(body, &docs); err != nil {
		return nil, err
	}
	r := &wire.Reader{}
	plans := make([]*billing.Plan, len(docs))
	for i, doc := range docs {
		if doc.PlanID == nil {
			r.Fault("plan_id", "is missing")
		}
		plans[i] = &billing.Plan{Source: s.name, ExternalID: number(doc.PlanID), Name: nonEmpty(doc.Name)}
		if users := r.Count("max_user_count", doc.MaxUserCount); users != nil {
			plans[i].Limits = &billing.PlanLimits{Users: users}
		}
	}
	if err := r.Err(); err != nil {
		return nil, err
	}
	return plans, nil
}
