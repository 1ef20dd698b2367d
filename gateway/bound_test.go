package gateway_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestAnAnswerIsBoundWhileItIsBuilt(t *testing.T) {
	e := open(t, facing("limits: { fields: 2000 }\nhttp: { answer: 1MiB }\n"))
	var events strings.Builder
	for i := range 60 {
		fmt.Fprintf(&events, " a%d: upcoming(days: 366) { at kind subscription { id status } }", i)
	}
	r := e.ask(reader, `{ accounts(first: 8) { nodes { summary { `+events.String()+` } } } }`)
	if r.code() != "LIMIT_EXCEEDED" || r.Data != nil || len(r.Errors) != 1 {
		t.Errorf("an answer of more fields than may be is %.400s", r.body)
	}
	long := "subscription(id: \"subscription/psa/682\") { details { ... on ProductiveSubscription { currentPlan { features {"
	for i := range 60 {
		long += fmt.Sprintf(" %s%02d: title", strings.Repeat("x", 250), i)
	}
	e = open(t, facing("http: { answer: 1MiB }\n"))
	r = e.ask(reader, "{ "+long+" } } } } } }")
	if r.code() != "LIMIT_EXCEEDED" || !strings.Contains(r.body, "limit answer") || r.Data != nil || len(r.Errors) != 1 {
		t.Errorf("an answer whose names alone are too long is %.400s", r.body)
	}
	if r := e.ask(acme, `{ account(id: "account/acme") { summary { subscriptionCount } } }`); len(r.Errors) > 0 {
		t.Errorf("an answer within its bounds is %s", r.body)
	}
}
