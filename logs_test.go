package main_test

import (
	"encoding/base64"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/web"
)

// secrets are what neither a log nor an error may show.
var secrets = []string{
	"focus-token-1f3a", "frontier-user-2b4c", "frontier-password-3d5e", "intercode-token-4f6a", "productive-token-5b7c", "redis-password-6d8e",
	"signing-secret-7f9a", base64.StdEncoding.EncodeToString([]byte("frontier-user-2b4c:frontier-password-3d5e")),
	"callers-token-8a1b", "callers-cookie-9c2d",
	"body-of-the-source-1e3f", "header-of-the-source-2a4b", "text-of-the-caller-3c5d",
	"teamId=", "expand=", // of the addresses of calls
	"@", // of e-mail addresses, which the sandbox's customers have
}

// revealing is a configuration over the vendors at url that is full of secrets.
func revealing(url, format string) string {
	return strings.NewReplacer(
		"toggl_sk_sandbox", "focus-token-1f3a",
		"username: sandbox, password: sandbox", "username: frontier-user-2b4c, password: frontier-password-3d5e",
		"bearer: sandbox", "bearer: intercode-token-4f6a",
		"X-Auth-Token: sandbox", "X-Auth-Token: productive-token-5b7c",
		"listen: 127.0.0.1:0\n", "listen: 127.0.0.1:0\nsecret: signing-secret-7f9a\nlog: { level: debug, format: "+format+" }\n"+
			"redis: { url: 'redis://user:redis-password-6d8e@127.0.0.1:1/0' }\n",
	).Replace(sandboxed(url))
}

var caller = http.Header{"Authorization": {"Bearer callers-token-8a1b"}, "Cookie": {"session=callers-cookie-9c2d"}}

// hides expects no secret in a text.
func hides(t *testing.T, where, text string) {
	t.Helper()
	for _, secret := range secrets {
		if at := strings.Index(text, secret); at >= 0 {
			t.Errorf("%q is in %s: ...%s", secret, where, text[max(0, at-200):min(len(text), at+100)])
		}
	}
}

// curious asks for everything that could make the gateway talk.
func curious(t *testing.T) []string {
	t.Helper()
	examples := web.Examples()
	var queries []string
	for _, name := range slices.Sorted(maps.Keys(examples)) {
		queries = append(queries, examples[name])
	}
	return append(queries,
		`query Everything { subscriptions(first: 100) { nodes { id status plan { name } price { amount { decimal } } trial { endsAt } customer { name email } paymentMethod { cardLast4 }
			details { ... on FocusSubscription { currentTrial { planName } } } } } }`,
		`{ plans(source: "billing") { name } a: plans(source: "teams") { name } b: plans(source: "focus", organizationId: "4711") { name } }`,
		`{ subscription(id: "subscription/focus/text-of-the-caller-3c5d") { id } }`,
		`{ subscription(id: "subscription/teams/someone@text-of-the-caller-3c5d.example") { id } }`,
		`{ subscriptions(after: "text-of-the-caller-3c5d") { nodes { id } } }`,
		`{ node(id: "text-of-the-caller-3c5d/%zz") { id } }`,
		`{ plans(source: "text-of-the-caller-3c5d") { name } }`,
		`{ plans(source: "focus", organizationId: "someone@text-of-the-caller-3c5d.example") { name } }`,
		`mutation { cancelSubscription(input: { id: "subscription/psa/682", idempotencyKey: "text-of-the-caller-3c5d" }) { userErrors { message } } }`,
	)
}

