package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/bench"
)

func TestMain(m *testing.M) {
	if bench.Become() {
		return
	}
	goleak.VerifyTestMain(m)
}

func TestEveryServerIsMeasuredWithEveryQuery(t *testing.T) {
	var out strings.Builder
	measured, err := options{Connections: 8, Cell: 60 * time.Millisecond, Rounds: 2, Bodies: 5, Memory: "1MiB"}.run(&out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", out.String())
	const perQuery, full = 8, 1
	if rows := len(measured.rows); rows != perQuery*len(bench.Queries)+full {
		t.Errorf("the table has %d rows", rows)
	}
	for _, r := range measured.rows {
		name := fmt.Sprintf("%s, %s, %d bodies", r.query.Name, r.server, r.bodies)
		if r.n == 0 || r.rate == 0 || r.cpu == 0 || r.p50 == 0 || r.p99 < r.p50 || r.peak < 1<<20 {
			t.Errorf("%s: measured are %+v", name, r)
		}
		asksNobody := slices.Contains([]string{bareHandler, bench.FromMemory.Name, bench.Whole.Name}, r.server)
		if asksNobody != (r.upstream == 0) {
			t.Errorf("%s: %d calls for %d answers", name, r.upstream, r.n)
		}
	}
	multiples := strings.Count(out.String(), "/ "+bareHandler) + strings.Count(out.String(), "/ "+bareProxy)
	if multiples != 3*len(bench.Queries) {
		t.Errorf("%d multiples are printed", multiples)
	}
}

func TestAnAnswerIsComparedWithTheFirst(t *testing.T) {
	c := &cell{expected: bench.WithoutAges([]byte(`{"data":{"a0":{"name":"Acme","ageSeconds":0}}}`))}
	for answer, isRight := range map[string]bool{
		`{"data":{"a0":{"name":"Acme","ageSeconds":12}}}`:                   true,
		`{"data":{"a0":{"name":"Globex","ageSeconds":0}}}`:                  false,
		`{"data":{"a0":null}}`:                                              false,
		`{"data":{"subscription":null}}`:                                    false,
		`{"data":{"a0":{"name":"Acme","ageSeconds":0}},"errors":[{"x":1}]}`: false,
	} {
		if err := c.check([]byte(answer)); (err == nil) != isRight {
			t.Errorf("%s: %v", answer, err)
		}
	}
}
