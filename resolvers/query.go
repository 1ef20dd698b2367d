package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tributary/billing"
	"tributary/loaders"
	"tributary/portfolio"
)

type queryResolver Root

// mostNodes bounds Query.nodes.
const mostNodes = 100

func (r queryResolver) Node(ctx context.Context, id string) (loaders.Node, error) {
	return r.lookUp(ctx, id, selected(ctx).parts())()
}

// Nodes asks for all before it waits for any, so that they travel together.
func (r queryResolver) Nodes(ctx context.Context, ids []string) ([]loaders.Node, error) {
	if len(ids) > mostNodes {
		return nil, badInput("ids has %d entries; at most %d are allowed", len(ids), mostNodes)
	}
	parts := selected(ctx).parts()
	waits := make([]func() (loaders.Node, error), len(ids))
	release := loaders.From(ctx).Hold()
	for i, id := range ids {
		waits[i] = r.lookUp(ctx, id, parts)
	}
	release()
	nodes := make([]loaders.Node, len(ids))
	for i, wait := range waits {
		node, err := wait()
		if err != nil {
			graphql.AddError(graphql.WithPathContext(ctx, graphql.NewPathWithIndex(i)), err)
			continue
		}
		nodes[i] = node
	}
	return nodes, nil
}

func (r queryResolver) Subscription(ctx context.Context, id string) (*loaders.Subscription, error) {
	ref, err := r.parseRef(id)
	if err != nil || ref.Source == "" {
		return nil, err
	}
	return loaders.From(ctx).Load(ref, selected(ctx).parts())()
}

func (r queryResolver) Subscriptions(ctx context.Context, first *int, after *string, last *int, before *string, filter *portfolio.Filter, orderBy *portfolio.Order) (*portfolio.Connection, error) {
	page := portfolio.Page{First: first, After: after, Last: last, Before: before}
	return Root(r).list(ctx, nil, page, filter, orderBy)
}

func (r queryResolver) Account(ctx context.Context, id string) (*billing.Account, error) {
	return r.Portfolio.Account(ctx, id)
}

func (r queryResolver) Accounts(ctx context.Context, first *int, after *string, filter *portfolio.AccountFilter) (*portfolio.AccountConnection, error) {
	return r.Portfolio.Accounts(ctx, filter, first, after, selected(ctx).shows("totalCount"))
}

func (r queryResolver) Plans(ctx context.Context, source string, organizationID *string) ([]*billing.Plan, error) {
	found := r.Portfolio.Sources.Source(source)
	if found == nil {
		return nil, badInput("there is no source %.100q", source)
	}
	org := ""
	if organizationID != nil {
		org = *organizationID
	}
	return loaders.From(ctx).Plans(found, org)
}

func (r queryResolver) Sources(context.Context) ([]*loaders.Source, error) {
	return r.Portfolio.Sources.Sources(), nil
}

func (r queryResolver) Viewer(ctx context.Context) (*portfolio.Viewer, error) {
	return portfolio.ViewerOf(ctx), nil
}
