package upstream_test

import (
	"context"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// neverOpens is the configuration of a source whose circuit does not interfere.
func neverOpens(address string, retry *upstream.Retry) upstream.Config {
	return upstream.Config{URL: address, Retry: retry, Circuit: &upstream.Circuit{Window: time.Minute, Calls: 1, Open: time.Minute, Probes: 1}}
}

func TestRetriesOfASourceThatFailsStayWithinTheirBudget(t *testing.T) {
	cases := map[string]struct {
		retry upstream.Retry
		want  int64 // of 100 reads
	}{
		"a tenth and three":  {upstream.Retry{Attempts: 2, Budget: 0.1}, 113},
		"three alone":        {upstream.Retry{Attempts: 2}, 103},
		"each once":          {upstream.Retry{Attempts: 2, Budget: 1}, 200},
		"as many as allowed": {upstream.Retry{Attempts: 5, Budget: 0.1}, 113},
		"none":               {upstream.Retry{Attempts: 1, Budget: 1}, 100},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, calls := serve(t, status(503))
			client := connect(t, neverOpens(address, &c.retry))
			for range 100 {
				get(context.Background(), client)
			}
			if got := calls.Load(); got != c.want {
				t.Errorf("100 reads made %d calls, want %d", got, c.want)
			}
			if got := client.Health().Calls.Retries; got != c.want-100 {
				t.Errorf("%d retries are counted", got)
			}
		})
	}
}

func TestTheBudgetIsThatOfTheLastTenSeconds(t *testing.T) {
	address, calls := serve(t, status(503))
	var clock atomic.Int64
	clock.Store(now.UnixNano())
	client, err := upstream.New("src", neverOpens(address, &upstream.Retry{Attempts: 2}), upstream.Options{Now: func() time.Time { return time.Unix(0, clock.Load()) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	retries := func() (n int64) {
		for range 10 {
			before := calls.Load()
			get(context.Background(), client)
			n += calls.Load() - before - 1
		}
		return n
	}
	for _, step := range []struct {
		later time.Duration
		want  int64
	}{{0, 3}, {9 * time.Second, 0}, {time.Second, 3}, {time.Hour, 3}} {
		clock.Add(int64(step.later))
		if got := retries(); got != step.want {
			t.Errorf("%v later there are %d retries, want %d", step.later, got, step.want)
		}
	}
}

func TestWaitsBeforeRetriesAreBoundedAndDiffer(t *testing.T) {
	retry := upstream.Retry{Attempts: 5, Backoff: 100, MaxBackoff: 300}
	for tries, longest := range map[int]time.Duration{1: 100, 2: 200, 3: 300, 4: 300} {
		seen := map[time.Duration]bool{}
		for range 1000 {
			wait := retry.Wait(tries)
			if wait < 0 || wait > longest {
				t.Fatalf("the wait after %d tries is %d, want 0 to %d", tries, wait, longest)
			}
			seen[wait] = true
		}
		if len(seen) < int(longest)/2 {
			t.Errorf("after %d tries there are %d different waits of %d", tries, len(seen), longest)
		}
	}
}

// demand is who waits, for a test.
type demand struct {
	until      time.Time
	background bool
}

func (d demand) IsWanted() bool     { return true }
func (d demand) Until() time.Time   { return d.until }
func (d demand) IsBackground() bool { return d.background }

func TestACallThatCannotEndInTimeIsNotBegun(t *testing.T) {
	slow := atomic.Bool{}
	address, calls := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if slow.Load() {
			time.Sleep(300 * time.Millisecond) // what the source takes
		}
		answer(w, "{}")
	})
	client := dial(t, address)
	within := func(left time.Duration) error {
		ctx := billing.WithDemand(context.Background(), demand{until: time.Now().Add(left)})
		_, err := get(ctx, client)
		return err
	}
	if err := within(time.Minute); err != nil {
		t.Errorf("with nothing known a call is answered with %v", err)
	}
	client = dial(t, address)
	slow.Store(true)
	if err := within(time.Minute); err != nil {
		t.Fatal(err)
	}
	before := calls.Load()
	for _, left := range []time.Duration{200 * time.Millisecond, 0, -time.Second} {
		e, _ := billing.AsError(within(left))
		if e == nil || e.Code != billing.CodeSourceTimeout || !e.Unsent {
			t.Errorf("with %v left the answer is %v", left, e)
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	if _, err := ask(ctx, client, upstream.Request{Method: http.MethodPost}); billing.CodeOf(err) != billing.CodeSourceTimeout {
		t.Errorf("a write under a short deadline is answered with %v", err)
	}
	health := client.Health()
	if calls.Load() != before || health.State != billing.Healthy || health.Calls.RejectedByDeadline != 4 {
		t.Errorf("%d calls were made, and the source is %s, %+v", calls.Load()-before, health.State, health.Calls)
	}
	if err := within(time.Minute); err != nil {
		t.Errorf("with time enough the answer is %v", err)
	}
}

func TestARetryDoesNotWaitPastThoseWhoWait(t *testing.T) {
	address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "90")
		w.WriteHeader(503)
	})
	client := connect(t, upstream.Config{URL: address, Timeout: 5 * time.Minute})
	_, err := get(billing.WithDemand(context.Background(), demand{until: time.Now().Add(time.Minute)}), client)
	wantCode(t, err, billing.CodeSourceUnavailable)
	if calls.Load() != 1 {
		t.Errorf("made %d calls", calls.Load())
	}
}

func TestRetriesStayWithinTheBudgetOfTheSourceWhateverTheCredentials(t *testing.T) {
	cases := map[string]struct {
		budget float64
		want   int64 // of a read with each of 100 callers' credentials
	}{
		"a tenth and ten": {0.1, 120},
		"ten alone":       {0, 110},
		"each once":       {1, 200},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, calls := serve(t, status(503))
			config := neverOpens(address, &upstream.Retry{Attempts: 2, Budget: c.budget})
			config.Auth.Forward = []string{"Authorization"}
			client := connect(t, config)
			for i := range 100 {
				get(upstream.WithForwarded(context.Background(), http.Header{"Authorization": {fmt.Sprint("Bearer ", i)}}), client)
			}
			if got := calls.Load(); got != c.want {
				t.Errorf("100 reads made %d calls, want %d", got, c.want)
			}
		})
	}
}
