package portfolio_test

import (
	"context"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
	"tributary/cache"
	"tributary/loaders"
	"tributary/portfolio"
)

// anyone asks, and may do all.
var anyone = access.With(context.Background(), access.Anyone)

var now = time.Date(2026, time.March, 15, 12, 0, 0, 0, time.UTC)

func in(days int) *time.Time {
	t := now.AddDate(0, 0, days)
	return &t
}

func ptr[T any](v T) *T { return &v }

// details stands for what a source keeps in Details.
type details struct{}

// made is a source whose subscriptions follow from their ids alone, and which
// remembers what it was asked.
type made struct {
	name string
	kind billing.SourceKind

	mu      sync.Mutex
	asked   []billing.Ref
	batches int
	fault   error                   // of every question
	faultOf func(billing.Ref) error // nil for none
	plans   error                   // of the catalogue
	shape   func(*billing.Subscription)
	empty   func(billing.Ref) bool // nil for none
}

func (m *made) Name() string                       { return m.name }
func (m *made) Kind() billing.SourceKind           { return m.kind }
func (m *made) Capabilities() []billing.Capability { return []billing.Capability{billing.CanGet} }
func (m *made) Health() billing.Health             { return billing.Health{} }
func (m *made) Borrowed(context.Context) string    { return "" }
func (m *made) Forwards() bool                     { return false }
func (m *made) Obstacle(*billing.Subscription, billing.Capability, time.Time) string {
	return ""
}
func (m *made) Tenant(context.Context, string) string { return "tenant" }

func (m *made) Pinned(ctx context.Context) context.Context { return ctx }

func (m *made) ParseRef(parts []string) (billing.Ref, error) {
	ref := billing.Ref{Source: m.name, Org: parts[0]}
	if len(parts) > 1 {
		ref.Key = parts[1]
	}
	return ref, nil
}

func (m *made) Subscriptions(_ context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batches++
	answers := map[billing.Ref]billing.Outcome[*billing.Subscription]{}
	for _, ref := range refs {
		m.asked = append(m.asked, ref)
		fault := m.fault
		if fault == nil && m.faultOf != nil {
			fault = m.faultOf(ref)
		}
		answers[ref] = billing.Outcome[*billing.Subscription]{Err: fault}
		if fault == nil && !(m.empty != nil && m.empty(ref)) {
			answers[ref] = billing.Outcome[*billing.Subscription]{Value: m.subscription(ref)}
		}
	}
	return answers
}

// subscription draws every field that lists look at from a hash of the id.
func (m *made) subscription(ref billing.Ref) *billing.Subscription {
	sum := fnv.New64a()
	fmt.Fprint(sum, ref.ID())
	dice := sum.Sum64()
	roll := func(n int) int {
		face := int(dice % uint64(n))
		dice = dice/uint64(n) + 0x9e3779b97f4a7c15*uint64(n)
		return face
	}
	sub := &billing.Subscription{Ref: ref, ExternalID: ref.LocalKey(), Status: billing.Statuses[roll(len(billing.Statuses))], Details: &details{}}
	if name := []string{"", "Pro", "pro", "Basic", "Zebra"}[roll(5)]; name != "" {
		sub.Plan = &billing.Plan{Source: m.name, ExternalID: strings.ToLower(name), Name: &name}
	}
	if roll(4) > 0 {
		currency := []string{"USD", "EUR", "JPY"}[roll(3)]
		sub.Price = &billing.Price{Amount: &billing.Money{Minor: int64(roll(9)) * 100, Currency: currency}, Per: billing.PerTotal}
		sub.Interval = &billing.Interval{Unit: billing.Month, Count: 1}
	}
	if roll(3) > 0 {
		sub.Seats = &billing.SeatUsage{Purchased: ptr(roll(5) + 5), Used: ptr(roll(5))}
	}
	if roll(3) > 0 {
		sub.NextBillingAt = in(roll(40))
	}
	if roll(4) > 0 {
		sub.UpdatedAt = in(-roll(4000))
	}
	if roll(3) == 0 {
		sub.Trial = &billing.Trial{StartsAt: in(-3), EndsAt: in(roll(30) - 10)}
	}
	if m.shape != nil {
		m.shape(sub)
	}
	return sub
}

func (m *made) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fault = err
}

// questions is how often the source was asked while do ran.
func (m *made) questions(do func()) int {
	m.mu.Lock()
	before := len(m.asked)
	m.mu.Unlock()
	do()
	m.mu.Lock()
	defer m.mu.Unlock()
	return len(m.asked) - before
}

// lister is a made source whose organisations hold up to six subscriptions each,
// newest first, and one of them is listed twice.
type lister struct{ made }

func holdings(org string) []string {
	sum := fnv.New32a()
	sum.Write([]byte(org))
	keys := make([]string, sum.Sum32()%7)
	for i := range keys {
		keys[i] = fmt.Sprintf("s-%d", len(keys)-i)
	}
	return keys
}

