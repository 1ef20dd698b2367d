package frontier

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"sync/atomic"

	"tributary/billing"
	"tributary/sources/upstream"
)

// Source is one Frontier server. It is safe for concurrent use.
type Source struct {
	client    *client
	normalise normaliser
	known     atomic.Pointer[remembered] // the one that was read last
}

var (
	_ billing.Source         = (*Source)(nil)
	_ billing.Lister         = (*Source)(nil)
	_ billing.PlanJoiner     = (*Source)(nil)
	_ billing.CustomerJoiner = (*Source)(nil)
	_ billing.Prober         = (*Source)(nil)
	_ billing.Canceller      = (*Source)(nil)
	_ billing.Renewer        = (*Source)(nil)
	_ billing.Changer        = (*Source)(nil)
)

// New makes the source of that name. Its error is an *upstream.Invalid.
func New(name string, config Config, options upstream.Options) (*Source, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	if config.Protocol == "" {
		config.Protocol = REST
	}
	shared, err := upstream.New(name, config.Config, options)
	if err != nil {
		return nil, err
	}
	return &Source{
		client:    &client{Client: shared, codec: codecs[config.Protocol]},
		normalise: normaliser{source: name, protocol: config.Protocol},
	}, nil
}

// Name is the source's name in the configuration.
func (s *Source) Name() string { return s.client.Source() }

// Kind is KindFrontier.
func (s *Source) Kind() billing.SourceKind { return billing.KindFrontier }

// Capabilities is what the source can do at all.
func (s *Source) Capabilities() []billing.Capability {
	return []billing.Capability{
		billing.CanGet, billing.CanList, billing.CanListPlans,
		billing.CanCancelAtPeriodEnd, billing.CanCancelNow, billing.CanRenew, billing.CanChangePlan,
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

// Probe lists the plans, which takes credentials but no permission on any
// organisation.
func (s *Source) Probe(ctx context.Context) error {
	written, err := s.client.plans(ctx)
	if err != nil {
		return err
	}
	_, err = s.client.readPlans(written)
	return err
}

// ParseRef reads [organisation, subscription]. Both are opaque: Frontier takes
// an organisation's name as well as its UUID. A UUID has no case, and is taken
// in small letters alone, so that one subscription has one id.
func (s *Source) ParseRef(parts []string) (billing.Ref, error) {
	if len(parts) != 2 || parts[0] == "" || parts[1] == "" {
		return billing.Ref{}, s.badID()
	}
	for _, part := range parts {
		if anyUUID.MatchString(part) && part != strings.ToLower(part) {
			return billing.Ref{}, s.badID()
		}
	}
	return billing.Ref{Source: s.Name(), Org: parts[0], Key: parts[1]}, nil
}

var anyUUID = regexp.MustCompile(`^[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}$`)

func (s *Source) badID() error {
	return &billing.Error{
		Code: billing.CodeBadUserInput, Source: s.Name(), Op: "read the id",
		Message: fmt.Sprintf("an id of source %s looks like subscription/%s/<organisation>/<subscription>, a UUID in small letters", s.Name(), s.Name()),
	}
}

// Subscriptions gets a single subscription by itself; two and more of one
// billing account cost one call, which lists what that account has. Over
// Connect the list serves single ones too, see connect.
func (s *Source) Subscriptions(ctx context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	groups := map[billing.Ref][]billing.Ref{}
	answers := make(map[billing.Ref]billing.Outcome[*billing.Subscription], len(refs))
	for _, ref := range refs {
		if _, seen := answers[ref]; seen {
			continue
		}
		if ref.Org == "" || ref.Key == "" {
			answers[ref] = billing.Outcome[*billing.Subscription]{Err: s.badID()}
			continue
		}
		answers[ref] = billing.Outcome[*billing.Subscription]{}
		owner := ref
		owner.Key = ""
		groups[owner] = append(groups[owner], ref)
	}
	owners := make([]billing.Ref, 0, len(groups))
	for owner := range groups {
		owners = append(owners, owner)
	}
	fetched := upstream.Each(owners, func(owner billing.Ref) (map[billing.Ref]billing.Outcome[*billing.Subscription], error) {
		return s.group(ctx, owner, groups[owner])
	})
	for owner, group := range fetched {
		for _, ref := range groups[owner] {
			answers[ref] = billing.Outcome[*billing.Subscription]{Err: group.Err}
		}
		for ref, outcome := range group.Value {
			answers[ref] = outcome
		}
	}
	return answers
}

// group fetches refs of one owner. Its error is that of refs that are not in its
// answer.
func (s *Source) group(ctx context.Context, owner billing.Ref, refs []billing.Ref) (map[billing.Ref]billing.Outcome[*billing.Subscription], error) {
	rows, err := s.client.fetch(ctx, owner, refs)
	answers := make(map[billing.Ref]billing.Outcome[*billing.Subscription], len(refs))
	for _, ref := range refs {
		if row := rows[strings.ToLower(ref.Key)]; row != nil {
			sub, err := s.read(ctx, "get subscription", ref, row)
			answers[ref] = billing.Outcome[*billing.Subscription]{Value: sub, Err: err}
		}
	}
	return answers, err
}

// Holdings lists what each owner has, newest first as Frontier does. One row
// that cannot be read fails its owner: a list is never silently short.
func (s *Source) Holdings(ctx context.Context, owners []billing.Ref) map[billing.Ref]billing.Outcome[[]*billing.Subscription] {
	return upstream.Each(owners, func(owner billing.Ref) ([]*billing.Subscription, error) {
		list, err := s.client.list(ctx, owner)
		if err != nil {
			return nil, err
		}
		subs := make([]*billing.Subscription, len(list))
		for i := range list {
			ref := owner
			ref.Key = list[i].ID
			if subs[i], err = s.read(ctx, "list subscriptions", ref, &list[i]); err != nil {
				return nil, err
			}
		}
		return subs, nil
	})
}

func (s *Source) read(ctx context.Context, op string, ref billing.Ref, doc *subscription) (*billing.Subscription, error) {
	sub, err := s.normalise.subscription(ref, doc)
	if err != nil {
		return nil, s.client.BadData(op, err)
	}
	if sub.Status == billing.StatusUnknown {
		s.client.UnknownState(ctx, word(doc.State))
	}
	return sub, nil
}
