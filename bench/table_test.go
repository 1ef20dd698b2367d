package bench

import (
	"fmt"
	"io"
	"testing"
	"text/tabwriter"
	"time"
)

// result is what n answers took.
type result struct {
	n     int
	took  time.Duration
	used  Receipt // by the gateway
	calls int64   // that the vendors got

	bareN int
	bare  Receipt // what the bare server used for bareN answers of the same bytes
	proxy Receipt // what the proxy used for as many, with the calls that they need
}

func (r result) cpu() float64     { return float64(r.used.CPU) / float64(r.n) }
func (r result) bareCPU() float64 { return float64(r.bare.CPU) / float64(r.bareN) }
func (r result) xProxy() float64  { return r.cpu() * float64(r.bareN) / float64(r.proxy.CPU) }

func (r *Receipt) add(other Receipt) { r.CPU += other.CPU }

// report hands a result to the benchmark that it is of.
func (r result) report(b *testing.B) {
	r.used.reportMemory(b, r.n)
	b.ReportMetric(float64(r.calls)/float64(r.n), "upstream-calls/op")
	b.ReportMetric(r.cpu()/1e3, "cpu-µs/op")
	b.ReportMetric(r.cpu()/r.bareCPU(), "x-bare")
	if r.proxy.CPU > 0 {
		b.ReportMetric(r.xProxy(), "x-proxy")
	}
}

// reportMemory goes over what the framework counts, which is the client's.
func (r Receipt) reportMemory(b *testing.B, n int) {
	b.ReportMetric(float64(r.Bytes)/float64(n), "B/op")
	b.ReportMetric(float64(r.Allocs)/float64(n), "allocs/op")
}

// results are those of all benchmarks.
var results table

type table struct {
	rows []*row
}

type row struct {
	query Query
	mode  Mode
	result
	added time.Duration // at the median; 0 where it was not measured
}

func (t *table) row(q Query, m Mode) *row {
	for _, known := range t.rows {
		if known.query.Name == q.Name && known.mode == m {
			return known
		}
	}
	t.rows = append(t.rows, &row{query: q, mode: m})
	return t.rows[len(t.rows)-1]
}

// telling is how long a run must last for its figures to be worth keeping.
const telling = 200 * time.Millisecond

// put keeps a result unless there is one of a run that was disturbed less by
// whatever else the machine was doing, which shows in less CPU.
func (t *table) put(q Query, m Mode, r result) {
	row := t.row(q, m)
	if row.took < telling || r.took >= telling && r.cpu() < row.cpu() {
		row.result = r
	}
}

// add keeps the time added, where it is the least so far.
func (t *table) add(q Query, m Mode, added time.Duration) {
	row := t.row(q, m)
	if row.added == 0 || added < row.added {
		row.added = added
	}
}

// print writes a table of all results.
func (t *table) print(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "query\tdocuments from\tµs\tCPU µs\tbare CPU µs\tx bare\tx proxy\ttarget\tB\tallocs\tcalls\tadded p50 µs\t")
	for _, r := range t.rows {
		added := "-"
		if r.added != 0 {
			added = fmt.Sprint(r.added.Microseconds())
		}
		if r.n == 0 {
			fmt.Fprintf(w, "%s\t%s\t-\t-\t-\t-\t-\t-\t-\t-\t-\t%s\t\n", r.query.Name, r.mode.Name, added)
			continue
		}
		target := "-"
		if most := r.query.Target(r.mode); most > 0 {
			target = fmt.Sprint(most)
		}
		proxied := "-"
		if r.proxy.CPU > 0 {
			proxied = fmt.Sprintf("%.1f", r.xProxy())
		}
		n := float64(r.n)
		fmt.Fprintf(w, "%s\t%s\t%.1f\t%.1f\t%.1f\t%.1f\t%s\t%s\t%.0f\t%.0f\t%.2f\t%s\t\n",
			r.query.Name, r.mode.Name, float64(r.took)/n/1e3, r.cpu()/1e3, r.bareCPU()/1e3, r.cpu()/r.bareCPU(), proxied, target,
			float64(r.used.Bytes)/n, float64(r.used.Allocs)/n, float64(r.calls)/n, added)
	}
	w.Flush()
}
