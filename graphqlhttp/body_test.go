package graphqlhttp_test

import (
	"bytes"
	"compress/flate"
	"fmt"
	"io"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
	"github.com/klauspost/compress/zstd"

	"tributary/billing"
)

func TestOnlyJSONInUTF8IsTaken(t *testing.T) {
	server := serve(t, defaults())
	for _, contentType := range []string{
		"application/json", "application/json; charset=utf-8", `Application/JSON;charset="UTF-8"`, "application/json;charset=utf8", "application/json; foo=bar",
	} {
		if got := do(t, newRequest(t, "POST", server.URL, `{`+q+`}`, "Content-Type", contentType)); got.status != 200 {
			t.Errorf("%s: %d %s", contentType, got.status, got.raw)
		}
	}
	for _, contentTypes := range [][]string{
		{}, {""}, {"text/plain"}, {"text/plain;charset=UTF-8"}, {"application/x-www-form-urlencoded"}, {"multipart/form-data; boundary=x"},
		{"application/graphql"}, {"application/graphql-response+json"}, {"application/json+graphql"}, {"json"}, {"*/*"},
		{"application/json; charset=latin1"}, {"application/json; charset=utf-16"}, {"application/json, text/plain"}, {"application/json;;="},
		{"application/json", "application/json"}, {"application/json", "text/plain"},
	} {
		request := newRequest(t, "POST", server.URL, `{`+q+`}`)
		request.Header["Content-Type"] = contentTypes
		got := do(t, request)
		got.want(t, 415, billing.CodeBadUserInput, "")
		if accept := got.header.Get("Accept"); accept != "application/json" {
			t.Errorf("%q: Accept: %q", contentTypes, accept)
		}
	}
}

func gzipped(text string) string {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	io.WriteString(w, text)
	w.Close()
	return packed.String()
}

func zlibbed(text string) string {
	var packed bytes.Buffer
	w := zlib.NewWriter(&packed)
	io.WriteString(w, text)
	w.Close()
	return packed.String()
}

// zstdStreamed is of unknown size, as a client sends that compresses while it
// writes, with a window of its own.
func zstdStreamed(t testing.TB, text string, window int) string {
	var packed bytes.Buffer
	w, err := zstd.NewWriter(&packed, zstd.WithWindowSize(window), zstd.WithSingleSegment(false))
	if err != nil {
		t.Fatal(err)
	}
	for piece := range strings.SplitAfterSeq(text, ",") {
		io.WriteString(w, piece)
		w.Flush()
	}
	w.Close()
	return packed.String()
}

func zstdWhole(t testing.TB, text string) string {
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(w.EncodeAll([]byte(text), nil))
}

func TestACompressedBodyIsTaken(t *testing.T) {
	server := serve(t, defaults())
	const body = `{` + q + `,"variables":{"a":"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}}`
	for _, test := range []struct{ encoding, body string }{
		{"identity", body}, {"", body},
		{"gzip", gzipped(body)}, {"GZIP", gzipped(body)}, {"x-gzip", gzipped(body)}, {"identity, gzip", gzipped(body)},
		{"gzip", gzipped(body[:9]) + gzipped(body[9:])},
		{"deflate", zlibbed(body)},
		{"zstd", zstdWhole(t, body)}, {"zstd", zstdStreamed(t, body, 8<<20)},
	} {
		got := post(t, server.URL, test.body, "Content-Encoding", test.encoding)
		if got.status != 200 || len(got.Requests) != 1 || len(got.Requests[0].Variables) != 1 {
			t.Errorf("%s: %d %s", test.encoding, got.status, got.raw)
		}
	}
}

