package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"tributary/redistest"
)

const portfolioOfAcme = `{ account(id: "account/acme") { subscriptions { nodes { id status plan { name } customer { name } } } } }`

// over is an edit of a configuration that adds a Redis. timeout is that of a
// command, and long where a busy machine must not pass for a fault.
func over(store *redistest.Server, timeout time.Duration) func(string) string {
	return func(text string) string {
		return text + fmt.Sprintf("redis: { url: '%s', timeout: %v }\n", store.URL(), timeout)
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

// medianTime is that of the queries of everything, asked one after the other,
// each past the time of what is kept so that Redis is looked at.
func (w *world) medianTime(queries int) time.Duration {
	w.t.Helper()
	times := make([]time.Duration, queries)
	for i := range times {
		w.clock.advance(12 * time.Minute)
		begun := time.Now()
		w.mustAsk(portfolioOfAcme, nil)
		times[i] = time.Since(begun)
	}
	slices.Sort(times)
	return times[queries/2]
}

func TestNoQueryFailsForRedis(t *testing.T) {
	store := redistest.Start(t)
	w := start(t, over(store, 50*time.Millisecond))
	stop := make(chan struct{})
	var running sync.WaitGroup
	asked := 0
	running.Go(func() { // the load, with ids that change so that keys do
		for ; ; asked++ {
			select {
			case <-stop:
				return
			default:
			}
			a := w.ask(fmt.Sprintf(`{ nodes(ids: ["subscription/psa/%d", "subscription/focus/%d", "subscription/teams/team_%d"]) { id } }`,
				682+asked%18, 4711+asked%14, 1+asked%14), nil)
			if len(a.Errors) > 0 {
				t.Errorf("a query failed: %s", a.raw)
			}
		}
	})
	const queries = 15
	healthy := w.medianTime(queries)
	for _, c := range []struct {
		name        string
		begins, end func()
	}{
		{"killed", store.Kill, store.Restart},
		{"paused", store.Pause, store.Resume},
	} {
		c.begins()
		median := w.medianTime(queries)
		t.Logf("median of a query: %v, with Redis %s %v", healthy, c.name, median)
		// A query has at most two looks at Redis in a row, 50 ms each; all but
		// the first should wait for none.
		if median > 10*healthy+50*time.Millisecond {
			t.Errorf("with Redis %s the median of a query is %v, and was %v", c.name, median, healthy)
		}
		if got := w.readiness("redis"); got != "down" {
			t.Errorf("a Redis that is %s is %q", c.name, got)
		}
		c.end()
		eventually(t, func() bool { return w.readiness("redis") == "up" })
	}
	close(stop)
	running.Wait()
	if asked < 10 {
		t.Errorf("the load was %d queries", asked)
	}
	eventually(t, func() bool {
		w.medianTime(1)
		return keys(t, store) > 0
	})
}
