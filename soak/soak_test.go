package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

func TestNothingIsWrongWhileAllFailsAtOnce(t *testing.T) {
	var out strings.Builder
	passed, err := options{Duration: 4 * time.Second, Clients: 4, Seed: 20261127, Verbose: true}.run(&out)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("\n%s", out.String())
	if !passed {
		t.Error("something was wrong")
	}
	for _, row := range []string{"soak --duration 4s --clients 4 --seed 20261127\n", " psa ", "\nqueries ", "\nstale ", "\nupstream calls ", "\nheap "} {
		if !strings.Contains(out.String(), row) {
			t.Errorf("there is no %q", row)
		}
	}
}

const (
	truth = `{"subscription":{"id":"subscription/focus/1","status":"ACTIVE","provenance":{"ageSeconds":0,"freshness":"FRESH","cacheStatus":"MISS","degradedReason":null}}}`
	whole = `{"subscriptions":{"nodes":[{"id":"subscription/focus/1"},{"id":"subscription/psa/1"}],"totalCount":2,
		"completeness":{"complete":true,"truncated":false,"sources":[{"source":{"name":"focus"},"outcome":"OK","error":null},{"source":{"name":"psa"},"outcome":"OK","error":null},
		{"source":{"name":"teams"},"outcome":"OK","error":null},{"source":{"name":"billing"},"outcome":"OK","error":null}]}}}`
	psaIsDown = `"errors":[{"message":"down","path":["subscriptions"],"extensions":{"code":"SOURCE_UNAVAILABLE","source":"psa"}}]`
)

// short is the list without the row of psa, for which completeness says what it
// says.
func short(outcome, fault, complete string) string {
	s := strings.Replace(whole, `,{"id":"subscription/psa/1"}`, "", 1)
	s = strings.Replace(s, `"psa"},"outcome":"OK","error":null`, `"psa"},"outcome":"`+outcome+`","error":`+fault, 1)
	s = strings.Replace(s, `"totalCount":2`, `"totalCount":null`, 1)
	return strings.Replace(s, `"complete":true`, `"complete":`+complete, 1)
}

// What is taken for a wrong answer, and what not.
func TestAnAnswerIsHeldAgainstTheTruth(t *testing.T) {
	for _, c := range []struct {
		name, truth, body string
		isWrong           bool
	}{
		{"the same", truth, `{"data":` + truth + `}`, false},
		{"another status", truth, `{"data":` + strings.Replace(truth, "ACTIVE", "CANCELED", 1) + `}`, true},
		{"another subscription", truth, `{"data":` + strings.Replace(truth, "focus/1", "focus/2", 1) + `}`, true},
		{"nothing, without an error", truth, `{"data":{"subscription":null}}`, true},
		{"nothing, with its error", truth, `{"data":{"subscription":null},"errors":[{"path":["subscription"],"extensions":{"code":"SOURCE_TIMEOUT","source":"focus"}}]}`, false},
		{"an error that no source makes", truth, `{"data":{"subscription":null},"errors":[{"path":["subscription"],"extensions":{"code":"INTERNAL"}}]}`, true},
		{"a stale one that says so", truth, `{"data":` + strings.NewReplacer(`"ageSeconds":0`, `"ageSeconds":900`, "FRESH", "STALE_SOURCE_DOWN", `"degradedReason":null`, `"degradedReason":"SOURCE_TIMEOUT"`).Replace(truth) + `}`, false},
		{"a stale one that calls itself fresh", truth, `{"data":` + strings.Replace(truth, `"ageSeconds":0`, `"ageSeconds":900`, 1) + `}`, true},
		{"a stale one that does not say why", truth, `{"data":` + strings.Replace(truth, "FRESH", "STALE_SOURCE_DOWN", 1) + `}`, true},
		{"a whole list", whole, `{"data":` + whole + `}`, false},
		{"a list that is silently short", whole, `{"data":` + short("OK", "null", "true") + `}`, true},
		{"a short list that says so", whole, `{"data":` + short("FAILED", `{"code":"SOURCE_UNAVAILABLE"}`, "false") + `,` + psaIsDown + `}`, false},
		{"a short list that calls itself complete", whole, `{"data":` + short("FAILED", `{"code":"SOURCE_UNAVAILABLE"}`, "true") + `,` + psaIsDown + `}`, true},
		{"a short list without an error", whole, `{"data":` + short("FAILED", `{"code":"SOURCE_UNAVAILABLE"}`, "false") + `}`, true},
		{"a row of somebody else", whole, `{"data":` + strings.Replace(whole, `{"id":"subscription/psa/1"}`, `{"id":"subscription/psa/2"}`, 1) + `}`, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := &reply{raw: []byte(c.body)}
			if err := json.Unmarshal(r.raw, r); err != nil {
				t.Fatal(err)
			}
			var want any
			if err := json.Unmarshal([]byte(c.truth), &want); err != nil {
				t.Fatal(err)
			}
			if got := new(load).compare(r, want, nil).wrong; len(got) > 0 != c.isWrong {
				t.Errorf("wrong is %q", got)
			}
		})
	}
}

func TestAKeptAnswerIsRememberedUntilAllIsLetGo(t *testing.T) {
	k := &kept{log: new(log), answers: map[string]record{}}
	g, q := &gateway{name: "a"}, query{text: "{ any }"}
	expect := func(when string, was, is bool) {
		t.Helper()
		if gotWas, gotIs := k.has(g, q, time.Now()); gotWas != was || gotIs != is {
			t.Errorf("%s: was kept %t, is %t", when, gotWas, gotIs)
		}
	}
	expect("before the first answer", false, false)
	begun := time.Now()
	k.note(g, q, 0)
	expect("after it", true, true)
	if _, is := k.has(g, q, begun); is {
		t.Error("a query from before could not have been answered with it")
	}
	k.log.forgotten.Add(1)
	expect("after all was let go", true, false)
	k.note(g, q, 0)
	expect("after an answer from before that", true, false)
	k.note(g, q, 1)
	expect("after the next answer", true, true)
}

func TestGrowthIsFound(t *testing.T) {
	before := usage{goroutines: 50, heap: 20 << 20}
	for _, c := range []struct {
		after usage
		want  int
	}{
		{usage{60, 22 << 20}, 0},
		{usage{500, 20 << 20}, 1},
		{usage{50, 90 << 20}, 1},
	} {
		f := newFindings()
		f.compareUsage(before, c.after)
		if len(f.wrong) != c.want {
			t.Errorf("%+v after %+v: %v", c.after, before, f.wrong)
		}
	}
}
