package focus

import (
	"context"
	"fmt"
	"strconv"

	"tributary/billing"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

// Source is one Focus of the configuration. It is safe for concurrent use.
// Its Subscription.Details are *Details, its Trial.Details *Trial.
type Source struct {
	name   string
	client *upstream.Client
	rules  rules
}

var (
	_ billing.Source       = (*Source)(nil)
	_ billing.TrialJoiner  = (*Source)(nil)
	_ billing.TrialStarter = (*Source)(nil)
	_ billing.PlanLister   = (*Source)(nil)
	_ billing.Prober       = (*Source)(nil)
)

// New makes the source of that name; its error is an *upstream.Invalid.
func New(name string, config Config, options upstream.Options) (*Source, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	options.QuotaByOrg = true // "per user per organisation per hour", says Focus
	client, err := upstream.New(name, config.Config, options)
	if err != nil {
		return nil, err
	}
	return &Source{name: name, client: client, rules: config.rules()}, nil
}

// Name is the source's name in the configuration.
func (s *Source) Name() string { return s.name }

// Kind is FOCUS.
func (s *Source) Kind() billing.SourceKind { return billing.KindFocus }

// Capabilities: Focus lists no subscriptions, it has one an organisation, and
// all but a trial is bought and ended on its own pages.
func (s *Source) Capabilities() []billing.Capability {
	return []billing.Capability{billing.CanGet, billing.CanListPlans, billing.CanStartTrial}
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

// Close drops the idle connections.
func (s *Source) Close() { s.client.Close() }

// ParseRef takes one part, an organisation's number written as Focus writes it.
func (s *Source) ParseRef(parts []string) (billing.Ref, error) {
	if len(parts) != 1 {
		return billing.Ref{}, s.badInput("an id looks like subscription/%s/4711, with the organisation's number", s.name)
	}
	if err := s.checkOrg(parts[0]); err != nil {
		return billing.Ref{}, err
	}
	return billing.Ref{Source: s.name, Org: parts[0]}, nil
}

func (s *Source) checkOrg(org string) error {
	if !isNumber(org) {
		return s.badInput("an organisation of source %s is a positive whole number, such as 4711", s.name)
	}
	return nil
}

// isNumber takes one spelling of a positive number alone, so that one
// organisation has one id.
func isNumber(digits string) bool {
	n, err := strconv.ParseInt(digits, 10, 64)
	return err == nil && n > 0 && strconv.FormatInt(n, 10) == digits
}

func (s *Source) badInput(format string, args ...any) error {
	return &billing.Error{Code: billing.CodeBadUserInput, Source: s.name, Message: fmt.Sprintf(format, args...)}
}

// Subscriptions fetches the current subscription of each organisation.
func (s *Source) Subscriptions(ctx context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	return upstream.Each(refs, func(ref billing.Ref) (*billing.Subscription, error) { return s.subscription(ctx, ref) })
}

func (s *Source) subscription(ctx context.Context, ref billing.Ref) (*billing.Subscription, error) {
	const op = "get subscription"
	body, err := s.find(ctx, op, ref.Org, "current")
	if err != nil || body == nil {
		return nil, err
	}
	sub, err := s.read(body, ref)
	if err != nil {
		return nil, s.client.BadData(op, err)
	}
	if sub.Status == billing.StatusUnknown && sub.SourceStatus != nil {
		s.client.UnknownState(ctx, *sub.SourceStatus)
	}
	return sub, nil
}

func (s *Source) read(body []byte, ref billing.Ref) (*billing.Subscription, error) {
	var doc document
	if err := wire.Decode(body, &doc); err != nil {
		return nil, fmt.Errorf("read the subscription: %w", err)
	}
	sub, err := normalise(&doc, ref, s.rules, s.client.Now())
	if err != nil {
		return nil, fmt.Errorf("read the subscription: %w", err)
	}
	return sub, nil
}

// Probe asks for the subscription of organisation 1, which belongs to others:
// every route needs an organisation, and the refusal shows credentials that work.
func (s *Source) Probe(ctx context.Context) error {
	_, err := s.get(ctx, "probe", "1", "current")
	if billing.CodeOf(err) == billing.CodeForbidden {
		return nil
	}
	return err
}
