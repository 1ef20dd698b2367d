package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// leaksNothing expects that no goroutine is left when all is closed. It comes
// before what is started.
func leaksNothing(t *testing.T) {
	before := goleak.IgnoreCurrent()
	t.Cleanup(func() { goleak.VerifyNone(t, before) })
}

// withPSA adds settings to the source psa.
func withPSA(lines string) func(string) string {
	return func(text string) string {
		return strings.Replace(text, "    kind: productive\n", "    kind: productive\n"+lines, 1)
	}
}

const listOfAcme = `{ account(id: "account/acme") { subscriptions {
	nodes { id status provenance { freshness degradedReason cacheStatus } }
	completeness { complete sources { source { name } outcome error { code } } }
} } }`

// row is that of the source psa in listOfAcme, and what completeness says of it.
func (a *answer) psaOfAcme(t *testing.T) (row, part map[string]any) {
	t.Helper()
	nodes, _ := a.at("account", "subscriptions", "nodes").([]any)
	for _, node := range nodes {
		if node := node.(map[string]any); strings.HasPrefix(node["id"].(string), "subscription/psa/") {
			row = node
		}
	}
	if others := len(nodes); row == nil && others != 3 || row != nil && others != 4 {
		t.Errorf("the rows of the other sources are not all there: %s", a.raw)
	}
	parts, _ := a.at("account", "subscriptions", "completeness", "sources").([]any)
	for _, p := range parts {
		if p := p.(map[string]any); p["source"].(map[string]any)["name"] == "psa" {
			part = p
		}
	}
	if part == nil {
		t.Fatalf("nothing is said of the source: %s", a.raw)
	}
	return row, part
}

// sourceFaults are what can be wrong with a source, docs/faults.md has a row for
// each. The body is the sandbox's; "" is a source that is not there.
var sourceFaults = []struct {
	name, body, code string
	calls            []int // that one question may make
}{
	{"down", "", "SOURCE_UNAVAILABLE", []int{0}},
	{"500", `"status":500`, "SOURCE_UNAVAILABLE", []int{1}},
	{"503", `"status":503`, "SOURCE_UNAVAILABLE", []int{2}},
	{"503 with Retry-After", `"status":503,"headers":{"Retry-After":"30"}`, "SOURCE_UNAVAILABLE", []int{1}},
	{"slow beyond its timeout", `"delay":"20s"`, "SOURCE_TIMEOUT", []int{1}},
	{"hangs", `"hang":true`, "SOURCE_TIMEOUT", []int{1}},
	{"cuts its answer", `"cut":true,"after":true`, "SOURCE_UNAVAILABLE", []int{2}},
	// net/http repeats by itself what a kept connection lost.
	{"drops the connection", `"drop":true`, "SOURCE_UNAVAILABLE", []int{2, 3}},
	{"answers HTML", `"body":"<html>"`, "SOURCE_BAD_DATA", []int{1}},
	{"answers other JSON", `"body":"[[1]]"`, "SOURCE_BAD_DATA", []int{1}},
	{"out of quota", `"status":429,"headers":{"X-RateLimit-Reset":"30"}`, "SOURCE_RATE_LIMITED", []int{1}},
}

// beforePSA is a gateway whose source psa is reached through a server of its own,
// which down takes away.
func beforePSA(t *testing.T, lines string) (w *world, down func()) {
	t.Helper()
	w = &world{t: t, clock: newClock(), log: new(lockedBuffer), upstreams: start(t, nil).upstreams}
	target, err := url.Parse(w.upstreams.URL)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(target)
	proxy.ErrorHandler = func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) }
	transport := new(http.Transport)
	proxy.Transport = transport
	front := httptest.NewServer(proxy)
	t.Cleanup(func() { front.Close(); transport.CloseIdleConnections() })
	w.serve(func(text string) string {
		return withPSA(lines)(strings.Replace(text, w.upstreams.URL+"/productive", front.URL+"/productive", 1))
	})
	return w, front.Close
}

