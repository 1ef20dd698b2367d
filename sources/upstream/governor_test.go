package upstream_test

import (
	"context"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// governor decides as it was told, and notes what it is asked.
type governor struct {
	mu        sync.Mutex
	decisions []upstream.QuotaDecision // in turn; all may go when there are no more
	taken     []upstream.QuotaCall
	seen      []upstream.QuotaSeen
}

func (g *governor) Take(_ context.Context, call upstream.QuotaCall) upstream.QuotaDecision {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.taken = append(g.taken, call)
	if len(g.decisions) == 0 {
		return upstream.QuotaDecision{Allowed: true}
	}
	next := g.decisions[0]
	g.decisions = g.decisions[1:]
	return next
}

func (g *governor) Learn(_ context.Context, _ upstream.QuotaCall, seen upstream.QuotaSeen) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.seen = append(g.seen, seen)
}

func governed(t testing.TB, g *governor, config upstream.Config) *upstream.Client {
	t.Helper()
	client, err := upstream.New("src", config, upstream.Options{Secret: secret, Now: func() time.Time { return now }, Governor: g})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

func not(wait time.Duration) upstream.QuotaDecision { return upstream.QuotaDecision{Wait: wait} }

func TestEachAttemptTakesOfTheQuota(t *testing.T) {
	g := new(governor)
	address, calls := serve(t, status(503))
	quota := &upstream.Quota{Windows: []upstream.Window{{Calls: 5, Per: time.Minute}}, Wait: time.Second}
	client := governed(t, g, upstream.Config{URL: address, Auth: upstream.Auth{Bearer: "t"}, Quota: quota})
	get(context.Background(), client)
	get(billing.WithDemand(context.Background(), demand{background: true}), client)
	if calls.Load() != 4 || len(g.taken) != 4 {
		t.Fatalf("%d calls were made and %d taken, want 4", calls.Load(), len(g.taken))
	}
	for i, background := range []bool{false, false, true, true} {
		want := upstream.QuotaCall{Source: "src", Tenant: client.Tenant(context.Background(), ""), Quota: *quota, Background: background}
		if !reflect.DeepEqual(g.taken[i], want) {
			t.Errorf("attempt %d took %+v, want %+v", i, g.taken[i], want)
		}
	}
}

func TestASpentQuotaIsWaitedForOrTold(t *testing.T) {
	cases := map[string]struct {
		decisions  []upstream.QuotaDecision
		demand     demand
		asked      int
		retryAfter time.Duration // 0 where the call is made
	}{
		"a short wait":                     {[]upstream.QuotaDecision{not(10 * time.Millisecond)}, demand{}, 2, 0},
		"waits that add up":                {[]upstream.QuotaDecision{not(time.Millisecond), not(time.Millisecond)}, demand{}, 3, 0},
		"a long wait":                      {[]upstream.QuotaDecision{not(time.Hour)}, demand{}, 1, time.Hour},
		"short waits that are long in all": {[]upstream.QuotaDecision{not(time.Millisecond), not(time.Minute)}, demand{}, 2, time.Minute},
		"a short wait that nobody needs":   {[]upstream.QuotaDecision{not(time.Millisecond)}, demand{background: true}, 1, time.Millisecond},
		"a wait past those who wait":       {[]upstream.QuotaDecision{not(50 * time.Second)}, demand{until: time.Now().Add(40 * time.Second)}, 1, 50 * time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, calls := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") })
			g := &governor{decisions: c.decisions}
			client := governed(t, g, upstream.Config{URL: address, Timeout: 5 * time.Minute, Quota: &upstream.Quota{Wait: time.Minute}})
			_, err := get(billing.WithDemand(context.Background(), c.demand), client)
			if len(g.taken) != c.asked {
				t.Errorf("asked %d times, want %d", len(g.taken), c.asked)
			}
			if c.retryAfter == 0 {
				if err != nil || calls.Load() != 1 {
					t.Errorf("%d calls were made, and the answer is %v", calls.Load(), err)
				}
				return
			}
			e, _ := billing.AsError(err)
			if e == nil || e.Code != billing.CodeSourceRateLimited || !e.Unsent || !e.RetryAfter.Equal(now.Add(c.retryAfter)) || calls.Load() != 0 {
				t.Errorf("%d calls were made, and the answer is %#v", calls.Load(), e)
			}
			state := billing.Degraded
			if c.demand.background {
				state = billing.HealthUnknown // nobody misses it
			}
			if health := client.Health(); health.State != state || health.Calls.RejectedByQuota != 1 {
				t.Errorf("the source is %s, %+v", health.State, health.Calls)
			}
		})
	}
}

