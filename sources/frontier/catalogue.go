package frontier

import (
	"bytes"
	"context"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

const opPlans = "list plans"

// PlansKey is "": Frontier has one catalogue for all organisations.
func (s *Source) PlansKey(string) (string, error) { return "", nil }

// Plans fetches the catalogue, once whatever the keys. One plan that cannot be
// read fails it.
func (s *Source) Plans(ctx context.Context, keys []string) map[string]billing.Outcome[[]*billing.Plan] {
	answers := make(map[string]billing.Outcome[[]*billing.Plan], len(keys))
	if len(keys) == 0 {
		return answers
	}
	plans, err := s.catalogue(ctx)
	for _, key := range keys {
		answers[key] = billing.Outcome[[]*billing.Plan]{Value: plans, Err: err}
	}
	return answers
}

// remembered is the plans as written, and what was made of them.
type remembered struct {
	written []byte
	plans   []*billing.Plan
}

// mostRemembered bounds the catalogue that a source remembers.
const mostRemembered = 1 << 20

// catalogue fetches the plans. They change seldom and are by far the largest
// document, so the same bytes as the last time are not read again.
func (s *Source) catalogue(ctx context.Context) ([]*billing.Plan, error) {
	written, err := s.client.plans(ctx)
	if err != nil {
		return nil, err
	}
	if known := s.known.Load(); known != nil && bytes.Equal(known.written, written) {
		return known.plans, nil
	}
	plans, err := s.readPlans(written)
	if err == nil && len(written) <= mostRemembered {
		s.known.Store(&remembered{written, plans})
	}
	return plans, err
}

func (s *Source) readPlans(written []byte) ([]*billing.Plan, error) {
	list, err := s.client.readPlans(written)
	if err != nil {
		return nil, err
	}
	r := &wire.Reader{}
	plans := make([]*billing.Plan, len(list))
	for i, doc := range list {
		document := planOf(r, doc)
		plans[i] = s.normalise.plan(r, &document)
	}
	if err := r.Err(); err != nil {
		return nil, s.client.BadData(opPlans, err)
	}
	return plans, nil
}

// Customers fetches the billing accounts of each organisation, and the
// organisation with them; none where Frontier knows neither.
func (s *Source) Customers(ctx context.Context, orgs []string) map[string]billing.Outcome[[]*billing.Customer] {
	return upstream.Each(orgs, func(org string) ([]*billing.Customer, error) { return s.customers(ctx, org) })
}

func (s *Source) customers(ctx context.Context, org string) ([]*billing.Customer, error) {
	list, err := s.client.accounts(ctx, org)
	if isAbsence(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	r := &wire.Reader{}
	customers := make([]*billing.Customer, len(list))
	for i, doc := range list {
		customers[i] = s.normalise.customer(accountOf(r, doc))
	}
	if err := r.Err(); err != nil {
		return nil, s.client.BadData("list customers", err)
	}
	return customers, nil
}
