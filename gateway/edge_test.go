package gateway_test

import (
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

func TestWhatIsNoGraphQLOverHTTPIsRefused(t *testing.T) {
	e := start(t)
	const inJSON = "application/json"
	mutation := `mutation { deletePlan(input: { id: "plan/teams/1" }) { userErrors { message } } }`
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		body               string
		status             int
		code               string
	}{
		{"plain text, which a page elsewhere may send unasked", "POST", "/graphql", media("text/plain"), viewer, 403, "FORBIDDEN"},
		{"a form", "POST", "/graphql", media("application/x-www-form-urlencoded"), "query=%7Bviewer%7Bsubject%7D%7D", 403, "FORBIDDEN"},
		{"a form of several parts", "POST", "/graphql", media("multipart/form-data; boundary=x"), "--x--", 403, "FORBIDDEN"},
		{"no content type", "POST", "/graphql", nil, viewer, 403, "FORBIDDEN"},
		{"a document alone", "POST", "/graphql", media("application/graphql"), "{ viewer { subject } }", 415, "BAD_USER_INPUT"},
		{"a query that any page can have its reader's browser send", "GET", get("{ viewer { subject } }"), nil, "", 403, "FORBIDDEN"},
		{"a mutation by GET", "GET", get(mutation), proof, "", 405, "BAD_USER_INPUT"},
		{"a mutation by GET beside a query", "GET", get("query A { viewer { subject } } "+strings.Replace(mutation, "mutation", "mutation B", 1), "operationName", "B"), proof, "", 405, "BAD_USER_INPUT"},
		{"another method", "PUT", "/graphql", media(inJSON), viewer, 405, "BAD_USER_INPUT"},
		{"a deletion", "DELETE", "/graphql", nil, "", 405, "BAD_USER_INPUT"},
		{"what a browser asks before it asks across origins", "OPTIONS", "/graphql", http.Header{"Origin": {"http://elsewhere.example"}, "Access-Control-Request-Method": {"POST"}}, "", 405, "BAD_USER_INPUT"},
		{"no JSON", "POST", "/graphql", media(inJSON), `{"query": text-of-the-caller`, 400, "BAD_USER_INPUT"},
		{"JSON of another form", "POST", "/graphql", media(inJSON), `{"query": ["text-of-the-caller"]}`, 400, "BAD_USER_INPUT"},
		{"a list of requests", "POST", "/graphql", media(inJSON), "[" + viewer + "]", 400, "LIMIT_EXCEEDED"},
		{"a key that is there twice", "POST", "/graphql", media(inJSON), `{"query":"{ text-of-the-caller }","query":"{ viewer { subject } }"}`, 400, "BAD_USER_INPUT"},
		{"more after the request", "POST", "/graphql", media(inJSON), viewer + "{}", 400, "BAD_USER_INPUT"},
		{"an empty body", "POST", "/graphql", media(inJSON), "", 400, "BAD_USER_INPUT"},
		{"a body over a mebibyte", "POST", "/graphql", media(inJSON), `{"query":"` + strings.Repeat(" ", 1<<20) + `"}`, 413, "LIMIT_EXCEEDED"},
		{"variables that are no JSON", "GET", get("{ viewer { subject } }", "variables", "text-of-the-caller"), proof, "", 400, "BAD_USER_INPUT"},
		{"a query string that is not escaped", "GET", "/graphql?query=%zz", proof, "", 400, "BAD_USER_INPUT"},
		{"a query that does not parse", "POST", "/graphql", media(inJSON), `{"query":"{"}`, 200, "BAD_USER_INPUT"},
		{"no query", "GET", "/graphql", proof, "", 400, "BAD_USER_INPUT"},
		{"a live operation by GET", "GET", get(`subscription { accountChanged(id: "account/acme") { __typename } }`), proof, "", 200, "NOT_SUPPORTED"},
		{"a stream of events", "POST", "/graphql", media(inJSON, "Accept", "text/event-stream"), viewer, 406, "NOT_SUPPORTED"},
		{"a WebSocket", "GET", "/graphql", http.Header{"Connection": {"Upgrade"}, "Upgrade": {"websocket"}, "Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="}}, "", 400, "NOT_SUPPORTED"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := e.send(c.method, c.path, c.header, strings.NewReader(c.body))
			if r.status != c.status || len(r.Errors) != 1 || r.Errors[0].Extensions["code"] != c.code || r.Data != nil {
				t.Fatalf("answered %d %s, want %d with %s", r.status, r.body, c.status, c.code)
			}
			if id := r.header.Get("X-Request-Id"); id == "" || r.Errors[0].Extensions["requestId"] != id {
				t.Errorf("the request id is %q, and the error %v", id, r.Errors[0].Extensions)
			}
			if strings.Contains(r.body, "text-of-the-caller") {
				t.Errorf("the answer repeats what was sent: %s", r.body)
			}
			for name := range r.header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("the answer opens the gateway to other origins by %s", name)
				}
			}
			if r.status == 405 && r.header.Get("Allow") == "" {
				t.Error("the answer does not say which methods there are")
			}
		})
	}
}

