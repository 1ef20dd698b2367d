package loaders_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
	"tributary/cache"
	"tributary/loaders"
)

// details is what the fake source keeps in Details.
type details struct{ Plan string }

// fake is a source with plans in a document of their own, which remembers what
// it was asked.
type fake struct {
	mu       sync.Mutex
	batches  [][]billing.Ref
	plans    int
	plansErr error
	tenant   func(context.Context) string
}

func (f *fake) Name() string                       { return "src" }
func (f *fake) Kind() billing.SourceKind           { return billing.KindFrontier }
func (f *fake) Capabilities() []billing.Capability { return []billing.Capability{billing.CanGet} }
func (f *fake) Health() billing.Health             { return billing.Health{} }
func (f *fake) Borrowed(context.Context) string    { return "" }
func (f *fake) Forwards() bool                     { return false }
func (f *fake) Obstacle(*billing.Subscription, billing.Capability, time.Time) string {
	return ""
}

func (f *fake) ParseRef(parts []string) (billing.Ref, error) {
	return billing.Ref{Source: "src", Org: parts[0]}, nil
}

func (f *fake) Pinned(ctx context.Context) context.Context { return ctx }

func (f *fake) Tenant(ctx context.Context, _ string) string {
	if f.tenant != nil {
		return f.tenant(ctx)
	}
	return "tenant"
}

func (f *fake) Subscriptions(_ context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.batches = append(f.batches, refs)
	answers := map[billing.Ref]billing.Outcome[*billing.Subscription]{}
	for _, ref := range refs {
		if ref.Org == "none" {
			answers[ref] = billing.Outcome[*billing.Subscription]{}
			continue
		}
		answers[ref] = billing.Outcome[*billing.Subscription]{Value: &billing.Subscription{
			Ref: ref, ExternalID: ref.Org, Status: billing.StatusActive,
			Plan: &billing.Plan{Source: "src", ExternalID: "p"}, Details: &details{},
		}}
	}
	return answers
}

func (f *fake) PlansKey(string) (string, error) { return "", nil }

func (f *fake) Plans(_ context.Context, keys []string) map[string]billing.Outcome[[]*billing.Plan] {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.plans++
	name := "Pro"
	return map[string]billing.Outcome[[]*billing.Plan]{"": {Value: []*billing.Plan{{Source: "src", ExternalID: "p", Name: &name}}, Err: f.plansErr}}
}

func (f *fake) JoinPlan(sub *billing.Subscription, plans []*billing.Plan) {
	sub.Plan = plans[0]
	sub.Details = &details{Plan: *plans[0].Name}
}

// anyone asks, and may do all.
var anyone = access.With(context.Background(), access.Anyone)

