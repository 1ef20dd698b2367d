package gateway_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"
)

// hasty is a gateway whose requests have little time, less than its sources.
func hasty(t *testing.T, request string) *edge {
	return open(t, func(upstreams string) string {
		text := facing("timeouts: { request: " + request + " }\n")(upstreams)
		return strings.ReplaceAll(text, "    kind: ", "    timeout: 1s\n    kind: ")
	})
}

func TestARequestEndsInItsTimeAndSoDoesWhatItAsked(t *testing.T) {
	e := hasty(t, "200ms")
	e.dam.shut()
	begun := time.Now()
	r := e.ask(acme, `{ viewer { subject } subscription(id: "subscription/psa/682") { status } account(id: "account/acme") { subscriptions { nodes { id status } } } }`)
	if r.code() != "SOURCE_TIMEOUT" || r.Data["subscription"] != nil || r.Errors[0].Extensions["requestId"] == nil || time.Since(begun) > patience {
		t.Errorf("after %v answered %d %s", time.Since(begun), r.status, r.body)
	}
	eventually(t, "the gate to be empty", func() bool { return e.built.Gateway.Callers.Stats().Inside == 0 })
	eventually(t, "the calls to end", func() bool { return e.dam.waiting.Load() == 0 })
	if e.dam.left.Load() == 0 {
		t.Error("no source saw a call end")
	}
	e.dam.open()
	e.ask(acme, `{ viewer { subject } subscription(id: "subscription/psa/682") { status } }`).isWhole(t)
}

// leaving asks, and goes as soon as the vendors were asked.
func (e *edge) leaving(as caller, query string) {
	e.t.Helper()
	before := e.dam.waiting.Load()
	ctx, leave := context.WithCancel(context.Background())
	defer leave()
	left := make(chan error, 1)
	go func() {
		req, err := http.NewRequestWithContext(ctx, "POST", e.url+"/graphql", asked(query))
		if err == nil {
			req.Header = as.header()
			_, err = http.DefaultTransport.RoundTrip(req)
		}
		left <- err
	}()
	eventually(e.t, "a question to a vendor", func() bool { return e.dam.waiting.Load() > before })
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		e.t.Fatalf("who left got %v", err)
	}
}

// A read that is under way goes on for others who may ask the same, as long as its
// source has time for it. Nothing further is begun.
func TestWorkStopsWhenTheClientGoes(t *testing.T) {
	for name, query := range map[string]string{
		"a query": `{ subscription(id: "subscription/psa/682") { account { subscriptions { nodes { status customer { name } } } } } }`,
		"a mutation": `mutation {
			a: cancelSubscription(input: { id: "subscription/teams/team_1", when: NOW }) { userErrors { message } }
			b: changeSubscription(input: { id: "subscription/psa/682", seats: 7 }) { userErrors { message } } }`,
	} {
		t.Run(name, func(t *testing.T) {
			e := hasty(t, "30s")
			e.dam.shut()
			e.leaving(acme, query)
			eventually(t, "the gate to be empty", func() bool { return e.built.Gateway.Callers.Stats().Inside == 0 })
			eventually(t, "the calls to end", func() bool { return e.dam.waiting.Load() == 0 })
			e.dam.open()
			if calls := e.calls(); calls > 0 {
				t.Errorf("after the client left, %d more calls were made", calls)
			}
			e.ask(acme, `{ subscription(id: "subscription/psa/682") { status } }`).isWhole(t)
		})
	}
}
