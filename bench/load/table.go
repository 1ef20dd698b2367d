package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"tributary/bench"
)

// The servers that the gateway is measured against.
const (
	bareHandler = "bare handler"
	bareProxy   = "bare proxy"
)

// row is what one server took for one query.
type row struct {
	query  bench.Query
	server string // or the mode of the gateway
	bodies int    // that differ

	n        int // answers
	rate     float64
	p50, p99 time.Duration
	cpu      time.Duration // of an answer
	peak     int64         // bytes
	upstream int64         // calls
}

type table struct{ rows []*row }

// of is the row of a query, nil where there is none.
func (t *table) of(query, server string, isIdentical bool) *row {
	for _, r := range t.rows {
		if r.query.Name == query && r.server == server && (r.bodies == 1) == isIdentical {
			return r
		}
	}
	return nil
}

func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "query\tserver\tbodies\tqueries/s\tp50 ms\tp99 ms\tCPU s/1000\tpeak RSS MB\tcalls/query\t")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%s\t%s\t%d\t%.0f\t%.2f\t%.2f\t%.3f\t%.0f\t%.2f\t\n", r.query.Name, r.server, r.bodies, r.rate,
			milliseconds(r.p50), milliseconds(r.p99), milliseconds(r.cpu), float64(r.peak)/1e6, float64(r.upstream)/float64(r.n))
	}
	w.Flush()
	fmt.Fprintln(out)
	t.printMultiples(out)
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// besides are what the CPU of an answer in each mode is a multiple of.
var besides = []struct {
	mode  bench.Mode
	other string
}{
	{bench.Whole, bareHandler},
	{bench.FromMemory, bareHandler},
	{bench.Uncached, bareProxy},
}

// printMultiples prints the CPU of an answer in others, beside what it may be.
func (t *table) printMultiples(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "query\tCPU\tidentical bodies\tdifferent bodies\ttarget\tmet\t")
	for _, q := range bench.Queries {
		for _, b := range besides {
			beside := t.of(q.Name, b.other, true)
			if beside == nil {
				continue
			}
			identical := t.of(q.Name, b.mode.Name, true).multiple(beside)
			different := t.of(q.Name, b.mode.Name, false).multiple(beside)
			met := "no"
			if identical <= q.Target(b.mode) {
				met = "yes"
			}
			fmt.Fprintf(w, "%s\t%s / %s\t%.1f\t%.1f\t%.1f\t%s\t\n", q.Name, b.mode.Name, b.other, identical, different, q.Target(b.mode), met)
		}
	}
	w.Flush()
}

func (r *row) multiple(of *row) float64 { return float64(r.cpu) / float64(of.cpu) }
