package document

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
)

// fragmentBomb has fragments that each spread the next so often.
func fragmentBomb(fragments, spreads int, inner string) string {
	var b strings.Builder
	b.WriteString("{ ...F0 }")
	for i := range fragments - 1 {
		fmt.Fprintf(&b, " fragment F%d on Query {%s}", i, strings.Repeat(fmt.Sprintf(" ...F%d", i+1), spreads))
	}
	fmt.Fprintf(&b, " fragment F%d on Query { %s }", fragments-1, inner)
	return b.String()
}

// numbered repeats a format with the numbers from 0.
func numbered(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, format, i)
	}
	return b.String()
}

// nested puts a text within brackets, so often.
func nested(n int, before, inner, after string) string {
	return strings.Repeat(before, n) + inner + strings.Repeat(after, n)
}

// shared is a document of operations and fragments that all reach the same last
// fragment.
func shared(operations, fragments int, inner string) string {
	return numbered(operations, "query Q%d { ...F0 } ") + strings.TrimPrefix(fragmentBomb(fragments, 1, inner), "{ ...F0 }")
}

// bombs are documents made to be expensive. Most are beyond a limit, some just
// within all and invalid, as those cost most.
func bombs() map[string]string {
	one := `subscription(id: "x")`
	return map[string]string{
		"2^40 fields by fragments":             fragmentBomb(41, 2, "sources { name }"),
		"100^49 fields by fragments":           fragmentBomb(49, 100, "viewer { subject }"),
		"a chain of 5,000 fragments":           fragmentBomb(5000, 1, "viewer { subject }"),
		"a chain of 50 fragments, many fields": fragmentBomb(50, 1, strings.Repeat(" viewer { subject }", 1100)),
		"a cycle of 50 fragments":              fragmentBomb(50, 1, "...F0"),
		"20,000 times one field":               "{" + strings.Repeat(" viewer", 20000) + "}",
		"4,000 times one field that is not":    "{ viewer {" + strings.Repeat(" nothing", 4000) + "} }",
		"4,000 fields that are not":            "{ viewer {" + numbered(4000, " n%d") + "} }",
		"2,400 overlapping fields":             "{" + strings.Repeat(" viewer{subject}", 1200) + "}",
		"4,900 overlapping fields":             "{ viewer {" + strings.Repeat(" subject", 4900) + "} }",
		"overlapping fields on two levels":     "{ viewer {" + strings.Repeat(" accounts{totalCount}", 1200) + "} }",
		"overlapping calls that differ":        "{ viewer {" + numbered(480, " accounts(first:%d){totalCount}") + "} }",
		"overlapping fields through fragments": "{" + strings.Repeat(one+"{...F}", 99) + "} fragment F on Subscription {" + strings.Repeat(" id", 40) + "}",
		"100,000 aliases":                      "{" + numbered(100000, " a%d:viewer") + "}",
		"2,000 directives":                     "{ viewer {" + strings.Repeat(" subject @skip(if:true)", 2000) + "} }",
		"4,000 unknown directives":             "{ viewer { subject" + strings.Repeat(" @a", 4000) + "} }",
		"100,000 operations":                   numbered(100000, "query Q%d{a} "),
		"20 operations over 50 fragments":      shared(20, 50, strings.Repeat(" viewer{subject}", 900)),
		"20 operations over 50 with variables": numbered(20, "query Q%d("+numbered(9, "$v%d:ID!")+") { ...F0 } ") + strings.TrimPrefix(fragmentBomb(4, 1, "nodes(ids:["+strings.Repeat("$w ", 800)+"]){id}"), "{ ...F0 }"),
		"100,000 variables":                    "query(" + numbered(100000, "$v%d:ID ") + ") { viewer { subject } }",
		"a million braces":                     strings.Repeat("{", 1<<20),
		"a million brackets":                   `{ nodes(ids: ` + strings.Repeat("[", 1<<20),
		"a million brackets in a type":         `query($a: ` + strings.Repeat("[", 1<<20),
		"200,000 brackets":                     `{ nodes(ids: ` + strings.Repeat("[", 200_000),
		"deep selections":                      nested(2000, "{a", "", "}"),
		"deep inline fragments":                "{" + nested(2000, "...{", "viewer{subject}", "}") + "}",
		"deep objects":                         `{ subscriptions(filter: ` + nested(2000, "{a:", "1", "}") + `) { totalCount } }`,
		"a list of 100,000":                    `{ nodes(ids: [` + strings.Repeat("1 ", 100_000) + `]) { id } }`,
		"a list of 4,900 of the wrong kind":    `{ nodes(ids: [` + strings.Repeat("{} ", 900) + `]) { id } }`,
		"a text of a megabyte":                 `{ node(id: "` + strings.Repeat("a", 1<<20) + `") { id } }`,
		"a text of 200 KiB":                    `{ node(id: "` + strings.Repeat("a", 200<<10) + `") { id } }`,
		"names as long as may be":              "{ viewer {" + strings.Repeat(" "+strings.Repeat("a", 256), 900) + "} }",
		"names of types as long":               "{ viewer { subject } }" + numbered(50, " fragment F%d on Subscription"+strings.Repeat("a", 240)+" { id }"),
		"names in many fragments":              shared(20, 50, "viewer {"+strings.Repeat(" "+strings.Repeat("a", 255), 19)+"}"),
		"texts for enums":                      "{" + numbered(7, " a%d: subscriptions(filter: {statuses:[\""+strings.Repeat("a", 30<<10)+"\"]}) { totalCount }") + "}",
		"a name of 200 KiB":                    `{ ` + strings.Repeat("a", 200<<10) + ` }`,
		"a wrong name of 200 KiB":              `{ viewer { subject } } ` + strings.Repeat("a", 200<<10),
		"a number of 200 KiB":                  `{ node(id: ` + strings.Repeat("1", 200<<10) + `) { id } }`,
		"an unfinished escape of 200 KiB":      `{ node(id: "\u` + strings.Repeat("z", 200<<10),
		"a block string of empty lines":        `{ node(id: """` + strings.Repeat("\n", 250<<10) + `""") { id } }`,
		"a block string of indents":            `{ node(id: """` + strings.Repeat(strings.Repeat(" ", 500)+"\n", 500) + `""") { id } }`,
		"a block string of quotes":             `{ node(id: """` + strings.Repeat(`"" `, 80<<10) + `""") { id } }`,
		"an unfinished block string":           `{ node(id: """` + strings.Repeat(`\"""`, 60<<10),
		"comments only":                        strings.Repeat("#\n", 500_000),
		"one comment":                          "#" + strings.Repeat("a", 250<<10),
		"commas only":                          strings.Repeat(",", 250<<10),
		"NULs":                                 strings.Repeat("\x00", 250<<10),
		"byte order marks":                     strings.Repeat("\ufeff", 80<<10),
		"bytes that are no text":               strings.Repeat("\xff\xfe", 100<<10),
		"wrong texts, long and often":          "{" + strings.Repeat(` subscriptions(first:"`+strings.Repeat("a", 3000)+`"){totalCount}`, 80) + "}",
		"a wrong object, quoted at each level": `{ subscriptions(filter: ` + nested(9, "{a:", `"`+strings.Repeat("a", 30<<10)+`"`, "}") + `) { totalCount } }`,
		"introspection within itself":          "{ __schema { types {" + nested(30, "fields { type {", "name", "} }") + "} } }",
		"unknown fragments":                    "{" + strings.Repeat(" ...F", 2400) + "}",
		"unused fragments":                     "{ viewer { subject } }" + numbered(50, " fragment F%d on Viewer { "+strings.Repeat("subject ", 80)+"}"),
		"one fragment, 2,400 spreads":          "{" + strings.Repeat(" ...F", 2400) + "} fragment F on Query { viewer { subject } }",
		"fragments of one name":                "{ ...F }" + strings.Repeat(" fragment F on Query { viewer { subject } }", 50),
		"every fragment spreads every other":   everyOther(49, 40),
		"arguments that are not":               "{ viewer { accounts(" + numbered(1600, "a%d:1 ") + ") { totalCount } } }",
		"members that are not":                 "{ subscriptions(filter:{" + numbered(1600, "a%d:1 ") + "}) { totalCount } }",
		"visits of what is cheap":              shared(20, 50, "viewer {"+strings.Repeat(" __typename", 235)+" a: subject a: scopes }"),
		"visits of calls":                      shared(20, 50, "viewer {"+strings.Repeat(" accounts(first:1){totalCount}", 80)+" a: subject a: scopes }"),
		"visits of enum values":                shared(20, 50, "subscriptions(filter:{statuses:["+strings.Repeat(" ACTIVE", 318)+"]}) { n: totalCount n: __typename }"),
		"visits of objects":                    shared(20, 50, "viewer { subject a: subject a: scopes }"+numbered(12, " a%d: subscriptions(filter:{sources:[\"a\"] statuses:[ACTIVE] accounts:[1] plan:\"a\"} orderBy:{field:ID direction:ASC}) { totalCount }")),
		"visits of variables":                  strings.ReplaceAll(shared(20, 50, "nodes(ids:["+numbered(11, " $v%d")+strings.Repeat(" $v99", 305)+"]) { id a: id a: __typename }"), "{ ...F0 }", "("+numbered(11, "$v%d:ID!")+"$v99:ID!){ ...F0 }"),
		"merging of many objects":              "{" + numbered(95, " a%d: "+one+"{...F}") + " viewer { a: subject a: scopes } } fragment F on Subscription {" + strings.Repeat(" plan{id} price{per} seats{used} trial{isActive} customer{id} source{id}", 4) + " }",
		"merging of one object":                "{" + strings.Repeat(" "+one+"{...F}", 95) + "} fragment F on Subscription {" + strings.Repeat(" plan{id} price{per} seats{used} trial{isActive} customer{id} source{id}", 4) + " id id: status }",
		"interfaces within interfaces":         "{" + numbered(20, " a%d: node(id:1){...on Account{id} ...on Plan{id} ...on Node{id} ...on Source{id} ...on Subscription{id}}") + "}",
	}
}

