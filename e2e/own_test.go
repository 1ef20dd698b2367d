package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/redistest"
)

// ownAccounts are three accounts with an organisation at each source: two with
// credentials of their own in every form, and one with the sources'.
const ownAccounts = `accounts:
  - id: a
    subscriptions:
      - { source: focus, organization: 11, auth: { bearer: cred-a } }
      - { source: billing, organization: org-a, auth: { basic: { username: user-a, password: cred-a } } }
      - { source: teams, team: team-a, auth: { bearer: cred-a } }
      - { source: psa, id: 21, auth: { headers: { X-Auth-Token: cred-a } } }
  - id: b
    subscriptions:
      - { source: focus, organization: 12, auth: { headers: { Authorization: Bearer cred-b } } }
      - { source: billing, organization: org-b, id: s-org-b, auth: { bearer: cred-b } }
      - { source: teams, team: team-b, auth: { basic: { username: user-b, password: cred-b } } }
      - { source: psa, id: 22, auth: { bearer: cred-b } }
  - id: c
    subscriptions:
      - { source: focus, organization: 13 }
      - { source: billing, organization: org-c }
      - { source: teams, team: team-c }
      - { source: psa, id: 23 }
`

func ownTakes() map[string]string {
	return map[string]string{
		"11": "cred-a", "org-a": "cred-a", "team-a": "cred-a", "21": "cred-a",
		"12": "cred-b", "org-b": "cred-b", "team-b": "cred-b", "22": "cred-b",
		"13": "", "org-c": "", "team-c": "", "23": "",
	}
}

const ofOneAccount = `query Of($id: ID!, $focus: ID!, $org: ID!) {
	account(id: $id) { subscriptions { nodes { id plan { name } customer { name } trial { plan { name } }
		details { ... on IntercodeSubscription { tier } } } } }
	subscription(id: $focus) { id plan { name } }
	plans(source: "focus", organizationId: $org) { name }
}`

func ofAccount(name string) map[string]any {
	n := map[string]string{"a": "11", "b": "12", "c": "13"}[name]
	return map[string]any{"id": "account/" + name, "focus": "subscription/focus/" + n, "org": n}
}

// names expects an answer with the credential of an account, and no other's.
func (a *answer) names(t testing.TB, credential string) {
	t.Helper()
	text := string(a.raw)
	for _, one := range []string{"cred-a", "cred-b", "cred-n", "service"} {
		if found := strings.Count(text, `"`+one+`"`); found > 0 != (one == credential) || one == credential && found < 6 {
			t.Errorf("the answer names %s %d times, and is of %s: %s", one, found, credential, text)
		}
	}
	if len(a.Errors) > 0 {
		t.Errorf("the answer has errors: %s", text)
	}
}

func TestAccountsWithCredentialsOfTheirOwnNeverMix(t *testing.T) {
	for name, redis := range map[string]func(*testing.T) string{
		"in the process":                func(*testing.T) string { return "" },
		"over two gateways and a Redis": func(t *testing.T) string { return "redis: { url: '" + redistest.Start(t).URL() + "', timeout: 2s }\n" },
	} {
		t.Run(name, func(t *testing.T) {
			o := newOwned(t, ownTakes())
			w := &world{t: t, clock: newClock()}
			text := redis(t) + sourcesAt(o.URL, "{ bearer: service }") + ownAccounts
			gateways := []*world{w.another(text), w.another(text)}
			want := map[string]string{"a": "cred-a", "b": "cred-b", "c": "service"}
			var running sync.WaitGroup
			for i := range 6 {
				running.Go(func() {
					who := string("abc"[i%3])
					for n := range 30 {
						w.clock.advance(7 * time.Second)
						gateways[(i+n)%2].ask(ofOneAccount, ofAccount(who)).names(t, want[who])
					}
				})
			}
			running.Wait()
			// All at once, in the same batches.
			a := gateways[0].mustAsk(`{ subscriptions(first: 50) { nodes { id plan { name } customer { name } } } }`, nil)
			for i := range 12 {
				id, plan := a.at("subscriptions", "nodes", i, "id"), a.at("subscriptions", "nodes", i, "plan", "name")
				for number, credential := range map[string]string{"focus/11": "cred-a", "psa/22": "cred-b", "focus/13": "service"} {
					if id == "subscription/"+number && plan != credential {
						t.Errorf("%v has the plan %v", id, plan)
					}
				}
			}
		})
	}
}

