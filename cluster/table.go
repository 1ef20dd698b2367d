package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"
)

// table counts what clients see, by phase.
type table struct {
	mu     sync.Mutex
	phases []*phase
	failed []string // examples of what should not have been
}

type phase struct {
	name   string
	times  []time.Duration
	counts map[string]int // what was seen beside answers
	errors int
}

func newTable() *table { return &table{phases: []*phase{{name: "before", counts: map[string]int{}}}} }

// phase begins the next phase.
func (t *table) phase(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.phases = append(t.phases, &phase{name: name, counts: map[string]int{}})
}

func (t *table) now() *phase { return t.phases[len(t.phases)-1] }

func (t *table) answered(took time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now().times = append(t.now().times, took)
}

// count counts what clients are to expect.
func (t *table) count(kind string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now().counts[kind]++
}

// fail counts what they are not.
func (t *table) fail(kind, example string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now().counts[kind]++
	t.now().errors++
	if len(t.failed) < 5 {
		t.failed = append(t.failed, fmt.Sprintf("%s, %s: %s", t.now().name, kind, example))
	}
}

// print prints the table, and reports whether nothing failed.
func (t *table) print(out io.Writer) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	errors := 0
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "phase\trequests\terrors\tp50\tp99\tseen beside answers")
	for _, p := range t.phases {
		errors += p.errors
		if len(p.times) == 0 && len(p.counts) == 0 {
			continue
		}
		slices.Sort(p.times)
		var seen []string
		for _, kind := range slices.Sorted(maps.Keys(p.counts)) {
			seen = append(seen, fmt.Sprintf("%s %d", kind, p.counts[kind]))
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%v\t%v\t%s\n", p.name, len(p.times), p.errors, p.percentile(50), p.percentile(99), strings.Join(seen, ", "))
	}
	w.Flush()
	for _, example := range t.failed {
		fmt.Fprintln(out, "FAILED", example)
	}
	return errors == 0
}

func (p *phase) percentile(n int) time.Duration {
	if len(p.times) == 0 {
		return 0
	}
	return p.times[(len(p.times)-1)*n/100].Round(10 * time.Microsecond)
}
