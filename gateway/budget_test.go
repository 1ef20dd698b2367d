package gateway_test

import (
	"fmt"
	"net/http"
	"strconv"
	"testing"
	"time"

	"tributary/redistest"
)

// one asks for a subscription that costs one call.
func one(id int) string {
	return fmt.Sprintf(`{ subscription(id: "subscription/psa/%d") { status } }`, id)
}

// isUsedUp expects the refusal of a caller whose budget does not suffice.
func (r *reply) isUsedUp(t testing.TB) {
	t.Helper()
	wait, err := strconv.Atoi(r.header.Get("Retry-After"))
	if r.code() != "RATE_LIMITED" || err != nil || wait < 1 || r.Data != nil {
		t.Fatalf("answered %d, Retry-After %q: %s", r.status, r.header.Get("Retry-After"), r.body)
	}
	told, _ := r.Errors[0].Extensions["retryAfter"].(string)
	at, err := time.Parse(time.RFC3339, told)
	if err != nil || time.Until(at) > time.Duration(wait+1)*time.Second || r.Errors[0].Extensions["retryable"] != true {
		t.Errorf("the header says %d s, and the error %v", wait, r.Errors[0].Extensions)
	}
}

func (r *reply) isWhole(t testing.TB) {
	t.Helper()
	if r.status != http.StatusOK || len(r.Errors) > 0 || r.Data == nil {
		t.Fatalf("answered %d %s", r.status, r.body)
	}
}

func TestACallerSpendsItsOwnBudget(t *testing.T) {
	e := open(t, facing("throttle: { rate: { cost: 1, per: 24h, burst: 3 } }\n"))
	for range 9 { // what a cache has is given back
		e.ask(reader, one(683)).isWhole(t)
	}
	e.ask(reader, one(684)).isWhole(t)
	before := e.calls()
	r := e.ask(reader, `{ subscriptions(first: 20) { nodes { id } } }`)
	if r.code() != "LIMIT_EXCEEDED" || r.header.Get("Retry-After") != "" || r.Errors[0].Extensions["retryAfter"] != nil {
		t.Errorf("an operation that no budget suffices for is answered %s", r.body)
	}
	e.ask(reader, `{ a: subscription(id: "subscription/psa/686") { status } b: subscription(id: "subscription/psa/687") { status } }`).isUsedUp(t)
	if got := e.calls() - before; got != 0 {
		t.Errorf("what was refused made %d calls", got)
	}
	e.ask(reader, one(685)).isWhole(t) // what is refused takes nothing
	e.ask(reader, one(688)).isUsedUp(t)
	e.ask(reader, `{ viewer { subject } }`).isWhole(t) // which costs nothing
	e.ask(globex, one(683)).isWhole(t)
	e.ask(acme, one(682)).isWhole(t)
}

func TestTheBudgetOfTwoGatewaysOverOneRedisIsOne(t *testing.T) {
	// A Redis that is late for once, on a machine that is busy, leaves each gateway
	// to count by itself: then another try has to show it.
	for range 4 {
		if showsOneBudget(t) {
			return
		}
	}
	t.Fatal("Redis was late each time")
}

func showsOneBudget(t *testing.T) bool {
	configuration := facing("throttle: { rate: { cost: 1, per: 24h, burst: 4 } }\nredis: { url: '" + redistest.Start(t).URL() + "', timeout: 2s }\n")
	first := open(t, configuration)
	second := open(t, func(string) string { return configuration(first.upstreams) })
	answers := []*reply{
		first.ask(reader, one(683)), second.ask(reader, one(684)), first.ask(reader, one(685)), second.ask(reader, one(686)),
		first.ask(reader, one(687)), second.ask(reader, one(688)),
	}
	other := second.ask(globex, one(683))
	if first.built.Gateway.Budgets.Faults()+second.built.Gateway.Budgets.Faults() > 0 {
		return false
	}
	for _, r := range answers[:4] {
		r.isWhole(t)
	}
	for _, r := range answers[4:] {
		r.isUsedUp(t)
	}
	other.isWhole(t)
	return true
}
