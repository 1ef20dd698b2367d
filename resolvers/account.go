package resolvers

import (
	"context"

	"tributary/access"
	"tributary/billing"
	"tributary/loaders"
	"tributary/portfolio"
)

type accountResolver Root

func (r accountResolver) Subscriptions(ctx context.Context, account *billing.Account, first *int, after *string, last *int, before *string, filter *portfolio.Filter, orderBy *portfolio.Order) (*portfolio.Connection, error) {
	page := portfolio.Page{First: first, After: after, Last: last, Before: before}
	return Root(r).list(ctx, account, page, filter, orderBy)
}

func (r accountResolver) Summary(ctx context.Context, account *billing.Account, filter *portfolio.Filter) (*portfolio.Summary, error) {
	summary, err := r.Summarise(ctx, account, filter, selected(ctx).parts())
	if err != nil {
		return nil, err
	}
	tell(ctx, summary.Completeness)
	return summary, nil
}

type viewerResolver Root

func (r viewerResolver) Accounts(ctx context.Context, _ *portfolio.Viewer, first *int, after *string) (*portfolio.AccountConnection, error) {
	if !access.From(ctx).Has(access.Read) {
		ctx = access.With(ctx, &access.Caller{Subject: access.From(ctx).Subject})
	}
	return r.Portfolio.Accounts(ctx, nil, first, after, selected(ctx).shows("totalCount"))
}

type planResolver Root

func (r planResolver) Source(_ context.Context, plan *billing.Plan) (*loaders.Source, error) {
	return r.Portfolio.Sources.Source(plan.Source), nil
}
