// Package productive reads and changes organisation subscriptions of
// Productive.io (developer.productive.io, "Organization subscriptions",
// JSON:API).
package productive

import (
	"context"
	"net/http"
	"strconv"

	"tributary/billing"
	"tributary/sources/upstream"
)

var (
	_ billing.Source     = (*Source)(nil)
	_ billing.PlanLister = (*Source)(nil)
	_ billing.Prober     = (*Source)(nil)
	_ billing.Canceller  = (*Source)(nil)
	_ billing.Renewer    = (*Source)(nil)
	_ billing.Changer    = (*Source)(nil)
)

// Source is one Productive account. A subscription's id is its organisation's,
// and there is no list of them. Credentials are an organisation's own: the
// header X-Organization-Id has to name the organisation that is read.
type Source struct {
	name   string
	client *upstream.Client
	rules  rules
	own    string // the organisation of the configured credentials; "" where they name none
}

// New makes the source of that name. Its error is an *upstream.Invalid.
func New(name string, config Config, options upstream.Options) (*Source, error) {
	rules, err := config.rules(name)
	if err != nil {
		return nil, err
	}
	options.Windows = published
	client, err := upstream.New(name, config.Config, options)
	if err != nil {
		return nil, err
	}
	s := &Source{name: name, client: client, rules: rules}
	for header, value := range config.Auth.Headers {
		if http.CanonicalHeaderKey(header) == "X-Organization-Id" && canonical(value) {
			s.own = value
		}
	}
	return s, nil
}

// Name is the source's name in the configuration.
func (s *Source) Name() string { return s.name }

// Kind is PRODUCTIVE.
func (s *Source) Kind() billing.SourceKind { return billing.KindProductive }

// Capabilities are those of one subscription and of the plans near its own.
// START_TRIAL is the trial of a higher plan, which is a change of the
// subscription. Nothing can be cancelled at once.
func (s *Source) Capabilities() []billing.Capability {
	return []billing.Capability{
		billing.CanGet, billing.CanListPlans, billing.CanCancelAtPeriodEnd, billing.CanRenew, billing.CanChangePlan,
		billing.CanChangeCycle, billing.CanChangeSeats, billing.CanChangeAddOns, billing.CanStartTrial,
	}
}

// Tenant fingerprints the credentials that a call under ctx about org would use.
func (s *Source) Tenant(ctx context.Context, org string) string { return s.client.Tenant(ctx, org) }

// Pinned keeps the credentials of calls as they are.
func (s *Source) Pinned(ctx context.Context) context.Context { return s.client.Pinned(ctx) }

// Borrowed tells which credentials of the caller's own a call under ctx passes on.
func (s *Source) Borrowed(ctx context.Context) string { return s.client.Borrowed(ctx) }

// Forwards is described with billing.Source.
func (s *Source) Forwards() bool { return s.client.Forwards() }

// Health is what the latest calls showed.
func (s *Source) Health() billing.Health { return s.client.Health() }

// ParseRef takes one part, an organisation's number in its usual spelling.
func (s *Source) ParseRef(parts []string) (billing.Ref, error) {
	if len(parts) != 1 || !canonical(parts[0]) {
		return billing.Ref{}, &billing.Error{
			Code: billing.CodeBadUserInput, Source: s.name, Op: "parse id",
			Message: "a subscription of source " + s.name + " is named by its organisation's number",
		}
	}
	return billing.Ref{Source: s.name, Org: parts[0]}, nil
}

// canonical reports whether text is a positive number without needless signs
// and zeros.
func canonical(text string) bool {
	n, err := strconv.ParseInt(text, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == text
}

// Subscriptions makes one call for each distinct ref.
func (s *Source) Subscriptions(ctx context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	return upstream.Each(refs, func(ref billing.Ref) (*billing.Subscription, error) {
		data, err := s.get(ctx, ref.Org)
		if data == nil || err != nil {
			return nil, err
		}
		sub, err := s.subscription(ctx, ref, data)
		if err != nil {
			return nil, s.client.BadData(opGet, err)
		}
		return sub, nil
	})
}

// subscription normalises data and tells of a state that nothing reads.
func (s *Source) subscription(ctx context.Context, ref billing.Ref, data *resource) (*billing.Subscription, error) {
	sub, err := s.rules.normalise(ref, data, s.client.Now())
	if err != nil {
		return nil, err
	}
	if id := data.Attributes.SubscriptionStateID; id != nil && !s.rules.known(int64(*id)) {
		s.client.UnknownState(ctx, strconv.FormatInt(int64(*id), 10))
	}
	return sub, nil
}

// PlansKey is the organisation's number: plans are found only in the document
// of a subscription.
func (s *Source) PlansKey(org string) (string, error) {
	if !canonical(org) {
		return "", &billing.Error{
			Code: billing.CodeBadUserInput, Source: s.name, Op: "list plans",
			Message: "source " + s.name + " lists plans by organisation: organizationId needs to be an organisation's number",
		}
	}
	return org, nil
}

// Plans are the organisation's own plan and those that it may move to; nil for
// an organisation without a subscription.
func (s *Source) Plans(ctx context.Context, keys []string) map[string]billing.Outcome[[]*billing.Plan] {
	return upstream.Each(keys, func(org string) ([]*billing.Plan, error) {
		data, err := s.get(ctx, org)
		if data == nil || err != nil {
			return nil, err
		}
		plans, err := s.rules.catalogue(data)
		if err != nil {
			return nil, s.client.BadData("list plans", err)
		}
		return plans, nil
	})
}

// Probe reads the subscription of the organisation that the configured
// credentials are for, which shows that they may read billing at all. Without
// such an organisation it asks which ones can be seen.
func (s *Source) Probe(ctx context.Context) error {
	if s.own == "" {
		return s.probe(ctx)
	}
	_, err := s.getAs(ctx, "", s.own)
	return err
}
