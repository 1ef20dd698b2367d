package resolvers

import (
	"context"

	"tributary/billing"
	"tributary/loaders"
)

// parseRef reads a subscription's id. An unknown source gives the zero Ref: it
// has no subscription.
func (r queryResolver) parseRef(id string) (billing.Ref, error) {
	kind, parts, err := billing.ParseGlobalID(id)
	if err != nil {
		return billing.Ref{}, badInput("%v", err)
	}
	if kind != "subscription" {
		return billing.Ref{}, badInput("a subscription's id begins with subscription/")
	}
	return r.refOf(parts)
}

func (r queryResolver) refOf(parts []string) (billing.Ref, error) {
	source := r.Portfolio.Sources.Source(parts[0])
	if source == nil {
		return billing.Ref{}, nil
	}
	ref, err := source.ParseRef(parts[1:])
	if err != nil {
		return billing.Ref{}, err
	}
	return r.Directory().Canonical(ref), nil
}

// lookUp asks for whatever an id names and returns at once; the function it
// returns waits, with nil for what does not exist.
func (r queryResolver) lookUp(ctx context.Context, id string, parts loaders.Parts) func() (loaders.Node, error) {
	kind, pieces, err := billing.ParseGlobalID(id)
	if err != nil {
		return fixed(nil, badInput("%v", err))
	}
	switch kind {
	case "subscription":
		return r.lookUpSubscription(ctx, pieces, parts)
	case "account":
		account, err := r.Portfolio.Account(ctx, id)
		if account == nil {
			return fixed(nil, err)
		}
		return fixed(account, nil)
	case "source":
		if len(pieces) != 1 {
			return fixed(nil, badInput("a source's id looks like source/<name>"))
		}
		if source := r.Portfolio.Sources.Source(pieces[0]); source != nil {
			return fixed(source, nil)
		}
		return fixed(nil, nil)
	case "plan":
		return r.lookUpPlan(ctx, pieces)
	default:
		return fixed(nil, badInput("there is no kind of thing called %q; ids begin with subscription/, account/, source/ or plan/", kind))
	}
}

func (r queryResolver) lookUpSubscription(ctx context.Context, pieces []string, parts loaders.Parts) func() (loaders.Node, error) {
	ref, err := r.refOf(pieces)
	if err != nil || ref.Source == "" {
		return fixed(nil, err)
	}
	wait := loaders.From(ctx).Load(ref, parts)
	return func() (loaders.Node, error) {
		sub, err := wait()
		if sub == nil {
			return nil, err
		}
		return sub, nil
	}
}

// lookUpPlan finds a plan in its source's catalogue. A source whose catalogue
// differs between organisations has no plan that an id alone finds.
func (r queryResolver) lookUpPlan(ctx context.Context, pieces []string) func() (loaders.Node, error) {
	if len(pieces) != 2 {
		return fixed(nil, badInput("a plan's id looks like plan/<source>/<id>"))
	}
	source := r.Portfolio.Sources.Source(pieces[0])
	if source == nil {
		return fixed(nil, nil)
	}
	lister, ok := source.Source.(billing.PlanLister)
	if !ok {
		return fixed(nil, nil)
	}
	if _, err := lister.PlansKey(""); err != nil {
		return fixed(nil, nil)
	}
	return func() (loaders.Node, error) {
		plans, err := loaders.From(ctx).Plans(source, "")
		if err != nil {
			return nil, err
		}
		for _, plan := range plans {
			if plan.ExternalID == pieces[1] {
				return plan, nil
			}
		}
		return nil, nil
	}
}

func fixed(node loaders.Node, err error) func() (loaders.Node, error) {
	return func() (loaders.Node, error) { return node, err }
}
