package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"tributary/accounts"
	"tributary/billing"
)

// health asks how a source fares.
func (w *world) health(source string) map[string]any {
	w.t.Helper()
	a := w.mustAsk(`{ sources { name health { state lastSuccessAt lastError { code message retryAfter } quotaRemaining quotaResetsAt circuit } } }`, nil)
	for i := range 4 {
		if a.at("sources", i, "name") == source {
			return a.at("sources", i, "health").(map[string]any)
		}
	}
	w.t.Fatalf("there is no source %s", source)
	return nil
}

// uncached is an edit that makes every question go to its source.
func uncached(text string) string {
	return strings.ReplaceAll(text, "    auth:", "    cache: { ttl: 0s }\n    auth:")
}

func TestHealthFollowsWhatTheCallsShow(t *testing.T) {
	w := start(t, uncached)
	step := func(name, state, code string) {
		t.Helper()
		health := w.health("psa")
		got := ""
		if fault, ok := health["lastError"].(map[string]any); ok {
			got = fmt.Sprint(fault["code"])
		}
		if health["state"] != state || got != code {
			t.Errorf("%s it is %v with the last error %q, want %s with %q", name, health["state"], got, state, code)
		}
	}
	ask := func() { w.ask(provenanceOfPSA, nil) }
	step("before the first call", "UNKNOWN", "")
	ask()
	step("after a success", "HEALTHY", "")
	succeeded := w.health("psa")["lastSuccessAt"]
	if succeeded == nil {
		t.Error("the time of the success is not known")
	}
	w.clock.advance(time.Minute)
	w.fault(`{"source":"psa","status":503}`)
	ask()
	step("after one fault", "DEGRADED", "SOURCE_UNAVAILABLE")
	ask()
	step("after two faults", "DEGRADED", "SOURCE_UNAVAILABLE")
	ask()
	step("after three faults", "DOWN", "SOURCE_UNAVAILABLE")
	if got := w.readiness("source/psa"); got != "DOWN" {
		t.Errorf("/readyz calls it %q", got)
	}
	if got := w.health("psa")["lastSuccessAt"]; got != succeeded {
		t.Errorf("the last success moved from %v to %v", succeeded, got)
	}
	if got := w.health("focus")["state"]; got != "UNKNOWN" {
		t.Errorf("another source is %v", got)
	}
	w.fault("")
	ask()
	step("after a success again", "HEALTHY", "SOURCE_UNAVAILABLE")
	if got := w.health("psa")["lastSuccessAt"]; got == succeeded {
		t.Errorf("the last success is still %v", got)
	}
	w.fault(`{"source":"psa","status":404}`)
	ask()
	step("after an absence", "HEALTHY", "SOURCE_UNAVAILABLE")
	w.fault("")
	w.fault(`{"source":"psa","body":"<html>"}`)
	ask()
	step("after an answer that cannot be read", "DEGRADED", "SOURCE_BAD_DATA")
}

func TestTheQuotaIsWhatTheSourceSaid(t *testing.T) {
	w := start(t, uncached)
	query := `{ subscription(id: "subscription/focus/4725") { id } }`
	for left := 2; left >= 0; left-- {
		w.mustAsk(query, nil)
		if got := w.health("focus")["quotaRemaining"]; got != float64(left) {
			t.Errorf("the quota left is %v, want %d", got, left)
		}
	}
	a := w.ask(query, nil)
	resetsAt := w.clock.now().Add(time.Hour)
	if a.codes() != "SOURCE_RATE_LIMITED" || a.Errors[0].Extensions["retryAfter"] != resetsAt.Format(time.RFC3339) {
		t.Errorf("with no quota left the answer is %s", a.raw)
	}
	resets := resetsAt.Format("2006-01-02T15:04:05.000Z")
	health := w.health("focus")
	fault, _ := health["lastError"].(map[string]any)
	if health["state"] != "DEGRADED" || health["quotaRemaining"] != 0.0 || health["quotaResetsAt"] != resets || fault["retryAfter"] != resets {
		t.Errorf("the health is %v, and the quota resets at %s", health, resets)
	}
}

func TestRefusedCredentialsAreTheGatewaysFaultUnlessForwarded(t *testing.T) {
	for auth, want := range map[string]string{"bearer: invalid": "DEGRADED", "forward: [Authorization]": "HEALTHY"} {
		w := start(t, func(text string) string { return strings.Replace(text, "bearer: toggl_sk_sandbox", auth, 1) })
		if a := w.ask(`{ subscription(id: "subscription/focus/4711") { id } }`, nil); a.codes() != "SOURCE_AUTH_FAILED" {
			t.Errorf("with %s the answer is %s", auth, a.raw)
		}
		if got := w.health("focus")["state"]; got != want {
			t.Errorf("with %s the source is %v, want %s", auth, got, want)
		}
	}
}

// panics is a source whose reads panic.
type panics struct{ billing.Source }

func (panics) Subscriptions(context.Context, []billing.Ref) map[billing.Ref]billing.Outcome[*billing.Subscription] {
	panic("words-of-the-panic")
}

func TestAPanicIsAnErrorAndNoMore(t *testing.T) {
	expect := func(t *testing.T, w *world, query string) {
		t.Helper()
		a := w.ask(query, nil)
		if a.codes() != "INTERNAL" || strings.Contains(string(a.raw), "words-of-the-panic") || strings.Contains(string(a.raw), "goroutine") {
			t.Errorf("the answer is %s", a.raw)
		}
		if id := a.header.Get("X-Request-Id"); !strings.Contains(a.Errors[0].Message, "request id") || a.Errors[0].Extensions["requestId"] != id {
			t.Errorf("the error does not lead to the log: %s", a.raw)
		}
		if log := w.log.String(); !strings.Contains(log, "words-of-the-panic") || !strings.Contains(log, `"requestId":"`+a.header.Get("X-Request-Id")+`"`) {
			t.Errorf("the log does not tell of it:\n%s", log)
		}
		if a := w.mustAsk(`{ viewer { subject } }`, nil); a.at("viewer", "subject") == nil {
			t.Errorf("after it, the answer is %s", a.raw)
		}
	}
	t.Run("in a resolver", func(t *testing.T) {
		w := start(t, nil)
		w.built.Gateway.Answers = nil // it would look into the directory before
		w.built.Gateway.Portfolio.Directory = func() *accounts.Directory { panic("words-of-the-panic") }
		expect(t, w, `{ account(id: "account/acme") { id } }`)
	})
	t.Run("in a source", func(t *testing.T) {
		w := start(t, nil)
		psa := w.built.Gateway.Portfolio.Sources.Source("psa")
		psa.Source = panics{psa.Source}
		expect(t, w, provenanceOfPSA)
	})
	t.Run("in a source among others", func(t *testing.T) {
		w := start(t, nil)
		psa := w.built.Gateway.Portfolio.Sources.Source("psa")
		psa.Source = panics{psa.Source}
		expect(t, w, `{ subscription(id: "subscription/psa/682") { id } focus: subscription(id: "subscription/focus/4711") { id } }`)
	})
	t.Run("in a source without a cache", func(t *testing.T) {
		w := start(t, uncached)
		psa := w.built.Gateway.Portfolio.Sources.Source("psa")
		psa.Source = panics{psa.Source}
		expect(t, w, provenanceOfPSA)
	})
}
