package e2e

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/redistest"
)

// leaks are credentials in every form there is, of letters alone: a text that
// looks like words gets further than one that looks like a key.
var leaks = map[string]string{
	"bearer": "LeakOfTheBearer", "user": "LeakOfTheUser", "password": "LeakOfThePassword", "header": "LeakOfTheHeader",
	"ownBearer": "LeakOfAnOwnBearer", "ownUser": "LeakOfAnOwnUser", "ownPassword": "LeakOfAnOwnPassword", "ownHeader": "LeakOfAnOwnHeader",
	"file": "LeakOfTheFile", "ownFile": "LeakOfAnOwnFile", "rotated": "LeakOfTheRotated", "caller": "LeakOfTheCaller", "secret": "LeakOfTheSecret",
}

// hidesLeaks expects no credential in a text, as it is or in a form that it is
// known by.
func hidesLeaks(t *testing.T, where, text string) {
	t.Helper()
	plain := []string{leaks["user"] + ":" + leaks["password"], leaks["ownUser"] + ":" + leaks["ownPassword"]}
	for _, leak := range leaks {
		plain = append(plain, leak, "Bearer "+leak)
	}
	for _, leak := range plain {
		sum := sha256.Sum256([]byte(leak))
		for _, form := range []string{
			leak, base64.StdEncoding.EncodeToString([]byte(leak)), base64.RawURLEncoding.EncodeToString([]byte(leak)), hex.EncodeToString([]byte(leak)),
			hex.EncodeToString(sum[:]), base64.StdEncoding.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:]), base64.RawURLEncoding.EncodeToString(sum[:16]), string(sum[:]),
		} {
			if at := strings.Index(text, form); at >= 0 {
				t.Errorf("%q is in %s: ...%s", form, where, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

// leakyFaults are the ways in which a source can fail and repeat what it was sent.
func leakyFaults(elsewhere string) map[string]http.HandlerFunc {
	repeated := func(r *http.Request) string {
		user, password, _ := r.BasicAuth()
		return strings.Join([]string{strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "), r.Header.Get("X-Auth-Token"), user, password}, "")
	}
	faults := map[string]http.HandlerFunc{
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere+"/"+repeated(r)+"?token="+repeated(r), http.StatusFound)
		},
		"a redirect with credentials": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "http://"+repeated(r)+"@"+r.Host+"/", http.StatusFound)
		},
		"another media type": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/"+repeated(r))
			io.WriteString(w, repeated(r))
		},
		"no JSON": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, repeated(r))
		},
		"another document": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.api+json")
			fmt.Fprintf(w, `{%q:{"data":%q},"data":%q}`, repeated(r), repeated(r), repeated(r))
		},
		"no HTTP": func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			fmt.Fprintf(conn, "%s %s\r\n\r\n", repeated(r), repeated(r))
			conn.Close()
		},
		"a broken header": func(w http.ResponseWriter, r *http.Request) {
			conn, _, _ := http.NewResponseController(w).Hijack()
			fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n\r\n", repeated(r))
			conn.Close()
		},
		"silence": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	}
	for _, status := range []int{400, 401, 402, 403, 404, 405, 409, 415, 422, 429, 500, 502, 503, 504} {
		faults[fmt.Sprint(status)] = func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/vnd.api+json")
			w.Header().Set("WWW-Authenticate", repeated(r))
			w.WriteHeader(status)
			fmt.Fprintf(w, `{"errors":[{"title":%[1]q,"code":%[1]q,"detail":%[1]q}],"code":3,"message":%[1]q,"error":%[1]q}`, repeated(r))
		}
	}
	return faults
}