func TestAnotherCompressionIsRefused(t *testing.T) {
	server := serve(t, defaults())
	for _, encoding := range []string{"br", "compress", "aes128gcm", "gzip, gzip", "gzip, zstd", "gzip;q=1", "gzip gzip"} {
		got := post(t, server.URL, gzipped(gzipped(`{`+q+`}`)), "Content-Encoding", encoding)
		got.want(t, 415, billing.CodeBadUserInput, "gzip, deflate, zstd")
		if accept := got.header.Get("Accept-Encoding"); accept != "gzip, deflate, zstd" {
			t.Errorf("%s: Accept-Encoding: %q", encoding, accept)
		}
	}
	var raw bytes.Buffer
	w, _ := flate.NewWriter(&raw, 9)
	io.WriteString(w, `{`+q+`}`)
	w.Close()
	for encoding, body := range map[string][]string{
		"gzip":    {`{` + q + `}`, "", gzipped(`{` + q + `}`)[:20], gzipped(`{`+q+`}`) + "x"},
		"deflate": {`{` + q + `}`, raw.String(), zlibbed(`{` + q + `}`)[:12], zlibbed(`{`+q+`}`) + "x"},
		"zstd":    {`{` + q + `}`, zstdWhole(t, `{`+q+`}`)[:12], zstdWhole(t, `{`+q+`}`) + "x"},
	} {
		for _, text := range body {
			post(t, server.URL, text, "Content-Encoding", encoding).want(t, 400, billing.CodeBadUserInput, "not compressed as its Content-Encoding says")
		}
	}
}

// A bomb is refused for what it becomes, and costs no more memory than a body
// of the largest size.
func TestABombIsRefusedBeforeItGrows(t *testing.T) {
	server := serve(t, defaults())
	zeros := strings.Repeat("\x00", 64<<20)
	gzipBomb, zstdBomb := gzipped(zeros), zstdWhole(t, zeros)
	zeros = ""
	// 4 bytes a block of 128 KiB, in frames that do not tell their size.
	blocks := strings.Repeat("\x02\x00\x10\x00", 200_000)
	runLength := "\x28\xb5\x2f\xfd\x00\x68" + blocks + "\x03\x00\x10\x00"
	for _, test := range []struct{ name, encoding, body string }{
		{"gzip", "gzip", gzipBomb},
		{"zstd that tells its size", "zstd", zstdBomb},
		{"zstd that does not", "zstd", runLength},
		{"many frames of zstd", "zstd", strings.Repeat(zstdWhole(t, strings.Repeat("\x00", 1<<20)), 5000)},
		{"many members of gzip", "gzip", strings.Repeat(gzipped(strings.Repeat("\x00", 1<<20)), 500)},
	} {
		t.Run(test.name, func(t *testing.T) {
			if len(test.body) > 1<<20 {
				t.Fatalf("the bomb itself is %d bytes", len(test.body))
			}
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			got := post(t, server.URL, test.body, "Content-Encoding", test.encoding)
			runtime.ReadMemStats(&after)
			got.want(t, 413, billing.CodeLimitExceeded, "more than the 1048576 bytes that it may be (limit body)")
			if spent := after.TotalAlloc - before.TotalAlloc; spent > 16<<20 {
				t.Errorf("%d MiB were allocated", spent>>20)
			}
		})
	}
	wide := "\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00" // a window of 1 GiB and no bytes
	post(t, server.URL, wide, "Content-Encoding", "zstd").want(t, 413, billing.CodeLimitExceeded, "window")
}

func TestTheBodyIsBounded(t *testing.T) {
	settings := defaults()
	settings.Body = 1 << 10
	server := serve(t, settings)
	filled := func(n int) string { return `{` + q + `}` + strings.Repeat(" ", n-len(q)-2) }
	if got := post(t, server.URL, filled(1024)); got.status != 200 {
		t.Errorf("a body of the limit: %d %s", got.status, got.raw)
	}
	got := post(t, server.URL, filled(1025))
	got.want(t, 413, billing.CodeLimitExceeded, "the body is 1025 bytes and may be 1024 (limit body)")
	post(t, server.URL, gzipped(filled(1025)), "Content-Encoding", "gzip").want(t, 413, billing.CodeLimitExceeded, "more than the 1024 bytes")
	post(t, server.URL, zstdWhole(t, filled(1025)), "Content-Encoding", "zstd").want(t, 413, billing.CodeLimitExceeded, "more than the 1024 bytes")
	for _, packed := range []string{zstdWhole(t, filled(1024)), zstdStreamed(t, filled(1024), 8<<20)} {
		if got := post(t, server.URL, packed, "Content-Encoding", "zstd"); got.status != 200 {
			t.Errorf("a body of the limit in zstd: %d %s", got.status, got.raw)
		}
	}
	request := newRequest(t, "POST", server.URL, "", "Content-Type", "application/json")
	request.Body = io.NopCloser(strings.NewReader(filled(1025))) // chunked
	request.ContentLength = -1
	do(t, request).want(t, 413, billing.CodeLimitExceeded, "more than the 1024 bytes that it may be (limit body)")
}

