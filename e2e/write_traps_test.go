package e2e

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tributary/sandbox"
)

// between starts a gateway whose vendors are reached through change, which sees
// each request first and may answer it by itself.
func between(t *testing.T, change func(vendors http.Handler, w http.ResponseWriter, r *http.Request)) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), log: new(lockedBuffer)}
	vendors := sandbox.New(w.clock.now).Handler()
	w.upstreams = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { change(vendors, rw, r) }))
	t.Cleanup(w.upstreams.Close)
	w.serve(nil)
	return w
}

// Between the reading and the write somebody else cancels and takes it back, so
// that Frontier passes over the cancellation and says that it did it.
func TestACancellationThatFrontierSwallowsIsTold(t *testing.T) {
	swallowed := false
	w := between(t, func(vendors http.Handler, w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/cancel"):
			swallowed = true
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "{}")
		case swallowed && r.Method == http.MethodGet && strings.Contains(r.URL.Path, "/subscriptions/"):
			recorder := httptest.NewRecorder()
			vendors.ServeHTTP(recorder, r)
			w.Header().Set("Content-Type", "application/json")
			w.Write(bytes.Replace(recorder.Body.Bytes(), []byte(`"canceled_at":null`), []byte(`"canceled_at":"2026-03-15T11:00:00Z"`), 1))
		default:
			vendors.ServeHTTP(w, r)
		}
	})
	a := w.ask(onSubscription("cancelSubscription", "")(frontierActive), nil)
	code, message, field := a.refusal("cancelSubscription")
	if code != "CONFLICT" || field != "input.when" || !strings.Contains(message, "nothing has changed") || !strings.Contains(message, "NOW") {
		t.Errorf("answered %s", a.raw)
	}
	if a.at("cancelSubscription", "subscription", "status") != "ACTIVE" || a.at("cancelSubscription", "subscription", "provenance", "confirmation") != "NOT_SHOWN" {
		t.Errorf("it is not shown as it is: %s", a.raw)
	}
	if !strings.Contains(w.log.String(), `"outcome":"refused","code":"CONFLICT","sent":"true"`) {
		t.Error("the audit line does not say that a request was sent and refused")
	}
}

// Frontier cancels at once what is incomplete by the time it is asked.
func TestACancellationThatComesSoonerThanAskedIsTold(t *testing.T) {
	w := between(t, func(vendors http.Handler, w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/cancel") {
			body := `{"immediate":true}`
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(body)), int64(len(body))
		}
		vendors.ServeHTTP(w, r)
	})
	a := w.ask(onSubscription("cancelSubscription", "")(frontierActive), nil)
	code, message, _ := a.refusal("cancelSubscription")
	if code != "CONFLICT" || !strings.Contains(message, "at once") || a.at("cancelSubscription", "subscription", "status") != "CANCELED" {
		t.Errorf("answered %s", a.raw)
	}
	if !strings.Contains(w.log.String(), `"outcome":"done","code":"CONFLICT"`) {
		t.Error("the audit line does not say that it was done")
	}
}

// A source that says so and shows nothing is not believed blindly.
func TestASuccessThatNothingShowsIsToldAsSuch(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"billing","method":"POST","status":200,"body":"{}","times":1}`)
	a := w.ask(onSubscription("cancelSubscription", ", when: NOW")(frontierActive), nil)
	if a.ending("cancelSubscription") != "" || a.at("cancelSubscription", "subscription", "provenance", "confirmation") != "NOT_SHOWN" {
		t.Errorf("answered %s", a.raw)
	}
	if !strings.Contains(w.log.String(), `"outcome":"unshown"`) {
		t.Error("the audit line does not say that nothing shows it")
	}
	w.fault(`{"source":"teams","method":"DELETE","status":200,"body":"{}","times":1}`)
	a = w.ask(`mutation { deletePlan(input: { id: "plan/teams/3" }) { deletedPlanId userErrors { code } } }`, nil)
	if a.codes() != "OUTCOME_UNKNOWN" || a.seen(t) != "NOT_DONE" || a.at("deletePlan", "deletedPlanId") != nil {
		t.Errorf("answered %s", a.raw)
	}
}

// A subscription that is gone after it was cancelled is cancelled.
func TestASubscriptionThatVanishesWhenItIsCancelled(t *testing.T) {
	gone := false
	w := between(t, func(vendors http.Handler, w http.ResponseWriter, r *http.Request) {
		if gone && strings.HasSuffix(r.URL.Path, "/subscriptions/me") {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		gone = gone || strings.HasSuffix(r.URL.Path, "/cancel-immediately")
		vendors.ServeHTTP(w, r)
	})
	a := w.ask(onSubscription("cancelSubscription", ", when: NOW")("subscription/teams/team_1"), nil)
	if a.ending("cancelSubscription") != "" || a.at("cancelSubscription", "subscription") != nil {
		t.Errorf("answered %s", a.raw)
	}
}

// A forced trial in doubt is told from one that ran before.
func TestATrialThatRanBeforeIsNoSignThatTheWriteWasMade(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"focus","method":"POST","status":500,"body":"{}","times":1}`)
	a := w.ask(`mutation { startTrial(input: { source: "focus", organizationId: 4712, workspaceId: 1, planWorkspaceId: 1 }) { changed trial { id } userErrors { code } } }`, nil)
	if a.codes() != "OUTCOME_UNKNOWN" || a.seen(t) != "UNREADABLE" || a.at("startTrial", "changed") != false {
		t.Errorf("answered %s", a.raw)
	}
}
