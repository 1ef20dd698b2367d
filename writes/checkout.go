package writes

import (
	"context"

	"tributary/billing"
)

// OpenCheckout opens a page to subscribe at. Nothing changes before somebody
// pays there.
func (w *Writer) OpenCheckout(ctx context.Context, name string, request billing.CheckoutRequest, key *string) *Result {
	o := order{mutation: "createCheckout", key: key, input: request}
	source, err := w.named(name)
	if err != nil {
		return w.carryOut(ctx, o, err)
	}
	o.source = source
	able, ok := source.Source.(billing.CheckoutOpener)
	if !ok {
		return w.carryOut(ctx, o, cannot(source, []string{"source"}, words[billing.CanCheckout]))
	}
	o.target = source.ID()
	o.check = able.CheckCheckout(request)
	if request.Team != nil && len(o.check) == 0 {
		team := billing.Ref{Source: name, Org: *request.Team}
		o.target = team.ID()
		if !w.Sees(ctx, team) {
			return w.carryOut(ctx, o, refuse(billing.CodeNotFound, name, []string{"teamId"}, "source "+name+" has no such team"))
		}
	}
	o.job = &checkoutJob{able: able, request: request}
	return w.carryOut(ctx, o, nil)
}

type checkoutJob struct {
	able    billing.CheckoutOpener
	request billing.CheckoutRequest
	opened  *billing.Checkout
}

func (j *checkoutJob) prepare(context.Context) error { return nil }

func (j *checkoutJob) send(ctx context.Context) error {
	opened, err := j.able.OpenCheckout(ctx, j.request)
	j.opened = opened
	return err
}

func (j *checkoutJob) settle(context.Context) *Result {
	return &Result{Checkout: j.opened, Changed: true}
}

// look sees nothing: no document tells of a checkout that nobody has paid.
func (j *checkoutJob) look(context.Context) (billing.Sighting, *Result) {
	return billing.SeenNothing, &Result{}
}
