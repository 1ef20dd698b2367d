package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// send is a request as it stands; the answer need be no GraphQL.
func (w *world) send(method, query, contentType, body string) *answer {
	w.t.Helper()
	req, err := http.NewRequest(method, w.gateway.URL+"/graphql"+query, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	if method == http.MethodGet {
		req.Header.Set("GraphQL-Require-Preflight", "1")
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, raw: raw}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, a); err != nil {
			w.t.Fatalf("the answer is no JSON: %v: %s", err, raw)
		}
	}
	return a
}

// refused checks an answer that holds one error of a code and a text, at a path,
// and for which no source was asked.
func refused(t *testing.T, a *answer, code, says string, path ...any) {
	t.Helper()
	if len(a.Errors) != 1 || a.codes() != code || !strings.Contains(a.Errors[0].Message, says) {
		t.Fatalf("got %.500s, want one %s that says %q", a.raw, code, says)
	}
	e := a.Errors[0]
	if len(path) > 0 && !slices.Equal(e.Path, path) {
		t.Errorf("the path is %v, want %v", e.Path, path)
	}
	if e.Extensions["requestId"] != a.header.Get("X-Request-Id") || e.Extensions["retryable"] != false {
		t.Errorf("extensions are %v", e.Extensions)
	}
}

func TestRequestsThatAreNoGraphQLAreRefused(t *testing.T) {
	w := start(t, nil)
	asked := func(query string) string { return "?query=" + url.QueryEscape(query) }
	cases := map[string]struct {
		method, query, contentType, body string
		status                           int
		code, says                       string
	}{
		"a body that is no JSON":                {"POST", "", "application/json", `query { viewer { subject } }`, 400, "BAD_USER_INPUT", "the body is no valid JSON"},
		"a body cut short":                      {"POST", "", "application/json", `{"query":"{ viewer`, 400, "BAD_USER_INPUT", "the body ends before its JSON does"},
		"an empty body":                         {"POST", "", "application/json", ``, 400, "BAD_USER_INPUT", "the body is empty"},
		"a list, which would be a batch":        {"POST", "", "application/json", `[{"query":"{ viewer { subject } }"}]`, 400, "LIMIT_EXCEEDED", "limit batch: 0"},
		"a query that is no text":               {"POST", "", "application/json", `{"query":5}`, 400, "BAD_USER_INPUT", "query is a string or null"},
		"variables that are no object":          {"POST", "", "application/json", `{"query":"{ viewer { subject } }","variables":[1]}`, 400, "BAD_USER_INPUT", "variables is an object or null"},
		"the same key twice":                    {"POST", "", "application/json", `{"query":"{ viewer { subject } }","query":"{ viewer { scopes } }"}`, 400, "BAD_USER_INPUT", "twice in one object"},
		"the same variable twice":               {"POST", "", "application/json", `{"query":"query Q($n: Int) { accounts(first: $n) { totalCount } }","variables":{"n":1,"n":2}}`, 400, "BAD_USER_INPUT", "twice in one object"},
		"more behind the body":                  {"POST", "", "application/json", `{"query":"{ viewer { subject } }"} {}`, 400, "BAD_USER_INPUT", "the body goes on after its JSON"},
		"a body of 1 MiB and a byte":            {"POST", "", "application/json", `{"query":"` + strings.Repeat(" ", 1<<20-11) + `"}`, 413, "LIMIT_EXCEEDED", "may be 1048576 (limit body)"},
		"a body of plain text":                  {"POST", "", "text/plain", `{"query":"{ viewer { subject } }"}`, 403, "FORBIDDEN", "application/json"},
		"a form":                                {"POST", "", "application/x-www-form-urlencoded", `query={viewer{subject}}`, 403, "FORBIDDEN", "application/json"},
		"a body of no type":                     {"POST", "", "", `{"query":"{ viewer { subject } }"}`, 403, "FORBIDDEN", "application/json"},
		"PUT":                                   {"PUT", "", "application/json", `{"query":"{ viewer { subject } }"}`, 405, "BAD_USER_INPUT", "POST or GET"},
		"DELETE":                                {"DELETE", "", "", ``, 405, "BAD_USER_INPUT", "POST or GET"},
		"PATCH":                                 {"PATCH", "", "application/json", `{}`, 405, "BAD_USER_INPUT", "POST or GET"},
		"GET of nothing":                        {"GET", "", "", ``, 400, "BAD_USER_INPUT", "query is missing"},
		"GET of a mutation":                     {"GET", asked(`mutation { cancelSubscription(input: { id: "subscription/psa/682" }) { subscription { id } } }`), "", ``, 405, "BAD_USER_INPUT", "POST"},
		"GET with variables that are no object": {"GET", asked(`{ viewer { subject } }`) + "&variables=nonsense", "", ``, 400, "BAD_USER_INPUT", "variables"},
		"a live operation by POST":              {"POST", "", "application/json", `{"query":"subscription { subscriptionChanged(id: \"subscription/psa/682\") { kind } }"}`, 200, "NOT_SUPPORTED", "live"},
		"a live operation by GET":               {"GET", asked(`subscription { accountChanged(id: "account/acme") { kind } }`), "", ``, 200, "NOT_SUPPORTED", "live"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			calls := w.during(func() {
				a := w.send(c.method, c.query, c.contentType, c.body)
				if a.status != c.status {
					t.Errorf("status %d, want %d: %.300s", a.status, c.status, a.raw)
				}
				refused(t, a, c.code, c.says)
				if c.status == http.StatusMethodNotAllowed && a.header.Get("Allow") == "" {
					t.Error("a method that is not allowed is answered without those that are")
				}
			})
			if calls != 0 {
				t.Errorf("it cost %d calls", calls)
			}
		})
	}
	if a := w.send("GET", asked("query Q($n: Int) { accounts(first: $n) { nodes { id } } }")+"&operationName=Q&variables="+url.QueryEscape(`{"n":1}`), "", ""); a.at("accounts", "nodes", 0, "id") != "account/acme" {
		t.Errorf("a query by GET answers %s", a.raw)
	}
}