func everyOther(fragments, spreads int) string {
	var b strings.Builder
	b.WriteString("{ ...F0 }")
	for i := range fragments {
		fmt.Fprintf(&b, " fragment F%d on Query { viewer { subject }", i)
		for j := i + 1; j < min(fragments, i+spreads); j++ {
			fmt.Fprintf(&b, " ...F%d", j)
		}
		b.WriteString(" }")
	}
	return b.String()
}

// The bounds on what judging a document may cost. That of time is what even the
// race detector on a busy machine keeps; the log has the measured one.
const (
	mostBytes = 20 << 20
	mostTime  = 2 * time.Second
)

func TestNoDocumentIsExpensive(t *testing.T) {
	documents := open(t, func(o *Options) { o.Suggestions = true }) // which cost more
	for name, text := range bombs() {
		t.Run(name, func(t *testing.T) {
			if len(text) > 2<<20 {
				t.Fatalf("%d bytes never get here", len(text))
			}
			var err error
			bytes, took := spent(func() { _, err = documents.Prepare(text) })
			t.Logf("%8.2f ms %8.2f MB  %-36s %s", took.Seconds()*1e3, float64(bytes)/1e6, name, message(err))
			if bytes > mostBytes {
				t.Errorf("%d bytes were allocated", bytes)
			}
			if took > mostTime {
				t.Errorf("took %s", took)
			}
			toldShortly(t, err)
		})
	}
}

