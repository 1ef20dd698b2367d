package gateway_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestALiveOperationIsRefusedAtOnceOnEveryTransport(t *testing.T) {
	e := open(t, facing(""))
	const live = `subscription Live { accountChanged(id: "account/acme") { __typename } }`
	socket := acme.header("Connection", "Upgrade", "Upgrade", "websocket", "Sec-WebSocket-Version", "13", "Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol", "graphql-transport-ws")
	events, parts := acme.header("Accept", "text/event-stream"), acme.header("Accept", "multipart/mixed;subscriptionSpec=1.0")
	either := acme.header("Accept", "text/event-stream, application/graphql-response+json;q=0.9")
	for _, c := range []struct {
		name string
		r    *reply
		code int
	}{
		{"by POST", e.ask(acme, live), 200},
		{"by POST, beside a query", e.send("POST", "/graphql", acme.header(), strings.NewReader(`{"query":"query A { viewer { subject } } subscription Live { accountChanged(id: \"account/acme\") { __typename } }","operationName":"Live"}`)), 200},
		{"by POST, for an answer of the newer type", e.send("POST", "/graphql", acme.header("Accept", "application/graphql-response+json"), asked(live)), 400},
		{"by GET", e.send("GET", get(live), acme.header(), nil), 200},
		{"by POST, for events", e.send("POST", "/graphql", events, asked(live)), 406},
		{"by GET, for events", e.send("GET", get(live), events, nil), 406},
		{"by POST, for parts", e.send("POST", "/graphql", parts, asked(live)), 406},
		{"by POST, for events or an answer", e.send("POST", "/graphql", either, asked(live)), 400},
		{"by WebSocket", e.send("GET", "/graphql", socket, nil), 400},
		{"by WebSocket, with the operation in the URL", e.send("GET", get(live), socket, nil), 400},
	} {
		if c.r.status != c.code || c.r.code() != "NOT_SUPPORTED" || len(c.r.Errors) != 1 || c.r.Data != nil {
			t.Errorf("%s: answered %d %s", c.name, c.r.status, c.r.body)
		}
	}
	if calls := e.calls(); calls > 0 {
		t.Errorf("the sources were called %d times", calls)
	}
	if inside := e.built.Gateway.Callers.Stats().Inside; inside > 0 {
		eventually(t, "the gate to be empty", func() bool { return e.built.Gateway.Callers.Stats().Inside == 0 })
	}
}

func TestDeferredFieldsComeWithTheAnswer(t *testing.T) {
	e := open(t, facing(""))
	const whole = `{ account(id: "account/acme") { id ...Rest %s } } fragment Rest on Account { name subscriptions { nodes { id ... %s { status plan { name } } } } }`
	plain := e.ask(acme, strings.NewReplacer("...Rest %s", "...Rest", "... %s", "...").Replace(whole))
	plain.isWhole(t)
	for _, accept := range []string{"", "application/graphql-response+json", "multipart/mixed;deferSpec=20220824, application/json"} {
		for _, deferred := range []string{"@defer", `@defer(label: "later")`, `@defer(if: true)`, `@defer(if: false)`} {
			query := strings.ReplaceAll(whole, "%s", deferred)
			r := e.send("POST", "/graphql", acme.header("Accept", accept), asked(query))
			if r.status != http.StatusOK || r.body != plain.body || strings.HasPrefix(r.header.Get("Content-Type"), "multipart") {
				t.Errorf("Accept: %s, %s: answered %d %s %s, want %s", accept, deferred, r.status, r.header.Get("Content-Type"), r.body, plain.body)
			}
		}
	}
	if r := e.ask(acme, `mutation { ... @defer { cancelSubscription(input: { id: "subscription/teams/team_1", when: AT_PERIOD_END }) { userErrors { message } } } }`); len(r.Errors) > 0 || r.Data["cancelSubscription"] == nil {
		t.Errorf("a deferred mutation is answered %d %s", r.status, r.body)
	}
}
