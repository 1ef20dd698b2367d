package e2e

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tributary/redistest"
	"tributary/sandbox"
)

// writing is one write, and how to strike the request that makes it.
type writing struct {
	vendor   string // as faults name it
	path     string // what its path begins with
	edit     func(string) string
	mutation string
	query    string
	state    string // a query that shows what it changes
	hidden   bool   // whether no reading shows what it does
}

const subscriptionState = `{ subscription(id: %q) { status plan { externalId } seats { purchased } cancellation { atPeriodEnd effectiveAt } pendingChange { plan { externalId } } trial { isActive endsAt } } }`

func stateOf(id string) string { return fmt.Sprintf(subscriptionState, id) }

const (
	frontierActive = "subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000001"
	frontierEnding = "subscription/billing/0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-000000000004"
	connectService = "/raystack.frontier.v1beta1.FrontierService"
)

var writings = map[string]writing{
	"cancel at Productive": {vendor: "psa", mutation: "cancelSubscription",
		query: onSubscription("cancelSubscription", "")("subscription/psa/682"), state: stateOf("subscription/psa/682")},
	"renew at Productive": {vendor: "psa", mutation: "renewSubscription",
		query: onSubscription("renewSubscription", "")("subscription/psa/692"), state: stateOf("subscription/psa/692")},
	"change at Productive": {vendor: "psa", mutation: "changeSubscription",
		query: onSubscription("changeSubscription", ", seats: 71")("subscription/psa/682"), state: stateOf("subscription/psa/682")},
	"cancel at Frontier": {vendor: "billing", mutation: "cancelSubscription",
		query: onSubscription("cancelSubscription", ", when: NOW")(frontierActive), state: stateOf(frontierActive)},
	"change at Frontier": {vendor: "billing", mutation: "changeSubscription",
		query: onSubscription("changeSubscription", `, plan: "9a5e0000-0000-4000-8000-000000000006"`)(frontierActive), state: stateOf(frontierActive)},
	"cancel over Connect": {vendor: "billing", path: connectService + "/CancelSubscription", edit: connected, mutation: "cancelSubscription",
		query: onSubscription("cancelSubscription", "")(frontierActive), state: stateOf(frontierActive)},
	"change over Connect": {vendor: "billing", path: connectService + "/ChangeSubscription", edit: connected, mutation: "changeSubscription",
		query: onSubscription("changeSubscription", `, plan: "9a5e0000-0000-4000-8000-000000000006", effective: NOW`)(frontierActive), state: stateOf(frontierActive)},
	"cancel later at Frontier": {vendor: "billing", mutation: "cancelSubscription",
		query: onSubscription("cancelSubscription", "")(frontierActive), state: stateOf(frontierActive)},
	"renew at Frontier": {vendor: "billing", mutation: "renewSubscription",
		query: onSubscription("renewSubscription", "")(frontierEnding), state: stateOf(frontierEnding)},
	"renew over Connect": {vendor: "billing", path: connectService + "/ChangeSubscription", edit: connected, mutation: "renewSubscription",
		query: onSubscription("renewSubscription", "")(frontierEnding), state: stateOf(frontierEnding)},
	"another card at Productive": {vendor: "psa", mutation: "changeSubscription", hidden: true,
		query: onSubscription("changeSubscription", `, paymentToken: "tok_visa"`)("subscription/psa/684"), state: stateOf("subscription/psa/684")},
	"renew at Intercode": {vendor: "teams", mutation: "renewSubscription", hidden: true,
		query: onSubscription("renewSubscription", "")("subscription/teams/team_1"), state: stateOf("subscription/teams/team_1")},
	"cancel at Intercode": {vendor: "teams", mutation: "cancelSubscription",
		query: onSubscription("cancelSubscription", ", when: NOW")("subscription/teams/team_1"), state: stateOf("subscription/teams/team_1")},
	"cancel later at Intercode": {vendor: "teams", mutation: "cancelSubscription", hidden: true,
		query: onSubscription("cancelSubscription", "")("subscription/teams/team_1"), state: stateOf("subscription/teams/team_1")},
	"trial at Focus": {vendor: "focus", mutation: "startTrial",
		query: `mutation { startTrial(input: { source: "focus", organizationId: 4726, workspaceId: 7 }) { changed trial { id } subscription { status } userErrors { code } } }`,
		state: stateOf("subscription/focus/4726")},
	"checkout at Intercode": {vendor: "teams", mutation: "createCheckout", hidden: true,
		query: `mutation { createCheckout(input: { source: "teams", priceId: "price_1", quantity: 1, teamId: "team_3", isTeamCreation: false }) { url userErrors { code } } }`,
		state: `{ plans(source: "teams") { name } }`},
	"new plan at Intercode": {vendor: "teams", mutation: "createPlan",
		query: `mutation { createPlan(input: { source: "teams", name: "Scale", price: "29900" }) { plan { id } userErrors { code } } }`,
		state: `{ plans(source: "teams") { externalId name prices { amount { minor: amountMinor } } } }`},
	"plan update at Intercode": {vendor: "teams", mutation: "updatePlan",
		query: `mutation { updatePlan(input: { source: "teams", name: "Basic", price: "1100" }) { plan { id } userErrors { code } } }`,
		state: `{ plans(source: "teams") { externalId name prices { amount { minor: amountMinor } } } }`},
	"plan deletion at Intercode": {vendor: "teams", mutation: "deletePlan",
		query: `mutation { deletePlan(input: { id: "plan/teams/3" }) { deletedPlanId userErrors { code } } }`,
		state: `{ plans(source: "teams") { externalId name } }`},
}

