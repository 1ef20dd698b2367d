package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tributary/web"
)

const withoutAnswers = "cache: { answers: { enabled: false } }\n"

// lastingAYear keeps what sources say for a year.
func lastingAYear(text string) string {
	for _, kind := range []string{"focus", "frontier", "intercode", "productive"} {
		line := "    kind: " + kind + "\n"
		text = strings.Replace(text, line, line+"    cache: { ttl: 8760h }\n", 1)
	}
	return "secret: the-same-for-both\n" + text
}

// readings are all queries of the tests and of the page, with their variables.
func readings(t *testing.T) map[string]map[string]any {
	t.Helper()
	all := map[string]map[string]any{}
	add := func(name, query string, variables []byte) {
		// What is told of the gateway itself is another for each of two.
		if strings.Contains(query, "mutation") || strings.Contains(query, "health") {
			return
		}
		request := map[string]any{"query": query}
		if variables != nil {
			var values map[string]any
			if err := json.Unmarshal(variables, &values); err != nil {
				t.Fatal(err)
			}
			request["variables"] = values
		}
		all[name] = request
	}
	files, err := filepath.Glob(filepath.Join(queries, "*.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		add(filepath.Base(file), string(text), optional(t, strings.TrimSuffix(filepath.Base(file), ".graphql")+".variables.json"))
	}
	for name, query := range web.Examples() {
		add(name, query, nil)
	}
	add("all that follows from the time", `{ subscriptions(first: 100) { nodes { id isEntitled capabilities trial { isActive daysRemaining endsAt } provenance { freshness ageSeconds cacheStatus } } }
		account(id: "account/acme") { summary { upcoming(days: 40) { at kind subscription { id } } } } }`, nil)
	add("trials that end", `{ subscriptions(first: 100, filter: { trialEndsBefore: "2030-01-01T00:00:00Z" }) { nodes { id } } }`, nil)
	return all
}

func TestAKeptAnswerIsByteForByteWhatExecutionGives(t *testing.T) {
	t.Parallel()
	kept := start(t, lastingAYear)
	// Upstreams of its own, for what one asks would use up the quota of the other.
	executed := start(t, func(text string) string { return lastingAYear(text) + withoutAnswers })
	all := readings(t)
	if len(all) < 15 {
		t.Fatalf("there are %d queries", len(all))
	}
	hits := 0
	for name, request := range all {
		for range 2 {
			kept.postAs(nil, request)
			executed.postAs(nil, request)
		}
		if a := kept.postAs(nil, request); a.isKept() {
			hits++
		} else {
			t.Logf("%s is not kept: %.200s", name, a.raw)
		}
	}
	if hits < len(all)-1 {
		t.Errorf("%d of %d queries were kept", hits, len(all))
	}
	// Small steps for ages, then such as pass the ends of trials and periods.
	steps := []time.Duration{0, 300 * time.Millisecond, 700 * time.Millisecond, time.Second, 59 * time.Second, time.Hour}
	for range 25 {
		steps = append(steps, 13*time.Hour+7*time.Minute)
	}
	for _, step := range steps {
		kept.clock.advance(step)
		executed.clock.advance(step)
		for name, request := range all {
			for range 2 {
				got, want := kept.postAs(nil, request), executed.postAs(nil, request)
				if len(want.Errors) == 0 && !bytes.Equal(got.raw, want.raw) {
					t.Fatalf("%s, at %s:\n%s\nand executed:\n%s", name, kept.clock.now(), got.raw, want.raw)
				}
			}
		}
	}
}

// isKept reports whether an answer was kept from before.
func (a *answer) isKept() bool {
	return strings.HasPrefix(a.header.Get("Cache-Status"), "tributary-answers; hit")
}

func TestWhatMayNotBeKeptIsExecutedEachTime(t *testing.T) {
	t.Parallel()
	const one = `subscription(id: "subscription/psa/682") { id status }`
	for name, request := range map[string]map[string]any{
		"health":            {"query": `{ sources { health { state } } }`},
		"introspection":     {"query": `{ __schema { queryType { name } } }`},
		"the cost":          {"query": "{" + one + "}", "extensions": map[string]any{"cost": true}},
		"an error":          {"query": `{ plans(source: "nobody") { id } }`},
		"a mutation":        {"query": `mutation { cancelSubscription(input: { id: "subscription/psa/none" }) { userErrors { message } } }`},
		"an invalid query":  {"query": "{ nothing }"},
		"a failing source":  {"query": `{ subscription(id: "subscription/teams/team_1") { id } }`},
		"a list without it": {"query": `{ account(id: "account/acme") { subscriptions { nodes { id } } } }`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := start(t, nil)
			w.fault(`{"source":"intercode","status":503}`)
			for range 3 {
				a := w.postAs(nil, request)
				if a.isKept() {
					t.Errorf("it was kept: %s", a.raw)
				}
				if len(a.Errors) > 0 && a.header.Get("Cache-Control") != "no-store" {
					t.Errorf("Cache-Control: %s", a.header.Get("Cache-Control"))
				}
			}
		})
	}
}

