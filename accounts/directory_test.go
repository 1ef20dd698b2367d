package accounts_test

import (
	"fmt"
	"strings"
	"testing"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
	"tributary/config"
)

// source takes refs as the adapters do; a Focus organisation is a number.
type source struct {
	name string
	kind billing.SourceKind
}

func (s source) Kind() billing.SourceKind { return s.kind }

func (s source) ParseRef(parts []string) (billing.Ref, error) {
	if s.kind == billing.KindFocus && strings.Trim(parts[0], "0123456789") != "" {
		return billing.Ref{}, billing.Errorf(billing.CodeBadUserInput, "a Focus organisation is a number")
	}
	ref := billing.Ref{Source: s.name, Org: parts[0]}
	if len(parts) > 1 {
		ref.Key = parts[1]
	}
	return ref, nil
}

var known = accounts.Sources{
	"focus":   source{"focus", billing.KindFocus},
	"billing": source{"billing", billing.KindFrontier},
	"teams":   source{"teams", billing.KindIntercode},
	"psa":     source{"psa", billing.KindProductive},
}

const sample = `# the customers
- id: acme
  name: Acme
  subscriptions:
    - { source: focus, organization: 4711 }
    - { source: billing, organization: o-1, id: s-1 }   # one of several
    - { source: teams, team: team_1 }
    - source: psa
      id: "682"
- id: zeta
  subscriptions:
    - { source: billing, organization: o-1 , billing: account-7 }
    - { source: psa, id: 682 }
- { id: "be/ta", name: Beta, subscriptions: [] }
`

func parse(t *testing.T, text string) *accounts.Directory {
	t.Helper()
	directory, err := accounts.Parse("accounts.yaml", []byte(text), known, nil)
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	return directory
}

func TestTheDirectoryKnowsItsAccounts(t *testing.T) {
	d := parse(t, sample)
	if d.Len() != 3 || d.Get("nobody") != nil || d.Get("be/ta").GlobalID() != "account/be%2Fta" {
		t.Errorf("%d accounts, want 3 with be/ta among them", d.Len())
	}
	acme := d.Get("acme")
	want := "[{focus 4711  } {billing o-1 s-1 account-7} {teams team_1  } {psa 682  }]"
	if got := fmt.Sprint(acme.Holdings); acme.Name != "Acme" || got != want {
		t.Errorf("acme is %q with %s, want %s", acme.Name, got, want)
	}
	if name := d.Get("zeta").Name; name != "zeta" {
		t.Errorf("an account without a name is called %q, want its id", name)
	}
}