const head = "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"

func TestALengthOverTheLimitIsRefusedUnread(t *testing.T) {
	server := serve(t, defaults())
	// No byte of the body is ever sent, nor asked for.
	got := raw(t, server, head+"Content-Length: 99999999\r\nExpect: 100-continue\r\n\r\n", false)
	got.want(t, 413, billing.CodeLimitExceeded, "the body is 99999999 bytes and may be 1048576 (limit body)")
	got = raw(t, server, head+"Content-Length: 2000000\r\n\r\n{", false)
	got.want(t, 413, billing.CodeLimitExceeded, "limit body")
	if !got.closes {
		t.Errorf("the connection is kept for the rest of the body: %v", got.header)
	}
}

func TestABodyOfChunksIsCutAtTheLimit(t *testing.T) {
	server := serve(t, defaults())
	chunk := fmt.Sprintf("%x\r\n%s\r\n", 1<<16, strings.Repeat(" ", 1<<16))
	// The body never ends, and the answer does not wait for it.
	got := raw(t, server, head+"Transfer-Encoding: chunked\r\n\r\n"+strings.Repeat(chunk, 16)+"1\r\n \r\n", false)
	got.want(t, 413, billing.CodeLimitExceeded, "more than the 1048576 bytes that it may be (limit body)")
}

func TestABodyThatIsCutOffIsRefused(t *testing.T) {
	server := serve(t, defaults())
	for name, rest := range map[string]string{
		"a length":  "Content-Length: 100\r\n\r\n{" + q + "}",
		"chunks":    "Transfer-Encoding: chunked\r\n\r\n5\r\n{\"que",
		"bad chunk": "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"que",
	} {
		t.Run(name, func(t *testing.T) {
			raw(t, server, head+rest, true).want(t, 400, billing.CodeBadUserInput, "the body did not arrive whole")
		})
	}
}

func TestABodyThatIsSlowIsRefused(t *testing.T) {
	server := httptest.NewUnstartedServer(echo(defaults()))
	server.Config.ReadTimeout = 200 * time.Millisecond
	server.Start()
	t.Cleanup(server.Close)
	raw(t, server, head+"Content-Length: 100\r\n\r\n{", false).want(t, 408, billing.CodeLimitExceeded, "the body did not arrive in time")
}

func TestARefusalDoesNotWaitForTheBody(t *testing.T) {
	server := httptest.NewServer(echo(defaults())) // without any timeout
	t.Cleanup(server.Close)
	for status, start := range map[int]string{
		405: "PUT / HTTP/1.1\r\nHost: gateway\r\n",
		415: "POST / HTTP/1.1\r\nHost: gateway\r\nContent-Type: text/plain\r\n",
		406: head + "Accept: text/html\r\n",
	} {
		for _, rest := range []string{"Content-Length: 100\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"} {
			raw(t, server, start+rest, false).want(t, status, billing.CodeBadUserInput, "")
		}
	}
}

func TestABodyThatIsTooLargeCostsOnlyItsStreamOfHTTP2(t *testing.T) {
	server := httptest.NewUnstartedServer(echo(defaults()))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	for body, status := range map[string]int{strings.Repeat(" ", 2<<20): 413, `{` + q + `}`: 200} {
		request := newRequest(t, "POST", server.URL, "", "Content-Type", "application/json")
		request.Body, request.ContentLength = io.NopCloser(strings.NewReader(body)), -1
		response, err := server.Client().Do(request)
		if err != nil {
			t.Fatal(err)
		}
		if got := read(t, response); got.status != status || response.ProtoMajor != 2 || got.header.Get("Connection") != "" {
			t.Errorf("%s: %d %s, want %d", response.Proto, got.status, got.raw, status)
		}
	}
}
