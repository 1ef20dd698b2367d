package upstream_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// firstAnswers are what the second try comes after, or does not.
var firstAnswers = map[string]struct {
	handler http.HandlerFunc
	repeat  bool // where the request may be sent twice
	doubt   bool // whether a write may have been carried out
	code    billing.Code
}{
	"500":                      {status(500), false, true, billing.CodeSourceUnavailable},
	"501":                      {status(501), false, false, billing.CodeSourceUnavailable},
	"502":                      {status(502), true, true, billing.CodeSourceUnavailable},
	"503":                      {status(503), true, true, billing.CodeSourceUnavailable},
	"504":                      {status(504), true, true, billing.CodeSourceUnavailable},
	"429":                      {status(429), false, false, billing.CodeSourceRateLimited},
	"404":                      {status(404), false, false, billing.CodeNotFound},
	"401":                      {status(401), false, false, billing.CodeSourceAuthFailed},
	"a page of HTML":           {func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "<html>") }, false, true, billing.CodeSourceBadData},
	"a connection reset":       {func(w http.ResponseWriter, _ *http.Request) { reset(w) }, true, true, billing.CodeSourceUnavailable},
	"a connection closed":      {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, true, true, billing.CodeSourceUnavailable},
	"a connection lost midway": {cutShort, true, true, billing.CodeSourceUnavailable},
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

func cutShort(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Length", "1000")
	answer(w, `{"half":`)
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

// requests are the ways to ask, and whether each may be sent twice.
var requests = map[string]struct {
	req   upstream.Request
	twice bool
}{
	"GET":                {upstream.Request{}, true},
	"GET, named":         {upstream.Request{Method: http.MethodGet}, true},
	"POST that reads":    {upstream.Request{Method: http.MethodPost, Read: true, Body: []byte("body")}, true},
	"POST":               {upstream.Request{Method: http.MethodPost, Body: []byte("body")}, false},
	"POST without body":  {upstream.Request{Method: http.MethodPost}, false},
	"PUT":                {upstream.Request{Method: http.MethodPut, Body: []byte("body")}, false},
	"PATCH":              {upstream.Request{Method: http.MethodPatch, Body: []byte("body")}, false},
	"DELETE":             {upstream.Request{Method: http.MethodDelete}, false},
	"HEAD, not a read":   {upstream.Request{Method: http.MethodHead}, false},
	"a read by any name": {upstream.Request{Method: "REPORT", Read: true}, true},
}

func TestRepeats(t *testing.T) {
	for how, r := range requests {
		for what, first := range firstAnswers {
			if what == "a page of HTML" && r.req.Method == http.MethodHead {
				continue // has no body to be wrong
			}
			t.Run(how+" answered with "+what, func(t *testing.T) {
				var mu sync.Mutex
				var bodies []string
				address, _ := serve(t, func(w http.ResponseWriter, req *http.Request) {
					body, _ := io.ReadAll(req.Body)
					mu.Lock()
					bodies = append(bodies, string(body))
					n := len(bodies)
					mu.Unlock()
					if n == 1 {
						first.handler(w, req)
						return
					}
					answer(w, "{}")
				})
				client := dial(t, address)
				meter := new(upstream.Meter)
				_, err := ask(upstream.WithMeter(context.Background(), meter), client, r.req)
				want, code := []string{string(r.req.Body)}, first.code
				if r.twice && first.repeat {
					want, code = append(want, want[0]), ""
				}
				if !r.twice && first.doubt {
					code = billing.CodeOutcomeUnknown
				}
				if r.req.Method == http.MethodHead && what == "a connection lost midway" {
					code = "" // an answer to HEAD is whole without its body
				}
				wantCode(t, err, code)
				mu.Lock()
				defer mu.Unlock()
				if !slices.Equal(bodies, want) || meter.Calls() != int64(len(want)) {
					t.Errorf("sent %q and counted %d, want %q", bodies, meter.Calls(), want)
				}
			})
		}
	}
}

func TestAReadIsRepeatedOnce(t *testing.T) {
	for what, first := range firstAnswers {
		address, calls := serve(t, first.handler)
		client := dial(t, address)
		_, err := get(context.Background(), client)
		wantCode(t, err, first.code)
		want := int64(1)
		if first.repeat {
			want = 2
		}
		if calls.Load() != want {
			t.Errorf("%s: made %d calls, want %d", what, calls.Load(), want)
		}
		if health := client.Health(); health.State == billing.Down {
			t.Errorf("%s: one call and its second try make the source DOWN", what)
		}
	}
}

func TestAWriteIsNotRepeatedOnAConnectionThatWasUsed(t *testing.T) {
	address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			answer(w, "{}")
			return
		}
		io.Copy(io.Discard, r.Body)
		reset(w)
	})
	client := dial(t, address)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if _, err := get(context.Background(), client); err != nil {
			t.Fatal(err)
		}
		before := calls.Load()
		_, err := ask(context.Background(), client, upstream.Request{Method: method, Body: []byte("{}")})
		wantCode(t, err, billing.CodeOutcomeUnknown)
		if sent := calls.Load() - before; sent != 1 {
			t.Errorf("%s was sent %d times", method, sent)
		}
	}
}

