// Package bench measures what an answer costs the gateway: time, memory,
// processor, and calls to the sources, beside what net/http costs alone.
package bench

import (
	"bytes"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/redistest"
	"tributary/sandbox"
)

var profiles = flag.String("profiles", "", "folder for CPU profiles of the gateway, one a benchmark")

func TestMain(m *testing.M) {
	if as := os.Getenv(role); as != "" {
		if err := serve(as); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", as, err)
			os.Exit(1)
		}
		return
	}
	status := m.Run()
	results.print(os.Stdout)
	os.Exit(status)
}

// mode is where the documents of an answer come from.
type mode struct {
	name   string
	ttl    string // of every source's answers
	memory int    // of the gateway's own cache; 0 for the usual
	redis  bool
}

var modes = []mode{
	{name: "uncached", ttl: "0s"},
	{name: "redis", ttl: "1h", memory: 1, redis: true},
	{name: "memory", ttl: "1h"},
}

// world is the vendors, a Redis, and a gateway for each mode.
type world struct {
	vendors *replay
	bare    *process
	redis   string // URL
}

func newWorld(t testing.TB) *world {
	t.Helper()
	vendors := httptest.NewServer(sandbox.New(time.Now).Handler())
	t.Cleanup(vendors.Close)
	return &world{
		vendors: newReplay(t, vendors.URL),
		bare:    start(t, roleBare, order{Answer: []byte{}}),
		redis:   redistest.Start(t).URL(),
	}
}

func (w *world) gateway(t testing.TB, m mode) *process {
	t.Helper()
	text := "secret: one-for-all-gateways-of-this-run\n" + sandbox.Configuration(w.vendors.url())
	for _, kind := range []string{"focus", "frontier", "intercode", "productive"} {
		line := "    kind: " + kind + "\n"
		text = strings.Replace(text, line, line+"    cache: { ttl: "+m.ttl+" }\n", 1)
	}
	if m.redis {
		text += "redis: { url: " + w.redis + " }\n"
	}
	return start(t, roleGateway, order{Config: text, Memory: m.memory})
}

// calls is how many calls the vendors get while do runs.
func (w *world) during(do func()) int64 {
	before := w.vendors.calls.Load()
	do()
	return w.vendors.calls.Load() - before
}

// ask is one answer, whole.
func ask(t testing.TB, c *client, request []byte) []byte {
	t.Helper()
	var answer bytes.Buffer
	if _, err := c.send(request, &answer); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(answer.Bytes(), []byte(`"errors"`)) || bytes.Contains(answer.Bytes(), []byte(`"subscription":null`)) {
		t.Fatalf("the answer is wrong: %s", answer.Bytes())
	}
	return answer.Bytes()
}

// warm asks until the answer takes the calls that it takes every time from
// then on, and returns it.
func (w *world) warm(t testing.TB, c *client, request []byte, m mode) []byte {
	t.Helper()
	if m.ttl == "0s" {
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

func TestAnswersAreTheSameWhereverTheyComeFrom(t *testing.T) {
	w := newWorld(t)
	answers := map[string]string{}
	for _, m := range modes {
		gateway := w.gateway(t, m)
		for _, q := range queries {
			t.Run(q.name+" "+m.name, func(t *testing.T) {
				c := dial(t, gateway.address)
				answer := string(w.warm(t, c, request(q.body), m))
				again := w.during(func() { ask(t, c, request(q.body)) })
				if cached := m.ttl != "0s"; cached == (again > 0) {
					t.Errorf("the second answer takes %d calls", again)
				}
				answer = withoutAges(answer)
				if first, ok := answers[q.name]; ok && first != answer {
					t.Errorf("the answer is\n%s\nand was uncached\n%s", answer, first)
				}
				answers[q.name] = answer
			})
		}
	}
}

var age = regexp.MustCompile(`"ageSeconds":\d+`)

func withoutAges(answer string) string { return age.ReplaceAllString(answer, "") }

// BenchmarkQuery asks each query of a gateway in each mode. An operation is one
// answer; bytes and allocations are the gateway's, not the client's.
func BenchmarkQuery(b *testing.B) {
	w := newWorld(b)
	for _, m := range modes {
		gateway := w.gateway(b, m)
		for _, q := range queries {
			request := request(q.body)
			answer := w.warm(b, dial(b, gateway.address), request, m)
			asked := newLoad(b, gateway.address, request, len(answer))
			bare := newLoad(b, w.bare.address, request, len(answer))
			b.Run(q.name+"/"+m.name, func(b *testing.B) {
				w.bare.obey(b, order{Answer: answer})
				r := w.measure(b, gateway, asked, bare)
				results.put(q, m, r)
				r.report(b)
			})
		}
	}
}

// measure is what b.N answers take, with as many bare ones before and after.
func (w *world) measure(b *testing.B, gateway *process, asked, bare *load) result {
	most := min(b.N, 2000)
	r := result{n: b.N}
	r.bare = w.bare.use(b, func() { bare.run(b, most) })
	if path := profileOf(b.Name()); path != "" {
		gateway.obey(b, order{Profile: path})
		defer gateway.obey(b, order{Stop: true})
	}
	b.ResetTimer()
	r.used = gateway.use(b, func() {
		r.calls = w.during(func() { asked.run(b, b.N) })
	})
	b.StopTimer()
	r.took = b.Elapsed()
	after := w.bare.use(b, func() { bare.run(b, most) })
	r.bare.CPU += after.CPU
	r.bareN = 2 * most
	return r
}

// BenchmarkAdded asks each query of a gateway that keeps nothing, with vendors
// that take a while, and in turn the vendors directly for the longest of the
// documents that the answer needs. An operation is one answer of the gateway.
func BenchmarkAdded(b *testing.B) {
	w := newWorld(b)
	gateway := w.gateway(b, modes[0])
	for _, q := range queries {
		request := request(q.body)
		c := dial(b, gateway.address)
		ask(b, c, request)
		direct := dial(b, w.vendors.address())
		document := w.vendors.longest(w.vendors.watch(func() { ask(b, c, request) }))
		b.Run(q.name, func(b *testing.B) {
			w.vendors.delay.Store(int64(10 * time.Millisecond))
			defer w.vendors.delay.Store(0)
			var whole, alone []time.Duration
			for b.Loop() {
				b.StopTimer()
				alone = append(alone, direct.time(b, document))
				b.StartTimer()
				whole = append(whole, c.time(b, request))
			}
			added := median(whole) - median(alone)
			results.add(q, modes[0], added)
			b.ReportMetric(float64(added.Nanoseconds())/1e3, "added-p50-µs")
		})
	}
}

func median(times []time.Duration) time.Duration {
	slices.Sort(times)
	return times[len(times)/2]
}

func profileOf(name string) string {
	if *profiles == "" {
		return ""
	}
	return filepath.Join(*profiles, strings.NewReplacer("/", "-", " ", "-").Replace(name)+".pprof")
}
