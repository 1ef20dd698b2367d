package accounts_test

import (
	"testing"

	"tributary/access"
	"tributary/billing"
)

// only is a caller that may see some accounts, with all scopes.
func only(ids ...string) *access.Caller { return &access.Caller{Scopes: access.Scopes, Accounts: ids} }

func TestACallerSeesWhatItsAccountsHold(t *testing.T) {
	d := parse(t, sample)
	shared := billing.Ref{Source: "psa", Org: "682"}
	named := billing.Ref{Source: "billing", Org: "o-1", Key: "s-1"}
	unnamed := billing.Ref{Source: "billing", Org: "o-1", Key: "s-9"}
	whole := billing.Ref{Source: "billing", Org: "o-1"}
	nobodys := billing.Ref{Source: "psa", Org: "68"}
	everywhere := &access.Caller{Scopes: []access.Scope{access.Read}, AllAccounts: true}
	for _, test := range []struct {
		name   string
		caller *access.Caller
		ref    billing.Ref
		sees   bool
		holder string
	}{
		{"its own", only("acme"), billing.Ref{Source: "focus", Org: "4711"}, true, "acme"},
		{"another's", only("zeta"), billing.Ref{Source: "focus", Org: "4711"}, false, ""},
		{"what two hold, for the first", only("acme"), shared, true, "acme"},
		{"what two hold, for the second", only("zeta"), shared, true, "zeta"},
		{"what two hold, for both", only("zeta", "acme"), shared, true, "acme"},
		{"what two hold, for a third", only("be/ta"), shared, false, ""},
		{"named by one, of another's organisation", only("zeta"), named, true, "zeta"},
		{"one of an organisation, for who holds another of it", only("acme"), unnamed, false, ""},
		{"the organisation, for who holds one of it", only("acme"), whole, false, ""},
		{"the organisation, for who holds it", only("zeta"), whole, true, "zeta"},
		{"nobody's", only("acme", "zeta"), nobodys, false, ""},
		{"nobody's, with all accounts", everywhere, nobodys, false, ""},
		{"nobody's, with all accounts and admin", access.Anyone, nobodys, true, ""},
		{"any account's, with all accounts", everywhere, shared, true, "acme"},
		{"an account that is not there", only("gone"), shared, false, ""},
		{"with no account", only(), shared, false, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			holder := ""
			if account := d.Holder(test.caller, test.ref); account != nil {
				holder = account.ID
			}
			if sees := d.Sees(test.caller, test.ref); sees != test.sees || holder != test.holder {
				t.Errorf("sees it: %t, want %t; held by %q, want %q", sees, test.sees, holder, test.holder)
			}
		})
	}
}

func TestTheAccountsOfACallerAreInOrderAndOnceEach(t *testing.T) {
	d := parse(t, sample)
	list, all := d.Of(only("zeta", "gone", "acme", "zeta"))
	if all || len(list) != 2 || list[0].ID != "acme" || list[1].ID != "zeta" {
		t.Errorf("got %v, all: %t", list, all)
	}
	if list, all := d.Of(only()); all || len(list) != 0 {
		t.Errorf("nobody's: %v, all: %t", list, all)
	}
	if _, all := d.Of(access.Anyone); !all {
		t.Error("who may see all is given a list")
	}
}