// Answers of a failing source that are full of what nobody else should read.
func revealingFaults() []string {
	const body = "body-of-the-source-1e3f owner@example.com 4242424242424242"
	var faults []string
	fault := func(status int, text, media string) {
		faults = append(faults, fmt.Sprintf(`"status":%d,"body":%q,"headers":{"Content-Type":%q,"X-Vendor":"header-of-the-source-2a4b","Location":"http://header-of-the-source-2a4b.example/?teamId=1"}`,
			status, text, media))
	}
	errorsOfVendors := fmt.Sprintf(`{"error":%q,"message":%q,"code":13,"details":[%q],"errors":[{"status":422,"title":%q,"code":%q,"detail":%q}]}`, body, body, body, body, body, body)
	for _, status := range []int{302, 400, 401, 402, 403, 404, 409, 418, 422, 429, 500, 503} {
		fault(status, errorsOfVendors, "application/json")
		fault(status, errorsOfVendors, "application/vnd.api+json")
	}
	for _, media := range []string{"application/json", "application/vnd.api+json", "text/html; note=header-of-the-source-2a4b", "header-of-the-source-2a4b"} {
		fault(200, body, media)
		fault(200, `{"data":{"id":"`+body+`","`+body+`":1,"`+body+`":2}}`, media)
		fault(200, `{"`+body+`":[1,2`, media)
		fault(200, `{"price":{"cost_in_cents":"`+body+`","currency":"`+body+`"},"track_subscription":{"start_date":"`+body+`"},"teamId":"`+body+`","price":"`+body+`"}`, media)
		fault(200, `{"subscription":{"id":"`+body+`","created_at":"`+body+`","phases":"`+body+`"}}`, media)
		fault(200, `{"data":{"id":"682","type":"organization_subscriptions","attributes":{"seats":"`+body+`","trial_ends_at":"`+body+`","current_plan":{"id":"p","features":{"`+body+`":"`+body+`"}}}}}`, media)
		fault(200, `{"focus_trial_ended_at":"`+body+`"}`, media)
		fault(200, `{"teamId":"team_1","endDate":"`+body+`","price":-1}`, media)
		fault(200, `{"subscription":{"id":"`+body+`","created_at":"`+body+`"}}`, media)
	}
	return faults
}

func TestNothingThatIsSecretIsLoggedOrAnswered(t *testing.T) {
	t.Parallel()
	upstreams := vendors(t)
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", strings.ReplaceAll(revealing(upstreams, "json"), "/focus\n", "/focus\n    cache: { ttl: 0s }\n"))
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	url := p.url()
	failed := 0
	look := func(query string) {
		a := ask(t, url, caller, query)
		told, err := json.Marshal(a.Errors)
		if err != nil {
			t.Fatal(err)
		}
		failed += len(a.Errors)
		for _, e := range a.Errors {
			if strings.Contains(query, "text-of-the-caller") {
				continue // who sent it may read it
			}
			hides(t, "an error's message", e.Message)
		}
		if !strings.Contains(query, "text-of-the-caller") {
			hides(t, "the errors of an answer", string(told))
		}
	}
	for _, query := range curious(t) {
		look(query)
	}
	// Ids that no cache has an answer for, one set a fault.
	probes := func(n int) string {
		return fmt.Sprintf(`{ a: subscription(id: "subscription/focus/%d") { id plan { name } } b: subscription(id: "subscription/teams/t%d") { id }
			c: subscription(id: "subscription/psa/%d") { id } d: subscription(id: "subscription/billing/0f3c0000-0000-4000-8000-%012d/7d1e0000-0000-4000-8000-%012d") { id customer { name } } }`,
			100000+n, n, 100000+n, n, n)
	}
	for n, fault := range revealingFaults() {
		for _, source := range []string{"focus", "billing", "teams", "psa"} {
			if got := send(t, http.MethodPost, upstreams+"/_sandbox/faults", nil, `{"source":"`+source+`",`+fault+`}`); got.status != http.StatusCreated {
				t.Fatalf("the sandbox refused %s: %s", fault, got.body)
			}
		}
		look(probes(n))
		if n%8 == 0 {
			look(`{ subscriptions(first: 100) { nodes { id } completeness { sources { error { message } } } } sources { health { lastError { message } } } }`)
		}
		send(t, http.MethodDelete, upstreams+"/_sandbox/faults", nil, "")
	}
	if failed < 100 {
		t.Errorf("only %d errors were met", failed)
	}
	send(t, http.MethodGet, url+"/graphql?query=text-of-the-caller-3c5d", caller, "")
	send(t, http.MethodPost, url+"/graphql", http.Header{"Content-Type": {"application/json"}}, `{"query": text-of-the-caller-3c5d`)
	send(t, http.MethodPost, url+"/graphql", http.Header{"Content-Type": {"text/plain"}}, `text-of-the-caller-3c5d`)
	send(t, http.MethodGet, url+"/readyz", caller, "")
	p.finish()
	hides(t, "the log", p.log.String())
	for line := range strings.Lines(p.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["level"] == nil || entry["msg"] == nil {
			t.Errorf("a line of the log is no entry: %.200s", line)
		}
	}
	if !strings.Contains(p.log.String(), `"level":"DEBUG"`) {
		t.Error("the log has no line of the level debug, so this test looked at little")
	}
}

