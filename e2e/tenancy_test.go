package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/redistest"
)

// ofTheCaller asks for each thing at each vendor in every way there is. A whole
// answer names the caller eleven times.
var ofTheCaller = fmt.Sprintf(`{
	nodes(ids: ["%s"]) { ... on Subscription { plan { name } customer { name } } }
	account(id: "account/acme") { subscriptions { nodes { plan { name } } } }
	tiers: plans(source: "teams") { name }
	plans(source: "billing") { name }
}`, strings.Join(mirrorIDs, `", "`))

const timesNamed = 11

func as(who string) http.Header { return http.Header{"Authorization": {"Bearer " + who}} }

// isOnly expects an answer that names who, and nobody else, as often as a
// whole one does.
func (a *answer) isOnly(t testing.TB, who string) {
	t.Helper()
	if got, others := strings.Count(string(a.raw), `"`+who+`"`), strings.Count(string(a.raw), "caller-"); len(a.Errors) > 0 || got != timesNamed || others != timesNamed {
		t.Errorf("%s was answered %s", who, a.raw)
	}
}

// another is a further gateway, with a memory of its own, in the same time.
func (w *world) another(text string) *world {
	w.t.Helper()
	other := &world{t: w.t, clock: w.clock, log: new(lockedBuffer)}
	other.open(text)
	return other
}

func TestCallersNeverSeeEachOther(t *testing.T) {
	const callers, times = 6, 50
	for name, redis := range map[string]func(*testing.T) string{
		"in the process": func(*testing.T) string { return "" },
		"over two gateways and a Redis": func(t *testing.T) string {
			return "redis: { url: '" + redistest.Start(t).URL() + "', timeout: 2s }\n"
		},
	} {
		t.Run(name, func(t *testing.T) {
			m := newMirror(t)
			w := &world{t: t, clock: newClock()}
			text := redis(t) + mirrorConfiguration(m.URL, "{ forward: [Authorization] }")
			gateways := []*world{w.another(text), w.another(text)}
			var running sync.WaitGroup
			for i := range callers {
				running.Go(func() {
					who := fmt.Sprintf("caller-%d", i)
					for n := range times {
						// Past the time of what is kept, so that it is fetched
						// again while others ask.
						w.clock.advance(7 * time.Second)
						gateways[(i+n)%2].askAs(as(who), ofTheCaller, nil).isOnly(t, who)
					}
				})
			}
			running.Wait()
			if calls, most := m.calls(), callers*times*8; calls >= most {
				t.Errorf("%d calls for %d queries: nothing was kept", calls, callers*times)
			}
			for _, vendor := range []string{"focus", "frontier", "intercode", "productive"} {
				if len(m.headers(vendor)) <= callers {
					t.Errorf("%s was asked %d times: nothing was fetched again", vendor, len(m.headers(vendor)))
				}
			}
		})
	}
}

func TestACallerWithoutCredentialsGetsTheRefusal(t *testing.T) {
	m := newMirror(t)
	w := &world{t: t, clock: newClock()}
	w = w.another(mirrorConfiguration(m.URL, "{ forward: [Authorization] }"))
	w.askAs(as("caller-1"), ofTheCaller, nil).isOnly(t, "caller-1")
	for range 2 {
		a := w.ask(ofTheCaller, nil)
		if strings.Contains(string(a.raw), "caller-1") || a.at("nodes", 0) != nil || !strings.Contains(a.codes(), "SOURCE_AUTH_FAILED") {
			t.Errorf("nobody was answered %s", a.raw)
		}
	}
	// Who has seen nothing sees nothing when the sources are down either.
	m.down.Store(true)
	w.clock.advance(time.Hour)
	w.askAs(as("caller-1"), ofTheCaller, nil).isOnly(t, "caller-1")
	for _, header := range []http.Header{nil, as("caller-2")} {
		a := w.askAs(header, ofTheCaller, nil)
		if strings.Contains(string(a.raw), "caller-") || !strings.Contains(a.codes(), "SOURCE_UNAVAILABLE") {
			t.Errorf("with the sources down, the caller with %v was answered %s", header, a.raw)
		}
	}
}

