package upstream_test

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// slowFirst starts a server that answers the first call never, others at once.
func slowFirst(t testing.TB) (address string, calls func() int, cut chan struct{}) {
	t.Helper()
	cut = make(chan struct{})
	var first sync.Once
	address, n := serve(t, func(w http.ResponseWriter, r *http.Request) {
		hang := false
		first.Do(func() { hang = true })
		if !hang {
			answer(w, "{}")
			return
		}
		select {
		case <-r.Context().Done():
			close(cut)
		case <-time.After(time.Second):
			answer(w, "{}")
		}
	})
	return address, func() int { return int(n.Load()) }, cut
}

func TestASlowReadIsHedgedAndTheSlowOneCutOff(t *testing.T) {
	address, calls, cut := slowFirst(t)
	client := connect(t, upstream.Config{URL: address, Timeout: time.Minute, Hedge: upstream.Hedge{After: time.Millisecond}})
	resp, err := get(context.Background(), client)
	if err != nil || string(resp.Body) != "{}" {
		t.Fatalf("the answer is %v, %v", resp, err)
	}
	<-cut
	if counted := client.Health().Calls; calls() != 2 || counted.Hedges != 1 || counted.Retries != 0 {
		t.Errorf("%d calls were made and counted as %+v", calls(), counted)
	}
	until(t, "both are over", func() bool { return client.Health().Calls.UnderWay == 0 })
}

func TestWhatIsNotHedged(t *testing.T) {
	hedge := upstream.Hedge{After: time.Millisecond}
	cases := map[string]struct {
		config upstream.Config
		req    upstream.Request
		ctx    context.Context
	}{
		"where it is off":       {upstream.Config{}, upstream.Request{}, context.Background()},
		"a write":               {upstream.Config{Hedge: hedge}, upstream.Request{Method: http.MethodPost}, context.Background()},
		"what nobody waits for": {upstream.Config{Hedge: hedge}, upstream.Request{}, billing.WithDemand(context.Background(), demand{background: true})},
		"where there is no room": {upstream.Config{Hedge: hedge, Bulkhead: &upstream.Bulkhead{Calls: 1}},
			upstream.Request{}, context.Background()},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, calls, _ := slowFirst(t)
			c.config.URL, c.config.Timeout = address, time.Minute
			client := connect(t, c.config)
			if _, err := ask(c.ctx, client, c.req); err != nil || calls() != 1 {
				t.Errorf("%d calls were made, and the answer is %v", calls(), err)
			}
		})
	}
}

func TestAHedgeThatFailsLeavesTheFirstToAnswer(t *testing.T) {
	failed := make(chan struct{})
	var first sync.Once
	address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		slow := false
		first.Do(func() { slow = true })
		if !slow {
			w.WriteHeader(503)
			close(failed)
			return
		}
		<-failed
		answer(w, "{}")
	})
	client := connect(t, upstream.Config{URL: address, Hedge: upstream.Hedge{After: time.Millisecond}})
	if _, err := get(context.Background(), client); err != nil || calls.Load() != 2 {
		t.Errorf("%d calls were made, and the answer is %v", calls.Load(), err)
	}
}

func TestHedgesStayWithinTheBudgetOfRetries(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(20 * time.Millisecond) // what the source takes
		answer(w, "{}")
	})
	client := connect(t, upstream.Config{URL: address, Retry: &upstream.Retry{Attempts: 1}, Hedge: upstream.Hedge{After: time.Millisecond}})
	for range 10 {
		if _, err := get(context.Background(), client); err != nil {
			t.Fatal(err)
		}
	}
	if got := client.Health().Calls.Hedges; got != 3 {
		t.Errorf("ten slow reads were hedged %d times, want 3", got)
	}
	until(t, "all are over", func() bool { return client.Health().Calls.UnderWay == 0 })
}
