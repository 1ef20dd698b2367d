package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"tributary/redistest"
)

const portfolioOfAcme = `{ account(id: "account/acme") { subscriptions { nodes { id status plan { name } customer { name } } } } }`

// over is an edit of a configuration that adds a Redis. timeout is that of a
// command, and long where a busy machine must not pass for a fault.
func over(store *redistest.Server, timeout time.Duration) func(string) string {
	return overRedis(fmt.Sprintf("url: '%s'", store.URL()), timeout)
}

// overRedis is the same for the keys that say where Redis is.
func overRedis(where string, timeout time.Duration) func(string) string {
	return func(text string) string {
		return text + fmt.Sprintf("redis: { %s, timeout: %v }\n", where, timeout)
	}
}

// readiness is what /readyz says of a dependency; "" where it does not know it.
func (w *world) readiness(dependency string) string {
	w.t.Helper()
	resp, err := http.Get(w.gateway.URL + "/readyz")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		w.t.Errorf("/readyz answers %d", resp.StatusCode)
	}
	for lines := json.NewDecoder(resp.Body); ; {
		var line struct{ Dependency, State string }
		switch err := lines.Decode(&line); {
		case err == io.EOF:
			return ""
		case err != nil:
			w.t.Fatal(err)
		case line.Dependency == dependency:
			return line.State
		}
	}
}

func TestASecondGatewayTakesWhatTheFirstFetched(t *testing.T) {
	store := redistest.Start(t)
	first := start(t, over(store, 5*time.Second))
	fetched := first.during(func() { first.mustAsk(portfolioOfAcme, nil) })
	awaitKeys(t, store, fetched)
	second := &world{t: t, clock: first.clock, upstreams: first.upstreams, log: new(lockedBuffer)}
	second.serve(over(store, 5*time.Second))
	var a, b *answer
	if n := second.during(func() { a = second.mustAsk(portfolioOfAcme, nil) }); n != 0 {
		t.Errorf("the second gateway made %d calls", n)
	}
	b = first.mustAsk(portfolioOfAcme, nil)
	if string(a.raw) != string(b.raw) {
		t.Errorf("two gateways over one Redis differ:\n%s\n%s", a.raw, b.raw)
	}
}

func TestARedisThatIsAbsentAtTheStartIsUsedWhenItComes(t *testing.T) {
	store := redistest.Start(t)
	store.Kill()
	w := start(t, over(store, 50*time.Millisecond))
	fetched := w.during(func() { w.mustAsk(portfolioOfAcme, nil) })
	if got := w.readiness("redis"); got != "down" {
		t.Errorf("an absent Redis is %q", got)
	}
	store.Restart()
	eventually(t, func() bool { return w.readiness("redis") == "up" })
	// What was fetched without Redis stays out of it; what comes next goes in.
	eventually(t, func() bool {
		w.clock.advance(12 * time.Minute)
		w.mustAsk(portfolioOfAcme, nil)
		return keys(t, store) >= fetched
	})
}
