// Package intercode reads and changes the team subscriptions and tiers of an
// Intercode SaaS Kit deployment (intercode.gitbook.io/intercode-saas-kit,
// "Subscriptions").
package intercode

import (
	"context"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"tributary/billing"
	"tributary/sources/upstream"
)

var (
	_ billing.Source         = (*Source)(nil)
	_ billing.PlanJoiner     = (*Source)(nil)
	_ billing.Prober         = (*Source)(nil)
	_ billing.Canceller      = (*Source)(nil)
	_ billing.Renewer        = (*Source)(nil)
	_ billing.CheckoutOpener = (*Source)(nil)
	_ billing.PlanManager    = (*Source)(nil)
)

// Source is one Intercode deployment. It is keyed by team: the API finds no
// subscription by its own id and lists none.
type Source struct {
	name    string
	client  *upstream.Client
	terms   terms
	updates bool // whether tiers can be updated
}

// New makes the source of that name. Its error is an *upstream.Invalid.
func New(name string, config Config, options upstream.Options) (*Source, error) {
	terms, err := config.terms()
	if err != nil {
		return nil, err
	}
	updates, err := config.updatesTiers()
	if err != nil {
		return nil, err
	}
	client, err := upstream.New(name, config.Config, options)
	if err != nil {
		return nil, err
	}
	return &Source{name: name, client: client, terms: terms, updates: updates}, nil
}

// Name is the source's name in the configuration.
func (s *Source) Name() string { return s.name }

// Kind is INTERCODE.
func (s *Source) Kind() billing.SourceKind { return billing.KindIntercode }

// Capabilities are those of a team's subscription, and of the tiers. A
// subscription moves to another tier through a checkout alone.
func (s *Source) Capabilities() []billing.Capability {
	return []billing.Capability{
		billing.CanGet, billing.CanListPlans, billing.CanCancelAtPeriodEnd, billing.CanCancelNow,
		billing.CanRenew, billing.CanCheckout, billing.CanManagePlans,
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

// Close drops the idle connections.
func (s *Source) Close() { s.client.Close() }

const longestTeam = 200 // bytes

// ParseRef takes one part, the team id: any text of at most 200 bytes without
// control characters, for the API does not say what its team ids look like.
func (s *Source) ParseRef(parts []string) (billing.Ref, error) {
	if len(parts) != 1 || parts[0] == "" {
		return billing.Ref{}, s.badRef("a subscription of %s is named by its team's id alone", s.name)
	}
	team := parts[0]
	if fault := s.teamFault(team); fault != "" {
		return billing.Ref{}, s.badRef("%s", fault)
	}
	return billing.Ref{Source: s.name, Org: team}, nil
}

// teamFault says why a text is no team id that can be asked for; "" where it is.
func (s *Source) teamFault(team string) string {
	if len(team) > longestTeam {
		return fmt.Sprintf("a team id of %s has at most %d bytes", s.name, longestTeam)
	}
	if !utf8.ValidString(team) || strings.ContainsFunc(team, unicode.IsControl) {
		return fmt.Sprintf("a team id of %s holds no control characters", s.name)
	}
	return ""
}

func (s *Source) badRef(format string, args ...any) error {
	err := billing.Errorf(billing.CodeBadUserInput, format, args...)
	err.Source, err.Op = s.name, "read team id"
	return err
}

// Subscriptions fetches each team's subscription with a call of its own.
func (s *Source) Subscriptions(ctx context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	return upstream.Each(refs, func(ref billing.Ref) (*billing.Subscription, error) {
		return s.subscription(ctx, ref)
	})
}

// PlansKey is "": every team sees the same tiers.
func (s *Source) PlansKey(string) (string, error) { return "", nil }

// Plans fetches the tiers.
func (s *Source) Plans(ctx context.Context, keys []string) map[string]billing.Outcome[[]*billing.Plan] {
	return upstream.Each(keys, func(string) ([]*billing.Plan, error) { return s.tiers(ctx) })
}

// JoinPlan sets the plan of sub to the tier that its document names. The
// document holds a tier's title and no id, so the plan stays nil where no tier,
// or more than one, has that title: an id made of a guess would be another
// plan's. Details.Tier keeps the word.
func (s *Source) JoinPlan(sub *billing.Subscription, plans []*billing.Plan) {
	details, ok := sub.Details.(*Details)
	if !ok || details.Tier == nil {
		return
	}
	sub.Plan = planTitled(*details.Tier, plans)
}

// Probe asks for the tiers, which no team id is needed for. It also finds a
// wrong base URL, which a get would take for a team without a subscription.
func (s *Source) Probe(ctx context.Context) error {
	_, err := s.tiers(ctx)
	return err
}
