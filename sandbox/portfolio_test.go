package sandbox_test

import (
	"context"
	"net/http/httptest"
	"testing"

	"tributary/billing"
	"tributary/sandbox"
	"tributary/sources/focus"
	"tributary/sources/frontier"
	"tributary/sources/intercode"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// sources are the adapters of the gateway's sandbox configuration.
func sources(t *testing.T, server *httptest.Server) map[string]billing.Source {
	t.Helper()
	base := func(vendor string, auth upstream.Auth) upstream.Config {
		return upstream.Config{URL: server.URL + "/" + vendor, Auth: auth}
	}
	bearer := upstream.Auth{Bearer: "sandbox"}
	made := map[string]billing.Source{}
	add := func(source billing.Source, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		made[source.Name()] = source
	}
	options := sourcetest.Options()
	options.Now = nil
	add(focus.New("focus", focus.Config{Config: base("focus", bearer)}, options))
	add(frontier.New("billing", frontier.Config{Config: base("frontier", upstream.Auth{Basic: &upstream.Basic{Username: "sandbox", Password: "sandbox"}})}, options))
	add(intercode.New("teams", intercode.Config{Config: base("intercode", bearer), Currency: "USD"}, options))
	add(productive.New("psa", productive.Config{
		Config: base("productive", upstream.Auth{Headers: map[string]string{"X-Auth-Token": "sandbox", "X-Organization-Id": "682"}}),
	}, options))
	return made
}

// held is what a source says of one holding.
func held(ctx context.Context, source billing.Source, ref billing.Ref) ([]*billing.Subscription, error) {
	if lister, ok := source.(billing.Lister); ok && ref.Key == "" {
		outcome := lister.Holdings(ctx, []billing.Ref{ref})[ref]
		return outcome.Value, outcome.Err
	}
	outcome := source.Subscriptions(ctx, []billing.Ref{ref})[ref]
	if outcome.Value == nil {
		return nil, outcome.Err
	}
	return []*billing.Subscription{outcome.Value}, outcome.Err
}

// portfolio reads every subscription of the accounts, with its plan joined.
func portfolio(t *testing.T) map[string][]*billing.Subscription {
	t.Helper()
	ctx := context.Background()
	sources := sources(t, start(t))
	subscriptions := map[string][]*billing.Subscription{}
	for _, account := range sandbox.Accounts() {
		for _, ref := range account.Holdings {
			source := sources[ref.Source]
			subs, err := held(ctx, source, ref)
			if err != nil {
				t.Errorf("%s: %v", ref.ID(), err)
				continue
			}
			for _, sub := range subs {
				joinPlan(t, source, sub)
			}
			subscriptions[account.ID] = append(subscriptions[account.ID], subs...)
		}
	}
	return subscriptions
}

func joinPlan(t *testing.T, source billing.Source, sub *billing.Subscription) {
	t.Helper()
	joiner, ok := source.(billing.PlanJoiner)
	if !ok {
		return
	}
	key, err := joiner.PlansKey(sub.Ref.Org)
	if err != nil {
		t.Fatal(err)
	}
	outcome := joiner.Plans(context.Background(), []string{key})[key]
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	joiner.JoinPlan(sub, outcome.Value)
}

func TestTheAccountsHoldEveryKindOfSubscription(t *testing.T) {
	perSource := map[string]int{}
	statuses := map[billing.Status]bool{}
	decimals := map[int]bool{}
	traits := map[string]bool{}
	for _, subs := range portfolio(t) {
		for _, sub := range subs {
			sourcetest.CheckTotal(t, sub)
			perSource[sub.Ref.Source]++
			statuses[sub.Status] = true
			if sub.Price != nil && sub.Price.Amount != nil {
				decimals[sub.Price.Amount.Exponent()] = true
			}
			traits["a trial"] = traits["a trial"] || sub.Trial != nil
			traits["a discount"] = traits["a discount"] || len(sub.Discounts) > 0
			traits["a pending cancellation"] = traits["a pending cancellation"] || sub.IsActive() && sub.Cancellation != nil
			traits["a pending change"] = traits["a pending change"] || sub.PendingChange != nil
			traits["a failed payment"] = traits["a failed payment"] || sub.PaymentFailed != nil && *sub.PaymentFailed
		}
	}
	want := map[string]int{"focus": 15, "billing": 26, "teams": 13, "psa": 18}
	for source, n := range want {
		if perSource[source] != n {
			t.Errorf("%d subscriptions at %s, want %d", perSource[source], source, n)
		}
	}
	for _, status := range billing.Statuses {
		if status != billing.StatusScheduled && !statuses[status] { // no vendor has a word for SCHEDULED
			t.Errorf("no subscription is %s", status)
		}
	}
	for _, n := range []int{0, 2, 3} {
		if !decimals[n] {
			t.Errorf("no price has a currency of %d decimals", n)
		}
	}
	for trait, found := range traits {
		if !found {
			t.Errorf("no subscription has %s", trait)
		}
	}
}

func TestAcmeIsHealthyEverywhere(t *testing.T) {
	acme := portfolio(t)["acme"]
	if len(acme) != 4 {
		t.Fatalf("acme has %d subscriptions, want 4", len(acme))
	}
	for _, sub := range acme {
		if sub.Status != billing.StatusActive {
			t.Errorf("%s is %s", sub.Ref.ID(), sub.Status)
		}
	}
}