// A write to an address where nobody listens is no doubt, and may be tried again.
func TestAWriteThatNeverLeftIsNoDoubt(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := "http://" + listener.Addr().String()
	listener.Close()
	client, meter := dial(t, address), new(upstream.Meter)
	_, err = ask(upstream.WithMeter(context.Background(), meter), client, upstream.Request{Method: http.MethodPatch, Body: []byte("{}")})
	wantCode(t, err, billing.CodeSourceUnavailable)
	if meter.Calls() != 2 {
		t.Errorf("tried %d times, want 2", meter.Calls())
	}
}

// A write whose answer does not come in time may have been carried out, and so
// may one whose answer says so and cannot be read.
func TestAWriteWithoutAReadableAnswerIsInDoubt(t *testing.T) {
	release := make(chan struct{})
	t.Cleanup(func() { close(release) })
	address, calls := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	client, err := upstream.New("src", upstream.Config{URL: address, Timeout: 50 * time.Millisecond}, upstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = ask(context.Background(), client, upstream.Request{Method: http.MethodPost, Body: []byte("{}")})
	wantCode(t, err, billing.CodeOutcomeUnknown)
	if calls.Load() != 1 {
		t.Errorf("sent %d times, want once", calls.Load())
	}
	if state := client.Health().State; state != billing.Degraded {
		t.Errorf("the source is %s after a write it did not answer, want DEGRADED", state)
	}
	wantCode(t, client.Unread("try", io.ErrUnexpectedEOF), billing.CodeOutcomeUnknown)
}

func TestRetryAfter(t *testing.T) {
	// The client's clock stands a tenth of a second before a whole one, so that
	// the shortest wait that a header can name is short.
	clock := now.Add(900 * time.Millisecond)
	next := now.Add(time.Second).Format(http.TimeFormat)
	cases := map[string]struct {
		header  string
		timeout time.Duration
		calls   int64
		wait    time.Duration
	}{
		"none":                         {"", time.Minute, 2, 0},
		"no seconds":                   {"0", time.Minute, 2, 0},
		"a date that is soon":          {next, time.Minute, 2, 100 * time.Millisecond},
		"a date that has passed":       {now.Add(-time.Hour).Format(http.TimeFormat), time.Minute, 2, 0},
		"a word":                       {"soon", time.Minute, 2, 0},
		"a negative number":            {"-5", time.Minute, 2, 0},
		"seconds past the deadline":    {"2", time.Second, 1, 0},
		"an hour":                      {"3600", time.Minute, 1, 0},
		"a date past the deadline":     {now.Add(time.Hour).Format(http.TimeFormat), time.Minute, 1, 0},
		"a date past any duration":     {"Fri, 31 Dec 9999 23:59:59 GMT", time.Minute, 1, 0},
		"a number that is no duration": {"99999999999", time.Minute, 2, 0},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Retry-After", c.header)
				w.WriteHeader(http.StatusServiceUnavailable)
			})
			client, err := upstream.New("src", upstream.Config{URL: address, Timeout: c.timeout}, upstream.Options{Now: func() time.Time { return clock }})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(client.Close)
			begun := time.Now()
			_, err = get(context.Background(), client)
			took := time.Since(begun)
			wantCode(t, err, billing.CodeSourceUnavailable)
			if calls.Load() != c.calls {
				t.Errorf("made %d calls, want %d", calls.Load(), c.calls)
			}
			if took < c.wait || took > c.wait+30*time.Second {
				t.Errorf("answered after %v, want %v", took, c.wait)
			}
		})
	}
}

func TestTheCallerMayLeaveWhileAnotherTryIsWaitedFor(t *testing.T) {
	answered := make(chan struct{}, 2)
	address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
		answered <- struct{}{}
	})
	client := connect(t, upstream.Config{URL: address, Timeout: 5 * time.Minute})
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		<-answered
		cancel()
	}()
	begun := time.Now()
	_, err := get(ctx, client)
	if err == nil || calls.Load() != 1 || time.Since(begun) > 30*time.Second {
		t.Errorf("got %v after %d calls and %v", err, calls.Load(), time.Since(begun))
	}
}

func TestFailTellsWhenToComeBack(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(map[string]int{"/limited": 429, "/down": 503, "/gone": 404}[r.URL.Path])
		io.WriteString(w, "hunter2")
	})
	client := dial(t, address)
	for path, want := range map[string]time.Time{"limited": now.Add(time.Hour), "down": now.Add(time.Hour), "gone": {}} {
		_, err := ask(context.Background(), client, upstream.Request{Path: []string{path}})
		var e *billing.Error
		if !errors.As(err, &e) || !e.RetryAfter.Equal(want) {
			t.Errorf("/%s: %#v, want to come back at %v", path, err, want)
		}
		if err != nil && (strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "status ")) {
			t.Errorf("/%s: the log reads %q", path, err)
		}
	}
	if e := client.Fail(billing.CodeConflict, "try", &upstream.Response{Status: 409}, "the trial runs"); e.Error() != "src: CONFLICT: try: status 409: the trial runs" {
		t.Errorf("the log reads %q", e)
	}
}

func TestAStatusTableMayFailInItsOwnWords(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") })
	client := dial(t, address)
	odd := errors.New("odd")
	_, err := client.Do(context.Background(), upstream.Request{Op: "try", Status: func(*upstream.Response) error { return odd }})
	var e *billing.Error
	if !errors.As(err, &e) || e.Code != billing.CodeInternal || e.Source != "src" || e.Op != "try" || !errors.Is(err, odd) {
		t.Errorf("got %#v", err)
	}
}
