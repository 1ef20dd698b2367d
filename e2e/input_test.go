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
		"a body that is no JSON":                {"POST", "", "application/json", `query { viewer { subject } }`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a body cut short":                      {"POST", "", "application/json", `{"query":"{ viewer`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"an empty body":                         {"POST", "", "application/json", ``, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a list, which would be a batch":        {"POST", "", "application/json", `[{"query":"{ viewer { subject } }"}]`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a query that is no text":               {"POST", "", "application/json", `{"query":5}`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"variables that are no object":          {"POST", "", "application/json", `{"query":"{ viewer { subject } }","variables":[1]}`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"the same key twice":                    {"POST", "", "application/json", `{"query":"{ viewer { subject } }","query":"{ viewer { scopes } }"}`, 400, "BAD_USER_INPUT", "each key once"},
		"the same variable twice":               {"POST", "", "application/json", `{"query":"query Q($n: Int) { accounts(first: $n) { totalCount } }","variables":{"n":1,"n":2}}`, 400, "BAD_USER_INPUT", "each key once"},
		"more behind the body":                  {"POST", "", "application/json", `{"query":"{ viewer { subject } }"} {}`, 400, "BAD_USER_INPUT", "the body is no JSON object"},
		"a body of 1 MiB and a byte":            {"POST", "", "application/json", `{"query":"` + strings.Repeat(" ", 1<<20-11) + `"}`, 413, "LIMIT_EXCEEDED", "1048576 bytes"},
		"a body of plain text":                  {"POST", "", "text/plain", `{"query":"{ viewer { subject } }"}`, 415, "BAD_USER_INPUT", "application/json"},
		"a form":                                {"POST", "", "application/x-www-form-urlencoded", `query={viewer{subject}}`, 415, "BAD_USER_INPUT", "application/json"},
		"a body of no type":                     {"POST", "", "", `{"query":"{ viewer { subject } }"}`, 415, "BAD_USER_INPUT", "application/json"},
		"PUT":                                   {"PUT", "", "application/json", `{"query":"{ viewer { subject } }"}`, 405, "BAD_USER_INPUT", "POST or GET"},
		"DELETE":                                {"DELETE", "", "", ``, 405, "BAD_USER_INPUT", "POST or GET"},
		"PATCH":                                 {"PATCH", "", "application/json", `{}`, 405, "BAD_USER_INPUT", "POST or GET"},
		"GET of nothing":                        {"GET", "", "", ``, 422, "BAD_USER_INPUT", "no operation"},
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

func TestInputsOfMutationsAreOfTheirTypes(t *testing.T) {
	w := start(t, nil)
	for name, input := range map[string]string{
		"a price that is no number": `createPlan(input: { source: "teams", price: "twelve" }) { plan { id } }`,
		"a rank that is no integer": `createPlan(input: { source: "teams", rank: "1" }) { plan { id } }`,
		"a time that there is not":  `cancelSubscription(input: { id: "subscription/psa/682", when: SOMETIME }) { subscription { id } }`,
	} {
		if a := w.ask("mutation { "+input+" }", nil); a.codes() != "BAD_USER_INPUT" {
			t.Errorf("%s: %s", name, a.raw)
		}
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
