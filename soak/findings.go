package main

import (
	"bufio"
	"fmt"
	"io"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// findings count what clients saw.
type findings struct {
	mu       sync.Mutex
	times    [256]int // by the logarithm of the time
	queries  int
	stale    int
	failed   int
	counts   map[string]int
	openings int
	wrong    map[string]int
	examples []string
}

func newFindings() *findings { return &findings{counts: map[string]int{}, wrong: map[string]int{}} }

// step is by how much the times of two neighbours in findings.times differ.
const step = 1.08

func (f *findings) answered(c *comparison) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.queries++
	f.times[min(255, max(0, int(math.Log(float64(c.reply.took.Microseconds())/10)/math.Log(step))))]++
	switch {
	case len(c.reply.Errors) > 0:
		f.failed++
		codes := c.codes()
		slices.Sort(codes)
		for _, code := range slices.Compact(codes) {
			f.counts["errors "+code[strings.IndexByte(code, ' ')+1:]]++
		}
	case c.isStale:
		f.stale++
	}
}

func (f *findings) percentile(n int) time.Duration {
	left := f.queries * n / 100
	for i, count := range f.times {
		if left -= count; left < 0 {
			return (time.Duration(10*math.Pow(step, float64(i+1))) * time.Microsecond).Round(10 * time.Microsecond)
		}
	}
	return 0
}

// count counts what clients are to expect.
func (f *findings) count(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.counts[kind]++
}

// fail counts what they are not.
func (f *findings) fail(kind, example string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wrong[kind]++
	if f.wrong[kind] <= 5 {
		f.examples = append(f.examples, kind+": "+example)
	}
}

// compareUsage expects no more goroutines and memory than a spell before had
// left, but for what connections and a busy machine make of it.
func (f *findings) compareUsage(before, after usage) {
	if after.goroutines > before.goroutines+100 {
		f.fail("goroutines grew", fmt.Sprintf("from %d to %d", before.goroutines, after.goroutines))
	}
	if after.heap > before.heap+before.heap/2+16<<20 {
		f.fail("memory grew", fmt.Sprintf("from %s to %s", mb(before.heap), mb(after.heap)))
	}
}

func mb(bytes int64) string { return fmt.Sprintf("%.1f MB", float64(bytes)/1e6) }

// watchCircuits counts how often a circuit is seen to open.
func (f *findings) watchCircuits(s *system, over <-chan struct{}) {
	open := map[string]bool{}
	for pause(200*time.Millisecond, over) {
		for _, g := range s.gateways {
			for name, value := range g.metrics() {
				if !strings.HasPrefix(name, "tributary_source_circuit{") {
					continue
				}
				f.mu.Lock()
				if value == 2 && !open[g.name+name] {
					f.openings++
				}
				f.mu.Unlock()
				open[g.name+name] = value == 2
			}
		}
	}
}

// metrics are those of a gateway, by name with labels.
func (g *gateway) metrics() map[string]float64 {
	recorder := httptest.NewRecorder()
	g.built.Gateway.Metrics.Admin().ServeHTTP(recorder, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	values := map[string]float64{}
	for lines := bufio.NewScanner(recorder.Body); lines.Scan(); {
		name, text, ok := strings.Cut(lines.Text(), " ")
		if value, err := strconv.ParseFloat(text, 64); ok && err == nil {
			values[name] = value
		}
	}
	return values
}

// sum is a metric of all gateways and sources.
func (s *system) sum(name string) int {
	total := 0.0
	for _, g := range s.gateways {
		for each, value := range g.metrics() {
			if family, _, _ := strings.Cut(each, "{"); family == name {
				total += value
			}
		}
	}
	return int(total)
}

// report prints the table, and reports whether nothing was wrong.
func (l *load) report(out io.Writer, before, after usage) (bool, error) {
	if n := l.system.log.panics.Load(); n > 0 {
		l.found.fail("panics", fmt.Sprint(n))
	}
	f, s := l.found, l.system
	f.mu.Lock()
	defer f.mu.Unlock()
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(name string, value any) { fmt.Fprintf(w, "%s\t%v\n", name, value) }
	line("queries", f.queries)
	line("fresh", f.queries-f.stale-f.failed)
	line("stale", f.stale)
	line("with errors", f.failed)
	for _, kind := range slices.Sorted(maps.Keys(f.counts)) {
		line(kind, f.counts[kind])
	}
	line("answers kept whole", s.sum("tributary_answers_hits_total"))
	line("upstream calls", s.sum("tributary_upstream_calls_total"))
	line("retries", s.sum("tributary_source_retries_total"))
	line("hedges", s.sum("tributary_source_hedges_total"))
	line("circuit openings seen", f.openings)
	line("refused by circuit", s.sum("tributary_source_rejected_by_circuit_total"))
	line("refused by quota", s.sum("tributary_source_rejected_by_quota_total"))
	line("Redis questions unanswered", s.sum("tributary_redis_faults_total"))
	line("all let go for Redis", s.log.forgotten.Load())
	line("goroutines", fmt.Sprintf("%d before, %d after", before.goroutines, after.goroutines))
	line("heap", mb(before.heap)+" before, "+mb(after.heap)+" after")
	line("p50", f.percentile(50))
	line("p99", f.percentile(99))
	w.Flush()
	for _, kind := range slices.Sorted(maps.Keys(f.wrong)) {
		fmt.Fprintf(out, "FAILED %s: %d\n", kind, f.wrong[kind])
	}
	for _, example := range f.examples {
		fmt.Fprintln(out, "FAILED", example)
	}
	return len(f.wrong) == 0, nil
}
