package gateway_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/gateway"
	"tributary/loaders"
	"tributary/logtest"
	"tributary/sandbox"
)

// call is how long a slow source takes for anything.
const call = 10 * time.Millisecond

// slow is a source whose calls sleep and nothing else. All but them is as at the
// real one.
type slow struct{ billing.Source }

func (s slow) Subscriptions(_ context.Context, refs []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	time.Sleep(call)
	answers := map[billing.Ref]billing.Outcome[*billing.Subscription]{}
	for _, ref := range refs {
		answers[ref] = billing.Outcome[*billing.Subscription]{Value: &billing.Subscription{Ref: ref, ExternalID: ref.LocalKey(), Status: billing.StatusActive}}
	}
	return answers
}

// slowLister also lists, and keeps plans in a document of their own.
type slowLister struct{ slow }

func (s slowLister) Holdings(_ context.Context, owners []billing.Ref) map[billing.Ref]billing.Outcome[[]*billing.Subscription] {
	time.Sleep(call)
	answers := map[billing.Ref]billing.Outcome[[]*billing.Subscription]{}
	for _, owner := range owners {
		held := &billing.Subscription{Ref: billing.Ref{Source: owner.Source, Org: owner.Org, Key: "1"}, Status: billing.StatusActive}
		answers[owner] = billing.Outcome[[]*billing.Subscription]{Value: []*billing.Subscription{held}}
	}
	return answers
}

func (s slowLister) PlansKey(org string) (string, error) { return org, nil }

func (s slowLister) Plans(_ context.Context, keys []string) map[string]billing.Outcome[[]*billing.Plan] {
	time.Sleep(call)
	answers := map[string]billing.Outcome[[]*billing.Plan]{}
	for _, key := range keys {
		answers[key] = billing.Outcome[[]*billing.Plan]{Value: []*billing.Plan{{Source: s.Name(), ExternalID: key}}}
	}
	return answers
}

func (s slowLister) JoinPlan(sub *billing.Subscription, plans []*billing.Plan) { sub.Plan = plans[0] }

// slowed is a gateway, as from its configuration, over slow sources.
func slowed(t *testing.T, policy cache.Policy) *gateway.Gateway {
	t.Helper()
	g := build(t, sandbox.Configuration("http://127.0.0.1:1"), logtest.Listen()).Gateway
	var sources []*loaders.Source
	for _, real := range g.Portfolio.Sources.Sources() {
		source := billing.Source(slow{real.Source})
		if _, ok := real.Source.(billing.Lister); ok {
			source = slowLister{slow{real.Source}}
		}
		sources = append(sources, &loaders.Source{Source: source, Policy: policy})
	}
	store := cache.New(cache.Options{})
	t.Cleanup(store.Close)
	directory := g.Portfolio.Directory
	set, err := loaders.NewSet(sources, store, nil, directory)
	if err != nil {
		t.Fatal(err)
	}
	g.Portfolio.Sources = set
	return g
}

// In a bubble of synctest time stands still while anything can go on, and then
// goes on to the next timer: what a query takes there is what it waits for timers,
// and not how busy the machine is.
func TestAQueryWaitsForItsSourcesAndForNoTimer(t *testing.T) {
	const rows = `id status plan { externalId } provenance { freshness }`
	queries := map[string]struct {
		query  string
		levels int // calls that follow from the answers to others
		rows   int
	}{
		"one source":              {`{ subscription(id: "subscription/psa/682") { ` + rows + ` } }`, 1, 1},
		"one source and its plan": {`{ subscription(id: "subscription/teams/team_1") { ` + rows + ` } }`, 1, 1},
		"an account of four":      {`{ account(id: "account/acme") { subscriptions { nodes { ` + rows + ` } } } }`, 1, 4},
		"fields side by side": {`{ a: subscription(id: "subscription/psa/682") { ` + rows + ` } b: subscription(id: "subscription/focus/4711") { ` + rows + ` }
			account(id: "account/acme") { x: subscriptions { nodes { ` + rows + ` } } y: subscriptions { nodes { ` + rows + ` } } } }`, 1, 10},
		"all that stands beside one": {`{ subscription(id: "subscription/psa/682") { account { subscriptions { nodes { ` + rows + ` } } } } }`, 2, 4},
	}
	for name, c := range queries {
		for mode, policy := range map[string]cache.Policy{"kept": cache.DefaultPolicy, "not kept": {}} {
			t.Run(name+", "+mode, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					handler := slowed(t, policy).Handler()
					want := []time.Duration{time.Duration(c.levels) * call, time.Duration(c.levels) * call}
					if policy.TTL > 0 {
						want[1] = 0
					}
					for i := range want {
						begun := time.Now()
						r := httptest.NewRequest(http.MethodPost, "http://localhost/graphql", asked(c.query))
						r.Header.Set("Content-Type", "application/json")
						recorder := httptest.NewRecorder()
						handler.ServeHTTP(recorder, r)
						took := time.Since(begun)
						answer := recorder.Body.String()
						if recorder.Code != http.StatusOK || strings.Contains(answer, `"errors"`) || strings.Count(answer, `"ACTIVE"`) != c.rows {
							t.Fatalf("answered %d %s", recorder.Code, answer)
						}
						if took != want[i] {
							t.Errorf("time %d took %v where its sources take %v", i+1, took, want[i])
						}
					}
				})
			})
		}
	}
}
