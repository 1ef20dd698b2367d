package gateway_test

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhatIsForDevelopmentIsThereForDevelopmentAlone(t *testing.T) {
	const introspection = `{ __schema { queryType { name } types { name } } __type(name: "Query") { name } }`
	misspelt := []string{`{ viewr { subject } }`, `{ viewer { subjct } }`, `{ accounts(frst: 1) { totalCount } }`, `{ subscriptions(filter: { sorces: [] }) { totalCount } }`}
	closed, opened := open(t, facing("")), start(t)
	for path, want := range map[string]string{"/": "", "/graphiql": "<html", "/schema.graphqls": "type Query"} {
		if r := closed.send("GET", path, acme.header(), nil); r.status != http.StatusNotFound || strings.Contains(strings.ToLower(r.body), "graphi") {
			t.Errorf("without development %s is answered %d %s", path, r.status, r.body)
		}
		if r := opened.send("GET", path, nil, nil); r.status/100 > 3 || !strings.Contains(r.body, want) {
			t.Errorf("with development %s is answered %d %s", path, r.status, r.body)
		}
	}
	if r := opened.send("GET", "/", nil, nil); r.status != http.StatusFound || r.header.Get("Location") != "/graphiql" {
		t.Errorf("with development / is answered %d to %q", r.status, r.header.Get("Location"))
	}
	if r := closed.ask(acme, introspection); len(r.Errors) == 0 || strings.Contains(r.body, "Subscription") || len(r.Data) > 0 {
		t.Errorf("without development introspection is answered %.300s", r.body)
	}
	if r := closed.ask(acme, `{ __typename viewer { __typename } }`); len(r.Errors) > 0 {
		t.Errorf("without development __typename is answered %s", r.body)
	}
	if r := opened.ask(anybody, introspection); len(r.Errors) > 0 || !strings.Contains(r.body, `"FocusSubscription"`) {
		t.Errorf("with development introspection is answered %.300s", r.body)
	}
	for _, query := range misspelt {
		if r := closed.ask(acme, query); r.code() != "BAD_USER_INPUT" || strings.Contains(r.body, "Did you mean") {
			t.Errorf("without development %s is answered %s", query, r.body)
		}
		if r := opened.ask(anybody, query); r.code() != "BAD_USER_INPUT" || !strings.Contains(r.body, "Did you mean") {
			t.Errorf("with development %s is answered %s", query, r.body)
		}
	}
}

func TestPagesOfAllowedOriginsMayAsk(t *testing.T) {
	const allowed, other = "https://app.example.com", "https://app.example.com.elsewhere.example"
	e := open(t, facing("cors: { origins: ['"+allowed+"'], maxAge: 5m }\n"))
	preflight := func(origin, method, headers string) *reply {
		return e.send("OPTIONS", "/graphql", http.Header{
			"Origin": {origin}, "Access-Control-Request-Method": {method}, "Access-Control-Request-Headers": {headers},
		}, nil)
	}
	const headers = "content-type,x-api-key"
	r := preflight(allowed, "POST", headers)
	if r.status/100 != 2 || r.header.Get("Access-Control-Allow-Origin") != allowed || r.header.Get("Access-Control-Max-Age") != "300" ||
		!strings.Contains(r.header.Get("Access-Control-Allow-Headers"), "x-api-key") || r.header.Get("Access-Control-Allow-Credentials") != "" {
		t.Errorf("an allowed preflight is answered %d %v", r.status, r.header)
	}
	for name, r := range map[string]*reply{
		"another origin":        preflight(other, "POST", headers),
		"no origin of a page":   preflight("null", "POST", headers),
		"the origin over http":  preflight("http://app.example.com", "POST", headers),
		"another method":        preflight(allowed, "DELETE", headers),
		"a header of nobody's":  preflight(allowed, "POST", "content-type,x-forwarded-user"),
		"a page that just asks": e.send("POST", "/graphql", acme.header("Origin", other), strings.NewReader(viewer)),
	} {
		// Of an allowed origin the method or header may not be among what is granted.
		granted := r.header.Get("Access-Control-Allow-Methods") + r.header.Get("Access-Control-Allow-Headers")
		if got := r.header.Get("Access-Control-Allow-Origin"); got != "" && got != allowed ||
			r.header.Get("Access-Control-Allow-Credentials") != "" || strings.Contains(granted, "DELETE") || strings.Contains(granted, "forwarded") {
			t.Errorf("%s: answered %v", name, r.header)
		}
	}
	r = e.send("POST", "/graphql", acme.header("Origin", allowed), strings.NewReader(viewer))
	if r.status != http.StatusOK || r.header.Get("Access-Control-Allow-Origin") != allowed || !strings.Contains(strings.Join(r.header.Values("Vary"), ","), "Origin") ||
		!strings.Contains(strings.ToLower(r.header.Get("Access-Control-Expose-Headers")), "x-request-id") {
		t.Errorf("an allowed page is answered %d %v", r.status, r.header)
	}
	if calls := e.calls(); calls > 0 {
		t.Errorf("the sources were called %d times", calls)
	}
}

