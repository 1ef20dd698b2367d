package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// hold has a caller ask for a subscription that no vendor answers for yet, and
// returns when the gateway has let it in.
func (e *edge) hold(as caller, id string, answers chan<- *reply) {
	e.t.Helper()
	before := e.built.Gateway.Callers.Stats().Inside
	go func() {
		r, err := e.attempt("POST", "/graphql", as.header(), asked(fmt.Sprintf(`{ subscription(id: %q) { status } }`, id)))
		if err != nil {
			e.t.Errorf("a request of %s that was held: %v", as.name, err)
		}
		answers <- r
	}()
	eventually(e.t, "a request to be let in", func() bool { return e.built.Gateway.Callers.Stats().Inside > before })
}

func TestRequestsThatThereIsNoRoomForAreShedAndNobodyElseIs(t *testing.T) {
	e := open(t, facing("throttle: { concurrency: { requests: 3, perCaller: 2 } }\n"))
	shed := func(as caller) {
		t.Helper()
		r := e.ask(as, `{ viewer { subject } }`)
		if r.status != http.StatusServiceUnavailable || r.header.Get("Retry-After") != "1" || r.code() != "RATE_LIMITED" || !r.closed || r.Data != nil {
			t.Errorf("%s was answered %d, Retry-After %q, connection closed %v: %s", as.name, r.status, r.header.Get("Retry-After"), r.closed, r.body)
		}
		if at, ok := r.Errors[0].Extensions["retryAfter"].(string); !ok || at == "" {
			t.Errorf("the error does not say when to try again: %s", r.body)
		}
	}
	e.dam.shut()
	answers := make(chan *reply, 3)
	e.hold(acme, "subscription/psa/682", answers)
	e.hold(acme, "subscription/teams/team_1", answers)
	shed(acme)
	if r := e.ask(globex, `{ viewer { subject } }`); r.status != http.StatusOK || len(r.Errors) > 0 {
		t.Errorf("beside a caller with too many requests, another is answered %d %s", r.status, r.body)
	}
	e.hold(globex, "subscription/psa/683", answers)
	shed(globex)
	shed(reader)
	for _, path := range []string{"/healthz", "/readyz"} {
		if r := e.send("GET", path, nil, nil); r.status != http.StatusOK {
			t.Errorf("a full gateway answers %s with %d", path, r.status)
		}
	}
	stats := e.built.Gateway.Callers.Stats()
	if stats.Inside != 3 || stats.Known != 2 || stats.ShedEach != 1 || stats.ShedAll != 2 {
		t.Errorf("the gate tells %+v", stats)
	}
	e.dam.open()
	for range 3 {
		if r := <-answers; r != nil && (r.status != http.StatusOK || len(r.Errors) > 0) {
			t.Errorf("a request that was let in is answered %d %s", r.status, r.body)
		}
	}
	eventually(t, "the gate to be empty", func() bool {
		stats := e.built.Gateway.Callers.Stats()
		return stats.Inside == 0 && stats.Known == 0
	})
	if stats := e.built.Gateway.Arriving.Stats(); stats.Inside != 0 || stats.Known != 0 {
		t.Errorf("of those who are not known yet the gate tells %+v", stats)
	}
	if r := e.ask(acme, `{ subscription(id: "subscription/psa/682") { status } }`); r.status != http.StatusOK || len(r.Errors) > 0 {
		t.Errorf("afterwards the caller is answered %d %s", r.status, r.body)
	}
}

func TestEveryEndOfARequestMakesRoom(t *testing.T) {
	e := open(t, facing("throttle: { concurrency: { requests: 1, perCaller: 1, perAddress: 1 } }\n"))
	for name, do := range map[string]func() *reply{
		"an answer":                func() *reply { return e.ask(acme, `{ viewer { subject } }`) },
		"a document that is none":  func() *reply { return e.ask(acme, `{`) },
		"a body that is none":      func() *reply { return e.send("POST", "/graphql", acme.header(), strings.NewReader("{")) },
		"a type that is not taken": func() *reply { return e.send("POST", "/graphql", acme.header("Accept", "image/png"), asked("{ a }")) },
		"a credential that is none": func() *reply {
			return e.send("POST", "/graphql", media("application/json", "X-Api-Key", "none"), asked("{ a }"))
		},
		"a request without a proof":  func() *reply { return e.send("GET", get("{ a }"), nil, nil) },
		"a method that is not taken": func() *reply { return e.send("PUT", "/graphql", acme.header(), asked("{ a }")) },
		"a scope that is lacking": func() *reply {
			return e.ask(nobody, `{ viewer { accounts { totalCount } } subscriptions { totalCount } }`)
		},
	} {
		for range 3 {
			if r := do(); r.status == http.StatusServiceUnavailable {
				t.Fatalf("after %s there is no room: %s", name, r.body)
			}
			// The answer is out a moment before the request is over.
			eventually(t, "the gates to be empty after "+name, func() bool {
				return e.built.Gateway.Callers.Stats().Inside == 0 && e.built.Gateway.Arriving.Stats().Inside == 0
			})
		}
	}
}