func (wr writing) fault(more string) string {
	method := http.MethodPost
	switch {
	case wr.vendor == "psa":
		method = http.MethodPatch
	case wr.mutation == "updatePlan":
		method = http.MethodPut
	case wr.mutation == "deletePlan":
		method = http.MethodDelete
	}
	path := ""
	if wr.path != "" {
		path = fmt.Sprintf(`"path":%q,`, wr.path)
	}
	return fmt.Sprintf(`{"source":%q,"method":%q,%s"times":1,%s}`, wr.vendor, method, path, more)
}

// What can become of the one request, and whether the vendor then acted.
var writeFaults = map[string]struct {
	fault string
	acted bool
}{
	"nothing comes and nothing was done": {`"hang":true`, false},
	"nothing comes and it was done":      {`"hang":true,"after":true`, true},
	"500 and nothing was done":           {`"status":500,"body":"{}"`, false},
	"500 and it was done":                {`"status":500,"body":"{}","after":true`, true},
	"502 from a proxy":                   {`"status":502,"body":"<html>","headers":{"Content-Type":"text/html"}`, false},
	"503 and it was done":                {`"status":503,"body":"{}","after":true`, true},
	"504 and it was done":                {`"status":504,"body":"","after":true`, true},
	"a body that is cut":                 {`"cut":true,"after":true`, true},
	"a connection lost before":           {`"drop":true`, false},
	"a connection lost after":            {`"drop":true,"after":true`, true},
	"a success that is a page":           {`"status":200,"body":"<html>","headers":{"Content-Type":"text/html"},"after":true`, true},
	"an answer that takes too long":      {`"delay":"3s","after":true`, true},
}

func TestAWriteThatGoesWrongIsInDoubtAndSaysWhatWasSeen(t *testing.T) {
	for name, wr := range writings {
		for what, c := range writeFaults {
			t.Run(name+", "+what, func(t *testing.T) {
				t.Parallel()
				w := start(t, func(text string) string {
					if wr.edit != nil {
						text = wr.edit(text)
					}
					return hurried("400ms")(text)
				})
				w.mustAsk(wr.state, nil) // is kept by now
				w.fault(wr.fault(c.fault))
				a := w.ask(wr.query, nil)
				if a.codes() != "OUTCOME_UNKNOWN" || a.at(wr.mutation) == nil {
					t.Errorf("answered %s", a.raw)
				}
				want := map[bool]string{true: "DONE", false: "NOT_DONE"}[c.acted]
				if wr.hidden {
					want = "UNREADABLE"
				}
				if got := a.seen(t); got != want {
					t.Errorf("reading again shows %s, want %s: %s", got, want, a.raw)
				}
				if got := w.writes(); got != 1 {
					t.Errorf("sent %d writes", got)
				}
				w.fault("")
				w.isTrue(t, wr.state)
			})
		}
	}
}

// isTrue expects the gateway to answer as one that keeps nothing.
func (w *world) isTrue(t *testing.T, query string) {
	t.Helper()
	bare := &world{t: t, clock: w.clock, upstreams: w.upstreams, log: new(lockedBuffer)}
	bare.serve(uncached)
	if got, want := w.mustAsk(query, nil), bare.mustAsk(query, nil); string(got.raw) != string(want.raw) {
		t.Errorf("a reading after it shows %s, the truth is %s", got.raw, want.raw)
	}
}