func (l *lister) Holdings(_ context.Context, owners []billing.Ref) map[billing.Ref]billing.Outcome[[]*billing.Subscription] {
	l.mu.Lock()
	defer l.mu.Unlock()
	answers := map[billing.Ref]billing.Outcome[[]*billing.Subscription]{}
	for _, owner := range owners {
		l.asked = append(l.asked, owner)
		var subs []*billing.Subscription
		for i, key := range holdings(owner.Org) {
			ref := owner
			ref.Key = key
			subs = append(subs, l.subscription(ref))
			if i == 2 {
				subs = append(subs, l.subscription(ref))
			}
		}
		answers[owner] = billing.Outcome[[]*billing.Subscription]{Value: subs, Err: l.fault}
	}
	return answers
}

// The catalogue gives nothing that a subscription has not: it may only fail.
func (l *lister) PlansKey(string) (string, error) { return "", nil }

func (l *lister) Plans(context.Context, []string) map[string]billing.Outcome[[]*billing.Plan] {
	l.mu.Lock()
	defer l.mu.Unlock()
	return map[string]billing.Outcome[[]*billing.Plan]{"": {Err: l.plans}}
}

func (l *lister) JoinPlan(*billing.Subscription, []*billing.Plan) {}

// world is a portfolio over made sources.
type world struct {
	t *testing.T
	*portfolio.Portfolio
	focus, teams, psa *made
	billing           *lister
	directory         *accounts.Directory

	mu    sync.Mutex
	clock time.Time
}

// newWorld makes a portfolio of a directory, written as its file is.
func newWorld(t *testing.T, directory string) *world {
	t.Helper()
	w := &world{
		t:       t,
		focus:   &made{name: "focus", kind: billing.KindFocus},
		billing: &lister{made{name: "billing", kind: billing.KindFrontier}},
		teams:   &made{name: "teams", kind: billing.KindIntercode},
		psa:     &made{name: "psa", kind: billing.KindProductive},
		clock:   now,
	}
	w.billing.empty = func(ref billing.Ref) bool { return !slices.Contains(holdings(ref.Org), ref.Key) }
	known := accounts.Sources{}
	var opened []*loaders.Source
	for _, source := range []billing.Source{w.focus, w.billing, w.teams, w.psa} {
		known[source.Name()] = source
		opened = append(opened, &loaders.Source{Source: source, Policy: cache.Policy{TTL: time.Minute, StaleIfError: time.Hour, NegativeTTL: time.Minute}})
	}
	parsed, err := accounts.Parse("accounts.yaml", []byte(directory), known, nil)
	if err != nil {
		t.Fatal(err)
	}
	w.directory = parsed
	store := cache.New(cache.Options{Now: w.time})
	t.Cleanup(store.Close)
	set, err := loaders.NewSet(opened, store, []reflect.Type{reflect.TypeFor[details]()}, func() *accounts.Directory { return parsed })
	if err != nil {
		t.Fatal(err)
	}
	w.Portfolio = &portfolio.Portfolio{
		Directory: func() *accounts.Directory { return w.directory },
		Sources:   set,
		Cursors:   portfolio.Cursors{Key: []byte("a key for tests")},
		ScanLimit: 100_000,
	}
	return w
}

func (w *world) time() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.clock
}

func (w *world) pass(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.clock = w.clock.Add(d)
}

// forget moves time on to when no kept answer is good any more.
func (w *world) forget() { w.pass(24 * time.Hour) }

// list answers a query in an operation of its own.
func (w *world) list(q portfolio.Query) (*portfolio.Connection, error) {
	q.ShowCursors, q.ShowEnds = true, true
	ctx, _ := w.Sources.Begin(anyone, 0)
	return w.List(ctx, q)
}

func (w *world) mustList(q portfolio.Query) *portfolio.Connection {
	w.t.Helper()
	page, err := w.list(q)
	if err != nil {
		w.t.Fatal(err)
	}
	return page
}

func ids(page *portfolio.Connection) []string {
	var ids []string
	for _, node := range page.Nodes() {
		ids = append(ids, node.ID())
	}
	return ids
}

// sample writes a directory of n accounts. Two neighbours share what they hold
// at psa; one in three holds all of an organisation of which others hold single
// subscriptions.
func sample(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "- id: a-%03d\n  subscriptions:\n", i)
		fmt.Fprintf(&b, "    - { source: focus, organization: %d }\n", 1000+i)
		fmt.Fprintf(&b, "    - { source: psa, id: %d }\n", i/2)
		fmt.Fprintf(&b, "    - { source: teams, team: \"team %d\" }\n", i)
		if i%3 == 0 {
			fmt.Fprintf(&b, "    - { source: billing, organization: o-%d }\n", i%40)
		} else {
			fmt.Fprintf(&b, "    - { source: billing, organization: o-%d, id: s-%d }\n", i%40, i%4+1)
		}
	}
	return b.String()
}