func TestAFaultOfASourceCostsItsRowsOrShowsWhatIsKept(t *testing.T) {
	for _, fault := range sourceFaults {
		// Nothing but a fault that is waited for should meet the timeout.
		lines := "    timeout: 30s\n"
		if fault.code == "SOURCE_TIMEOUT" {
			lines = "    timeout: 300ms\n"
		}
		begin := func(t *testing.T) (*world, func()) {
			if fault.body == "" {
				return beforePSA(t, lines)
			}
			w := start(t, withPSA(lines))
			return w, func() { w.fault(`{"source":"psa",` + fault.body + `}`) }
		}
		t.Run(fault.name+" with nothing kept", func(t *testing.T) {
			leaksNothing(t)
			w, happen := begin(t)
			happen()
			var a *answer
			before := w.calls()["productive"]
			a = w.ask(listOfAcme, nil)
			if calls := w.calls()["productive"] - before; !slices.Contains(fault.calls, calls) {
				t.Errorf("it took %d calls, want one of %v", calls, fault.calls)
			}
			row, part := a.psaOfAcme(t)
			if row != nil || a.codes() != fault.code || part["outcome"] != "FAILED" || part["error"].(map[string]any)["code"] != fault.code ||
				a.at("account", "subscriptions", "completeness", "complete") != false {
				t.Errorf("got %s", a.raw)
			}
			if single := w.ask(provenanceOfPSA, nil); single.codes() != fault.code || single.at("subscription") != nil || single.Errors[0].Extensions["source"] != "psa" {
				t.Errorf("alone it is answered %s", single.raw)
			}
		})
		t.Run(fault.name+" with an answer kept", func(t *testing.T) {
			leaksNothing(t)
			w, happen := begin(t)
			w.mustAsk(listOfAcme, nil)
			w.clock.advance(time.Hour)
			happen()
			a := w.mustAsk(listOfAcme, nil)
			row, part := a.psaOfAcme(t)
			if row == nil || fmt.Sprint(row["provenance"]) != fmt.Sprint(map[string]any{"freshness": "STALE_SOURCE_DOWN", "degradedReason": fault.code, "cacheStatus": "STALE"}) ||
				part["outcome"] != "STALE" || a.at("account", "subscriptions", "completeness", "complete") != true {
				t.Errorf("got %s", a.raw)
			}
			if n := w.during(func() { w.mustAsk(provenanceOfPSA, nil) }); n != 0 {
				t.Errorf("a moment later it is asked %d times", n)
			}
			if fault.body == "" {
				return
			}
			w.fault("")
			w.clock.advance(time.Minute)
			if got := provenance(w.mustAsk(provenanceOfPSA, nil)); got != "FRESH MISS 0 <nil>" {
				t.Errorf("with the source back, provenance is %s", got)
			}
		})
	}
}

func TestARefusalIsToldAndTakesBackWhatWasKept(t *testing.T) {
	leaksNothing(t)
	w := start(t, nil)
	w.mustAsk(provenanceOfPSA, nil)
	w.clock.advance(time.Hour)
	w.fault(`{"source":"psa","status":401,"times":1}`)
	for _, want := range []string{"SOURCE_AUTH_FAILED", "SOURCE_UNAVAILABLE"} {
		if a := w.ask(provenanceOfPSA, nil); a.codes() != want || a.at("subscription") != nil {
			t.Errorf("got %s, want %s", a.raw, want)
		}
		w.fault(`{"source":"psa","status":500}`)
	}
}

// opensSoon is a circuit that a few failures open, for longer than a test.
const opensSoon = "    circuit: { calls: 4, open: 10m }\n    cache: { ttl: 0s }\n"

func TestWhatIsNoOutageOpensNoCircuit(t *testing.T) {
	t.Run("no such id as a 500 of Frontier's", func(t *testing.T) {
		leaksNothing(t)
		w := start(t, func(text string) string {
			return strings.Replace(text, "    kind: frontier\n", "    kind: frontier\n    protocol: rest\n"+opensSoon, 1)
		})
		w.fault(`{"source":"billing","status":500,"body":"{\"code\":13,\"message\":\"internal server error\",\"details\":[]}"}`)
		for range 10 {
			a := w.mustAsk(`{ subscription(id: "subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000001") { id } }`, nil)
			if a.at("subscription") != nil {
				t.Fatalf("got %s", a.raw)
			}
		}
		if health := w.health("billing"); health["circuit"] != "CLOSED" || health["state"] != "HEALTHY" {
			t.Errorf("the source is %v", health)
		}
	})
	t.Run("a card that is refused", func(t *testing.T) {
		leaksNothing(t)
		w := start(t, withPSA(opensSoon))
		for range 10 {
			a := w.mustAsk(`mutation { changeSubscription(input: { id: "subscription/psa/691", seats: 90 }) { subscription { id } userErrors { code } } }`, nil)
			if a.at("changeSubscription", "userErrors", 0, "code") != "PAYMENT_REQUIRED" {
				t.Fatalf("got %s", a.raw)
			}
		}
		if health := w.health("psa"); health["circuit"] != "CLOSED" || health["state"] != "HEALTHY" {
			t.Errorf("the source is %v", health)
		}
	})
}

func TestASlowReadIsAnsweredByTheHedge(t *testing.T) {
	leaksNothing(t)
	w := start(t, withPSA("    timeout: 1m\n    hedge: { after: 20ms }\n"))
	w.fault(`{"source":"psa","hang":true,"times":1}`)
	begun := time.Now()
	var a *answer
	if n := w.during(func() { a = w.mustAsk(provenanceOfPSA, nil) }); n != 2 {
		t.Errorf("it took %d calls", n)
	}
	if got := provenance(a); got != "FRESH MISS 0 <nil>" || time.Since(begun) > 30*time.Second {
		t.Errorf("after %v provenance is %s", time.Since(begun), got)
	}
}

