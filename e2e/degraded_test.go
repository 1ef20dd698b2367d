package e2e

import (
	"fmt"
	"testing"
	"time"
)

const provenanceOfPSA = `{ subscription(id: "subscription/psa/682") { status provenance { freshness cacheStatus ageSeconds degradedReason fetchedAt } } }`

func provenance(a *answer) string {
	return fmt.Sprint(a.at("subscription", "provenance", "freshness"), " ", a.at("subscription", "provenance", "cacheStatus"), " ",
		a.at("subscription", "provenance", "ageSeconds"), " ", a.at("subscription", "provenance", "degradedReason"))
}

func TestAnAnswerSaysHowFreshItIs(t *testing.T) {
	w := start(t, nil)
	step := func(name, want string) {
		t.Helper()
		if got := provenance(w.mustAsk(provenanceOfPSA, nil)); got != want {
			t.Errorf("%s: provenance is %s, want %s", name, got, want)
		}
	}
	step("the first time", "FRESH MISS 0 <nil>")
	w.clock.advance(30 * time.Second)
	step("within its time", "FRESH HIT 30 <nil>")

	w.fault(`{"source":"psa","status":503}`)
	w.clock.advance(time.Hour)
	step("with the source down", "STALE_SOURCE_DOWN STALE 3630 SOURCE_UNAVAILABLE")
	if n := w.during(func() { step("a moment later", "STALE_SOURCE_DOWN STALE 3630 SOURCE_UNAVAILABLE") }); n != 0 {
		t.Errorf("a source that failed a moment ago was asked %d times", n)
	}

	w.fault("")
	w.clock.advance(10 * time.Second)
	step("with the source back", "FRESH MISS 0 <nil>")
	w.clock.advance(2 * time.Minute)
	step("past its time", "STALE_REVALIDATING STALE 120 <nil>")
	eventually(t, func() bool { return provenance(w.mustAsk(provenanceOfPSA, nil)) == "FRESH HIT 0 <nil>" })
}

func TestASourceThatNeverAnsweredIsAnError(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"psa","status":503}`)
	a := w.ask(provenanceOfPSA, nil)
	if a.codes() != "SOURCE_UNAVAILABLE" || a.at("subscription") != nil || a.Data == nil {
		t.Fatalf("got %s", a.raw)
	}
	e := a.Errors[0]
	if e.Extensions["source"] != "psa" || e.Extensions["retryable"] != true || e.Extensions["requestId"] != a.header.Get("X-Request-Id") {
		t.Errorf("extensions are %v", e.Extensions)
	}
}

func TestAbsenceIsKeptForAShorterTime(t *testing.T) {
	w := start(t, nil)
	absent := `{ subscription(id: "subscription/teams/team_3") { id } }`
	ask := func() {
		t.Helper()
		if a := w.mustAsk(absent, nil); a.at("subscription") != nil {
			t.Fatalf("got %s", a.raw)
		}
	}
	if n := w.during(ask); n != 1 {
		t.Errorf("the first look-up made %d calls", n)
	}
	if n := w.during(ask); n != 0 {
		t.Errorf("the second look-up made %d calls", n)
	}
	w.clock.advance(16 * time.Second)
	if n := w.during(ask); n != 1 {
		t.Errorf("a look-up past the time of an absence made %d calls", n)
	}
}

func TestADeadSourceCostsItsOwnRowsAndOneError(t *testing.T) {
	w := start(t, nil)
	w.fault(`{"source":"psa","status":503}`)
	a := w.ask(`{ subscriptions(first: 100) {
		nodes { id status plan { name } }
		completeness { complete truncated sources { source { name } outcome count error { code message } } }
	} }`, nil)
	if a.codes() != "SOURCE_UNAVAILABLE" {
		t.Errorf("errors are %q, want one of the dead source", a.codes())
	}
	rows, _ := a.at("subscriptions", "nodes").([]any)
	if len(rows) < 30 {
		t.Errorf("%d rows are left", len(rows))
	}
	if a.at("subscriptions", "completeness", "complete") != false {
		t.Error("the list calls itself complete")
	}
	outcomes := map[any]any{}
	for i := range 4 {
		part := func(path ...any) any {
			return a.at(append([]any{"subscriptions", "completeness", "sources", i}, path...)...)
		}
		outcomes[part("source", "name")] = part("outcome")
		if part("source", "name") == "psa" && part("error", "code") != "SOURCE_UNAVAILABLE" {
			t.Errorf("the dead source's error is %v", part("error"))
		}
	}
	if fmt.Sprint(outcomes) != fmt.Sprint(map[any]any{"focus": "OK", "billing": "OK", "teams": "OK", "psa": "FAILED"}) {
		t.Errorf("outcomes are %v", outcomes)
	}
}

// eventually waits for what happens in the background.
func eventually(t testing.TB, is func() bool) {
	t.Helper()
	deadline := time.Now().Add(10 * time.Second)
	for !is() {
		if time.Now().After(deadline) {
			t.Fatal("it did not happen within ten seconds")
		}
		time.Sleep(5 * time.Millisecond)
	}
}
