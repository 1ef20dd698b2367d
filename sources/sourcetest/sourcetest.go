// Package sourcetest is the contract that every source's tests run.
package sourcetest

import (
	"bytes"
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/upstream"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// Now is the suite's clock: every golden file is as of this instant.
var Now = time.Date(2026, time.March, 15, 12, 0, 0, 0, time.UTC)

// Suite is what one adapter brings to the contract.
type Suite struct {
	// New makes the source, named "src", with the adapter's defaults for the rest.
	New func(t testing.TB, config upstream.Config, options upstream.Options) billing.Source

	// Ref is a subscription of source "src"; Parts are its id's parts.
	Ref   billing.Ref
	Parts []string
	// BadParts are parts that the source's ids never have.
	BadParts [][]string

	// ContentType is the media type of the source's answers.
	ContentType string
	// Documents are files of testdata, each the answer to a get of Ref. Each
	// has a golden file beside it: NAME.golden.json.
	Documents []string
	// Absent answers as the source does where there is no such subscription.
	Absent http.HandlerFunc

	// Statuses are the codes that the adapter's status table gives.
	Statuses []StatusCase
}

// StatusCase is an answer and the code it must become; "" for no error.
type StatusCase struct {
	Name       string
	Status     int
	Header     http.Header
	Body       string
	Want       billing.Code
	RetryAfter time.Duration // from Now; 0 where none is expected
}

// Run holds the source to the contract.
func (s Suite) Run(t *testing.T) {
	t.Run("documents", s.documents)
	t.Run("ids", s.ids)
	t.Run("absent", s.absent)
	t.Run("statuses", s.statuses)
	t.Run("bad answers", s.badAnswers)
	t.Run("transport", s.transport)
	t.Run("tenancy", s.tenancy)
	t.Run("batch", s.batch)
}

// Serve starts a server that counts its requests and returns a source of it.
func (s Suite) Serve(t testing.TB, handler http.HandlerFunc) (billing.Source, *atomic.Int64) {
	t.Helper()
	return s.serveWith(t, handler, upstream.Auth{Bearer: "secret-token"})
}

func (s Suite) serveWith(t testing.TB, handler http.HandlerFunc, auth upstream.Auth) (billing.Source, *atomic.Int64) {
	t.Helper()
	calls := new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	config := upstream.Config{URL: server.URL + "/base", Auth: auth, Timeout: 2 * time.Second}
	return s.New(t, config, Options()), calls
}

// Options are the suite's clock and a fixed secret.
func Options() upstream.Options {
	return upstream.Options{Secret: []byte("0123456789abcdef0123456789abcdef"), Now: func() time.Time { return Now }}
}

// Answer is a handler that gives one answer to everything.
func Answer(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		w.Write([]byte(body))
	}
}

// Get fetches one subscription.
func Get(t testing.TB, source billing.Source, ref billing.Ref) (*billing.Subscription, error) {
	t.Helper()
	answers := source.Subscriptions(context.Background(), []billing.Ref{ref})
	outcome, ok := answers[ref]
	if !ok || len(answers) != 1 {
		t.Fatalf("asked for %v alone, got answers for %d keys", ref, len(answers))
	}
	return outcome.Value, outcome.Err
}

func (s Suite) documents(t *testing.T) {
	if len(s.Documents) == 0 {
		t.Fatal("the suite has no documents")
	}
	for _, name := range s.Documents {
		t.Run(name, func(t *testing.T) {
			document, err := os.ReadFile(filepath.Join("testdata", name+".json"))
			if err != nil {
				t.Fatal(err)
			}
			source, calls := s.Serve(t, Answer(200, s.ContentType, string(document)))
			sub, err := Get(t, source, s.Ref)
			if err != nil {
				t.Fatal(err)
			}
			if calls.Load() != 1 {
				t.Errorf("a get of one subscription made %d calls", calls.Load())
			}
			CheckTotal(t, sub)
			Golden(t, name, sub)
		})
	}
}

// Golden compares value, as indented JSON, with testdata/NAME.golden.json.
func Golden(t testing.TB, name string, value any) {
	t.Helper()
	got, err := json.Marshal(value, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	path := filepath.Join("testdata", name+".golden.json")
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update rewrites it); got:\n%s", path, got)
	}
}