// spent is what f allocates and how long it takes.
func spent(f func()) (bytes uint64, took time.Duration) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	began := time.Now()
	f()
	took = time.Since(began)
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc, took
}

// toldShortly checks that an error is one of the two kinds, and bounded.
func toldShortly(t *testing.T, err error) {
	t.Helper()
	var list gqlerror.List
	switch {
	case err == nil:
	case errors.As(err, &list):
		if len(list) == 0 || len(list) > mostFaults {
			t.Errorf("%d faults are told", len(list))
		}
		for _, fault := range list {
			if len(fault.Message) > longestMessage+len("…") {
				t.Errorf("a message has %d bytes: %s", len(fault.Message), fault.Message)
			}
		}
	default:
		e, ok := billing.AsError(err)
		if !ok || len(billing.ClientMessage(e)) > longestMessage {
			t.Errorf("the client cannot be told: %v", err)
		}
	}
}

func TestGuardCountsWithoutExpanding(t *testing.T) {
	unbounded := open(t, func(o *Options) {
		most := math.MaxInt / stepsPerField
		o.Limits.Fragments, o.Limits.Tokens, o.Limits.Bytes = most, most, 1<<30
		o.Limits.ExpandedFields, o.Limits.Depth, o.Limits.RootFields = most, most, math.MaxInt-1
	})
	if _, err := unbounded.Prepare(fragmentBomb(41, 2, "sources { name }")); err != nil {
		t.Errorf("2^40 fields that no limit refuses: %v", err)
	}
	_, err := unbounded.Prepare(fragmentBomb(100, 2, "sources { name }"))
	if got := message(err); !strings.Contains(got, fmt.Sprint(math.MaxInt)) {
		t.Errorf("a sum beyond all numbers stops at the largest, got %v", err)
	}
	_, err = unbounded.Prepare(fragmentBomb(5000, 1, "viewer { subject }"))
	if got := message(err); !strings.HasPrefix(got, "validation has") {
		t.Errorf("a chain of 5,000 fragments: %v", err)
	}
}
