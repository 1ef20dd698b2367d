package sourcetest

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// Exchange is the one request that a write makes.
type Exchange struct {
	Line   string            // method and target, as they are on the wire
	Header map[string]string // "" for a header that is not to be sent
	Body   string            // JSON, compared by its meaning; "" for no body at all
}

// Recorder answers with Answer and remembers what it was asked.
type Recorder struct {
	Answer http.HandlerFunc

	mu   sync.Mutex
	sent []*http.Request
	body []string
}

func (rec *Recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	rec.mu.Lock()
	rec.sent, rec.body = append(rec.sent, r), append(rec.body, string(body))
	rec.mu.Unlock()
	rec.Answer(w, r)
}

// Check fails unless want was sent, once, and nothing else was.
func (rec *Recorder) Check(t testing.TB, want Exchange) {
	t.Helper()
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.sent) != 1 {
		t.Fatalf("%d requests were sent, want one", len(rec.sent))
	}
	got, body := rec.sent[0], rec.body[0]
	if line := got.Method + " " + got.RequestURI; line != want.Line {
		t.Errorf("sent %s\nwant %s", line, want.Line)
	}
	for name, value := range want.Header {
		if sent := got.Header.Values(name); value == "" && sent != nil || value != "" && !reflect.DeepEqual(sent, []string{value}) {
			t.Errorf("sent %s %q, want %q", name, sent, value)
		}
	}
	if want.Body == "" && body == "" {
		return
	}
	if want.Body == "" {
		t.Fatalf("no body is wanted, sent %q", body)
	}
	is, wanted := meaning(t, body), meaning(t, want.Body)
	if !reflect.DeepEqual(is, wanted) {
		t.Errorf("sent %s\nwant %s", body, want.Body)
	}
}

// meaning is a JSON document with its numbers as they are written.
func meaning(t testing.TB, document string) (value any) {
	t.Helper()
	decoder := json.NewDecoder(strings.NewReader(document))
	decoder.UseNumber()
	if err := decoder.Decode(&value); err != nil || decoder.More() {
		t.Fatalf("%q is not one JSON document: %v", document, err)
	}
	return value
}

// WritesOnce holds a write to being sent once whatever becomes of it, and to
// OUTCOME_UNKNOWN exactly where the source may have carried it out.
func (s Suite) WritesOnce(t *testing.T, write func(context.Context, billing.Source) error) {
	cases := map[string]http.HandlerFunc{
		"500":                      Answer(500, s.ContentType, "{}"),
		"502":                      Answer(502, "text/html", "<html>secret-token"),
		"503":                      Answer(503, s.ContentType, "{}"),
		"504":                      Answer(504, s.ContentType, "{}"),
		"a connection lost":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"no answer in time":        func(_ http.ResponseWriter, r *http.Request) { io.Copy(io.Discard, r.Body); <-r.Context().Done() },
		"HTML under 200":           Answer(200, "text/html", "<html>secret-token"),
		"no JSON under 200":        Answer(200, s.ContentType, "secret-token"),
		"truncated JSON under 200": Answer(200, s.ContentType, `{"a":`),
		"nothing under 200":        Answer(200, s.ContentType, ""),
		"a list under 200":         Answer(200, s.ContentType, "[]"),
		"202":                      Answer(202, s.ContentType, "{}"),
		"two documents under 200":  Answer(200, s.ContentType, "{}{}"),
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			rec := &Recorder{Answer: handler}
			server := httptest.NewServer(rec)
			defer server.Close()
			s.checkError(t, write(context.Background(), s.impatient(t, server.URL)), billing.CodeOutcomeUnknown)
			rec.mu.Lock()
			defer rec.mu.Unlock()
			if len(rec.sent) != 1 {
				t.Errorf("it was sent %d times, want once", len(rec.sent))
			}
		})
	}
	t.Run("a source that nobody listens for", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		listener.Close()
		err = write(context.Background(), s.impatient(t, "http://"+listener.Addr().String()))
		s.checkError(t, err, billing.CodeSourceUnavailable)
	})
}

// impatient makes a source that waits briefly, yet long enough for a request to
// leave a busy machine.
func (s Suite) impatient(t *testing.T, address string) billing.Source {
	config := upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "secret-token"}, Timeout: 500 * time.Millisecond}
	return s.New(t, config, Options())
}

// Deadline is a context whose time is up when the upstream says so, by closing Up.
type Deadline struct {
	context.Context
	Up chan struct{}
}

// Done is closed when the time is up.
func (d Deadline) Done() <-chan struct{} { return d.Up }

// Err is that of a deadline that has passed, then.
func (d Deadline) Err() error {
	select {
	case <-d.Up:
		return context.DeadlineExceeded
	default:
		return nil
	}
}