func TestPagesFollowTheGlobalIDs(t *testing.T) {
	d := parse(t, sample)
	for _, test := range []struct {
		name, after string
		limit       int
		want        string
	}{
		{"the first page", "", 2, "acme be/ta"},
		{"the page after an account", "account/acme", 2, "be/ta zeta"},
		{"the page after an account that is gone", "account/b", 9, "be/ta zeta"},
		{"the page after the last one", "account/zeta", 2, ""},
		{"a page of nothing", "", 0, ""},
		{"a page of less than nothing", "", -1, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			var got []string
			for _, account := range d.Page(test.after, test.limit) {
				got = append(got, account.ID)
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestEntriesAreEachHoldingOnce(t *testing.T) {
	var got []string
	for _, entry := range parse(t, sample).Entries() {
		got = append(got, entry.ID+" "+entry.Account.ID)
	}
	want := []string{
		"subscription/billing/o-1/ zeta", "subscription/billing/o-1/s-1 acme", "subscription/focus/4711 acme",
		"subscription/psa/682 acme", "subscription/teams/team_1 acme",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestHolderIsWhoNamesTheSubscriptionBeforeWhoHoldsTheOrganisation(t *testing.T) {
	d := parse(t, sample)
	for _, test := range []struct {
		name string
		ref  billing.Ref
		want string
	}{
		{"named", billing.Ref{Source: "billing", Org: "o-1", Key: "s-1"}, "acme"},
		{"of an organisation held whole", billing.Ref{Source: "billing", Org: "o-1", Key: "s-9"}, "zeta"},
		{"a whole organisation", billing.Ref{Source: "billing", Org: "o-1"}, "zeta"},
		{"held by two accounts", billing.Ref{Source: "psa", Org: "682"}, "acme"},
		{"asked for with a billing account", billing.Ref{Source: "focus", Org: "4711", Billing: "x"}, "acme"},
		{"held by nobody", billing.Ref{Source: "psa", Org: "68"}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if account := d.Holder(access.Anyone, test.ref); account != nil {
				got = account.ID
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestCanonicalTakesTheBillingAccountFromTheDirectory(t *testing.T) {
	d := parse(t, sample)
	for _, test := range []struct {
		name, org, key, want string
	}{
		{"of the organisation", "o-1", "s-9", "account-7"},
		{"of a named subscription", "o-1", "s-1", "account-7"},
		{"of the organisation itself", "o-1", "", "account-7"},
		{"of an unknown organisation", "o-2", "s-1", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := d.Canonical(billing.Ref{Source: "billing", Org: test.org, Key: test.key, Billing: "forged"})
			if got.Billing != test.want {
				t.Errorf("got %q, want %q", got.Billing, test.want)
			}
		})
	}
}

func TestTheEmptyDirectoryAnswers(t *testing.T) {
	var d accounts.Directory
	ref := billing.Ref{Source: "psa", Org: "1"}
	if d.Len() != 0 || d.Get("a") != nil || len(d.Page("", 5)) != 0 || len(d.Entries()) != 0 || d.Holder(access.Anyone, ref) != nil || d.Canonical(ref) != ref {
		t.Error("the zero directory holds something")
	}
}

func TestFaultsStandWhereTheyAre(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"an account without an id", "- name: A\n", "a.yaml:1:3: the account has no id"},
		{"an empty id", "- id: \"\"\n", "a.yaml:1:7: the id of the account is empty"},
		{"an id of nothing", "- id:\n", "a.yaml:1:6: there is no value; write one or leave the key out"},
		{"two accounts of one id", "- id: a\n- id: b\n- {id: a}\n", `a.yaml:3:8: the account "a" is there twice, first at a.yaml:1:7`},
		{"an unknown key of an account", "- id: a\n  subscription: []\n", `a.yaml:2:3: unknown key "subscription", did you mean "subscriptions"?`},
		{"an unknown source", "- id: a\n  subscriptions:\n  - { source: focsu, organization: 1 }\n", `a.yaml:3:15: unknown source "focsu", did you mean "focus"?`},
		{"a source that is near none", "- id: a\n  subscriptions:\n  - { source: zzzzzzzz }\n", `a.yaml:3:15: unknown source "zzzzzzzz"; there are billing, focus, psa, teams`},
		{"no source", "- id: a\n  subscriptions:\n  - { team: 1 }\n", "a.yaml:3:5: the source is missing"},
		{"a key of another kind", "- id: a\n  subscriptions:\n    - { source: teams, organization: 1 }\n", `a.yaml:3:24: unknown key "organization" of a subscription of teams; it is written { source: teams, team: ... }`},
		{"a missing key", "- id: a\n  subscriptions:\n    - { source: billing, id: 1 }\n", "a.yaml:3:7: the organization is missing; it is written { source: billing, organization: ..., id: ... }, where id may be left out and billing added"},
		{"an empty key", "- id: a\n  subscriptions:\n    - source: psa\n      id: ''\n", "a.yaml:4:11: the id is empty"},
		{"an id that its source refuses", "- id: a\n  subscriptions:\n    - { source: focus, organization: x }\n", "a.yaml:3:38: a Focus organisation is a number"},
		{"one subscription twice", "- id: a\n  subscriptions:\n    - { source: psa, id: 1 }\n    - { source: psa, id: 1 }\n", `a.yaml:4:7: the account "a" holds this twice, first at a.yaml:3:7`},
		{"two billing accounts", "- id: a\n  subscriptions: [{ source: billing, organization: o, billing: x }]\n- id: b\n  subscriptions: [{ source: billing, organization: o, billing: y }]\n", `a.yaml:4:19: the billing account "y" is "x" at a.yaml:2:19`},
		{"a key twice", "- id: a\n  id: b\n", `a.yaml:2:3: the key "id" is there twice, first at a.yaml:1:3`},
		{"an id too long", "- id: " + strings.Repeat("x", 1100) + "\n", "a.yaml:1:7: the id is longer than 1024 bytes"},
		{"a list as an id", "- id: [a]\n", "a.yaml:1:7: a single value is needed here"},
		{"a mapping instead of a list", "accounts:\n  - id: a\n", "a.yaml:1:1: a list is needed here"},
		{"an empty file", "", "a.yaml: the file is empty"},
		{"a second document", "- id: a\n---\n- id: b\n", "a.yaml:2:1: a second document starts here; a file holds one"},
		{"a document that ended", "- id: a\n...\n- id: b\n", "a.yaml:3:1: a second document starts here; a file holds one"},
		{"an open quote", "- id: a\n- id: \"b\n- id: c\n", "a.yaml:4:1: this is no YAML: found unexpected end of stream"},
		{"an unset variable", "- id: a\n- id: ${GONE}\n", "a.yaml:2:7: the environment variable GONE is not set; set it or write ${GONE:-default}"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := accounts.Parse("a.yaml", []byte(test.text), known, nil)
			if err == nil || err.Error() != test.want {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}

func TestEveryFaultOfAFileIsToldAtOnce(t *testing.T) {
	text := "- id: a\n  subscriptions:\n    - { source: nope }\n    - { source: psa }\n- name: b\n"
	_, err := accounts.Parse("a.yaml", []byte(text), known, nil)
	problems, _ := err.(config.Problems)
	if len(problems) != 3 || problems[0].Line != 3 || problems[1].Line != 4 || problems[2].Line != 5 {
		t.Errorf("got %v, want faults of the lines 3, 4 and 5", err)
	}
}

func TestAValueMayComeFromTheEnvironment(t *testing.T) {
	env := func(name string) (string, bool) { return "from-" + name, true }
	d, err := accounts.Parse("a.yaml", []byte("- id: plain\n- id: ${ID}\n"), known, env)
	if err != nil || d.Get("from-ID") == nil || d.Get("plain") == nil {
		t.Errorf("got %v, want the accounts plain and from-ID", err)
	}
}