func TestACredentialThatIsTakenAwayShowsNothingAnyMore(t *testing.T) {
	m := newMirror(t)
	w := &world{t: t, clock: newClock()}
	w = w.another(mirrorConfiguration(m.URL, "{ forward: [Authorization] }"))
	for _, who := range []string{"caller-1", "caller-2"} {
		w.askAs(as(who), ofTheCaller, nil).isOnly(t, who)
	}
	revoked := "caller-1"
	m.revoked.Store(&revoked)
	// Old answers would do for ten minutes, until the sources are asked again.
	w.clock.advance(2 * time.Minute)
	eventually(t, func() bool {
		a := w.askAs(as("caller-1"), ofTheCaller, nil)
		return strings.Contains(a.codes(), "SOURCE_AUTH_FAILED") && !strings.Contains(string(a.raw), "caller-1")
	})
	w.askAs(as("caller-2"), ofTheCaller, nil).isOnly(t, "caller-2")
}

func TestOnlyListedHeadersReachASource(t *testing.T) {
	m := newMirror(t)
	w := &world{t: t, clock: newClock()}
	w = w.another(mirrorConfiguration(m.URL,
		"{ forward: [authorization] }",
		"{ forward: [X-Tenant, Cookie], headers: { X-Own: of-billing } }",
		"{ bearer: caller-of-teams }",
		"{ headers: { X-Auth-Token: caller-of-psa } }",
	))
	sent := http.Header{
		"Authorization": {"Bearer caller-1"}, "Cookie": {"session=1"}, "X-Tenant": {"caller-1"}, "X-Auth-Token": {"stolen"}, "X-Own": {"stolen"},
		"X-Secret": {"1"}, "X-Forwarded-For": {"10.0.0.1"}, "Referer": {"http://page.example"}, "User-Agent": {"browser"}, "Accept-Language": {"hr"}, "X-Request-Id": {"id-1"},
	}
	if a := w.askAs(sent, ofTheCaller, nil); len(a.Errors) > 0 {
		t.Fatalf("got %s", a.raw)
	}
	got := map[string]map[string]string{
		"focus":      {"Authorization": "Bearer caller-1"},
		"frontier":   {"X-Tenant": "caller-1", "Cookie": "session=1", "X-Own": "of-billing"},
		"intercode":  {"Authorization": "Bearer caller-of-teams"},
		"productive": {"X-Auth-Token": "caller-of-psa"},
	}
	for vendor, credentials := range got {
		requests := m.headers(vendor)
		if len(requests) == 0 {
			t.Errorf("%s was not asked", vendor)
		}
		for _, header := range requests {
			for name := range sent {
				want := credentials[name]
				if name == "User-Agent" {
					want = "tributary"
				}
				if values := strings.Join(header.Values(name), ", "); values != want {
					t.Errorf("%s got %s: %q, want %q", vendor, name, values, want)
				}
			}
		}
	}
}

func TestGatewaysShareWhatTheirCredentialsShare(t *testing.T) {
	m := newMirror(t)
	store := redistest.Start(t)
	w := &world{t: t, clock: newClock()}
	gateway := func(auth string) *world {
		return w.another("redis: { url: '" + store.URL() + "', timeout: 2s }\n" + mirrorConfiguration(m.URL, auth))
	}
	took := func(w *world, who string) int {
		t.Helper()
		before := m.calls()
		w.ask(ofTheCaller, nil).isOnly(t, who)
		return m.calls() - before
	}
	calls := took(gateway("{ bearer: caller-1 }"), "caller-1")
	if calls == 0 {
		t.Fatal("the first answer took no call")
	}
	awaitKeys(t, store, calls)
	if n := took(gateway("{ bearer: caller-1 }"), "caller-1"); n != 0 {
		t.Errorf("a gateway with the same credential made %d calls", n)
	}
	for _, auth := range []string{"{ bearer: caller-2 }", "{ headers: { X-Auth-Token: caller-2 } }"} {
		if n := took(gateway(auth), "caller-2"); n != calls {
			t.Errorf("a gateway with %s made %d calls, want %d", auth, n, calls)
		}
	}
}

// awaitKeys waits until Redis holds so many entries, which are written off the
// query's way.
func awaitKeys(t testing.TB, store *redistest.Server, count int) {
	t.Helper()
	eventually(t, func() bool { return keys(t, store) >= count })
}

// keys is how many entries Redis holds.
func keys(t testing.TB, store *redistest.Server) int {
	t.Helper()
	client := redis.NewClient(&redis.Options{Addr: store.Addr()})
	defer client.Close()
	all, err := client.Keys(t.Context(), "tributary:*").Result()
	if err != nil {
		t.Fatal(err)
	}
	// There is a record of each besides.
	return len(slices.DeleteFunc(all, func(key string) bool { return strings.HasPrefix(key, "tributary:of:") }))
}
