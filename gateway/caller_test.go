package gateway_test

import (
	"maps"
	"net/http"
	"strings"
	"testing"
)

func TestEveryBadCredentialIsRefusedAlike(t *testing.T) {
	e := open(t, facing(""))
	body := `{"query":"{ subscriptions { nodes { id } } accounts { nodes { name } } }"}`
	bearer := func(token string) http.Header { return http.Header{"Authorization": {"Bearer " + token}} }
	var first *reply
	for _, c := range []struct {
		name   string
		header http.Header
	}{
		{"none", nil},
		{"an empty key", http.Header{"X-Api-Key": {""}}},
		{"a key that nobody has", http.Header{"X-Api-Key": {"trb_" + strings.Repeat("A", 52)}}},
		{"the hash of a key", http.Header{"X-Api-Key": {acme.hash}}},
		{"a key less its end", http.Header{"X-Api-Key": {acme.key[:len(acme.key)-1]}}},
		{"a key in small letters", http.Header{"X-Api-Key": {strings.ToLower(acme.key)}}},
		{"a key and more", http.Header{"X-Api-Key": {acme.key + "A"}}},
		{"two keys", http.Header{"X-Api-Key": {acme.key, globex.key}}},
		{"a key twice", http.Header{"X-Api-Key": {acme.key, acme.key}}},
		{"a bad key beside a good token", http.Header{"X-Api-Key": {"none"}, "Authorization": {"Bearer " + acme.key}}},
		{"a token that nobody has", bearer("none")},
		{"a token that is no token", bearer("a b")},
		{"an unsigned token of somebody's", bearer("eyJhbGciOiJub25lIn0.eyJzdWIiOiJhY21lIn0.")},
		{"two tokens", http.Header{"Authorization": {"Bearer " + acme.key, "Bearer " + globex.key}}},
		{"a key as Basic", http.Header{"Authorization": {"Basic " + acme.key}}},
		{"a key of 20 KB", http.Header{"X-Api-Key": {strings.Repeat("A", 20<<10)}}},
		{"a name that a proxy would vouch for", http.Header{"X-Forwarded-User": {"acme"}, "Remote-User": {"acme"}}},
		{"a key in a cookie", http.Header{"Cookie": {"X-Api-Key=" + acme.key}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := media("application/json", "X-Request-Id", "the-same")
			maps.Copy(header, c.header)
			r := e.send("POST", "/graphql", header, strings.NewReader(body))
			if first == nil {
				first = r
			}
			if r.status != http.StatusUnauthorized || r.code() != "UNAUTHENTICATED" || r.header.Get("Www-Authenticate") != `Bearer realm="tributary"` || r.Data != nil {
				t.Errorf("answered %d, WWW-Authenticate %q: %s", r.status, r.header.Get("Www-Authenticate"), r.body)
			}
			r.header.Del("Date")
			first.header.Del("Date")
			if r.body != first.body || !maps.EqualFunc(r.header, first.header, func(a, b []string) bool { return strings.Join(a, "\n") == strings.Join(b, "\n") }) {
				t.Errorf("answered %v %s, and others %v %s", r.header, r.body, first.header, first.body)
			}
			// A key in the URL is none either, and ends in no answer.
			r = e.send("GET", get("{ accounts { nodes { name } } }", "api_key", acme.key, "access_token", acme.key), maps.Clone(header), nil)
			if r.status != http.StatusUnauthorized || r.body != first.body || strings.Contains(r.body, acme.key) {
				t.Errorf("a GET with a key in its URL is answered %d %s", r.status, r.body)
			}
		})
	}
	if calls := e.calls(); calls > 0 {
		t.Errorf("nobody was let in, and the sources were called %d times", calls)
	}
	if log := e.log.Text(); strings.Contains(log, acme.key) || strings.Contains(log, globex.key) {
		t.Error("the log holds a key")
	}
}

func TestACallerWithoutTheScopeIsForbidden(t *testing.T) {
	e := open(t, facing(""))
	write := `mutation { a: __typename cancelSubscription(input: { id: "subscription/psa/682", when: NOW }) { userErrors { message } } }`
	for _, c := range []struct {
		name, query, scope string
		as                 caller
	}{
		{"a query without read", `{ viewer { subject } subscriptions { nodes { id } } }`, "read", nobody},
		{"a mutation without write", write, "write", reader},
		{"a change of plans without plans", `mutation { deletePlan(input: { id: "plan/teams/1" }) { userErrors { message } } }`, "plans", reader},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, accept := range []string{"application/graphql-response+json", "application/json"} {
				r := e.send("POST", "/graphql", c.as.header("Accept", accept), asked(c.query))
				if r.status != http.StatusForbidden || r.code() != "FORBIDDEN" || len(r.Errors) != 1 || r.Data != nil {
					t.Errorf("%s: answered %d %s", accept, r.status, r.body)
				}
				if got, challenge := r.header.Get("Www-Authenticate"), `Bearer realm="tributary", error="insufficient_scope", scope="`+c.scope+`"`; got != challenge {
					t.Errorf("%s: WWW-Authenticate is %q, want %q", accept, got, challenge)
				}
			}
		})
	}
	if calls := e.calls(); calls > 0 {
		t.Errorf("nobody was allowed, and the sources were called %d times", calls)
	}
}