func TestAStaleAnswerIsNotKept(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	request := map[string]any{"query": `{ subscription(id: "subscription/psa/682") { id provenance { freshness } } }`}
	w.postAs(nil, request)
	if w.postAs(nil, request); !w.postAs(nil, request).isKept() {
		t.Fatal("a fresh answer is not kept")
	}
	w.fault(`{"source":"productive","status":503}`)
	w.clock.advance(2 * time.Minute)
	a := w.postAs(nil, request)
	if a.isKept() || a.at("subscription", "provenance", "freshness") == "FRESH" || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("%v %s", a.header, a.raw)
	}
	if w.postAs(nil, request).isKept() {
		t.Error("a stale answer is kept")
	}
}

func TestAWriteDropsTheAnswersThatRestOnWhatItChanged(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	const cancel = `mutation { cancelSubscription(input: { id: "subscription/psa/682" }) { userErrors { message } subscription { cancellation { atPeriodEnd } } } }`
	of := func(id string) map[string]any {
		return map[string]any{"query": `query($id: ID!) { subscription(id: $id) { id status cancellation { effectiveAt } } }`, "variables": map[string]any{"id": id}}
	}
	list := map[string]any{"query": `{ account(id: "account/acme") { subscriptions { nodes { id status cancellation { effectiveAt } } } } }`}
	for _, request := range []map[string]any{of("subscription/psa/682"), of("subscription/focus/4711"), list} {
		if w.postAs(nil, request); !w.postAs(nil, request).isKept() {
			t.Fatalf("%v is not kept", request)
		}
	}
	before := w.postAs(nil, of("subscription/psa/682"))
	if written := w.mustAsk(cancel, nil); written.at("cancelSubscription", "userErrors", 0) != nil {
		t.Fatalf("%s", written.raw)
	}
	after := w.postAs(nil, of("subscription/psa/682"))
	if after.isKept() || bytes.Equal(before.raw, after.raw) {
		t.Errorf("the answer from before the write is given: %s", after.raw)
	}
	if w.postAs(nil, list).isKept() {
		t.Error("the list from before the write is given")
	}
	if !w.postAs(nil, of("subscription/focus/4711")).isKept() {
		t.Error("an answer that the write did not touch is gone")
	}
}

