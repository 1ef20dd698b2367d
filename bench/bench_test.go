package bench

import (
	"bytes"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/redistest"
	"tributary/sandbox"
)

var profiles = flag.String("profiles", "", "folder for CPU and heap profiles of the gateway under each benchmark of queries")

func TestMain(m *testing.M) {
	if Become() {
		return
	}
	before := Machine()
	status := m.Run()
	if len(results.rows) > 0 {
		fmt.Printf("\nbefore: %s\nafter:  %s\n", before, Machine())
		results.print(os.Stdout)
	}
	os.Exit(status)
}

var modes = []Mode{Uncached, FromRedis, FromMemory, Whole}

// world is the vendors, a Redis, and a gateway for each mode.
type world struct {
	vendors *Replay
	bare    *process
	proxy   *process
	redis   *redistest.Server
}

func newWorld(t testing.TB) *world {
	t.Helper()
	vendors := httptest.NewServer(sandbox.New(time.Now).Handler())
	t.Cleanup(vendors.Close)
	replay, err := NewReplay(vendors.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(replay.Close)
	return &world{
		vendors: replay,
		bare:    start(t, RoleBare, Order{Answer: []byte{}}),
		proxy:   start(t, RoleProxy, Order{Answer: []byte{}, Calls: [][]byte{}}),
		redis:   redistest.Start(t),
	}
}

func (w *world) gateway(t testing.TB, m Mode) *process {
	t.Helper()
	return start(t, RoleGateway, Order{Config: w.configuration(m), Memory: m.memory})
}

func (w *world) configuration(m Mode) string {
	text := m.Configuration(w.vendors.URL())
	if m.redis {
		// On a busy machine the usual 50 ms now and then turn a look-up into a miss.
		text += "redis: { url: " + w.redis.URL() + ", timeout: 1s }\n"
	}
	return text
}

// during is how many calls the vendors get while do runs.
func (w *world) during(do func()) int64 {
	before := w.vendors.calls.Load()
	do()
	return w.vendors.calls.Load() - before
}

// ask is one answer, whole.
func ask(t testing.TB, c *Client, request []byte) []byte {
	t.Helper()
	var answer bytes.Buffer
	if _, err := c.Send(request, &answer); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(answer.Bytes(), []byte(`"errors"`)) || bytes.Contains(answer.Bytes(), []byte(`"subscription":null`)) {
		t.Fatalf("the answer is wrong: %s", answer.Bytes())
	}
	return answer.Bytes()
}

// warm asks until the answer takes the calls that it takes every time from
// then on, and returns it.
func (w *world) warm(t testing.TB, c *Client, request []byte, m Mode) []byte {
	t.Helper()
	if m == Uncached {
		return ask(t, c, request)
	}
	deadline := time.Now().Add(10 * time.Second)
	for {
		var answer []byte
		if w.during(func() { answer = ask(t, c, request) }) == 0 {
			return answer
		}
		if time.Now().After(deadline) {
			t.Fatal("the answer is not kept")
		}
	}
}

// BenchmarkQuery asks each query of a gateway in each mode. An operation is one
// answer; bytes and allocations are the gateway's, not the client's.
func BenchmarkQuery(b *testing.B) {
	w := newWorld(b)
	for _, m := range modes {
		gateway := w.gateway(b, m)
		for _, q := range Queries {
			request := Request(q.Body)
			c := dial(b, gateway.Address)
			answer := w.warm(b, c, request, m)
			calls := w.vendors.Watch(func() { ask(b, c, request) })
			asked := newLoad(b, gateway.Address, request, len(answer))
			bare := newLoad(b, w.bare.Address, request, len(answer))
			proxied := newLoad(b, w.proxy.Address, request, len(answer))
			b.Run(q.Name+"/"+m.Name, func(b *testing.B) {
				w.bare.obey(b, Order{Answer: answer})
				w.proxy.obey(b, Order{Answer: answer, Calls: calls})
				if len(calls) == 0 {
					proxied = nil
				}
				r := w.measure(b, gateway, asked, bare, proxied)
				results.put(q, m, r)
				r.report(b)
			})
		}
	}
}

// measure is what b.N answers take, with as many bare and proxied ones before
// and after; proxied is nil where the answer needs no calls.
func (w *world) measure(b *testing.B, gateway *process, asked, bare, proxied *load) result {
	most := min(b.N, 2000)
	r := result{n: b.N, bareN: 2 * most}
	others := func() {
		r.bare.add(w.bare.use(b, func() { bare.run(b, most) }))
		if proxied != nil {
			r.proxy.add(w.proxy.use(b, func() { proxied.run(b, most) }))
		}
	}
	others()
	if path := profileOf(b.Name()); path != "" {
		gateway.obey(b, Order{Profile: path})
		defer gateway.obey(b, Order{Stop: true})
	}
	b.ResetTimer()
	r.used = gateway.use(b, func() {
		r.calls = w.during(func() { asked.run(b, b.N) })
	})
	b.StopTimer()
	r.took = b.Elapsed()
	others()
	return r
}

// BenchmarkAdded asks each query of a gateway that keeps nothing, with vendors
// that take a while, and in turn the vendors directly for the longest of the
// documents that the answer needs. An operation is one answer of the gateway.
func BenchmarkAdded(b *testing.B) {
	w := newWorld(b)
	gateway := w.gateway(b, Uncached)
	for _, q := range Queries {
		request := Request(q.Body)
		c := dial(b, gateway.Address)
		ask(b, c, request)
		direct := dial(b, w.vendors.address())
		document := w.vendors.longest(w.vendors.Watch(func() { ask(b, c, request) }))
		b.Run(q.Name, func(b *testing.B) {
			w.vendors.delay.Store(int64(10 * time.Millisecond))
			defer w.vendors.delay.Store(0)
			var whole, alone []time.Duration
			used := gateway.use(b, func() {
				for b.Loop() {
					b.StopTimer()
					alone = append(alone, timed(b, direct, document))
					b.StartTimer()
					whole = append(whole, timed(b, c, request))
				}
			})
			used.reportMemory(b, len(whole))
			added := median(whole) - median(alone)
			results.add(q, Uncached, added)
			b.ReportMetric(float64(added.Nanoseconds())/1e3, "added-p50-µs")
		})
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

// profileOf is where the profiles of a benchmark go, but for how they end; "" for
// nowhere.
func profileOf(name string) string {
	if *profiles == "" {
		return ""
	}
	return filepath.Join(*profiles, strings.NewReplacer("/", "-", " ", "-").Replace(name))
}
