package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// fifty is 50 aliases over 25 distinct ids of four sources, at two levels.
func fifty() string {
	var ids []string
	for i := range 7 {
		ids = append(ids, fmt.Sprintf("subscription/focus/%d", 4711+i), fmt.Sprintf("subscription/psa/%d", 682+i))
	}
	for i := range 6 {
		ids = append(ids, fmt.Sprintf("subscription/teams/team_%d", 1+i))
	}
	for i := range 5 {
		ids = append(ids, fmt.Sprintf("subscription/billing/0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-0000000000%02d", 2+i))
	}
	var b strings.Builder
	b.WriteString("{")
	for i, id := range append(ids, ids...) {
		fmt.Fprintf(&b, " a%d: subscription(id: %q) { id status plan { name } price { amount { decimal } } account { id subscriptions(first: 3) { nodes { id seats { used } } } } }", i, id)
	}
	b.WriteString(" }")
	return b.String()
}

func TestFiftyAliasesDoNotAskFiftyTimes(t *testing.T) {
	w := start(t, nil)
	if n := w.during(func() { w.mustAsk(fifty(), nil) }); n > 100 {
		t.Errorf("the first answer took %d calls, at most 100 are allowed", n)
	} else {
		t.Logf("the first answer took %d calls: %v", n, w.calls())
	}
	if n := w.during(func() { w.mustAsk(fifty(), nil) }); n != 0 {
		t.Errorf("the repeated answer took %d calls", n)
	}
}

func TestAHundredConcurrentMissesMakeOneCall(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"psa","delay":"200ms"}`)
	n := w.during(func() {
		var running sync.WaitGroup
		for range 100 {
			running.Go(func() {
				if a := w.ask(provenanceOfPSA, nil); len(a.Errors) > 0 {
					t.Errorf("got %s", a.raw)
				}
			})
		}
		running.Wait()
	})
	if n != 1 {
		t.Errorf("100 concurrent queries of one subscription made %d calls", n)
	}
}

func TestOnlyWhatTheSelectionNeedsIsAskedFor(t *testing.T) {
	const frontier = "subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000001"
	cases := []struct {
		name, id, selection string
		calls               int
	}{
		{"a Focus subscription without its trial", "subscription/focus/4711", "status isEntitled plan { name }", 1},
		{"a Focus subscription with its trial", "subscription/focus/4712", "status trial { isActive }", 2},
		{"the trial in a Focus document", "subscription/focus/4712", "details { ... on FocusSubscription { currentTrial { planName } } }", 2},
		{"a trial that is skipped", "subscription/focus/4712", "status trial @skip(if: true) { isActive }", 1},
		{"a trial in a fragment that is left out", "subscription/focus/4712", "status ... @include(if: false) { trial { isActive } }", 1},
		{"a Frontier subscription alone", frontier, "status seats { used } trial { endsAt }", 1},
		{"a Frontier subscription with its price", frontier, "price { amount { decimal } }", 2},
		{"a Frontier subscription with its customer", frontier, "customer { name } organization { title }", 2},
		{"a Frontier subscription with all", frontier, "plan { name } customer { name } details { ... on FrontierSubscription { plan { name } customer { name } } }", 3},
		{"an Intercode subscription alone", "subscription/teams/team_1", "status", 1},
		{"an Intercode subscription with its plan", "subscription/teams/team_1", "plan { name }", 2},
		{"a Productive subscription with all", "subscription/psa/682", "plan { name } trial { isActive } customer { name } details { ... on ProductiveSubscription { currentPlan { features { name } } } }", 1},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			w := start(t, nil)
			var a *answer
			n := w.during(func() {
				a = w.mustAsk(fmt.Sprintf("{ subscription(id: %q) { %s } }", c.id, c.selection), nil)
			})
			if a.at("subscription") == nil {
				t.Fatalf("got %s", a.raw)
			}
			if n != c.calls {
				t.Errorf("took %d calls, want %d: %v", n, c.calls, w.calls())
			}
		})
	}
}
