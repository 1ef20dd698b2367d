package main

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/klauspost/compress/zstd"
)

var (
	badInput = []string{"BAD_USER_INPUT"}
	limit    = []string{"LIMIT_EXCEEDED"}
	refusal  = []string{"BAD_USER_INPUT", "LIMIT_EXCEEDED", "NOT_SUPPORTED"}
)

const honest = `{"query":"{ viewer { subject } }"}`

// send sends a request as it is.
func send(r request) func(*target) (*answer, error) {
	return func(t *target) (*answer, error) { return t.do(r) }
}

// body sends a POST of that body, made when it is sent.
func body(text func() string, header ...string) func(*target) (*answer, error) {
	return func(t *target) (*answer, error) { return timed(t, request{body: text(), header: header}) }
}

func is(text string) func() string { return func() string { return text } }

// malformed are bodies that are no request, all refused as bad input.
func malformed() []attack {
	bodies := []struct {
		name string
		body func() string
	}{
		{"no body", is("")},
		{"null", is("null")},
		{"a number", is("7")},
		{"a text", is(`"{ viewer { subject } }"`)},
		{"no query in it", is(`{"variables":{}}`)},
		{"the key query twice", is(`{"query":"{ viewer { subject } }","query":"{ sources { id } }"}`)},
		{"a key of variables twice", is(`{"query":"{ viewer { subject } }","variables":{"a":1,"a":2}}`)},
		{"the key Query in another case", is(`{"Query":"{ viewer { subject } }"}`)},
		{"both query and QUERY", is(`{"query":"{ viewer { subject } }","QUERY":"{ sources { id } }"}`)},
		{"a second value behind the body", is(honest + `{"query":"{ sources { id } }"}`)},
		{"rubbish behind the body", is(honest + " x")},
		{"half a body", is(`{"query":"{ viewer`)},
		{"single quotes", is(`{'query':'{ viewer { subject } }'}`)},
		{"a comment", is("{/**/" + honest[1:])},
		{"a byte order mark", is("\ufeff" + honest)},
		{"invalid UTF-8", is("{\"query\":\"{ viewer { subject } } # \xff\"}")},
		{"UTF-8 that is longer than it must be", is("{\"query\":\"{ viewer { subject } } # \xc0\xaf\"}")},
		{"a lone surrogate", is(`{"query":"{ viewer { subject } }","variables":{"a":"\ud800"}}`)},
		{"UTF-16", is(string(bytes.Join(bytes.SplitAfter([]byte(honest), nil), []byte{0})))},
		{"NUL bytes between the tokens", is(strings.ReplaceAll(honest, ":", ":\x00"))},
		{"a NUL in the document", is(`{"query":"{ viewer { subject } }\u0000"}`)},
		{"a query that is a list", is(`{"query":["{ viewer { subject } }"]}`)},
		{"variables that are a list", is(`{"query":"{ viewer { subject } }","variables":[1]}`)},
		{"variables that are JSON in a text", is(`{"query":"{ viewer { subject } }","variables":"{}"}`)},
		{"extensions that are a number", is(`{"query":"{ viewer { subject } }","extensions":1}`)},
		{"an operation name that is an object", is(`{"query":"{ viewer { subject } }","operationName":{}}`)},
		{"the number 1e999999 for an Int", is(`{"query":"query($n: Int) { accounts(first: $n) { totalCount } }","variables":{"n":1e999999}}`)},
		{"a number of 500,000 digits", func() string {
			return `{"query":"query($n: Int) { accounts(first: $n) { totalCount } }","variables":{"n":` + strings.Repeat("9", 500_000) + `}}`
		}},
		{"lists 100,000 deep", func() string {
			return `{"query":"{ viewer { subject } }","variables":{"a":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}}`
		}},
		{"objects 100,000 deep", func() string {
			return `{"query":"{ viewer { subject } }","variables":` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + `}`
		}},
		{"400,000 values", func() string {
			return `{"query":"{ viewer { subject } }","variables":{"a":[1` + strings.Repeat(",1", 400_000) + `]}}`
		}},
		{"50,000 keys", func() string {
			var b strings.Builder
			for i := range 50_000 {
				fmt.Fprintf(&b, `"k%d":1,`, i)
			}
			return `{"query":"{ viewer { subject } }","variables":{` + b.String() + `"z":1}}`
		}},
		{"a batch", is("[" + honest + "," + honest + "]")},
		{"a batch of 10,000", func() string { return "[" + honest + strings.Repeat(","+honest, 9_999) + "]" }},
		{"a batch of none", is("[]")},
	}
	var rows []attack
	for _, b := range bodies {
		rows = append(rows, attack{class: "body", name: b.name, send: body(b.body), codes: refusal})
	}
	return rows
}

