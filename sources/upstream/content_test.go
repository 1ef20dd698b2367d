package upstream_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

func TestBodiesAreBounded(t *testing.T) {
	zeros := func(w io.Writer, n int) {
		chunk := bytes.Repeat([]byte("0"), 1<<20)
		for n > 0 {
			part := chunk[:min(n, len(chunk))]
			if _, err := w.Write(part); err != nil {
				return
			}
			n -= len(part)
		}
	}
	cases := map[string]struct {
		size   int
		packed bool
		fits   bool
	}{
		"the most that is read":               {upstream.MaxBody, false, true},
		"one byte more":                       {upstream.MaxBody + 1, false, false},
		"100 MiB":                             {100 << 20, false, false},
		"the most that is read, compressed":   {upstream.MaxBody, true, true},
		"one byte more, compressed":           {upstream.MaxBody + 1, true, false},
		"100 MiB, compressed into a thousand": {100 << 20, true, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if !c.packed {
					zeros(w, c.size)
					return
				}
				if r.Header.Get("Accept-Encoding") != "gzip" {
					t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				packer, _ := gzip.NewWriterLevel(w, gzip.BestSpeed)
				zeros(packer, c.size)
				packer.Close()
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			client := connect(t, upstream.Config{URL: address, Timeout: time.Minute})
			resp, err := get(context.Background(), client)
			runtime.ReadMemStats(&after)
			if c.fits && (err != nil || len(resp.Body) != c.size) {
				t.Errorf("got %v, want %d bytes", err, c.size)
			}
			if !c.fits {
				wantCode(t, err, billing.CodeSourceBadData)
			}
			if calls.Load() != 1 {
				t.Errorf("made %d calls, want 1", calls.Load())
			}
			if allocated := after.TotalAlloc - before.TotalAlloc; allocated > 96<<20 {
				t.Errorf("%d MiB were allocated", allocated>>20)
			}
		})
	}
}

func TestContentIsChecked(t *testing.T) {
	cases := map[string]struct {
		status    int
		mediaType string
		encoding  string
		body      string
		want      billing.Code
	}{
		"the accepted type":                 {200, "application/json", "", "{}", ""},
		"with a charset":                    {200, "application/json; charset=utf-8", "", "{}", ""},
		"in upper case":                     {200, "APPLICATION/JSON", "", "{}", ""},
		"a proxy's page":                    {200, "text/html; charset=utf-8", "", "<html>hunter2</html>", billing.CodeSourceBadData},
		"a longer type":                     {200, "application/json-seq", "", "{}", billing.CodeSourceBadData},
		"no type":                           {200, "", "", "{}", billing.CodeSourceBadData},
		"no type that can be read":          {200, "json;;;", "", "{}", billing.CodeSourceBadData},
		"an encoding that nobody asked for": {200, "application/json", "br", "hunter2", billing.CodeSourceBadData},
		"no encoding, said so":              {200, "application/json", "identity", "{}", ""},
		"no content":                        {204, "", "", "", ""},
		"done, with nothing to say":         {202, "", "", "", ""},
		"an error's page keeps its code":    {404, "text/html", "", "<html>hunter2</html>", billing.CodeNotFound},
		"compressed, but it is not":         {200, "application/json", "gzip", "hunter2, which is no gzip", billing.CodeSourceBadData},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil // or net/http guesses one
				if c.mediaType != "" {
					w.Header().Set("Content-Type", c.mediaType)
				}
				if c.encoding != "" {
					w.Header().Set("Content-Encoding", c.encoding)
				}
				w.WriteHeader(c.status)
				io.WriteString(w, c.body)
			})
			resp, err := get(context.Background(), dial(t, address))
			wantCode(t, err, c.want)
			if err == nil && (resp.Status != c.status || string(resp.Body) != c.body) {
				t.Errorf("got %d %q", resp.Status, resp.Body)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the log is told the body: %v", err)
			}
			if calls.Load() != 1 {
				t.Errorf("made %d calls, want 1", calls.Load())
			}
		})
	}
}

func TestWhatIsNoHTTPIsBadData(t *testing.T) {
	for name, reply := range map[string]string{
		"another protocol":    "220 hunter2 ESMTP\r\n",
		"a header of no kind": "HTTP/1.1 200 OK\r\nhunter2\r\n\r\n{}",
		"no length":           "HTTP/1.1 200 OK\r\nContent-Length: hunter2\r\n\r\n{}",
		"no chunks":           "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Type: application/json\r\n\r\nhunter2\r\n",
		"a strange encoding":  "HTTP/1.1 200 OK\r\nTransfer-Encoding: hunter2\r\n\r\n",
		"no place to go":      "HTTP/1.1 302 Found\r\nLocation: http://hunter2 %zz\r\nContent-Length: 0\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			client := dial(t, "http://"+replyWith(t, reply))
			_, err := get(context.Background(), client)
			wantCode(t, err, billing.CodeSourceBadData)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the log is told what was sent: %v", err)
			}
		})
	}
}

// replyWith listens for connections and sends each the same bytes.
func replyWith(t *testing.T, reply string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Read(make([]byte, 4096))
			io.WriteString(conn, reply)
			conn.Close()
		}
	}()
	t.Cleanup(func() {
		listener.Close()
		<-done
	})
	return listener.Addr().String()
}
