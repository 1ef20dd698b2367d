package sandbox_test

import (
	"testing"

	"tributary/billing"
	"tributary/sandbox"
)

func TestEachSubscriptionIsHeldOnce(t *testing.T) {
	held := map[billing.Ref]string{}
	perSource := map[string]int{}
	for _, account := range sandbox.Accounts() {
		if account.Name == "" {
			t.Errorf("%s has no name", account.ID)
		}
		for _, ref := range account.Holdings {
			if other, ok := held[ref]; ok {
				t.Errorf("%s and %s both hold %s", other, account.ID, ref.ID())
			}
			held[ref] = account.ID
			perSource[ref.Source]++
		}
	}
	want := map[string]int{"focus": 15, "billing": 10, "teams": 14, "psa": 18}
	for source, n := range want {
		if perSource[source] != n {
			t.Errorf("%d holdings at %s, want %d", perSource[source], source, n)
		}
	}
	if got := held[billing.Ref{Source: "teams", Org: "team_3"}]; got != "hooli" {
		t.Errorf("the team without a subscription belongs to %q", got)
	}
}

func TestAcmeHoldsOneAtEachSource(t *testing.T) {
	acme := sandbox.Accounts()[0]
	want := []string{
		"subscription/focus/4711",
		"subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000001",
		"subscription/teams/team_1",
		"subscription/psa/682",
	}
	if acme.ID != "acme" || len(acme.Holdings) != len(want) {
		t.Fatalf("got %+v", acme)
	}
	for i, ref := range acme.Holdings {
		if ref.ID() != want[i] {
			t.Errorf("holds %s, want %s", ref.ID(), want[i])
		}
	}
}