// sized are bodies that are or become too large, and codings.
func sized() []attack {
	row := func(name string, status int, codes []string, packed func() string, coding ...string) attack {
		return attack{class: "size", name: name, send: body(packed, coding...), statuses: []int{status}, codes: codes}
	}
	large := func(n int) func() string {
		return func() string { return `{"query":"{ viewer { subject } }` + strings.Repeat(" ", n) + `"}` }
	}
	const tooLarge, unsupported, bad = http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusBadRequest
	stream := func(head string, chunk func(io.Writer, []byte) error) func(*target) (*answer, error) {
		return func(t *target) (*answer, error) {
			return t.raw(patience, func(w io.Writer) {
				io.WriteString(w, t.head("Connection: close", head))
				for piece, i := bytes.Repeat([]byte(" "), 64<<10), 0; i < 1600; i++ {
					if chunk(w, piece) != nil {
						return
					}
				}
			})
		}
	}
	plainly := func(w io.Writer, piece []byte) error { _, err := w.Write(piece); return err }
	chunked := func(w io.Writer, piece []byte) error {
		_, err := fmt.Fprintf(w, "%x\r\n%s\r\n", len(piece), piece)
		return err
	}
	return []attack{
		{class: "size", name: "100 MiB, and says so", send: stream("Content-Length: 104857600", plainly), statuses: []int{tooLarge}, codes: limit},
		{class: "size", name: "100 MiB in chunks", send: stream("Transfer-Encoding: chunked", chunked), statuses: []int{tooLarge}, codes: limit},
		row("just over 1 MiB", tooLarge, limit, large(1<<20)),
		row("a gzip bomb of 100 MiB", tooLarge, limit, func() string { return gzipped(large(100 << 20)()) }, "Content-Encoding: gzip"),
		row("a deflate bomb of 100 MiB", tooLarge, limit, func() string { return deflated(large(100 << 20)()) }, "Content-Encoding: deflate"),
		row("a zstd bomb of 100 MiB", tooLarge, limit, func() string { return zstandard(large(100 << 20)()) }, "Content-Encoding: zstd"),
		{class: "size", name: "a zstd frame that says 4 EiB", send: body(is("\x28\xb5\x2f\xfd\xe0\x00\x00\x00\x00\x00\x00\x00\x40"), "Content-Encoding: zstd"), statuses: []int{bad, tooLarge}, codes: refusal},
		{class: "size", name: "a zstd window of 3.75 TiB", send: body(is("\x28\xb5\x2f\xfd\x00\xff\x01\x00\x00"), "Content-Encoding: zstd"), statuses: []int{bad, tooLarge}, codes: refusal},
		row("gzip within gzip", unsupported, refusal, func() string { return gzipped(gzipped(honest)) }, "Content-Encoding: gzip, gzip"),
		row("gzip within gzip, in two headers", unsupported, refusal, func() string { return gzipped(gzipped(honest)) }, "Content-Encoding: gzip", "Content-Encoding: gzip"),
		row("a coding that nobody knows", unsupported, refusal, is(honest), "Content-Encoding: "+secretWord),
		row("half a gzip", bad, refusal, func() string { return gzipped(honest)[:20] }, "Content-Encoding: gzip"),
		row("a gzip that is none", bad, refusal, is(honest), "Content-Encoding: gzip"),
		row("10,000 empty gzip members", bad, refusal, func() string { return strings.Repeat(gzipped(""), 10_000) }, "Content-Encoding: gzip"),
	}
}

func packed(text string, with func(io.Writer) io.WriteCloser) string {
	var b bytes.Buffer
	w := with(&b)
	io.WriteString(w, text)
	w.Close()
	return b.String()
}

func gzipped(text string) string {
	return packed(text, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) })
}

func deflated(text string) string {
	return packed(text, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) })
}

func zstandard(text string) string {
	return packed(text, func(w io.Writer) io.WriteCloser {
		z, err := zstd.NewWriter(w)
		if err != nil {
			panic(err) // only options can be wrong
		}
		return z
	})
}

// asked are GETs.
func asked() []attack {
	query := url.QueryEscape("{ viewer { subject } }")
	row := func(name, at string, statuses []int, codes []string) attack {
		return attack{class: "GET", name: name, send: send(request{method: "GET", path: at, header: []string{"Content-Type:"}}), statuses: statuses, codes: codes}
	}
	return []attack{
		row("the parameter query twice", "?query="+query+"&query="+query, nil, refusal),
		row("the parameter variables twice", "?query="+query+"&variables={}&variables={}", nil, refusal),
		row("the parameter Query in another case", "?Query="+query, nil, refusal),
		row("a broken escape", "?query=%7B%zz", nil, refusal),
		row("invalid UTF-8", "?query="+query+"%23%ff", nil, refusal),
		row("a semicolon between parameters", "?query="+query+";query="+query, nil, refusal),
		row("variables that are no JSON", "?query="+query+"&variables=x", nil, refusal),
		row("no query", "?", nil, refusal),
		row("a URL of 20 KiB", "?query="+query+strings.Repeat("+", 20<<10), []int{414}, limit),
		{class: "GET", name: "a URL of 100 KiB", send: send(request{method: "GET", path: "?query=" + strings.Repeat("+", 100<<10)}), statuses: []int{414, 431}, plain: true},
		row("a mutation", "?query="+url.QueryEscape(`mutation { cancelSubscription(input: {id: "subscription/psa/682"}) { subscription { id } } }`), []int{405}, badInput),
		row("a mutation under the name of a query's", "?operationName=M&query="+url.QueryEscape(`query Q { viewer { subject } } mutation M { cancelSubscription(input: {id: "subscription/psa/682"}) { subscription { id } } }`), []int{405}, badInput),
		row("a subscription", "?query="+url.QueryEscape(`subscription { subscriptionChanged(id: "subscription/psa/682") { id } }`), []int{400, 405}, refusal),
	}
}
