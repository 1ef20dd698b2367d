package main

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// quiet is how long nothing may come before a connection counts as done with.
const quiet = 300 * time.Millisecond

// wire are bytes that no honest client writes: requests within requests, lengths
// that lie. Where the gateway takes one for a request it has to be the one that
// the standard says, and what is hidden behind it is not answered.
func wire() []attack {
	const hidden = "GET /" + secretWord + " HTTP/1.1\r\nHost: x\r\n\r\n"
	length := func(text string) string { return fmt.Sprintf("Content-Length: %d", len(text)) }
	rows := []attack{
		{name: "an invalid chunk size", send: post("zz\r\n"+honest, "Transfer-Encoding: chunked")},
		{name: "a negative chunk size", send: post("-1\r\n"+honest, "Transfer-Encoding: chunked")},
		{name: "a chunk size beyond 64 bits", send: post("1ffffffffffffffff\r\n"+honest, "Transfer-Encoding: chunked")},
		{name: "a chunk extension of 1 MiB", send: post("5;"+strings.Repeat("x", 1<<20)+"\r\n", "Transfer-Encoding: chunked")},
		{name: "a chunk's end that is none", send: post("5\r\n"+honest, "Transfer-Encoding: chunked")},
		{name: "1 MiB of trailers", send: post("22\r\n"+honest+"\r\n0\r\n"+strings.Repeat("X: x\r\n", 200_000)+"\r\n", "Transfer-Encoding: chunked")},
		{name: "an unknown transfer coding", send: post(honest, "Transfer-Encoding: xchunked", length(honest))},
		{name: "a transfer coding twice", send: post("0\r\n\r\n"+hidden, "Transfer-Encoding: chunked", "Transfer-Encoding: identity")},
		{name: "chunked behind a vertical tab", send: post("0\r\n\r\n"+hidden, "Transfer-Encoding: \x0bchunked")},
		{name: "two lengths that differ", send: post(honest, length(honest), "Content-Length: 5")},
		{name: "a negative length", send: post(honest, "Content-Length: -5")},
		{name: "a length with a sign", send: post(honest, "Content-Length: +5")},
		{name: "a length beyond 64 bits", send: post(honest, "Content-Length: 99999999999999999999")},
		{name: "a length that is a list", send: post(honest, "Content-Length: 5, 6")},
		{name: "a space before the colon", send: post(hidden, "Transfer-Encoding : chunked", "Content-Length: 0")},
		{name: "a header that goes on in a second line", send: post(honest, length(honest), "X-Folded: a\r\n b: c"), statuses: []int{200, 400}, harmless: true},
		{name: "a NUL in a header", send: post(honest, length(honest), "X-Nul: a\x00b")},
		{name: "a line without a colon", send: post(honest, length(honest), "nonsense")},
		{name: "two hosts", send: post(honest, length(honest), "Host: example.com")},
		{name: "a host with a path in it", send: bytesOf("GET /healthz HTTP/1.1\r\nHost: a/b\r\n\r\n")},
		{name: "no host", send: bytesOf("GET /healthz HTTP/1.1\r\n\r\n")},
		{name: "a request line of rubbish", send: bytesOf("\x00\x01\x02\x03\r\n\r\n")},
		{name: "a method of 100 KiB", send: bytesOf(strings.Repeat("A", 100<<10) + " / HTTP/1.1\r\nHost: x\r\n\r\n"), statuses: []int{400, 431}},
		{name: "HTTP/0.9", send: bytesOf("GET /graphql\r\n\r\n")},
		{name: "HTTP/3.7", send: bytesOf("GET /graphql HTTP/3.7\r\nHost: x\r\n\r\n"), statuses: []int{400, 505}},
		{name: "the preface of HTTP/2", send: bytesOf("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00"), statuses: []int{400, 404, 405, 505}},
		{name: "CONNECT to another host", send: bytesOf("CONNECT 169.254.169.254:80 HTTP/1.1\r\nHost: 169.254.169.254:80\r\n\r\n"), statuses: []int{400, 404, 405}},
		{name: "another host's URL as target", send: bytesOf("GET http://169.254.169.254/latest/meta-data HTTP/1.1\r\nHost: 169.254.169.254\r\nConnection: close\r\n\r\n"), statuses: []int{400, 404, 421}},
		{name: "an Expect that nobody knows", send: post(honest, length(honest), "Expect: 200-maybe"), statuses: []int{417}},
		{name: "a path of dots", send: bytesOf("GET /graphiql/../../../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), statuses: redirects, check: staysHere},
		{name: "a path of escaped dots", send: bytesOf("GET /graphiql/%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), statuses: redirects, check: staysHere},
		{name: "a path that begins with two slashes", send: bytesOf("GET //example.com/%2f.. HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), statuses: redirects, check: staysHere},
		{name: "a foreign Host, to be redirected to", send: bytesOf("GET / HTTP/1.1\r\nHost: example.com\r\nConnection: close\r\n\r\n"), statuses: redirects, check: staysHere},
		{name: "a length and chunks, with a request hidden behind", send: post("0\r\n\r\n"+hidden, "Transfer-Encoding: chunked", "Content-Length: 60"), statuses: []int{400}, check: hiddenIsApart},
		{name: "a length of 0, with a request hidden behind", send: post(hidden, "Content-Length: 0"), statuses: []int{400}, check: hiddenIsApart},
		{name: "HTTP/1.0, which is closed after one answer", send: func(t *target) (*answer, error) {
			return t.raw(quiet, func(w io.Writer) {
				head := strings.Replace(t.head(length(honest)), "HTTP/1.1", "HTTP/1.0", 1)
				io.WriteString(w, head+honest+head+honest)
			})
		}, statuses: []int{200}, harmless: true, check: oneAnswer},
		{name: "50 requests in one go, each answered in its turn", send: func(t *target) (*answer, error) {
			return t.raw(quiet, func(w io.Writer) {
				io.WriteString(w, strings.Repeat(t.head(length(honest))+honest, 50))
			})
		}, statuses: []int{200}, harmless: true, check: func(got *answer) error {
			if got.answers != 50 {
				return fmt.Errorf("%d answers", got.answers)
			}
			return answersHonestly(got)
		}},
	}
	for i := range rows {
		rows[i].class, rows[i].plain = "wire", true
		if rows[i].harmless {
			rows[i].within, rows[i].memory = busyTime, busyMemory
		}
		if rows[i].statuses == nil {
			rows[i].statuses = []int{400, 408, 411, 413, 431, 501}
		}
	}
	return rows
}

var redirects = []int{301, 302, 307, 308, 400, 404, 405}

// post writes the head of an honest POST with more lines, then bytes.
func post(body string, lines ...string) func(*target) (*answer, error) {
	return func(t *target) (*answer, error) {
		return t.raw(quiet, func(w io.Writer) { io.WriteString(w, t.head(lines...)+body) })
	}
}

func bytesOf(text string) func(*target) (*answer, error) {
	return func(t *target) (*answer, error) {
		return t.raw(quiet, func(w io.Writer) { io.WriteString(w, text) })
	}
}

func oneAnswer(got *answer) error {
	if got.answers != 1 {
		return fmt.Errorf("%d answers on one connection", got.answers)
	}
	return nil
}

// hiddenIsApart holds that the first request was answered by itself: what lies
// behind it is either not answered or a request of its own, which nobody took
// for the first one's body.
func hiddenIsApart(got *answer) error {
	if got.answers > 2 {
		return fmt.Errorf("%d answers to two requests", got.answers)
	}
	return nil
}

// staysHere holds that a redirect, if it is one, leads nowhere else.
func staysHere(got *answer) error {
	to := got.header.Get("Location")
	if strings.HasPrefix(to, "//") || strings.Contains(to, "://") || strings.Contains(to, "passwd") && got.status == 200 {
		return errors.New("redirects to " + to)
	}
	return nil
}
