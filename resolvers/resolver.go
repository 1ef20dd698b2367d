// Package resolvers answers the schema's fields, one file a GraphQL type.
package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tributary/billing"
	"tributary/graph"
	"tributary/loaders"
	"tributary/portfolio"
	"tributary/writes"
)

// Root resolves all types.
type Root struct {
	*portfolio.Portfolio
	Writes *writes.Writer
}

var _ graph.ResolverRoot = Root{}

// Account resolves Account.
func (r Root) Account() graph.AccountResolver { return accountResolver(r) }

// Mutation resolves Mutation.
func (r Root) Mutation() graph.MutationResolver { return mutationResolver(r) }

// Plan resolves Plan.
func (r Root) Plan() graph.PlanResolver { return planResolver(r) }

// Query resolves Query.
func (r Root) Query() graph.QueryResolver { return queryResolver(r) }

// SubscriptionRoot resolves the live operations.
func (r Root) SubscriptionRoot() graph.SubscriptionRootResolver { return liveResolver{} }

// Viewer resolves Viewer.
func (r Root) Viewer() graph.ViewerResolver { return viewerResolver(r) }

// list answers a connection of subscriptions; account is nil for all accounts.
func (r Root) list(ctx context.Context, account *billing.Account, page portfolio.Page, filter *portfolio.Filter, order *portfolio.Order) (*portfolio.Connection, error) {
	asked := selected(ctx)
	connection, err := r.List(ctx, portfolio.Query{
		Account:     account,
		Filter:      filter,
		Order:       order,
		Page:        page,
		Parts:       asked.parts(),
		CountTotal:  asked.shows("totalCount"),
		ShowCursors: asked.shows("edges"),
		ShowEnds:    asked.shows("pageInfo"),
	})
	if err != nil {
		return nil, err
	}
	tell(ctx, connection.Completeness)
	return connection, nil
}

// tell adds errors to the answer beside what the field returns: one for each
// source that failed. The fields below it do not tell them again.
func tell(ctx context.Context, completeness *portfolio.Completeness) {
	op := loaders.From(ctx)
	if !completeness.Complete {
		op.Fleeting()
	}
	for _, err := range completeness.Failures() {
		op.Once(err)
		graphql.AddError(ctx, err)
	}
}

func badInput(format string, args ...any) error {
	return billing.Errorf(billing.CodeBadUserInput, format, args...)
}
