package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

var once = &upstream.Retry{Attempts: 1}

// opening is a circuit that four calls of which half fail open for an hour.
func opening() *upstream.Circuit {
	return &upstream.Circuit{FailureRate: 0.5, Window: time.Minute, Calls: 4, Open: time.Hour, Probes: 2}
}

// until asks again and again until done, for as long as a busy machine may need.
func until(t testing.TB, what string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !done(); {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 30 s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// faulty starts a server that answers with the status that was stored last.
func faulty(t testing.TB) (address string, calls, status *atomic.Int64) {
	t.Helper()
	status = new(atomic.Int64)
	status.Store(200)
	address, calls = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(int(status.Load()))
		w.Write([]byte("{}"))
	})
	return address, calls, status
}

func TestACircuitOpensAtItsFailureRateAndThenNoCallIsMade(t *testing.T) {
	address, calls, status := faulty(t)
	client := connect(t, upstream.Config{URL: address, Retry: once, Circuit: opening()})
	get(context.Background(), client)
	get(context.Background(), client)
	status.Store(500)
	get(context.Background(), client)
	if got := client.Health().Circuit; got != billing.CircuitClosed {
		t.Fatalf("after one fault of three calls the circuit is %v", got)
	}
	get(context.Background(), client)
	health := client.Health()
	if health.Circuit != billing.CircuitOpen || !health.CircuitOpenUntil.Equal(now.Add(time.Hour)) {
		t.Fatalf("after two faults of four calls the circuit is %v until %v", health.Circuit, health.CircuitOpenUntil)
	}
	before, begun := calls.Load(), time.Now()
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		_, err := ask(context.Background(), client, upstream.Request{Method: method})
		e, ok := billing.AsError(err)
		if !ok || e.Code != billing.CodeSourceUnavailable || !e.Unsent || !e.RetryAfter.Equal(now.Add(time.Hour)) || e.Op != "try" || e.Source != "src" {
			t.Errorf("%s is answered with %#v", method, err)
		}
	}
	if took := time.Since(begun); took > 5*time.Second || calls.Load() != before {
		t.Errorf("two calls took %v, and %d reached the source", took, calls.Load()-before)
	}
	after := client.Health()
	if after.Calls.RejectedByCircuit != 2 || after.LastErrorAt != health.LastErrorAt || after.State != health.State {
		t.Errorf("what was held back made the health %+v of %+v", after, health)
	}
}

func TestAHalfOpenCircuitLetsAFewThroughAndClosesWhenTheyGoWell(t *testing.T) {
	address, calls, status := faulty(t)
	circuit := opening()
	circuit.Open = 20 * time.Millisecond
	client := connect(t, upstream.Config{URL: address, Retry: once, Circuit: circuit})
	status.Store(500)
	for range 4 {
		get(context.Background(), client)
	}
	before := calls.Load()
	until(t, "a probe", func() bool { get(context.Background(), client); return calls.Load() > before })
	if got := calls.Load() - before; got != 1 {
		t.Errorf("%d calls went through to a source that still fails, want 1", got)
	}
	status.Store(200)
	until(t, "a probe that goes well", func() bool { _, err := get(context.Background(), client); return err == nil })
	if got := client.Health(); got.Circuit != billing.CircuitHalfOpen || !got.CircuitOpenUntil.IsZero() {
		t.Errorf("after the first of two probes the circuit is %v until %v", got.Circuit, got.CircuitOpenUntil)
	}
	if _, err := get(context.Background(), client); err != nil || client.Health().Circuit != billing.CircuitClosed {
		t.Errorf("after the second it is %v, %v", client.Health().Circuit, err)
	}
}

// A probe whose caller leaves has shown nothing, and another may be made.
func TestAProbeThatNobodyWaitsForIsNotSpent(t *testing.T) {
	arrived, hang, fails := make(chan struct{}), atomic.Bool{}, atomic.Bool{}
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case fails.Load():
			w.WriteHeader(500)
		case hang.Load():
			arrived <- struct{}{}
			<-r.Context().Done()
		default:
			answer(w, "{}")
		}
	})
	circuit := opening()
	circuit.Open, circuit.Probes = time.Millisecond, 1
	client := connect(t, upstream.Config{URL: address, Retry: once, Circuit: circuit})
	fails.Store(true)
	for range 4 {
		get(context.Background(), client)
	}
	fails.Store(false)
	hang.Store(true)
	until(t, "the circuit half-opens", func() bool { return client.Health().Circuit == billing.CircuitHalfOpen })
	ctx, cancel := context.WithCancel(context.Background())
	left := make(chan struct{})
	go func() {
		defer close(left)
		get(ctx, client)
	}()
	<-arrived
	if _, err := get(context.Background(), client); billing.CodeOf(err) != billing.CodeSourceUnavailable {
		t.Errorf("beside the only probe another call is answered with %v", err)
	}
	cancel()
	<-left
	hang.Store(false)
	if _, err := get(context.Background(), client); err != nil || client.Health().Circuit != billing.CircuitClosed {
		t.Errorf("the next probe is answered with %v, and the circuit is %v", err, client.Health().Circuit)
	}
}

