// Package e2e tests the whole gateway: a query in over HTTP, an answer out, and
// how many requests the sources got for it.
package e2e

import (
	"bytes"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/assembly"
	"tributary/config"
	"tributary/sandbox"
)

// clock is a time that tests move by hand.
type clock struct{ nanos atomic.Int64 }

func newClock() *clock {
	c := new(clock)
	c.nanos.Store(time.Date(2026, time.March, 15, 12, 0, 0, 0, time.UTC).UnixNano())
	return c
}

func (c *clock) now() time.Time          { return time.Unix(0, c.nanos.Load()).UTC() }
func (c *clock) advance(d time.Duration) { c.nanos.Add(int64(d)) }

// world is a gateway over the sandbox, both behind real sockets.
type world struct {
	t         testing.TB
	clock     *clock
	upstreams *httptest.Server
	gateway   *httptest.Server
	built     *assembly.Assembly
	log       *lockedBuffer
}

// start brings up a world. edit changes the configuration's text before it is read.
func start(t testing.TB, edit func(string) string) *world {
	t.Helper()
	w := &world{t: t, clock: newClock(), log: new(lockedBuffer)}
	w.upstreams = httptest.NewServer(sandbox.New(w.clock.now).Handler())
	t.Cleanup(w.upstreams.Close)
	w.serve(edit)
	return w
}

// serve starts a gateway over the world's upstreams.
func (w *world) serve(edit func(string) string) {
	w.t.Helper()
	text := sandbox.Configuration(w.upstreams.URL)
	if edit != nil {
		text = edit(text)
	}
	w.open(text)
}

// open starts a gateway of a configuration's text.
func (w *world) open(text string) {
	w.t.Helper()
	settings, err := config.Parse("test.yaml", []byte(text), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	log := slog.New(slog.NewJSONHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	built, err := assembly.Build("", settings, "", w.clock.now, log)
	if err != nil {
		w.t.Fatal(err)
	}
	w.built = built
	w.gateway = httptest.NewServer(built.Gateway.Handler())
	w.t.Cleanup(func() {
		w.gateway.Close()
		built.Close()
	})
}

// answer is a GraphQL answer.
type answer struct {
	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Path       []any          `json:"path"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	status int
	header http.Header
	raw    []byte
}

func (w *world) ask(query string, variables map[string]any) *answer {
	w.t.Helper()
	return w.askAs(nil, query, variables)
}

// askAs asks with headers of the caller's.
func (w *world) askAs(header http.Header, query string, variables map[string]any) *answer {
	w.t.Helper()
	return w.postAs(header, map[string]any{"query": query, "variables": variables})
}

// postAs sends a whole request with headers of the caller's.
func (w *world) postAs(header http.Header, request map[string]any) *answer {
	w.t.Helper()
	body, err := json.Marshal(request)
	if err != nil {
		w.t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, w.gateway.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := &answer{status: resp.StatusCode, header: resp.Header, raw: raw}
	if err := json.Unmarshal(raw, a); err != nil {
		w.t.Fatalf("the answer is no JSON: %v: %s", err, raw)
	}
	return a
}

// mustAsk asks and fails on any error.
func (w *world) mustAsk(query string, variables map[string]any) *answer {
	w.t.Helper()
	a := w.ask(query, variables)
	if len(a.Errors) > 0 {
		w.t.Fatalf("errors for %s: %s", query, a.raw)
	}
	return a
}

// at walks the data: at("account", "subscriptions", "nodes", 0, "id").
func (a *answer) at(path ...any) any {
	var v any = a.Data
	for _, step := range path {
		switch step := step.(type) {
		case string:
			object, ok := v.(map[string]any)
			if !ok {
				return nil
			}
			v = object[step]
		case int:
			list, ok := v.([]any)
			if !ok || step >= len(list) {
				return nil
			}
			v = list[step]
		}
	}
	return v
}

// codes are the codes of the errors, in order.
func (a *answer) codes() string {
	var codes []string
	for _, e := range a.Errors {
		code, _ := e.Extensions["code"].(string)
		codes = append(codes, code)
	}
	return strings.Join(codes, " ")
}

// calls is how many requests each vendor got so far.
func (w *world) calls() map[string]int {
	w.t.Helper()
	resp, err := http.Get(w.upstreams.URL + "/_sandbox/calls")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var counts struct{ Calls map[string]int }
	if err := json.NewDecoder(resp.Body).Decode(&counts); err != nil {
		w.t.Fatal(err)
	}
	return counts.Calls
}

func (w *world) totalCalls() int {
	total := 0
	for _, n := range w.calls() {
		total += n
	}
	return total
}

// during is how many requests the vendors got while do ran.
func (w *world) during(do func()) int {
	before := w.totalCalls()
	do()
	return w.totalCalls() - before
}

// fault makes a vendor fail; an empty body clears all faults.
func (w *world) fault(body string) {
	w.t.Helper()
	method := http.MethodPost
	if body == "" {
		method = http.MethodDelete
	}
	req, err := http.NewRequest(method, w.upstreams.URL+"/_sandbox/faults", strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		text, _ := io.ReadAll(resp.Body)
		w.t.Fatalf("the sandbox refused the fault: %d %s", resp.StatusCode, text)
	}
}