// A source that nobody listens at has surely not seen the write.
func TestAWriteThatNeverLeftIsNotInDoubt(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	for name, wr := range writings {
		t.Run(name, func(t *testing.T) {
			w := &world{t: t, clock: newClock(), upstreams: closed, log: new(lockedBuffer)}
			w.serve(wr.edit)
			a := w.ask(wr.query, nil)
			if a.codes() != "SOURCE_UNAVAILABLE" || a.Errors[0].Extensions["retryable"] != true {
				t.Errorf("answered %s", a.raw)
			}
		})
	}
}

// Nor is one whose source was there for the reading before it and is gone by then.
func TestAWriteThatIsRefusedAConnectionIsNotInDoubt(t *testing.T) {
	for name, wr := range writings {
		reads := 1
		switch {
		case wr.mutation == "startTrial", wr.mutation == "createCheckout":
			continue // nothing is read before it
		case wr.mutation == "changeSubscription" && wr.vendor == "billing":
			reads = 2 // the catalogue, too
		}
		t.Run(name, func(t *testing.T) {
			w := &world{t: t, clock: newClock(), log: new(lockedBuffer)}
			vendors := sandbox.New(w.clock.now).Handler()
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			seen := 0
			server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if seen++; seen == reads {
					listener.Close()
				}
				rw.Header().Set("Connection", "close")
				vendors.ServeHTTP(rw, r)
			})}}
			server.Start()
			t.Cleanup(server.Close)
			w.upstreams = server
			w.serve(wr.edit)
			a := w.ask(wr.query, nil)
			if a.codes() != "SOURCE_UNAVAILABLE" || a.Errors[0].Extensions["retryable"] != true || a.at(wr.mutation) == nil {
				t.Errorf("answered %s", a.raw)
			}
			if seen != reads || !strings.Contains(w.log.String(), `"outcome":"failed","code":"SOURCE_UNAVAILABLE","sent":"false"`) {
				t.Errorf("the source was asked %d times, and the audit line is not that of a write that was not sent", seen)
			}
		})
	}
}

// With Redis gone a write is made once all the same, and nothing stale is read
// after it. Only what needs the store is refused.
func TestWritesWithoutTheirRedis(t *testing.T) {
	for what, leave := range map[string]func(*testing.T, *redistest.Server){
		"killed": func(_ *testing.T, s *redistest.Server) { s.Kill() },
		"paused": func(t *testing.T, s *redistest.Server) {
			s.Pause()
			t.Cleanup(s.Resume)
		},
	} {
		for name, wr := range writings {
			t.Run(what+", "+name, func(t *testing.T) {
				t.Parallel()
				server := redistest.Start(t)
				w := start(t, func(text string) string {
					if wr.edit != nil {
						text = wr.edit(text)
					}
					return "redis: { url: '" + server.URL() + "' }\n" + text
				})
				w.mustAsk(wr.state, nil)
				leave(t, server)
				keyed := strings.Replace(wr.query, "input: {", `input: { idempotencyKey: "k",`, 1)
				if a := w.ask(keyed, nil); a.codes() != "INTERNAL" || w.writes() != 0 {
					t.Errorf("with a key that cannot be kept it is answered %s, after %d writes", a.raw, w.writes())
				}
				if a := w.ask(wr.query, nil); a.ending(wr.mutation) != "" || w.writes() != 1 {
					t.Errorf("answered %s, after %d writes", a.raw, w.writes())
				}
				w.isTrue(t, wr.state)
			})
		}
	}
}

// A Redis that goes while the write is under way takes nothing from the answer.
func TestARedisThatGoesInTheMiddleOfAWrite(t *testing.T) {
	server := redistest.Start(t)
	w := start(t, func(text string) string { return "redis: { url: '" + server.URL() + "' }\n" + text })
	w.mustAsk(purchased, nil)
	w.fault(`{"source":"psa","method":"PATCH","delay":"500ms","times":1}`)
	answers := make(chan *answer)
	go func() { answers <- w.ask(buySeats(66, keyed("k")), nil) }()
	eventually(t, func() bool { return w.writes() == 1 })
	server.Kill()
	if a := <-answers; a.ending("changeSubscription") != "" || a.at("changeSubscription", "subscription", "seats", "purchased") != 66. {
		t.Errorf("answered %s", a.raw)
	}
	w.mustAsk(purchased, nil).shows(t, 66)
	if a := w.ask(buySeats(66, keyed("k")), nil); a.codes() != "INTERNAL" || w.writes() != 1 {
		t.Errorf("the repetition without Redis is answered %s, after %d writes", a.raw, w.writes())
	}
}