// What cannot be executed is refused before anything is: a write that comes first
// in the document must not be made and then go untold.
func TestInputsOfMutationsAreJudgedBeforeTheFirstIsMade(t *testing.T) {
	w := start(t, nil)
	const first = `seats: changeSubscription(input: { id: "subscription/psa/682", seats: 77 }) { subscription { id } } `
	for name, input := range map[string]string{
		"a price that is no number":      `createPlan(input: { source: "teams", name: "x", price: "twelve" }) { plan { id } }`,
		"a price with an exponent":       `createPlan(input: { source: "teams", name: "x", price: "1e400" }) { plan { id } }`,
		"a price that is a float":        `createPlan(input: { source: "teams", name: "x", price: 0.1 }) { plan { id } }`,
		"a rank that is no integer":      `createPlan(input: { source: "teams", name: "x", rank: "1" }) { plan { id } }`,
		"a rank of 33 bits":              `createPlan(input: { source: "teams", name: "x", rank: 2147483648 }) { plan { id } }`,
		"a rank of a hundred bits":       `createPlan(input: { source: "teams", name: "x", rank: 1267650600228229401496703205376 }) { plan { id } }`,
		"seats of 33 bits":               `changeSubscription(input: { id: "subscription/psa/683", seats: 2147483648 }) { subscription { id } }`,
		"a quantity of 33 bits":          `createCheckout(input: { source: "teams", priceId: "p", quantity: 4294967296, isTeamCreation: true }) { url }`,
		"a time that there is not":       `cancelSubscription(input: { id: "subscription/psa/682", when: SOMETIME }) { subscription { id } }`,
		"a rank of 33 bits in fragments": `...late } fragment late on Mutation { createPlan(input: { source: "teams", name: "x", rank: 2147483648 }) { plan { id } }`,
	} {
		a := w.ask("mutation { "+first+input+" }", nil)
		if !strings.HasPrefix(a.codes(), "BAD_USER_INPUT") || a.Data != nil || w.writes() != 0 {
			t.Errorf("%s: %s, after %d writes", name, a.raw, w.writes())
		}
	}
	const variable = `mutation M($n: Int, $p: Decimal) { ` + first + `createPlan(input: { source: "teams", name: "x", rank: $n, price: $p }) { plan { id } } }`
	for name, variables := range map[string]map[string]any{
		"a string for an Int": {"n": "2"},
		"33 bits":             {"n": 2147483648},
		"an exponent":         {"p": "1e400"},
	} {
		if a := w.ask(variable, variables); a.codes() != "BAD_USER_INPUT" || a.Data != nil || w.writes() != 0 {
			t.Errorf("%s in a variable: %s, after %d writes", name, a.raw, w.writes())
		}
	}
	if a := w.ask(variable, map[string]any{"n": 7, "p": "100"}); len(a.Errors) > 0 || w.writes() != 2 {
		t.Errorf("good variables: %s, after %d writes", a.raw, w.writes())
	}
}

func TestAQueryMayDeferAndStillEnds(t *testing.T) {
	w := start(t, nil)
	for _, query := range []string{
		`{ viewer { subject } ... @defer { subscription(id: "subscription/psa/682") { status } } }`,
		`{ subscription(id: "subscription/psa/682") { id ... @defer { status plan { name } } } }`,
	} {
		a := w.ask(query, nil)
		if len(a.Errors) > 0 || a.at("subscription") == nil {
			t.Errorf("%s answers %s", query, a.raw)
		}
	}
}
