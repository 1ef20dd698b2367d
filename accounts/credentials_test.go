package accounts_test

import (
	"strings"
	"testing"

	"tributary/accounts"
	"tributary/billing"
	"tributary/config"
)

// token stands for what a source makes of an auth.
type token string

func (t token) Same(other any) bool { return t == other }

// authoriser is a source whose auth is a bearer alone.
type authoriser struct{ source }

func (authoriser) ReadAuth(auth config.Node) (accounts.Credentials, error) {
	var written struct {
		Bearer string `yaml:"bearer"`
	}
	if err := auth.Decode(&written); err != nil {
		return nil, err
	}
	if written.Bearer == "" {
		return nil, auth.Problem("bearer", "is missing")
	}
	return token(written.Bearer), nil
}

var authorising = accounts.Sources{
	"focus":   authoriser{source{"focus", billing.KindFocus}},
	"billing": authoriser{source{"billing", billing.KindFrontier}},
	"teams":   source{"teams", billing.KindIntercode},
}

func TestAnOrganisationHasTheCredentialsOfItsHoldings(t *testing.T) {
	const text = `- id: acme
  subscriptions:
    - { source: focus, organization: 4711, auth: { bearer: "${ACME}" } }
    - source: billing
      organization: acme
      id: s-1
      auth: { bearer: one }
    - { source: billing, organization: acme, id: s-2, auth: { bearer: one } }
    - { source: billing, organization: o-2 }
- { id: zeta, subscriptions: [ { source: focus, organization: 12, auth: { bearer: two } }, { source: focus, organization: 13 } ] }
`
	env := func(string) (string, bool) { return "of acme", true }
	whole, err := config.Read("a.yaml", []byte(text), env)
	if err != nil {
		t.Fatal(err)
	}
	inline, err := accounts.Inline("a.yaml", whole, authorising)
	if err != nil {
		t.Fatal(err)
	}
	pieces, err := accounts.Parse("a.yaml", []byte(text), authorising, env)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range []*accounts.Directory{inline, pieces} {
		for who, want := range map[[2]string]accounts.Credentials{
			{"focus", "4711"}: token("of acme"), {"focus", "12"}: token("two"), {"focus", "13"}: nil,
			{"billing", "acme"}: token("one"), {"billing", "o-2"}: nil, {"teams", "4711"}: nil, {"billing", "4711"}: nil,
		} {
			if got := d.Credentials(who[0], who[1]); got != want {
				t.Errorf("%v has %v, want %v", who, got, want)
			}
		}
	}
	if (&accounts.Directory{}).Credentials("focus", "1") != nil {
		t.Error("nobody has credentials")
	}
}

func TestFaultsOfCredentialsStandWhereTheyAreAndQuoteNone(t *testing.T) {
	const account = "- id: a\n  subscriptions:\n"
	for name, c := range map[string]struct{ text, want string }{
		"two for one organisation": {
			account + "    - { source: focus, organization: 1, auth: { bearer: hunter2 } }\n- id: b\n  subscriptions:\n    - { source: focus, organization: 1, auth: { bearer: hunter3 } }\n",
			`a.yaml:6:47: the organisation "1" of focus has other credentials at a.yaml:3:47; calls about it bear one`,
		},
		"some and none": {
			account + "    - { source: billing, organization: o, id: 1 }\n    - { source: billing, organization: o, id: 2, auth: { bearer: hunter2 } }\n",
			`a.yaml:3:7: the organisation "o" of billing has credentials of its own at a.yaml:4:56; they belong here too`,
		},
		"an unknown form":         {account + "    - { source: focus, organization: 1, auth: { bearrer: hunter2 } }\n", `a.yaml:3:49: unknown key "bearrer", did you mean "bearer"?`},
		"a credential for a form": {account + "    - { source: focus, organization: 1, auth: { sk_hunter2: } }\n", "a.yaml:3:49: unknown key; there are bearer"},
		"a credential twice":      {account + "    - { source: focus, organization: 1, auth: { sk_hunter2: a, sk_hunter2: b } }\n", "a.yaml:3:49: unknown key; there are bearer\na.yaml:3:64: the key is there twice, first at a.yaml:3:49"},
		"a text":                  {account + "    - { source: focus, organization: 1, auth: hunter2 }\n", "a.yaml:3:47: a mapping of keys and values is needed here"},
		"a text in a line":        {account + "    - source: focus\n      organization: 1\n      auth: hunter2\n", "a.yaml:5:13: a mapping of keys and values is needed here"},
		"a list":                  {account + "    - { source: focus, organization: 1, auth: [hunter2] }\n", "a.yaml:3:47: a mapping of keys and values is needed here"},
		"nothing":                 {account + "    - { source: focus, organization: 1, auth: { bearer: \"\" } }\n", "a.yaml:3:57: is missing"},
		"a source without":        {account + "    - { source: teams, team: t, auth: { bearer: hunter2 } }\n", "a.yaml:3:39: the source teams takes no credentials of an account's own"},
		"a variable that is not":  {account + "    - { source: focus, organization: 1, auth: { bearer: \"${HUNTER}\" } }\n", "a.yaml:3:57: the environment variable HUNTER is not set; set it or write ${HUNTER:-default}"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := accounts.Parse("a.yaml", []byte(c.text), authorising, nil)
			if err == nil || err.Error() != c.want {
				t.Errorf("got %v\nwant %s", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter") {
				t.Error("the fault quotes a credential")
			}
		})
	}
}
