package writes

import (
	"time"

	"tributary/billing"
)

// kept is a Result as it is kept for a repetition: all but the causes of
// failures, which are the log's.
type kept struct {
	Subscription *billing.Subscription
	Provenance   billing.Provenance
	Trial        *billing.Trial
	Changed      bool
	Checkout     *billing.Checkout
	Plan         *billing.Plan
	PlanID       string
	Refusals     []keptError
	Fault        *keptError
}

type keptError struct {
	Code       billing.Code
	Source     string
	Op         string
	Message    string
	RetryAfter time.Time
	Field      []string
	Seen       billing.Sighting
}

func keepError(e *billing.Error) keptError {
	return keptError{Code: e.Code, Source: e.Source, Op: e.Op, Message: e.Message, RetryAfter: e.RetryAfter, Field: e.Field, Seen: e.Seen}
}

func (k keptError) recall() *billing.Error {
	return &billing.Error{Code: k.Code, Source: k.Source, Op: k.Op, Message: k.Message, RetryAfter: k.RetryAfter, Field: k.Field, Seen: k.Seen}
}

func (w *Writer) keep(r *Result) ([]byte, error) {
	k := &kept{
		Subscription: r.Subscription, Provenance: r.Provenance, Trial: r.Trial, Changed: r.Changed,
		Checkout: r.Checkout, Plan: r.Plan, PlanID: r.PlanID,
	}
	for _, e := range r.Refusals {
		k.Refusals = append(k.Refusals, keepError(e))
	}
	if r.Fault != nil {
		fault := keepError(r.Fault)
		k.Fault = &fault
	}
	return w.answers.Encode(k)
}

func (w *Writer) recall(answer []byte) (*Result, error) {
	k, err := w.answers.Decode(answer)
	if err != nil {
		return nil, err
	}
	r := &Result{
		Subscription: k.Subscription, Provenance: k.Provenance, Trial: k.Trial, Changed: k.Changed,
		Checkout: k.Checkout, Plan: k.Plan, PlanID: k.PlanID,
	}
	for _, e := range k.Refusals {
		r.Refusals = append(r.Refusals, e.recall())
	}
	if k.Fault != nil {
		r.Fault = k.Fault.recall()
	}
	return r, nil
}
