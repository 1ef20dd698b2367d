package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// purchased is a query for the seats of one subscription, by itself and in lists.
const purchased = `{
	subscription(id: "subscription/psa/683") { seats { purchased } }
	account(id: "account/globex") { subscriptions(filter: { sources: ["psa"] }) { nodes { id seats { purchased } } } }
}`

func buySeats(n int, more string) string {
	return onSubscription("changeSubscription", fmt.Sprintf(", seats: %d%s", n, more))("subscription/psa/683")
}

func (a *answer) shows(t testing.TB, seats int) {
	t.Helper()
	if got := strings.Count(string(a.raw), fmt.Sprintf(`"purchased":%d}`, seats)); len(a.Errors) > 0 || got != 2 {
		t.Errorf("want %d seats, by itself and in the list, got %s", seats, a.raw)
	}
}

func TestWhatWasCachedIsForgottenBeforeTheAnswerToAWrite(t *testing.T) {
	w := start(t, nil)
	w.mustAsk(purchased, nil).shows(t, 40)
	if got := w.during(func() { w.mustAsk(purchased, nil) }); got != 0 {
		t.Fatalf("nothing is kept: %d calls", got)
	}
	w.mustAsk(buySeats(44, ""), nil)
	w.mustAsk(purchased, nil).shows(t, 44)
	if got := w.during(func() { w.mustAsk(purchased, nil) }); got != 0 {
		t.Errorf("after the write nothing is kept any more: %d calls", got)
	}
}

// A reading that its source answered before the write and that arrives after it
// must not be kept.
func TestAReadingUnderWayCannotPutTheOldValueBack(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"psa","method":"GET","path":"/api/v2/organization_subscriptions/683","delay":"1s","after":true,"times":1}`)
	late := make(chan *answer)
	go func() { late <- w.ask(`{ subscription(id: "subscription/psa/683") { seats { purchased } } }`, nil) }()
	eventually(t, func() bool { return w.calls()["productive"] == 1 })
	w.mustAsk(buySeats(45, ""), nil)
	w.mustAsk(purchased, nil).shows(t, 45)
	if old := <-late; old.at("subscription", "seats", "purchased") != float64(40) {
		t.Fatalf("the late reading shows %s, so this tests nothing", old.raw)
	}
	w.mustAsk(purchased, nil).shows(t, 45)
}

// What one caller changes is what another reads, though they share no cache.
func TestAWriteIsSeenByCallersWithOtherCredentials(t *testing.T) {
	w := start(t, func(text string) string {
		return strings.Replace(text, `auth: { headers: { X-Auth-Token: sandbox, X-Organization-Id: "682" } }`,
			"auth: { headers: { X-Organization-Id: \"682\" }, forward: [X-Auth-Token] }", 1)
	})
	one := map[string][]string{"X-Auth-Token": {"one"}}
	two := map[string][]string{"X-Auth-Token": {"two"}}
	w.askAs(one, purchased, nil).shows(t, 40)
	w.askAs(two, purchased, nil).shows(t, 40)
	if a := w.askAs(one, buySeats(46, ""), nil); a.ending("changeSubscription") != "" {
		t.Fatal(string(a.raw))
	}
	w.askAs(two, purchased, nil).shows(t, 46)
	w.askAs(one, purchased, nil).shows(t, 46)
}

// Tiers are read with subscriptions and by themselves; both forget.
func TestTheCatalogueIsForgottenWhenATierChanges(t *testing.T) {
	w := start(t, nil)
	const tiers = `{ plans(source: "teams") { name prices { amount { amountMinor } } } subscription(id: "subscription/teams/team_6") { plan { name prices { amount { amountMinor } } } } }`
	w.mustAsk(tiers, nil)
	w.mustAsk(`mutation { updatePlan(input: { source: "teams", name: "Basic", price: "1234" }) { plan { id } userErrors { code } } }`, nil)
	if a := w.mustAsk(tiers, nil); strings.Count(string(a.raw), `"1234"`) != 2 {
		t.Errorf("the catalogue after the update is %s", a.raw)
	}
	w.mustAsk(`mutation { deletePlan(input: { id: "plan/teams/1" }) { deletedPlanId message userErrors { code } } }`, nil)
	if a := w.mustAsk(tiers, nil); strings.Contains(string(a.raw), "Basic") || a.at("subscription", "plan") != nil {
		t.Errorf("the catalogue after the deletion is %s", a.raw)
	}
}