func TestWritesBearTheCredentialsOfTheirOrganisation(t *testing.T) {
	o := newOwned(t, ownTakes())
	w := (&world{t: t, clock: newClock()}).another(sourcesAt(o.URL, "{ bearer: service }") + ownAccounts)
	for _, mutation := range []string{
		`mutation { cancelSubscription(input: { id: "subscription/billing/org-b/s-org-b", when: AT_PERIOD_END }) { userErrors { message } } }`,
		`mutation { startTrial(input: { source: "focus", organizationId: "12", workspaceId: "1" }) { userErrors { message } } }`,
		`mutation { cancelSubscription(input: { id: "subscription/psa/22", when: AT_PERIOD_END }) { userErrors { message } } }`,
		`mutation { cancelSubscription(input: { id: "subscription/teams/team-b", when: NOW }) { userErrors { message } } }`,
		`mutation { createCheckout(input: { source: "teams", priceId: "p", quantity: 1, teamId: "team-b", isTeamCreation: false }) { userErrors { message } } }`,
		`mutation { createCheckout(input: { source: "teams", priceId: "p", quantity: 1, isTeamCreation: true }) { userErrors { message } } }`,
	} {
		if a := w.ask(mutation, nil); a.status != 200 {
			t.Errorf("got %s", a.raw)
		}
	}
	if got := strings.Join(o.writes, " "); got != "cred-b cred-b cred-b cred-b cred-b service" {
		t.Errorf("the writes bore %q", got)
	}
}

func TestARotatedFileAndAReloadedDirectoryAreTaken(t *testing.T) {
	store := redistest.Start(t)
	o := newOwned(t, ownTakes())
	folder := t.TempDir()
	put := func(name, text string) {
		t.Helper()
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path+".new", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(path+".new", path); err != nil {
			t.Fatal(err)
		}
	}
	put("service", "service\n")
	put("of-a", "cred-a\n")
	list := strings.TrimPrefix(strings.ReplaceAll(ownAccounts, ": cred-a", ": 'file:of-a'"), "accounts:\n")
	put("accounts.yaml", list)
	put("tributary.yaml", fmt.Sprintf("redis: { url: '%s', timeout: 2s }\n", store.URL())+sourcesAt(o.URL, "{ bearer: 'file:service' }")+"accounts: { file: accounts.yaml }\n")
	w := &world{t: t, clock: newClock(), log: new(lockedBuffer)}
	reload := w.openFile(filepath.Join(folder, "tributary.yaml"))
	w.ask(ofOneAccount, ofAccount("a")).names(t, "cred-a")
	w.ask(ofOneAccount, ofAccount("b")).names(t, "cred-b")
	before := o.count()
	w.ask(ofOneAccount, ofAccount("a")).names(t, "cred-a")
	if o.count() != before {
		t.Fatal("what was asked for just now is not kept")
	}

	// The file that an account's credential stands in.
	of := []string{"11", "org-a", "team-a", "21"}
	for _, org := range of {
		o.take(org, "cred-n")
	}
	put("of-a", "cred-n\n")
	reload()
	reload() // the first is over when the second is taken
	w.ask(ofOneAccount, ofAccount("a")).names(t, "cred-n")

	// The directory; what is kept of another account stays.
	for _, org := range of {
		o.take(org, "cred-a")
	}
	put("accounts.yaml", strings.ReplaceAll(list, "file:of-a", "cred-a"))
	reload()
	reload()
	w.ask(ofOneAccount, ofAccount("a")).names(t, "cred-a")
	for _, org := range of {
		o.take(org, "")
	}
	put("accounts.yaml", "- id: a\n  subscriptions: [ { source: focus, organization: 11 }, { source: billing, organization: org-a }, { source: teams, team: team-a }, { source: psa, id: 21 } ]\n")
	reload()
	reload()
	w.ask(ofOneAccount, ofAccount("a")).names(t, "service")

	// A broken directory leaves all as it was, and a file is followed by itself.
	put("accounts.yaml", "- id: a\n  subscriptions: [ { source: focus, organization: 11, auth: { bearer: 'file:missing' } } ]\n")
	reload()
	reload()
	w.ask(ofOneAccount, ofAccount("a")).names(t, "service")
	for _, org := range of {
		o.take(org, "cred-n")
	}
	put("service", "cred-n\n")
	eventually(t, func() bool { return strings.Count(string(w.ask(ofOneAccount, ofAccount("a")).raw), "cred-n") >= 6 })
	if text := w.log.String(); strings.Contains(text, "cred-") || !strings.Contains(text, "missing") {
		t.Errorf("the log is %s", text)
	}
}
