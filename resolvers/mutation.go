package resolvers

import (
	"context"

	"tributary/billing"
	"tributary/graph/model"
)

// mutationResolver refuses every write: this version reads only.
type mutationResolver struct{}

func notYet(action string) error {
	return billing.Errorf(billing.CodeNotSupported, "this version of the gateway cannot %s; it reads only, and nothing was sent", action)
}

func (mutationResolver) CancelSubscription(context.Context, model.CancelSubscriptionInput) (*model.CancelSubscriptionPayload, error) {
	return nil, notYet("cancel subscriptions")
}

func (mutationResolver) RenewSubscription(context.Context, model.RenewSubscriptionInput) (*model.RenewSubscriptionPayload, error) {
	return nil, notYet("renew subscriptions")
}

func (mutationResolver) ChangeSubscription(context.Context, model.ChangeSubscriptionInput) (*model.ChangeSubscriptionPayload, error) {
	return nil, notYet("change subscriptions")
}

func (mutationResolver) StartTrial(context.Context, model.StartTrialInput) (*model.StartTrialPayload, error) {
	return nil, notYet("start trials")
}

func (mutationResolver) CreateCheckout(context.Context, model.CreateCheckoutInput) (*model.CreateCheckoutPayload, error) {
	return nil, notYet("create checkouts")
}

func (mutationResolver) CreatePlan(context.Context, model.CreatePlanInput) (*model.CreatePlanPayload, error) {
	return nil, notYet("create plans")
}

func (mutationResolver) UpdatePlan(context.Context, model.UpdatePlanInput) (*model.UpdatePlanPayload, error) {
	return nil, notYet("update plans")
}

func (mutationResolver) DeletePlan(context.Context, model.DeletePlanInput) (*model.DeletePlanPayload, error) {
	return nil, notYet("delete plans")
}

// liveResolver is never reached: the gateway refuses live operations before
// they are executed.
type liveResolver struct{}

func (liveResolver) SubscriptionChanged(context.Context, string, *string) (<-chan *model.SubscriptionEvent, error) {
	return nil, notYet("follow subscriptions live")
}

func (liveResolver) AccountChanged(context.Context, string, *string) (<-chan *model.SubscriptionEvent, error) {
	return nil, notYet("follow accounts live")
}
