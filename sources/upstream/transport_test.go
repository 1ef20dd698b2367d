package upstream_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func hangHalfway(w http.ResponseWriter, r *http.Request) {
	answer(w, `{"half":`)
	http.NewResponseController(w).Flush()
	<-r.Context().Done()
}

func TestDeadlines(t *testing.T) {
	const soon, late = 50 * time.Millisecond, time.Minute
	for name, handler := range map[string]http.HandlerFunc{"before the answer": hang, "within the answer": hangHalfway} {
		cases := map[string]struct{ source, caller time.Duration }{
			"of the source's configuration": {soon, late},
			"of the caller":                 {late, soon},
		}
		for whose, c := range cases {
			t.Run(whose+" "+name, func(t *testing.T) {
				address, calls := serve(t, handler)
				client := connect(t, upstream.Config{URL: address, Timeout: c.source})
				ctx, cancel := context.WithTimeout(context.Background(), c.caller)
				defer cancel()
				begun := time.Now()
				_, err := get(ctx, client)
				wantCode(t, err, billing.CodeSourceTimeout)
				if took := time.Since(begun); took > 10*time.Second {
					t.Errorf("it took %v", took)
				}
				if calls.Load() != 1 {
					t.Errorf("made %d calls, want 1: a second one has no time left", calls.Load())
				}
				if state := client.Health().State; state != billing.Degraded {
					t.Errorf("the source is %s", state)
				}
			})
		}
	}
}

func TestTheCallersCancellationIsNoFaultOfTheSource(t *testing.T) {
	for name, handler := range map[string]http.HandlerFunc{"before the answer": hang, "within the answer": hangHalfway} {
		t.Run(name, func(t *testing.T) {
			arrived := make(chan struct{}, 1)
			address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
				arrived <- struct{}{}
				handler(w, r)
			})
			client := dial(t, address)
			ctx, cancel := context.WithCancel(context.Background())
			go func() {
				<-arrived
				cancel()
			}()
			_, err := get(ctx, client)
			wantCode(t, err, billing.CodeSourceTimeout)
			if !errors.Is(err, context.Canceled) || calls.Load() != 1 {
				t.Errorf("after %d calls the cause is %v", calls.Load(), err)
			}
			if health := client.Health(); health.State != billing.HealthUnknown || health.LastError != nil || !health.LastErrorAt.IsZero() {
				t.Errorf("health is %+v", health)
			}
		})
	}
}

func TestACallerWhoseTimeIsUpCostsNothing(t *testing.T) {
	address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") })
	client := dial(t, address)
	canceled, cancel := context.WithCancel(context.Background())
	cancel()
	expired, cancel := context.WithDeadline(context.Background(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{canceled, expired} {
		meter := new(upstream.Meter)
		_, err := get(upstream.WithMeter(ctx, meter), client)
		wantCode(t, err, billing.CodeSourceTimeout)
		if !errors.Is(err, ctx.Err()) || meter.Calls() != 0 {
			t.Errorf("counted %d calls, cause %v", meter.Calls(), err)
		}
	}
	if calls.Load() != 0 || client.Health().State != billing.HealthUnknown {
		t.Errorf("the source was asked %d times and is %s", calls.Load(), client.Health().State)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch n := r.URL.Query().Get("n"); n {
		case "1":
			http.Error(w, strings.Repeat("x", 100_000), http.StatusNotFound)
		case "2":
			w.WriteHeader(http.StatusNoContent)
		default:
			answer(w, fmt.Sprintf("%q", strings.Repeat(n, 100_000)))
		}
	}))
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	client := dial(t, server.URL)
	for n := range 12 {
		_, err := ask(context.Background(), client, upstream.Request{Query: map[string][]string{"n": {fmt.Sprint(n % 4)}}})
		if want := map[bool]billing.Code{true: billing.CodeNotFound}[n%4 == 1]; billing.CodeOf(err) != want {
			t.Fatal(err)
		}
	}
	if opened.Load() != 1 {
		t.Errorf("12 calls, one after the other, opened %d connections", opened.Load())
	}
}

func TestErrorsForTheLogHoldNoAddress(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close() // now nobody listens there
	client := dial(t, "http://"+address)
	_, err = ask(context.Background(), client, upstream.Request{Path: []string{"alice@example.com"}})
	wantCode(t, err, billing.CodeSourceUnavailable)
	var e *billing.Error
	if !errors.As(err, &e) || e.Source != "src" || e.Op != "try" || e.Err == nil {
		t.Fatalf("%#v lacks its source, operation or cause", err)
	}
	if strings.Contains(err.Error(), "alice") || strings.Contains(billing.ClientMessage(err), address) {
		t.Errorf("the log reads %q, the client %q", err, billing.ClientMessage(err))
	}
}