func TestEachRequestHasOneLine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "log: { format: json }\n"+sandboxed(vendors(t)))
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	named := func(id string) http.Header { return http.Header{"X-Request-Id": {id}} }
	query := `query Pair { a: subscription(id: "subscription/psa/682") { status } b: subscription(id: "subscription/focus/4711") { status } }`
	ask(t, p.url(), named("first"), query)
	ask(t, p.url(), named("second"), query)
	ask(t, p.url(), named("refused"), `{ nothing }`)
	send(t, http.MethodPost, p.url()+"/graphql", http.Header{"X-Request-Id": {"plain"}, "Content-Type": {"text/plain"}}, "{}")
	send(t, http.MethodGet, p.url()+"/healthz", named("health"), "")
	p.finish()

	lines := map[string][]map[string]any{}
	for line := range strings.Lines(p.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("a line of the log is no JSON: %s", line)
		}
		if id, ok := entry["requestId"].(string); ok {
			lines[id] = append(lines[id], entry)
		}
	}
	for _, c := range []struct {
		id, operation, kind         string
		status, calls, hits, misses float64
		isKept                      bool
	}{
		{"first", "Pair", "query", 200, 2, 0, 2, false},
		{"second", "Pair", "query", 200, 0, 0, 0, true},
		{"refused", "", "", 200, 0, 0, 0, false},
		{"plain", "", "", 403, 0, 0, 0, false},
	} {
		if len(lines[c.id]) != 1 {
			t.Errorf("the request %s has %d lines", c.id, len(lines[c.id]))
			continue
		}
		line := lines[c.id][0]
		for name, want := range map[string]any{"level": "INFO", "msg": "graphql", "operation": c.operation, "kind": c.kind,
			"status": c.status, "upstreamCalls": c.calls, "cacheHits": c.hits, "cacheMisses": c.misses, "answerKept": c.isKept} {
			if line[name] != want {
				t.Errorf("%s of the request %s is %v, want %v", name, c.id, line[name], want)
			}
		}
		if took, ok := line["duration"].(float64); !ok || took <= 0 {
			t.Errorf("the duration of the request %s is %v", c.id, line["duration"])
		}
	}
	if len(lines["health"]) != 0 {
		t.Error("a look at the health has a line")
	}
}

func TestTheLogIsTextWhereThatIsWanted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", revealing(vendors(t), "text"))
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	ask(t, p.url(), http.Header{"X-Request-Id": {"the-one"}, "Authorization": caller["Authorization"]}, curious(t)[0])
	p.finish()
	hides(t, "the log", p.log.String())
	found := 0
	for line := range strings.Lines(p.log.String()) {
		if !strings.HasPrefix(line, "time=") {
			t.Errorf("a line of the log is no entry: %s", line)
		}
		if strings.Contains(line, "level=INFO msg=graphql requestId=the-one caller=anyone ") && strings.Contains(line, "upstreamCalls=") {
			found++
		}
	}
	if found != 1 {
		t.Errorf("%d lines tell of the request:\n%s", found, p.log)
	}
}
