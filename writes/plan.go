package writes

import (
	"context"
	"slices"

	"tributary/billing"
	"tributary/cache"
	"tributary/loaders"
)

// CreatePlan adds a plan to a source's catalogue.
func (w *Writer) CreatePlan(ctx context.Context, name string, plan billing.PlanChange, key *string) *Result {
	return w.onPlansOf(ctx, "createPlan", name, plan, key, func(o *order, j *planJob) {
		o.check = j.able.CheckNewPlan(plan)
		j.fit = func(plans []*billing.Plan) []*billing.Error {
			if slices.ContainsFunc(plans, func(found *billing.Plan) bool { return isNamed(found, plan) }) {
				return refuse(billing.CodeConflict, j.source.Name(), []string{"name"}, "source "+j.source.Name()+" has a plan of this name already")
			}
			return nil
		}
		j.write = func(ctx context.Context) (err error) {
			j.plan, err = j.able.CreatePlan(ctx, plan)
			return err
		}
		j.shows = func(found *billing.Plan) bool { return isNamed(found, plan) && j.able.ShowsPlan(found, plan) }
	})
}

// UpdatePlan changes a plan of a source's catalogue, told by its name.
func (w *Writer) UpdatePlan(ctx context.Context, name string, change billing.PlanChange, key *string) *Result {
	return w.onPlansOf(ctx, "updatePlan", name, change, key, func(o *order, j *planJob) {
		// Whether there is such a plan is judged when the catalogue was read.
		j.fit = func(plans []*billing.Plan) []*billing.Error {
			return j.able.FitPlan(plans, change)
		}
		j.write = func(ctx context.Context) error { return j.able.UpdatePlan(ctx, change) }
		j.shows = func(found *billing.Plan) bool { return isNamed(found, change) && j.able.ShowsPlan(found, change) }
		j.rereads = true
	})
}

// DeletePlan deletes the plan of a global id.
func (w *Writer) DeletePlan(ctx context.Context, id string, key *string) *Result {
	source, parts, err := w.sourceOf("plan", id)
	if err == nil && len(parts) != 1 {
		err = refuse(billing.CodeBadUserInput, source.Name(), []string{"id"}, "a plan's id looks like plan/<source>/<id>")
	}
	if err != nil {
		return w.carryOut(ctx, order{mutation: "deletePlan", source: source, key: key}, err)
	}
	return w.onPlans(ctx, "deletePlan", source, "id", nil, key, func(o *order, j *planJob) {
		o.target, o.input = id, id
		j.deletes, j.rereads = id, true
		j.fit = func(plans []*billing.Plan) []*billing.Error {
			if !slices.ContainsFunc(plans, j.shows) {
				return refuse(billing.CodeNotFound, j.source.Name(), []string{"id"}, "source "+j.source.Name()+" has no such plan")
			}
			return nil
		}
		j.write = func(ctx context.Context) error { return withField(j.able.DeletePlan(ctx, parts[0]), "id") }
		j.shows = func(found *billing.Plan) bool { return found.ExternalID == parts[0] }
	})
}

func isNamed(plan *billing.Plan, change billing.PlanChange) bool {
	return plan.Name != nil && *plan.Name == change.Name.Or("")
}

// withField says which field a refusal of the source is about, where the source
// did not.
func withField(err error, field string) error {
	e, ok := billing.AsError(err)
	if !ok || len(e.Field) > 0 || !e.Code.Mendable() {
		return err
	}
	told := *e
	told.Field = []string{field}
	return &told
}

func (w *Writer) onPlansOf(ctx context.Context, mutation, name string, input any, key *string, complete func(*order, *planJob)) *Result {
	source, err := w.named(name)
	if err != nil {
		return w.carryOut(ctx, order{mutation: mutation, key: key, input: input}, err)
	}
	return w.onPlans(ctx, mutation, source, "source", input, key, complete)
}

// onPlans makes a write to the catalogue of a source, which the input's field
// names; complete adds what is peculiar to it.
func (w *Writer) onPlans(ctx context.Context, mutation string, source *loaders.Source, field string, input any, key *string, complete func(*order, *planJob)) *Result {
	o := order{mutation: mutation, source: source, target: source.ID(), key: key, input: input}
	able, ok := source.Source.(billing.PlanManager)
	if !ok {
		return w.carryOut(ctx, o, cannot(source, []string{field}, words[billing.CanManagePlans]))
	}
	j := &planJob{Writer: w, source: source, able: able}
	o.lock = lockOf(source, "plans")
	o.subjects = []cache.Subject{loaders.SubjectOfPlans(source)}
	o.job = j
	complete(&o, j)
	return w.carryOut(ctx, o, nil)
}

// planJob is a write to a catalogue.
type planJob struct {
	*Writer
	source *loaders.Source
	able   billing.PlanManager

	// fit judges the write by the catalogue as it is.
	fit     func(plans []*billing.Plan) []*billing.Error
	write   func(ctx context.Context) error
	shows   func(plan *billing.Plan) bool // whether it is the plan as it is to be
	deletes string                        // the global id of a plan to delete; "" for others
	rereads bool                          // whether the source's answer does not show it

	plan *billing.Plan // what the source answered
}

func (j *planJob) prepare(ctx context.Context) error {
	plans, err := j.Sources.ReadPlans(ctx, j.source, "")
	if err != nil {
		return notMade(err)
	}
	if list := j.fit(plans); len(list) > 0 {
		return refusals(list)
	}
	return nil
}

func (j *planJob) send(ctx context.Context) error { return j.write(ctx) }

func (j *planJob) settle(ctx context.Context) *Result {
	result := &Result{Changed: true, Plan: j.plan, PlanID: j.deletes}
	if !j.rereads {
		return result
	}
	seen := billing.SeenNothing
	untilTrue(ctx, j.confirmWithin, func() bool {
		seen, result = j.look(ctx)
		return seen == billing.SeenDone
	})
	if seen == billing.SeenDone {
		return result
	}
	return j.notShown(seen)
}

// notShown is a write that the source says to have made and that the catalogue
// does not show. An update was told its plan by a name: it may have changed
// another, or made a new one.
func (j *planJob) notShown(seen billing.Sighting) *Result {
	name := j.source.Name()
	return &Result{Fault: &billing.Error{Code: billing.CodeOutcomeUnknown, Source: name, Op: "change plans", Seen: seen,
		Message: "Source " + name + " says that it made the change. " + sightings[seen]}}
}

func (j *planJob) look(ctx context.Context) (billing.Sighting, *Result) {
	plans, err := j.Sources.ReadPlans(ctx, j.source, "")
	if err != nil {
		return billing.SeenNothing, &Result{}
	}
	for _, plan := range plans {
		switch {
		case !j.shows(plan):
		case j.deletes != "":
			return billing.SeenNotDone, &Result{}
		default:
			return billing.SeenDone, &Result{Plan: plan, Changed: true}
		}
	}
	if j.deletes != "" {
		return billing.SeenDone, &Result{PlanID: j.deletes, Changed: true}
	}
	return billing.SeenNotDone, &Result{}
}