func (s Suite) ids(t *testing.T) {
	source, _ := s.Serve(t, s.Absent)
	ref, err := source.ParseRef(s.Parts)
	if err != nil || ref != s.Ref {
		t.Errorf("ParseRef(%q) = %v, %v; want %v", s.Parts, ref, err, s.Ref)
	}
	kind, parts, err := billing.ParseGlobalID(ref.ID())
	if err != nil || kind != "subscription" || parts[0] != "src" || strings.Join(parts[1:], "|") != strings.Join(s.Parts, "|") {
		t.Errorf("the id %q reads back as %q %q, %v", ref.ID(), kind, parts, err)
	}
	for _, parts := range append(s.BadParts, nil, []string{""}, []string{"1", "2", "3"}) {
		if ref, err := source.ParseRef(parts); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("ParseRef(%q) = %v, %v; want BAD_USER_INPUT", parts, ref, err)
		}
	}
}

func (s Suite) absent(t *testing.T) {
	source, _ := s.Serve(t, s.Absent)
	for range manyCalls {
		sub, err := Get(t, source, s.Ref)
		if sub != nil || err != nil {
			t.Fatalf("a missing subscription is %v, %v; want nil, nil", sub, err)
		}
	}
	if health := source.Health(); health.State != billing.Healthy || health.Circuit != billing.CircuitClosed {
		t.Errorf("missing subscriptions make the source %s, and its circuit %v", health.State, health.Circuit)
	}
}

// manyCalls are more than a circuit needs to open, were they faults.
const manyCalls = 30

func (s Suite) statuses(t *testing.T) {
	for _, c := range s.Statuses {
		t.Run(c.Name, func(t *testing.T) {
			source, _ := s.Serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", s.ContentType)
				for name, values := range c.Header {
					w.Header()[name] = values
				}
				w.WriteHeader(c.Status)
				w.Write([]byte(c.Body))
			})
			_, err := Get(t, source, s.Ref)
			s.checkError(t, err, c.Want)
			var e *billing.Error
			if c.RetryAfter != 0 && (!asError(err, &e) || !e.RetryAfter.Equal(Now.Add(c.RetryAfter))) {
				t.Errorf("retry after %v; want %v past %v", e.RetryAfter, c.RetryAfter, Now)
			}
			for range manyCalls {
				Get(t, source, s.Ref)
			}
			want := billing.CircuitClosed
			if c.Want == billing.CodeSourceUnavailable || c.Want == billing.CodeSourceTimeout {
				want = billing.CircuitOpen
			}
			if got := source.Health().Circuit; got != want {
				t.Errorf("after %d such answers the circuit is %v, want %v", manyCalls, got, want)
			}
		})
	}
}

func (s Suite) badAnswers(t *testing.T) {
	document, err := os.ReadFile(filepath.Join("testdata", s.Documents[0]+".json"))
	if err != nil {
		t.Fatal(err)
	}
	whole := string(bytes.TrimSpace(document))
	cases := map[string]http.HandlerFunc{
		"HTML under status 200":       Answer(200, "text/html; charset=utf-8", "<html>secret-token</html>"),
		"HTML called by its own type": Answer(200, s.ContentType, "<html></html>"),
		"the wrong content type":      Answer(200, "text/plain", whole),
		"no body":                     Answer(200, s.ContentType, ""),
		"null":                        Answer(200, s.ContentType, "null"),
		"a string":                    Answer(200, s.ContentType, `"x"`),
		"truncated JSON":              Answer(200, s.ContentType, whole[:len(whole)/2]),
		"trailing data":               Answer(200, s.ContentType, whole+whole),
		"a duplicate key":             Answer(200, s.ContentType, duplicateFirstKey(whole)),
		"100,000 nested brackets":     Answer(200, s.ContentType, strings.Repeat("[", 100_000)),
		"invalid UTF-8":               Answer(200, s.ContentType, strings.Replace(whole, `"`, "\"\xff", 1)),
		"100 MiB":                     endless(s.ContentType),
	}
	for name, handler := range cases {
		t.Run(name, func(t *testing.T) {
			source, _ := s.Serve(t, handler)
			sub, err := Get(t, source, s.Ref)
			if sub != nil {
				t.Errorf("made a subscription of it")
			}
			s.checkError(t, err, billing.CodeSourceBadData)
		})
	}
}

// duplicateFirstKey writes the outer object's first member twice.
func duplicateFirstKey(object string) string {
	inner := strings.TrimSpace(strings.TrimSuffix(strings.TrimPrefix(object, "{"), "}"))
	return "{" + inner + "," + inner + "}"
}

func endless(contentType string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		chunk := bytes.Repeat([]byte(" "), 1<<20)
		for range 100 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
}