// What a source answers shows whether it works; most refusals show that it does.
func TestWhatOpensACircuit(t *testing.T) {
	code := func(code billing.Code) func(*upstream.Client, *upstream.Response) error {
		return func(client *upstream.Client, resp *upstream.Response) error {
			return client.Fail(code, "try", resp, "")
		}
	}
	fine := func(*upstream.Client, *upstream.Response) error { return nil }
	answers := func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") }
	const expired = 50 * time.Millisecond
	cases := map[string]struct {
		handler http.HandlerFunc
		table   func(*upstream.Client, *upstream.Response) error
		timeout time.Duration // of the source; 5 s where 0
		patient time.Duration // of the caller; without end where 0
		opens   bool
	}{
		"an outage":                                 {handler: answers, table: code(billing.CodeSourceUnavailable), opens: true},
		"a timeout that the source tells of":        {handler: answers, table: code(billing.CodeSourceTimeout), opens: true},
		"no answer in time":                         {handler: hangs, table: fine, timeout: expired, opens: true},
		"no connection that lasts":                  {handler: func(w http.ResponseWriter, _ *http.Request) { reset(w) }, table: fine, opens: true},
		"a proxy's page":                            {handler: func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) }, table: fine, opens: true},
		"a deadline that was too short":             {handler: hangs, table: fine, patient: expired},
		"a document that cannot be read":            {handler: answers, table: code(billing.CodeSourceBadData)},
		"an absence, whatever the status":           {handler: status(500), table: code(billing.CodeNotFound)},
		"a refusal of what was asked":               {handler: status(422), table: code(billing.CodeBadUserInput)},
		"a declined card":                           {handler: status(402), table: code(billing.CodePaymentRequired)},
		"a conflict":                                {handler: status(409), table: code(billing.CodeConflict)},
		"what is forbidden":                         {handler: status(403), table: code(billing.CodeForbidden)},
		"credentials that are refused":              {handler: status(401), table: code(billing.CodeSourceAuthFailed)},
		"a spent quota":                             {handler: status(429), table: code(billing.CodeSourceRateLimited)},
		"a fault of the gateway's own":              {handler: answers, table: func(*upstream.Client, *upstream.Response) error { return errors.New("odd") }},
		"an outcome that nobody knows":              {handler: answers, table: code(billing.CodeOutcomeUnknown)},
		"an answer that is larger than may be read": {handler: tooLarge, table: fine},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, _ := serve(t, c.handler)
			client := connect(t, upstream.Config{URL: address, Timeout: c.timeout, Retry: once, Circuit: opening()})
			for range 5 {
				ctx, cancel := context.Background(), func() {}
				if c.patient > 0 {
					ctx, cancel = context.WithTimeout(ctx, c.patient)
				}
				client.Do(ctx, upstream.Request{Op: "try", Status: func(resp *upstream.Response) error { return c.table(client, resp) }})
				cancel()
			}
			if opened := client.Health().Circuit == billing.CircuitOpen; opened != c.opens {
				t.Errorf("opens the circuit: %t, want %t", opened, c.opens)
			}
		})
	}
}

func hangs(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

func tooLarge(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(make([]byte, upstream.MaxBody+1))
}

func TestACallerWhoLeavesOpensNoCircuit(t *testing.T) {
	arrived := make(chan struct{})
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		arrived <- struct{}{}
		hangs(w, r)
	})
	client := connect(t, upstream.Config{URL: address, Retry: once, Circuit: opening()})
	for range 5 {
		ctx, cancel := context.WithCancel(context.Background())
		go func() {
			<-arrived
			cancel()
		}()
		if _, err := get(ctx, client); !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if got := client.Health().Circuit; got != billing.CircuitClosed {
		t.Errorf("the circuit is %v", got)
	}
}

func TestForwardedCredentialsHaveACircuitEach(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") == "Bearer bad" {
			w.WriteHeader(500)
			return
		}
		answer(w, "{}")
	})
	client := connect(t, upstream.Config{URL: address, Auth: upstream.Auth{Forward: []string{"Authorization"}}, Retry: once, Circuit: opening()})
	as := func(token string) error {
		_, err := get(upstream.WithForwarded(context.Background(), http.Header{"Authorization": {"Bearer " + token}}), client)
		return err
	}
	for range 5 {
		as("bad")
	}
	if e, _ := billing.AsError(as("bad")); e == nil || !e.Unsent {
		t.Errorf("the circuit of credentials that fail is not open: %v", e)
	}
	if err := as("good"); err != nil {
		t.Errorf("it is open for others too: %v", err)
	}
	if got := client.Health().Circuit; got != billing.CircuitOpen {
		t.Errorf("the worst circuit is %v", got)
	}
}

func TestACircuitCanBeSwitchedOff(t *testing.T) {
	address, calls := serve(t, status(500))
	off := opening()
	off.FailureRate = 0
	client := connect(t, upstream.Config{URL: address, Retry: once, Circuit: off})
	for range 50 {
		get(context.Background(), client)
	}
	if calls.Load() != 50 || client.Health().Circuit != billing.CircuitClosed {
		t.Errorf("of 50 calls %d were made, and the circuit is %v", calls.Load(), client.Health().Circuit)
	}
}