func TestNoCredentialLeaves(t *testing.T) {
	store := redistest.Start(t)
	var strayed []string
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { strayed = append(strayed, r.URL.String()) }))
	defer elsewhere.Close()
	o := newOwned(t, ownTakes())
	folder := t.TempDir()
	for name, content := range map[string]string{"file": leaks["file"], "own": leaks["ownFile"], "secret": leaks["secret"] + "OfSixteen"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(folder, "tributary.yaml")
	if err := os.WriteFile(path, []byte(leakyConfiguration(o.URL, store.URL())), 0o600); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, clock: newClock(), log: new(lockedBuffer)}
	reload := w.openFile(path)
	caller := http.Header{"Authorization": {"Bearer " + leaks["caller"]}}
	ask := func(where string) {
		for _, name := range []string{"a", "b", "c"} {
			hidesLeaks(t, where+", the answer", string(w.askAs(caller, withHealth, ofAccount(name)).raw))
		}
		for _, mutation := range []string{
			`mutation { cancelSubscription(input: { id: "subscription/psa/22", when: AT_PERIOD_END, idempotencyKey: "KEY" }) { userErrors { message } } }`,
			`mutation { startTrial(input: { source: "focus", organizationId: "12", workspaceId: "1", idempotencyKey: "KEY-2" }) { userErrors { message } } }`,
		} {
			hidesLeaks(t, where+", a write's answer", string(w.askAs(caller, strings.ReplaceAll(mutation, "KEY", where), nil).raw))
		}
	}
	o.masked = true
	ask("health")
	if w.keysOf(store) == "" {
		t.Error("nothing is in Redis")
	}
	faults := leakyFaults(elsewhere.URL)
	names := slices.Sorted(maps.Keys(faults))
	// A spent quota is last: by the clock of Redis nothing is asked for a while after it.
	names = append(slices.DeleteFunc(names, func(name string) bool { return name == "429" }), "429")
	for _, name := range names {
		o.set(faults[name])
		w.clock.advance(48 * time.Hour) // what is kept hides a fault
		ask(name)
	}
	if err := os.WriteFile(filepath.Join(folder, "file"), []byte(leaks["rotated"]+"\nbroken"), 0o600); err != nil {
		t.Fatal(err)
	}
	reload()
	reload()
	ask("a broken file")
	hidesLeaks(t, "the log", w.log.String())
	hidesLeaks(t, "Redis", w.keysOf(store))
	metrics := httptest.NewRecorder()
	w.built.Gateway.Metrics.Admin().ServeHTTP(metrics, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	hidesLeaks(t, "the metrics", metrics.Body.String())
	if len(strayed) > 0 {
		t.Errorf("another host was asked for %q", strayed)
	}
	if log := w.log.String(); !strings.Contains(log, "SOURCE_AUTH_FAILED") {
		t.Error("the log tells nothing of the faults")
	}
}

const withHealth = `query Of($id: ID!, $focus: ID!, $org: ID!) {
	account(id: $id) { subscriptions { nodes { id plan { name } customer { name } } completeness { sources { error { message } } } } }
	subscription(id: $focus) { id trial { endsAt } }
	plans(source: "focus", organizationId: $org) { name }
	sources { name health { state lastError { code message } } }
}`

// set makes every request end in fault.
func (o *owned) set(fault http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.fault = fault
}

// leakyConfiguration has a credential in every place.
func leakyConfiguration(vendors, store string) string {
	names := []string{"VENDORS", vendors, "STORE", store}
	for name, leak := range leaks {
		names = append(names, "<"+name+">", leak)
	}
	return strings.NewReplacer(names...).Replace(`secret: file:secret
redis: { url: 'STORE', timeout: 2s }
sources:
  focus: { kind: focus, url: VENDORS/focus, timeout: 300ms, circuit: { failureRate: 0 }, auth: { bearer: <bearer>, headers: { X-Auth-Token: <header> } } }
  billing: { kind: frontier, url: VENDORS/frontier, timeout: 300ms, circuit: { failureRate: 0 }, auth: { basic: { username: <user>, password: <password> } } }
  teams: { kind: intercode, url: VENDORS/intercode, timeout: 300ms, circuit: { failureRate: 0 }, auth: { bearer: 'file:file' } }
  psa: { kind: productive, url: VENDORS/productive, timeout: 300ms, circuit: { failureRate: 0 }, auth: { forward: [Authorization] } }
accounts:
  - id: a
    subscriptions:
      - { source: focus, organization: 11, auth: { bearer: <ownBearer> } }
      - { source: billing, organization: org-a, auth: { basic: { username: <ownUser>, password: <ownPassword> } } }
      - { source: teams, team: team-a, auth: { headers: { X-Auth-Token: <ownHeader> } } }
      - { source: psa, id: 21, auth: { bearer: 'file:own' } }
  - id: b
    subscriptions:
      - { source: focus, organization: 12 }
      - { source: psa, id: 22 }
  - id: c
    subscriptions:
      - { source: focus, organization: 13 }
      - { source: billing, organization: org-c }
      - { source: teams, team: team-c }
      - { source: psa, id: 23 }
`)
}

// keysOf is all that Redis holds, keys and values.
func (w *world) keysOf(store *redistest.Server) string {
	w.t.Helper()
	client := redis.NewClient(&redis.Options{Addr: store.Addr()})
	defer client.Close()
	keys, err := client.Keys(context.Background(), "*").Result()
	if err != nil {
		w.t.Fatal(err)
	}
	var all strings.Builder
	for _, key := range keys {
		dump, _ := client.Dump(context.Background(), key).Result()
		stream, _ := client.XRange(context.Background(), key, "-", "+").Result()
		value, _ := client.Get(context.Background(), key).Result()
		fmt.Fprintln(&all, key, dump, stream, value)
	}
	return all.String()
}
