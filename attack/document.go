package main

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// each joins n pieces of text that format makes of a number.
func each(n int, format string) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, strings.ReplaceAll(format, "#", "%[1]d"), i)
	}
	return b.String()
}

func again(n int, text string) string { return strings.Repeat(text, n) }

// nested puts n of one text before, and n of another behind what is within.
func nested(n int, open, within, end string) string {
	return again(n, open) + within + again(n, end)
}

// asking is the body of a request for a document with variables, as JSON.
func asking(document, variables string) string {
	text, err := json.Marshal(document)
	if err != nil {
		panic(err) // a text can be written
	}
	if variables == "" {
		return `{"query":` + string(text) + `}`
	}
	return `{"query":` + string(text) + `,"variables":` + variables + `}`
}

const someID = `id: "subscription/psa/682"`

// documents are refused for what they hold.
func documents() []attack {
	cases := []struct {
		name      string
		document  func() string
		variables func() string // nil for none
		codes     []string
	}{
		{"one field 20,000 times", func() string { return "{" + again(20_000, " __typename") + "}" }, nil, limit},
		{"one field of objects 20,000 times", func() string { return "{" + again(20_000, " viewer { subject }") + "}" }, nil, limit},
		{"1,000 aliases", func() string { return "{" + each(1000, " a#: __typename") + "}" }, nil, limit},
		{"3,000 overlapping fields with arguments", func() string { return "{" + each(3000, ` a: node(id: "account/#") { id }`) + "}" }, nil, refusal},
		{"overlapping fields in 1,000 inline fragments", func() string { return "{ viewer {" + each(1000, " ... { ... { subject scopes } }") + "} }" }, nil, refusal},
		{"overlapping fields, each nested 12 times", func() string {
			return "{" + again(60, nested(12, " node("+someID+") { ... on Subscription { account {", " name", "} } }")) + "}"
		}, nil, refusal},
		{"a chain of 5,000 fragments", func() string { return "{ viewer { ...F0 } }" + fragments(5000, "...FNEXT") }, nil, limit},
		{"a bomb of 30 fragments, doubled each time", func() string { return "{ viewer { ...F0 } }" + fragments(30, "...FNEXT ...FNEXT") }, nil, limit},
		{"a bomb of 45 fragments that spread the next two", func() string { return "{ viewer { ...F0 } }" + fragments(44, "...FNEXT ...FSECOND") }, nil, limit},
		{"a bomb of fragments that nobody uses", func() string { return "{ viewer { subject } }" + fragments(30, "...FNEXT ...FNEXT") }, nil, refusal},
		{"fragments in a circle", is("{ viewer { ...A } } fragment A on Viewer { ...B } fragment B on Viewer { ...A }"), nil, refusal},
		{"a fragment within itself", is("{ viewer { ...A } } fragment A on Viewer { ...A }"), nil, refusal},
		{"a circle within a field", is("{ account(id: \"account/acme\") { ...A } } fragment A on Account { subscriptions { nodes { account { ...A } } } }"), nil, refusal},
		{"1,000 fragments", func() string { return "{ viewer { subject } }" + each(1000, " fragment F# on Viewer { subject }") }, nil, limit},
		{"10,000 directives on a field", func() string { return "{ viewer" + again(10_000, " @skip(if: false)") + " { subject } }" }, nil, limit},
		{"10,000 unknown directives", func() string { return "{ viewer" + again(10_000, " @zqx") + " { subject } }" }, nil, limit},
		{"directives on each of 1,000 fields", func() string { return "{ viewer {" + again(1000, " subject @include(if: true)") + "} }" }, nil, limit},
		{"5,000 fields that @skip hides", func() string { return "{ viewer {" + again(5000, " scopes @skip(if: true)") + " subject } }" }, nil, limit},
		{"an estimate that @skip hides by a default", is(`query($no: Boolean! = false) { accounts(first: 100) @skip(if: $no) { nodes { a: subscriptions { totalCount } b: subscriptions { totalCount } c: summary { subscriptionCount } } } }`), nil, limit},
		{"fields 1,000 deep", func() string { return nested(1000, "{ viewer ", "", "}") }, nil, refusal},
		{"fields 30 deep", func() string {
			return "{" + nested(15, " node("+someID+") { ... on Subscription { account { subscriptions { nodes {", " id", "} } } } }") + "}"
		}, nil, refusal},
		{"100,000 open braces", func() string { return again(100_000, "{") }, nil, refusal},
		{"100,000 open brackets in an argument", func() string { return "{ nodes(ids: " + again(100_000, "[") + ") { id } }" }, nil, refusal},
		{"a list 1,000 deep", func() string { return "{ nodes(ids: " + nested(1000, "[", `"a"`, "]") + ") { id } }" }, nil, refusal},
		{"an object 1,000 deep", func() string {
			return "{ accounts(filter: " + nested(1000, "{ids: ", `"a"`, "}") + ") { nodes { id } } }"
		}, nil, refusal},
		{"types of a variable 10,000 deep", func() string { return "query($a: " + nested(10_000, "[", "Int", "]") + ") { viewer { subject } }" }, nil, refusal},
		{"introspection 15 deep", func() string {
			return "{ __schema { types {" + nested(15, " fields { type {", " name", "} }") + "} } }"
		}, nil, refusal},
		{"introspection of types of types of types", func() string {
			return `{ __type(name: "Query") { ` + nested(8, " possibleTypes { interfaces {", " name", "} }") + "} }"
		}, nil, refusal},
		{"100,000 tokens", func() string { return "{" + again(100_000, " a") + "}" }, nil, limit},
		{"900,000 commas", func() string { return "{ viewer { subject } " + again(900_000, ",") + "}" }, nil, limit},
		{"100,000 comments", func() string { return "{ viewer { subject } }" + again(100_000, "\n#zqx") }, nil, limit},
		{"a comment of 900 KB", func() string { return "{ viewer { subject } } #" + again(900_000, "x") }, nil, limit},
		{"a text of 900 KB", func() string { return `{ node(id: "` + again(900_000, "x") + `") { id } }` }, nil, limit},
		{"a text of 200,000 escapes", func() string { return `{ node(id: "` + again(100_000, `\n`) + `") { id } }` }, nil, limit},
		{"a block text of 100,000 lines", func() string { return `{ node(id: """` + again(100_000, "x\n") + `""") { id } }` }, nil, limit},
		{"a whole number of 100,000 digits", func() string { return "{ accounts(first: " + again(100_000, "9") + ") { totalCount } }" }, nil, refusal},
		{"a fraction of 100,000 digits", func() string { return "{ accounts(first: 0." + again(100_000, "9") + ") { totalCount } }" }, nil, refusal},
		{"an exponent of 100,000 digits", func() string { return "{ accounts(first: 1e" + again(100_000, "9") + ") { totalCount } }" }, nil, refusal},
		{"a name of 200,000 letters", func() string { return "{ " + again(200_000, "x") + " }" }, nil, refusal},
		{"1,000 operations", func() string { return each(1000, " query Q# { viewer { subject } }") }, nil, refusal},
		{"two operations and no name", is("query A { viewer { subject } } query B { sources { id } }"), nil, refusal},
		{"two operations of one name", is("query A { viewer { subject } } query A { sources { id } }"), nil, refusal},
		{"1,000 variables", func() string { return "query(" + each(1000, "$v#: Int ") + ") { viewer { subject } }" }, nil, refusal},
		{"a list of 100,000 in a document", func() string { return "{ nodes(ids: [" + again(100_000, `"a",`) + "]) { id } }" }, nil, limit},
		{"10,000 unknown fields", func() string { return "{" + each(10_000, " zqx#") + "}" }, nil, refusal},
		{"1,000 unknown fields", func() string { return "{" + each(1000, " zqx#") + "}" }, nil, refusal},
		{"500 unknown arguments", func() string { return "{ viewer { accounts(" + each(500, "zqx#: 1 ") + ") { totalCount } } }" }, nil, refusal},
		{"a definition of the schema", is("type Query { a: Int } { viewer { subject } }"), nil, refusal},
		{"an unknown type in a fragment", is("{ node(" + someID + ") { ... on Subscriptio { id } } }"), nil, refusal},
		{"a text that does not end", is(`{ node(id: "` + secretWord), nil, refusal},
		{"a code point beyond Unicode", is(`{ node(id: "\u{110000}") { id } }`), nil, refusal},
		{"half a surrogate in a text", is(`{ node(id: "\ud800") { id } }`), nil, refusal},
		{"control characters", is("{ viewer\x01 { subject } }"), nil, refusal},
		{"a variable that is not declared", is("{ accounts(first: $n) { totalCount } }"), nil, refusal},
		{"@stream", is("{ accounts { nodes @stream(initialCount: 0) { id } } }"), nil, refusal},

		{"a variable of 100,000 ids", is("query($ids: [ID!]!) { nodes(ids: $ids) { id } }"), func() string { return `{"ids":["a"` + again(100_000, `,"a"`) + `]}` }, refusal},
		{"a variable 90 deep", is("query($f: AccountFilter) { accounts(filter: $f) { totalCount } }"), func() string { return `{"f":` + nested(90, `{"ids":`, "1", "}") + `}` }, refusal},
		{"a list variable 90 deep", is("query($ids: [ID!]!) { nodes(ids: $ids) { id } }"), func() string { return `{"ids":` + nested(90, "[", `"a"`, "]") + `}` }, refusal},
		{"1,000 variables that nobody declared", is("{ viewer { subject } }"), func() string { return "{" + each(1000, `"v#":1,`) + `"z":1}` }, refusal},
		{"a text of 500 KB for a number", is("query($n: Int) { accounts(first: $n) { totalCount } }"), func() string { return `{"n":"` + again(50_000, secretWord) + `"}` }, refusal},
		{"an object for a text", is("query($id: ID!) { node(id: $id) { id } }"), is(`{"id":{"$ne":""}}`), refusal},
		{"null for what has to be there", is("query($id: ID!) { node(id: $id) { id } }"), is(`{"id":null}`), refusal},
		{"a number beyond 32 bits", is("query($n: Int) { accounts(first: $n) { totalCount } }"), is(`{"n":4294967297}`), refusal},
		{"an unknown key of an input", is("query($f: AccountFilter) { accounts(filter: $f) { totalCount } }"), is(`{"f":{"__proto__":{"a":1}}}`), refusal},
		{"an unknown value of an enum", is("query($f: SubscriptionFilter) { subscriptions(filter: $f) { totalCount } }"), is(`{"f":{"statuses":["ACTIV"]}}`), refusal},
	}
	var rows []attack
	for _, c := range cases {
		rows = append(rows, attack{class: "document", name: c.name, codes: c.codes, send: func(t *target) (*answer, error) {
			variables := ""
			if c.variables != nil {
				variables = c.variables()
			}
			text := asking(c.document(), variables)
			return timed(t, request{body: text})
		}})
	}
	return rows
}

// fragments are n of them and two more that end them. Each has the body that
// format says, with the numbers of the next two for NEXT and SECOND.
func fragments(n int, format string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(" fragment F" + strconv.Itoa(i) + " on Viewer { " + spread(format, i+1, i+2) + " }")
	}
	fmt.Fprintf(&b, " fragment F%d on Viewer { subject } fragment F%d on Viewer { scopes }", n, n+1)
	return b.String()
}

func spread(format string, next, afterNext int) string {
	return strings.NewReplacer("NEXT", strconv.Itoa(next), "SECOND", strconv.Itoa(afterNext)).Replace(format)
}