func TestASourceThatFlapsIsLeftAloneAndProbed(t *testing.T) {
	leaksNothing(t)
	w := start(t, withPSA("    cache: { ttl: 0s }\n    retry: { attempts: 1 }\n    circuit: { calls: 4, open: 300ms, probes: 1, window: 1h }\n"))
	for range 2 {
		w.fault(`{"source":"psa","status":500}`)
		eventually(t, func() bool {
			w.ask(provenanceOfPSA, nil)
			return w.health("psa")["circuit"] == "OPEN"
		})
		var a *answer
		calls := w.during(func() { a = w.ask(provenanceOfPSA, nil) })
		if a.codes() != "SOURCE_UNAVAILABLE" || calls > 1 { // one, where the machine took so long that it half-opened
			t.Errorf("an open circuit answers %s, with %d calls", a.raw, calls)
		}
		// A probe that fails leaves it open.
		eventually(t, func() bool { return w.health("psa")["circuit"] == "HALF_OPEN" })
		if n := w.during(func() { w.ask(provenanceOfPSA, nil) }); n != 1 {
			t.Errorf("a half-open circuit lets %d calls through", n)
		}
		eventually(t, func() bool { return w.health("psa")["circuit"] == "HALF_OPEN" })
		w.fault("")
		w.mustAsk(provenanceOfPSA, nil)
		if got := w.health("psa")["circuit"]; got != "CLOSED" {
			t.Errorf("after a probe that went well it is %v", got)
		}
	}
}

func TestAnAnswerIsMadeInItsTimeThoughASourceTakesLonger(t *testing.T) {
	leaksNothing(t)
	w := start(t, func(text string) string {
		return withPSA("    timeout: 1m\n")(text) + "timeouts: { request: 1s }\n"
	})
	w.mustAsk(`{ `+others+` }`, nil) // which a busy machine may take long for
	w.fault(`{"source":"psa","hang":true}`)
	begun := time.Now()
	a := w.ask(`{ subscription(id: "subscription/psa/682") { id } `+others+` }`, nil)
	if took := time.Since(begun); took > 30*time.Second {
		t.Errorf("it took %v", took)
	}
	if a.codes() != "SOURCE_TIMEOUT" || a.at("focus", "id") == nil || a.at("teams", "id") == nil {
		t.Errorf("got %s", a.raw)
	}
	w.fault("")
}

const others = `focus: subscription(id: "subscription/focus/4711") { id } teams: subscription(id: "subscription/teams/team_1") { id }`

func TestRetriesMakeNoStorm(t *testing.T) {
	leaksNothing(t)
	w := start(t, withPSA("    cache: { ttl: 0s }\n    circuit: { failureRate: 0 }\n    retry: { attempts: 5, backoff: 0s }\n"))
	w.fault(`{"source":"psa","status":503}`)
	const asked, floor = 200, 3
	var asking sync.WaitGroup
	n := w.during(func() {
		for range 4 {
			asking.Go(func() {
				for range asked / 4 {
					if a := w.ask(provenanceOfPSA, nil); a.codes() != "SOURCE_UNAVAILABLE" {
						t.Errorf("got %s", a.raw)
					}
				}
			})
		}
		asking.Wait()
	})
	if n < asked || n > asked+asked/10+floor {
		t.Errorf("%d queries made %d calls", asked, n)
	}
}

func TestWhatEndsForManyAtOnceIsAskedForOnce(t *testing.T) {
	leaksNothing(t)
	w := start(t, nil)
	crowd := func(want string) {
		t.Helper()
		w.fault(`{"source":"psa","delay":"300ms","times":1}`)
		before := w.totalCalls()
		var asking sync.WaitGroup
		for range 50 {
			asking.Go(func() {
				if got := provenance(w.mustAsk(provenanceOfPSA, nil)); got != want {
					t.Errorf("provenance is %s, want %s", got, want)
				}
			})
		}
		asking.Wait()
		eventually(t, func() bool { return strings.HasPrefix(provenance(w.mustAsk(provenanceOfPSA, nil)), "FRESH HIT") })
		if n := w.totalCalls() - before; n != 1 {
			t.Errorf("%s: 50 at once made %d calls", want, n)
		}
	}
	w.mustAsk(provenanceOfPSA, nil)
	w.clock.advance(time.Hour)
	crowd("FRESH MISS 0 <nil>")
	w.clock.advance(2 * time.Minute)
	crowd("STALE_REVALIDATING STALE 120 <nil>")
}

func TestADrainBeginsNoRefresh(t *testing.T) {
	leaksNothing(t)
	w := start(t, nil)
	w.mustAsk(provenanceOfPSA, nil)
	w.clock.advance(2 * time.Minute)
	w.built.Drain()
	n := w.during(func() {
		for range 5 {
			if got := provenance(w.mustAsk(provenanceOfPSA, nil)); got != "STALE_REVALIDATING STALE 120 <nil>" {
				t.Errorf("provenance is %s", got)
			}
		}
		w.built.Gateway.Wait()
	})
	if n != 0 {
		t.Errorf("%d calls refresh what nobody waits for", n)
	}
	if n := w.during(func() { w.mustAsk(`{ subscription(id: "subscription/focus/4711") { id } }`, nil) }); n != 1 {
		t.Errorf("what somebody waits for makes %d calls", n)
	}
}