func TestHeadIsRefusedWithoutABody(t *testing.T) {
	e := start(t)
	if r := e.send("HEAD", get("{ viewer { subject } }"), nil, nil); r.status != http.StatusMethodNotAllowed || r.body != "" {
		t.Errorf("HEAD /graphql answers %d %q", r.status, r.body)
	}
	for _, path := range []string{"/healthz", "/readyz", "/graphiql", "/schema.graphqls"} {
		if r := e.send("HEAD", path, nil, nil); r.status != http.StatusOK || r.body != "" {
			t.Errorf("HEAD %s answers %d %q", path, r.status, r.body)
		}
	}
}

func TestTheMediaTypeOfTheAnswerIsTheClientsChoice(t *testing.T) {
	e := start(t)
	const plain, graphQL = "application/json", "application/graphql-response+json"
	for _, c := range []struct {
		accept, want string
		badDocument  int
	}{
		{"", plain, 200},
		{"*/*", plain, 200},
		{"application/json", plain, 200},
		{"application/graphql-response+json", graphQL, 400},
		{"application/graphql-response+json;q=0.5, application/json;q=0.9", plain, 200},
		{"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed", graphQL, 400},
	} {
		header := media("application/json; charset=utf-8", "Accept", c.accept)
		r := e.send("POST", "/graphql", header, strings.NewReader(viewer))
		if r.status != http.StatusOK || r.header.Get("Content-Type") != c.want+"; charset=utf-8" || len(r.Errors) > 0 {
			t.Errorf("Accept: %s is answered %d %s %s", c.accept, r.status, r.header.Get("Content-Type"), r.body)
		}
		if r := e.send("POST", "/graphql", header, strings.NewReader(`{"query":"{ nothing }"}`)); r.status != c.badDocument || r.header.Get("Content-Type") != c.want+"; charset=utf-8" {
			t.Errorf("a bad document with Accept: %s is answered %d %s", c.accept, r.status, r.header.Get("Content-Type"))
		}
	}
}

func TestGetAndPostTakeTheSame(t *testing.T) {
	e := start(t)
	query := `query A($first: Int, $id: ID!) { accounts(first: $first) { nodes { id } } account(id: $id) { name } } query B { viewer { subject } }`
	byGet := e.send("GET", get(query, "operationName", "A", "variables", `{"first":2,"id":"account/acme"}`), proof, nil)
	body, err := json.Marshal(map[string]any{"query": query, "operationName": "A", "variables": map[string]any{"first": 2, "id": "account/acme"}, "extensions": nil})
	if err != nil {
		t.Fatal(err)
	}
	byPost := e.send("POST", "/graphql", media("application/json"), bytes.NewReader(body))
	if byGet.status != 200 || byGet.body != byPost.body || !strings.Contains(byGet.body, `"name":"Acme"`) {
		t.Errorf("GET answers %d %s, POST %d %s", byGet.status, byGet.body, byPost.status, byPost.body)
	}
}

func TestARequestKeepsItsIDWhereThatIsHarmless(t *testing.T) {
	e := start(t)
	for _, c := range []struct {
		name, id string
		kept     bool
	}{
		{"a UUID", "0f3c0000-0000-4000-8000-000000000001", true},
		{"letters, digits and signs", "Ab9._-", true},
		{"128 characters", strings.Repeat("a", 128), true},
		{"129 characters", strings.Repeat("a", 129), false},
		{"none", "", false},
		{"a space", "a b", false},
		{"a quote", `a"b`, false},
		{"a tab", "a\tb", false},
		{"a letter beyond ASCII", "ä", false},
		{"markup", "<script>", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, path := range []string{"/graphql", "/healthz", "/nowhere"} {
				answered := func() string {
					return e.send("GET", path, http.Header{"X-Request-Id": {c.id}}, nil).header.Get("X-Request-Id")
				}
				first, second := answered(), answered()
				if first == "" || (first == c.id) != c.kept || (first == second) != c.kept {
					t.Errorf("%s answers with %q, then %q", path, first, second)
				}
			}
		})
	}
}