func newSet(t testing.TB, source *fake) *loaders.Set {
	t.Helper()
	store := cache.New(cache.Options{})
	t.Cleanup(store.Close)
	set, err := loaders.NewSet(
		[]*loaders.Source{{Source: source, Policy: cache.DefaultPolicy}}, store,
		[]reflect.Type{reflect.TypeFor[details]()}, func() *accounts.Directory { return new(accounts.Directory) },
	)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func ref(n int) billing.Ref { return billing.Ref{Source: "src", Org: fmt.Sprint(n)} }

func TestWhatIsAskedTogetherTravelsTogether(t *testing.T) {
	source := &fake{}
	const fields = 50
	ctx, op := newSet(t, source).Begin(anyone, fields)
	var running sync.WaitGroup
	for i := range fields {
		running.Go(func() {
			ctx, done := op.Visit(ctx)
			defer done()
			sub, err := loaders.From(ctx).Load(ref(i%25), 0)()
			if err != nil || sub.Ref != ref(i%25) {
				t.Errorf("got %v, %v", sub, err)
			}
		})
	}
	running.Wait()
	asked := slices.Concat(source.batches...)
	if len(asked) != 25 {
		t.Errorf("25 distinct subscriptions were asked for %d times", len(asked))
	}
	if len(source.batches) != 1 {
		t.Errorf("they travelled in %d batches", len(source.batches))
	}
}

func TestAFieldThatAsksForNothingHoldsNobodyBack(t *testing.T) {
	ctx, op := newSet(t, &fake{}).Begin(anyone, 2)
	_, done := op.Visit(ctx)
	done()
	ctx, done = op.Visit(ctx)
	defer done()
	begun := time.Now()
	if _, err := loaders.From(ctx).Load(ref(1), 0)(); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(begun); took > time.Second/2 {
		t.Errorf("it waited %v", took)
	}
}

func TestTheFlusherEndsWithItsOperation(t *testing.T) {
	set := newSet(t, &fake{})
	request, cancel := context.WithCancel(anyone)
	_, op := set.Begin(request, 1) // a root field that never comes
	wait := op.Load(ref(1), 0)
	cancel()
	if _, err := wait(); billing.CodeOf(err) != billing.CodeSourceTimeout && err != nil {
		t.Errorf("got %v", err)
	}
}

// A key that is queued just as the flusher leaves must start one of its own;
// else it waits for the loader's last resort, which is a second.
func TestNoKeyIsLeftBehindByTheFlusher(t *testing.T) {
	set := newSet(t, &fake{})
	begun := time.Now()
	const operations, keys = 300, 20
	for n := range operations {
		_, op := set.Begin(anyone, 0)
		var running sync.WaitGroup
		for i := range keys {
			running.Go(func() {
				if _, err := op.Load(ref(n*keys+i), loaders.PartPlan)(); err != nil {
					t.Error(err)
				}
				if _, err := op.Load(ref(n*keys+i+1), 0)(); err != nil {
					t.Error(err)
				}
			})
		}
		running.Wait()
	}
	if took := time.Since(begun); took > operations*time.Second/10 {
		t.Errorf("%d operations took %v: batches waited", operations, took)
	}
}

func TestPartsAreAskedForOnceAndJoined(t *testing.T) {
	source := &fake{}
	set := newSet(t, source)
	_, op := set.Begin(anyone, 0)
	withPlan, without := op.Load(ref(1), loaders.PartPlan), op.Load(ref(1), 0)
	whole, err := withPlan()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := without()
	if err != nil {
		t.Fatal(err)
	}
	if plan, err := whole.Plan(); err != nil || *plan.Name != "Pro" {
		t.Errorf("the plan is %v, %v", plan, err)
	}
	if plan, err := bare.Plan(); err != nil || plan.Name != nil {
		t.Errorf("a subscription asked for without its plan has %v, %v", plan, err)
	}
	if got, err := bare.Details(); err != nil || got.(*details).Plan != "" {
		t.Errorf("joining one subscription changed the details of another: %v, %v", got, err)
	}
	if source.plans != 1 || len(source.batches) != 1 {
		t.Errorf("made %d calls for plans and %d for subscriptions", source.plans, len(source.batches))
	}
}

func TestAPartThatFailsIsToldOnce(t *testing.T) {
	source := &fake{plansErr: &billing.Error{Code: billing.CodeSourceUnavailable, Source: "src", Op: "list plans"}}
	_, op := newSet(t, source).Begin(anyone, 0)
	var told int
	for i := range 5 {
		sub, err := op.Load(ref(i), loaders.PartPlan)()
		if err != nil || sub.Status != billing.StatusActive {
			t.Fatalf("a failed plan took the subscription with it: %v, %v", sub, err)
		}
		plan, err := sub.Plan()
		if plan != nil {
			t.Errorf("a plan without its document is shown: %v", plan)
		}
		for range 2 { // reading it again tells nothing
			if _, again := sub.Plan(); again == nil {
				t.Error("the fault is not an error any more")
			}
		}
		var untold *loaders.Untold
		if !errors.As(err, &untold) {
			t.Fatalf("the fault is %v", err)
		}
		if billing.CodeOf(err) != billing.CodeSourceUnavailable {
			t.Errorf("its code is %s", billing.CodeOf(err))
		}
		if untold.IsFirst() {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the fault was told %d times", told)
	}
}

func TestAbsenceIsNoError(t *testing.T) {
	_, op := newSet(t, &fake{}).Begin(anyone, 0)
	sub, err := op.Load(billing.Ref{Source: "src", Org: "none"}, loaders.PartPlan)()
	if sub != nil || err != nil {
		t.Errorf("got %v, %v", sub, err)
	}
}

func TestTenantsDoNotShare(t *testing.T) {
	type callerKey struct{}
	source := &fake{tenant: func(ctx context.Context) string { return ctx.Value(callerKey{}).(string) }}
	set := newSet(t, source)
	for _, caller := range []string{"alice", "bob", "alice"} {
		_, op := set.Begin(context.WithValue(anyone, callerKey{}, caller), 0)
		if _, err := op.Load(ref(1), 0)(); err != nil {
			t.Fatal(err)
		}
	}
	if len(source.batches) != 2 {
		t.Errorf("two tenants made %d calls", len(source.batches))
	}
}

func TestALoaderOutsideAnOperationIsAFaultOfTheProgram(t *testing.T) {
	defer func() {
		if fault := recover(); fault == nil {
			t.Error("it went unnoticed")
		}
	}()
	loaders.From(context.Background())
}
