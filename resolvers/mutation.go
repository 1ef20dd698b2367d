package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tributary/billing"
	"tributary/graph/model"
	"tributary/loaders"
	"tributary/sources/focus"
	"tributary/writes"
)

type mutationResolver Root

func (r mutationResolver) CancelSubscription(ctx context.Context, in model.CancelSubscriptionInput) (*model.CancelSubscriptionPayload, error) {
	result := r.Writes.Cancel(ctx, in.ID, billing.Cancel{
		When:     in.When,
		ReasonID: optional(in.ReasonID),
		Note:     optional(in.Note),
	}, in.IdempotencyKey.Value())
	sub, refused := answer(ctx, result)
	return &model.CancelSubscriptionPayload{Subscription: sub, UserErrors: refused}, nil
}

func (r mutationResolver) RenewSubscription(ctx context.Context, in model.RenewSubscriptionInput) (*model.RenewSubscriptionPayload, error) {
	sub, refused := answer(ctx, r.Writes.Renew(ctx, in.ID, in.IdempotencyKey.Value()))
	return &model.RenewSubscriptionPayload{Subscription: sub, UserErrors: refused}, nil
}

func (r mutationResolver) ChangeSubscription(ctx context.Context, in model.ChangeSubscriptionInput) (*model.ChangeSubscriptionPayload, error) {
	change := billing.Change{
		Plan:         optional(in.Plan),
		Cycle:        optional(in.Cycle),
		Seats:        optional(in.Seats),
		TrialPlan:    optional(in.TrialPlan),
		AddOns:       addOns(in.AddOns),
		PaymentToken: optional(in.PaymentToken),
		Effective:    optional(in.Effective).Or(billing.ChangeByProviderDefault),
	}
	sub, refused := answer(ctx, r.Writes.Change(ctx, in.ID, change, in.IdempotencyKey.Value()))
	return &model.ChangeSubscriptionPayload{Subscription: sub, UserErrors: refused}, nil
}

func (r mutationResolver) StartTrial(ctx context.Context, in model.StartTrialInput) (*model.StartTrialPayload, error) {
	result := r.Writes.StartTrial(ctx, in.Source, billing.TrialRequest{
		Org:           in.OrganizationID,
		Workspace:     in.WorkspaceID,
		PlanWorkspace: in.PlanWorkspaceID.Value(),
	}, in.IdempotencyKey.Value())
	payload := &model.StartTrialPayload{Changed: result.Changed && result.Fault == nil}
	if result.Trial != nil {
		payload.Trial, _ = result.Trial.Details.(*focus.Trial)
	}
	payload.Subscription, payload.UserErrors = answer(ctx, result)
	return payload, nil
}

func (r mutationResolver) CreateCheckout(ctx context.Context, in model.CreateCheckoutInput) (*model.CreateCheckoutPayload, error) {
	result := r.Writes.OpenCheckout(ctx, in.Source, billing.CheckoutRequest{
		PriceID:     in.PriceID,
		Quantity:    in.Quantity,
		Team:        in.TeamID.Value(),
		CreatesTeam: in.IsTeamCreation,
	}, in.IdempotencyKey.Value())
	payload := &model.CreateCheckoutPayload{}
	if result.Checkout != nil {
		payload.Redirect, payload.URL = &result.Checkout.Redirect, &result.Checkout.URL
	}
	_, payload.UserErrors = answer(ctx, result)
	return payload, nil
}

func (r mutationResolver) CreatePlan(ctx context.Context, in model.CreatePlanInput) (*model.CreatePlanPayload, error) {
	result := r.Writes.CreatePlan(ctx, in.Source, planChange(in), in.IdempotencyKey.Value())
	_, refused := answer(ctx, result)
	return &model.CreatePlanPayload{Plan: result.Plan, UserErrors: refused}, nil
}

func (r mutationResolver) UpdatePlan(ctx context.Context, in model.UpdatePlanInput) (*model.UpdatePlanPayload, error) {
	result := r.Writes.UpdatePlan(ctx, in.Source, planChange(model.CreatePlanInput(in)), in.IdempotencyKey.Value())
	_, refused := answer(ctx, result)
	return &model.UpdatePlanPayload{Plan: result.Plan, UserErrors: refused}, nil
}

// planChange is what is to be said of a plan; the inputs to create and to update
// one have the same fields.
func planChange(in model.CreatePlanInput) billing.PlanChange {
	return billing.PlanChange{
		Name:        optional(in.Name),
		Description: optional(in.Description),
		Features:    list(in.Features),
		Price:       optional(in.Price),
		Rank:        optional(in.Rank),
		UsersLimit:  optional(in.UsersLimit),
		TeamsLimit:  optional(in.TeamsLimit),
		IsPopular:   optional(in.IsPopular),
	}
}

func (r mutationResolver) DeletePlan(ctx context.Context, in model.DeletePlanInput) (*model.DeletePlanPayload, error) {
	result := r.Writes.DeletePlan(ctx, in.ID, in.IdempotencyKey.Value())
	payload := &model.DeletePlanPayload{}
	if result.PlanID != "" {
		message := "The plan is deleted."
		payload.DeletedPlanID, payload.Message = &result.PlanID, &message
	}
	_, payload.UserErrors = answer(ctx, result)
	return payload, nil
}

// answer shows a result: its subscription with the parts that are selected, what
// the caller can mend, and beside the payload, as a GraphQL error, what it can't.
func answer(ctx context.Context, result *writes.Result) (*loaders.Subscription, []*model.UserError) {
	op := loaders.From(ctx)
	op.Forget()
	if result.Fault != nil {
		graphql.AddError(ctx, result.Fault)
	}
	refused := make([]*model.UserError, len(result.Refusals))
	for i, e := range result.Refusals {
		refused[i] = &model.UserError{Code: e.Code, Message: billing.ClientMessage(e)}
		if len(e.Field) > 0 {
			refused[i].Field = append([]string{"input"}, e.Field...)
		}
	}
	if result.Subscription == nil {
		return nil, refused
	}
	return op.Show(result.Subscription, result.Provenance, selected(ctx).parts()), refused
}

// optional tells absent, null and given apart.
func optional[T any](in graphql.Omittable[*T]) billing.Optional[T] {
	return billing.Optional[T]{Given: in.IsSet(), Value: in.Value()}
}

// list is optional for a list, whose null is a nil slice.
func list[T any](in graphql.Omittable[[]T]) billing.Optional[[]T] {
	given := billing.Optional[[]T]{Given: in.IsSet()}
	if values := in.Value(); values != nil {
		given.Value = &values
	}
	return given
}

func addOns(in graphql.Omittable[[]*billing.AddOnChoice]) billing.Optional[[]billing.AddOnChoice] {
	given := list(in)
	choices := billing.Optional[[]billing.AddOnChoice]{Given: given.Given}
	if given.Value == nil {
		return choices
	}
	all := make([]billing.AddOnChoice, len(*given.Value))
	for i, choice := range *given.Value {
		all[i] = *choice
	}
	choices.Value = &all
	return choices
}

// liveResolver is never reached: the gateway refuses live operations before
// they are executed.
type liveResolver struct{}

func notYet(action string) error {
	return billing.Errorf(billing.CodeNotSupported, "this version of the gateway cannot %s", action)
}

func (liveResolver) SubscriptionChanged(context.Context, string, *string) (<-chan *model.SubscriptionEvent, error) {
	return nil, notYet("follow subscriptions live")
}

func (liveResolver) AccountChanged(context.Context, string, *string) (<-chan *model.SubscriptionEvent, error) {
	return nil, notYet("follow accounts live")
}