func TestTheGovernorLearnsWhatAnswersSay(t *testing.T) {
	seven, hundred := 7, 100
	cases := map[string]struct {
		status int
		header http.Header
		want   []upstream.QuotaSeen
	}{
		"nothing":        {200, nil, nil},
		"what is left":   {200, http.Header{"X-Ratelimit-Remaining": {"7"}, "X-Ratelimit-Limit": {"100"}}, []upstream.QuotaSeen{{Left: &seven, Limit: &hundred}}},
		"on a refusal":   {404, http.Header{"X-Ratelimit-Remaining": {"7"}}, []upstream.QuotaSeen{{Left: &seven}}},
		"a spent quota":  {429, http.Header{"Retry-After": {"60"}}, []upstream.QuotaSeen{{Exhausted: true, ResetsAt: now.Add(time.Minute)}}},
		"when it resets": {200, http.Header{"X-Ratelimit-Remaining": {"7"}, "X-Ratelimit-Reset": {"30"}}, []upstream.QuotaSeen{{Left: &seven, ResetsAt: now.Add(30 * time.Second)}}},
		"a time of day":  {200, http.Header{"X-Ratelimit-Remaining": {"7"}, "X-Ratelimit-Reset": {"1773576000"}}, []upstream.QuotaSeen{{Left: &seven}}},
		"spent for some": {429, nil, []upstream.QuotaSeen{{Exhausted: true}}},
		"on each try": {503, http.Header{"X-Ratelimit-Remaining": {"7"}},
			[]upstream.QuotaSeen{{Left: &seven}, {Left: &seven}}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for header, values := range c.header {
					w.Header()[header] = values
				}
				w.Header().Set("Content-Type", "application/json")
				w.WriteHeader(c.status)
			})
			g := new(governor)
			get(context.Background(), governed(t, g, upstream.Config{URL: address}))
			if !reflect.DeepEqual(g.seen, c.want) {
				t.Errorf("learnt %+v, want %+v", g.seen, c.want)
			}
		})
	}
}

func TestWhatTheGovernorCountsIsShownUntilAnAnswerSaysBetter(t *testing.T) {
	nine, none, soon, later := 9, 0, now.Add(time.Second), now.Add(time.Minute)
	cases := map[string]struct {
		decision  upstream.QuotaDecision
		header    http.Header
		remaining *int
		resetsAt  time.Time
	}{
		"nothing is known":     {upstream.QuotaDecision{Allowed: true}, nil, nil, time.Time{}},
		"a call goes":          {upstream.QuotaDecision{Allowed: true, Left: &nine, ResetsAt: later}, nil, &nine, later},
		"a call is held back":  {upstream.QuotaDecision{Wait: time.Hour, Left: &none, ResetsAt: later}, nil, &none, later},
		"an answer knows both": {upstream.QuotaDecision{Allowed: true, Left: &none, ResetsAt: later}, http.Header{"X-Ratelimit-Remaining": {"9"}, "X-Ratelimit-Reset": {"1"}}, &nine, soon},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				for header, values := range c.header {
					w.Header()[header] = values
				}
				answer(w, "{}")
			})
			client := governed(t, &governor{decisions: []upstream.QuotaDecision{c.decision}}, upstream.Config{URL: address})
			get(context.Background(), client)
			health := client.Health()
			if !reflect.DeepEqual(health.QuotaRemaining, c.remaining) || !health.QuotaResetsAt.Equal(c.resetsAt) {
				t.Errorf("the quota is %v until %v", health.QuotaRemaining, health.QuotaResetsAt)
			}
		})
	}
}

// joined is a demand for which somebody comes to wait as soon as the source was asked.
type joined struct {
	demand
	asked *atomic.Int64
}

func (j joined) IsBackground() bool { return j.asked.Load() == 0 }

func TestAnAttemptIsInTheBackgroundOnlyWhileNobodyWaits(t *testing.T) {
	var asked atomic.Int64
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(503)
	})
	g := new(governor)
	get(billing.WithDemand(context.Background(), joined{asked: &asked}), governed(t, g, upstream.Config{URL: address}))
	if len(g.taken) != 2 || !g.taken[0].Background || g.taken[1].Background {
		t.Errorf("taken as %+v, want one in the background and one that is not", g.taken)
	}
}
