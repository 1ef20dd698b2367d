package main

import (
	"cmp"
	"fmt"
	"io"
	"time"
)

// table prints rows as they come, and a summary.
type table struct {
	out                          io.Writer
	sent, refused, safe, untried int
	failed                       []string
	slowest, heaviest            result
}

func newTable(out io.Writer) *table {
	t := &table{out: out}
	t.row("#", "class", "attack", "verdict", "status", "code", "time", "bytes", "memory")
	return t
}

func (t *table) row(cells ...string) {
	widths := []int{3, 11, 62, 8, 6, 26, 9, 8, 8}
	for i, cell := range cells {
		fmt.Fprintf(t.out, "%-*s ", widths[i], cell)
	}
	fmt.Fprintln(t.out)
}

// print prints one row, and reports whether it passes.
func (t *table) print(number int, r result) bool {
	verdict := r.verdict()
	status, code, size, memory := "-", "-", "-", "-"
	if r.answer != nil {
		size = fmt.Sprint(len(r.answer.body))
		code = cmp.Or(r.answer.code(), "-")
		if status = "closed"; r.answer.status > 0 {
			status = fmt.Sprint(r.answer.status)
		}
	}
	if r.grown >= 0 {
		memory = fmt.Sprintf("%.1f MB", float64(r.grown)/1e6)
	}
	t.row(fmt.Sprint(number), r.class, r.name, verdict, status, code, r.took.Round(100*time.Microsecond).String(), size, memory)
	t.sent++
	switch verdict {
	case "refused":
		t.refused++
		if r.took > t.slowest.took && !r.slow {
			t.slowest = r
		}
		if r.grown > t.heaviest.grown {
			t.heaviest = r
		}
	case "safe":
		t.safe++
	case "untried":
		t.untried++
	default:
		t.failed = append(t.failed, fmt.Sprintf("%d %s: %s: %v", number, r.class, r.name, r.fault))
	}
	return r.fault == nil
}

func (t *table) end() {
	fmt.Fprintf(t.out, "\n%d attacks: %d refused before execution, %d safe, %d failed, %d untried\n", t.sent, t.refused, t.safe, len(t.failed), t.untried)
	if t.refused > 0 {
		fmt.Fprintf(t.out, "the slowest refusal took %v (%s), the largest %.1f MB (%s)\n", t.slowest.took.Round(100*time.Microsecond), t.slowest.name, float64(t.heaviest.grown)/1e6, t.heaviest.name)
	}
	for _, fault := range t.failed {
		fmt.Fprintln(t.out, "FAILED", fault)
	}
}