func TestEveryKindOfAnswerGuardsItself(t *testing.T) {
	e := open(t, func(url string) string {
		return strings.Replace(facing("throttle: { failures: { perMinute: 0 } }\n")(url), "sources:", "development: { graphiql: true, introspection: true }\nsources:", 1)
	})
	secured := httptest.NewTLSServer(e.built.Gateway.Handler())
	defer secured.Close()
	for _, c := range []struct {
		name, method, path string
		header             http.Header
		body               string
		status             int
	}{
		{"data", "POST", "/graphql", acme.header(), viewer, 200},
		{"a refused document", "POST", "/graphql", acme.header("Accept", "application/graphql-response+json"), `{"query":"{ nothing }"}`, 400},
		{"a refused body", "POST", "/graphql", acme.header(), "{", 400},
		{"a refused caller", "POST", "/graphql", media("application/json"), viewer, 401},
		{"a refused proof", "GET", get("{ viewer { subject } }"), nil, "", 403},
		{"a refused scope", "POST", "/graphql", nobody.header(), `{"query":"{ subscriptions { totalCount } }"}`, 403},
		{"a refused method", "DELETE", "/graphql", nil, "", 405},
		{"a refused preflight", "OPTIONS", "/graphql", http.Header{"Origin": {"https://a.example"}, "Access-Control-Request-Method": {"POST"}}, "", 405},
		{"no page", "GET", "/nowhere", nil, "", 404},
		{"a path that is no path", "GET", "/a/../graphql", nil, "", 0},
		{"health", "GET", "/healthz", nil, "", 200},
		{"readiness", "GET", "/readyz", nil, "", 200},
		{"the page", "GET", "/graphiql", nil, "", 200},
		{"the way to the page", "GET", "/", nil, "", 302},
		{"the schema", "GET", "/schema.graphqls", nil, "", 200},
		{"health by another method", "POST", "/healthz", nil, "", 405},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := e.send(c.method, c.path, c.header, strings.NewReader(c.body))
			if r.status != c.status && c.status != 0 {
				t.Errorf("answered %d %.200s", r.status, r.body)
			}
			isGuarded(t, r.header)
			if got := r.header.Get("Strict-Transport-Security"); got != "" {
				t.Errorf("without TLS it has Strict-Transport-Security: %s", got)
			}
			if isAnswer := strings.Contains(r.header.Get("Content-Type"), "json") && c.path[:4] == "/gra"; isAnswer && r.header.Get("Cache-Control") != "no-store" && !strings.HasPrefix(r.header.Get("Cache-Control"), "private, ") {
				t.Errorf("an answer may be kept by others than its client: %v", r.header)
			}
			req, err := http.NewRequest(c.method, secured.URL+c.path, strings.NewReader(c.body))
			if err != nil {
				t.Fatal(err)
			}
			maps.Copy(req.Header, c.header)
			resp, err := secured.Client().Transport.RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
			isGuarded(t, resp.Header)
			if got := resp.Header.Get("Strict-Transport-Security"); got != "max-age=31536000" {
				t.Errorf("over TLS it has Strict-Transport-Security: %q", got)
			}
		})
	}
}

func isGuarded(t *testing.T, header http.Header) {
	t.Helper()
	policy := header.Get("Content-Security-Policy")
	if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Referrer-Policy") != "no-referrer" || header.Get("X-Request-Id") == "" ||
		!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "frame-ancestors 'none'") || strings.Contains(policy, "unsafe-eval") {
		t.Errorf("the answer has %v", header)
	}
	for _, tells := range []string{"Server", "X-Powered-By"} {
		if got := header.Get(tells); got != "" {
			t.Errorf("the answer says %s: %s", tells, got)
		}
	}
}

func TestThePageRunsItsOwnScriptsAlone(t *testing.T) {
	r := start(t).send("GET", "/graphiql", nil, nil)
	if script := policyOf(r.header, "script-src"); script == "" || strings.Contains(script, "unsafe") || strings.Contains(script, "http") {
		t.Errorf("the page may run scripts of %q", script)
	}
}

// policyOf is what the Content-Security-Policy says of a directive.
func policyOf(header http.Header, directive string) string {
	for part := range strings.SplitSeq(header.Get("Content-Security-Policy"), ";") {
		if name, value, _ := strings.Cut(strings.TrimSpace(part), " "); name == directive {
			return value
		}
	}
	return ""
}
