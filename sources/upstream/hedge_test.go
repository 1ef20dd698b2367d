package upstream_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
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

// panicking is a governor that panics as it is asked.
type panicking struct{ governor }

func (*panicking) Take(context.Context, upstream.QuotaCall) upstream.QuotaDecision {
	panic("out of order")
}

func TestAPanicOfAHedgedReadIsItsError(t *testing.T) {
	client, err := upstream.New("src", upstream.Config{URL: "http://127.0.0.1:1", Hedge: upstream.Hedge{After: time.Minute}},
		upstream.Options{Governor: new(panicking)})
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	_, err = get(context.Background(), client)
	wantCode(t, err, billing.CodeInternal)
	if err == nil || !strings.Contains(err.Error(), "out of order") {
		t.Errorf("the error is %v", err)
	}
	if health := client.Health(); health.State != billing.HealthUnknown {
		t.Errorf("the source is %s", health.State)
	}
}

// lingering is a governor that keeps its first caller until it is let go, whatever
// the context says.
type lingering struct {
	governor
	asked chan struct{}
	let   chan struct{}
	calls atomic.Int64
}

func (l *lingering) Take(context.Context, upstream.QuotaCall) upstream.QuotaDecision {
	if l.calls.Add(1) == 1 {
		close(l.asked)
		<-l.let
	}
	return upstream.QuotaDecision{Allowed: true}
}

func TestCloseWaitsForTheReadThatLost(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") })
	g := &lingering{asked: make(chan struct{}), let: make(chan struct{})}
	client, err := upstream.New("src", upstream.Config{URL: address, Hedge: upstream.Hedge{After: time.Millisecond}}, upstream.Options{Governor: g})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := get(context.Background(), client); err != nil {
		t.Fatal(err)
	}
	<-g.asked
	closed := make(chan struct{})
	go func() {
		client.Close()
		close(closed)
	}()
	select {
	case <-closed:
		t.Error("it is closed while a call of its is under way")
	case <-time.After(50 * time.Millisecond): // long enough for a Close that does not wait
	}
	close(g.let)
	<-closed
	if n := client.Health().Calls.UnderWay; n != 0 {
		t.Errorf("%d calls are under way after Close", n)
	}
}