// get asks by GET, and returns the response with its body as it was sent.
func (w *world) get(query string, header http.Header) (*http.Response, []byte) {
	w.t.Helper()
	req, err := http.NewRequest(http.MethodGet, w.gateway.URL+"/graphql?query="+url.QueryEscape(query), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("GraphQL-Require-Preflight", "1")
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := (&http.Transport{DisableCompression: true}).RoundTrip(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return resp, body
}

func TestAClientThatHasTheAnswerIsToldSo(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	const query = `{ subscription(id: "subscription/psa/682") { id status details { ... on ProductiveSubscription { currentPlan { features { name } } } } } }`
	first, body := w.get(query, nil)
	tag := first.Header.Get("ETag")
	if first.StatusCode != 200 || len(tag) < 10 || strings.HasPrefix(tag, "W/") {
		t.Fatalf("%d %v", first.StatusCode, first.Header)
	}
	w.clock.advance(10 * time.Second)
	for range 2 { // executed, then kept
		again, none := w.get(query, http.Header{"If-None-Match": {`"another", ` + tag}})
		if again.StatusCode != 304 || len(none) != 0 || again.Header.Get("ETag") != tag {
			t.Errorf("%d %v %s", again.StatusCode, again.Header, none)
		}
		if again.Header.Get("Age") != "10" || !strings.HasPrefix(again.Header.Get("Cache-Control"), "private, max-age=") {
			t.Errorf("%v", again.Header)
		}
	}
	if other, _ := w.get(query, http.Header{"If-None-Match": {`"another"`}}); other.StatusCode != 200 {
		t.Errorf("%d", other.StatusCode)
	}
	for _, coding := range []string{"gzip", "br", "zstd"} {
		packed, small := w.get(query, http.Header{"Accept-Encoding": {coding}})
		if packed.Header.Get("Content-Encoding") != coding || len(small) >= len(body) || packed.Header.Get("ETag") == tag {
			t.Errorf("%s: %v, %d of %d bytes", coding, packed.Header, len(small), len(body))
		}
		again, _ := w.get(query, http.Header{"Accept-Encoding": {coding}, "If-None-Match": {packed.Header.Get("ETag")}})
		if again.StatusCode != 304 {
			t.Errorf("%s: %d", coding, again.StatusCode)
		}
	}
	if vary := first.Header.Get("Vary"); !strings.Contains(vary, "Accept-Encoding") || !strings.Contains(vary, "Authorization") {
		t.Errorf("Vary: %s", vary)
	}
}

func TestWhereTheTimeWentIsToldToWhoAsks(t *testing.T) {
	t.Parallel()
	w := start(t, nil)
	const query = `{ subscription(id: "subscription/psa/682") { id } }`
	if silent, _ := w.get(query, nil); silent.Header.Get("Server-Timing") != "" {
		t.Errorf("%v", silent.Header)
	}
	for _, want := range []string{`^answer;desc="kept", total;dur=[0-9.]+$`, `^prepare;dur=[0-9.]+, execute;dur=[0-9.]+, upstream;desc="1 calls", total;dur=[0-9.]+$`} {
		told, _ := w.get(query, http.Header{"X-Server-Timing": {"1"}})
		if !regexp.MustCompile(want).MatchString(told.Header.Get("Server-Timing")) {
			t.Errorf("%q, want %s", told.Header.Get("Server-Timing"), want)
		}
		w.clock.advance(30 * 24 * time.Hour)
	}
}

func TestAnAnswerThatIsTooLongIsAnErrorEachTime(t *testing.T) {
	t.Parallel()
	w := start(t, func(text string) string { return text + "http: { answer: 1MiB }\n" })
	query := map[string]any{"query": manyDetails}
	ids := map[any]bool{}
	for range 3 {
		a := w.postAs(nil, query)
		if a.codes() != "LIMIT_EXCEEDED" || !strings.Contains(a.Errors[0].Message, "limit answer") || a.isKept() || a.header.Get("Cache-Control") != "no-store" || a.header.Get("ETag") != "" {
			t.Fatalf("%v %.300s", a.header, a.raw)
		}
		ids[a.Errors[0].Extensions["requestId"]] = true
	}
	if len(ids) != 3 || !strings.Contains(w.log.String(), "LIMIT_EXCEEDED") {
		t.Errorf("requests told %d ids", len(ids))
	}
}

// manyDetails asks four hundred times for a document with all its features.
var manyDetails = func() string {
	ids := `["subscription/psa/682"` + strings.Repeat(`, "subscription/psa/682"`, 99) + "]"
	var b strings.Builder
	b.WriteString("{")
	for i := range 4 {
		fmt.Fprintf(&b, ` a%d: nodes(ids: %s) { ...All }`, i, ids)
	}
	return b.String() + " } fragment All on Subscription { details { ... on ProductiveSubscription { currentPlan { features { name title kind } } } } }"
}()
