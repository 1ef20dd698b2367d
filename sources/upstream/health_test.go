package upstream_test

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

func TestHealthFollowsTheLatestCalls(t *testing.T) {
	steps := []struct {
		status int
		state  billing.HealthState
		fault  billing.Code // the latest one
	}{
		{500, billing.Degraded, billing.CodeSourceUnavailable},
		{200, billing.Healthy, billing.CodeSourceUnavailable},
		{500, billing.Degraded, billing.CodeSourceUnavailable},
		{429, billing.Degraded, billing.CodeSourceRateLimited},
		{401, billing.Down, billing.CodeSourceAuthFailed},
		{500, billing.Down, billing.CodeSourceUnavailable},
		{404, billing.Healthy, billing.CodeSourceUnavailable}, // it answered what was asked
		{299, billing.Degraded, billing.CodeSourceBadData},    // with a page of HTML
		{422, billing.Healthy, billing.CodeSourceBadData},
		{409, billing.Healthy, billing.CodeSourceBadData},
	}
	var status atomic.Int64
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		if status.Load() == 200 {
			w.Header().Set("Content-Type", "application/json")
		}
		w.WriteHeader(int(status.Load()))
		w.Write([]byte("{}"))
	})
	clock := now
	client, err := upstream.New("src", upstream.Config{URL: address}, upstream.Options{Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	if health := client.Health(); health != (billing.Health{State: billing.HealthUnknown}) {
		t.Fatalf("before the first call health is %+v", health)
	}
	var success, failure time.Time
	for i, step := range steps {
		clock = clock.Add(time.Minute)
		status.Store(int64(step.status))
		get(context.Background(), client)
		if step.state == billing.Healthy {
			success = clock
		} else {
			failure = clock
		}
		health := client.Health()
		if health.State != step.state || billing.CodeOf(asError(health.LastError)) != step.fault {
			t.Errorf("step %d, %d: %s with %v, want %s with %s", i, step.status, health.State, health.LastError, step.state, step.fault)
		}
		if health.LastSuccessAt != success || health.LastErrorAt != failure {
			t.Errorf("step %d, %d: last success %v, last fault %v; want %v, %v", i, step.status, health.LastSuccessAt, health.LastErrorAt, success, failure)
		}
	}
}

func asError(e *billing.Error) error {
	if e == nil {
		return nil
	}
	return e
}

func TestAnAnswerThatCannotBeReadIsAFaultButNoOutage(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "[") })
	client := dial(t, address)
	for range 5 {
		if _, err := get(context.Background(), client); err != nil {
			t.Fatal(err)
		}
		for range 5 { // rows of one list
			wantCode(t, client.BadData("try", errors.New("odd")), billing.CodeSourceBadData)
		}
		health := client.Health()
		if health.State != billing.Degraded || health.LastErrorAt != now || billing.CodeOf(asError(health.LastError)) != billing.CodeSourceBadData {
			t.Errorf("health is %+v", health)
		}
	}
	if _, err := get(context.Background(), client); err != nil || client.Health().State != billing.Healthy {
		t.Errorf("after an answer that could be read the source is %s, %v", client.Health().State, err)
	}
}

func TestWhoseFaultItIs(t *testing.T) {
	cases := map[string]struct {
		auth upstream.Auth
		code billing.Code
		want billing.HealthState
	}{
		"the gateway's credentials refused": {upstream.Auth{Bearer: "t"}, billing.CodeSourceAuthFailed, billing.Down},
		"the caller's credentials refused":  {upstream.Auth{Forward: []string{"Cookie"}}, billing.CodeSourceAuthFailed, billing.Healthy},
		"a fault of the gateway":            {upstream.Auth{}, billing.CodeInternal, billing.HealthUnknown},
		"an outcome that nobody knows":      {upstream.Auth{}, billing.CodeOutcomeUnknown, billing.HealthUnknown},
		"a declined card":                   {upstream.Auth{}, billing.CodePaymentRequired, billing.Healthy},
		"what is forbidden":                 {upstream.Auth{}, billing.CodeForbidden, billing.Healthy},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, "{}") })
			client := connect(t, upstream.Config{URL: address, Auth: c.auth})
			for range 3 {
				_, err := client.Do(context.Background(), upstream.Request{Op: "try", Status: func(resp *upstream.Response) error {
					return client.Fail(c.code, "try", resp, "")
				}})
				wantCode(t, err, c.code)
			}
			if state := client.Health().State; state != c.want {
				t.Errorf("the source is %s, want %s", state, c.want)
			}
		})
	}
}

func TestQuota(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if left := r.URL.Query().Get("left"); left != "" {
			w.Header().Set("X-RateLimit-Remaining", left)
		}
		answer(w, "{}")
	})
	client := dial(t, address)
	later := now.Add(time.Minute)
	says := func(left string, own *int, resetsAt time.Time) billing.Health {
		t.Helper()
		_, err := client.Do(context.Background(), upstream.Request{Query: url.Values{"left": {left}}, Status: func(resp *upstream.Response) error {
			resp.Quota(own, resetsAt)
			return nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		return client.Health()
	}
	n := 7
	says("", &n, later)
	n = 99
	if health := says("", nil, time.Time{}); health.QuotaRemaining == nil || *health.QuotaRemaining != 7 || health.QuotaResetsAt != later {
		t.Errorf("quota is %v until %v", health.QuotaRemaining, health.QuotaResetsAt)
	}
	if health := says("5", nil, time.Time{}); *health.QuotaRemaining != 5 {
		t.Errorf("the header that every API has says 5, and the quota is %d", *health.QuotaRemaining)
	}
	none := 0
	if health := says("5", &none, time.Time{}); *health.QuotaRemaining != 0 || health.QuotaResetsAt != later {
		t.Errorf("health is %+v", health)
	}
}

func TestHeadersOfNumbers(t *testing.T) {
	client := dial(t, "http://127.0.0.1:1")
	for text, want := range map[string]time.Duration{"0": 0, "1": time.Second, "86400": 24 * time.Hour} {
		if got := client.SecondsHeader(http.Header{"X-Reset": {text}}, "x-reset"); !got.Equal(now.Add(want)) {
			t.Errorf("%q is %v", text, got)
		}
	}
	for _, text := range []string{"", "-1", "1.5", "soon", "99999999999", "1e3", "9223372036854775808"} {
		if got := client.SecondsHeader(http.Header{"X-Reset": {text}}, "X-Reset"); !got.IsZero() {
			t.Errorf("%q is %v, want none", text, got)
		}
	}
	for _, n := range []int{0, 7, 1 << 40} {
		if got := upstream.IntHeader(http.Header{"X-Left": {strconv.Itoa(n)}}, "x-left"); got == nil || *got != n {
			t.Errorf("%d is %v", n, got)
		}
	}
	for _, text := range []string{"", "-1", "1.5", "many"} {
		if got := upstream.IntHeader(http.Header{"X-Left": {text}}, "X-Left"); got != nil {
			t.Errorf("%q is %d, want none", text, *got)
		}
	}
	date := http.Header{"Retry-After": {now.Add(time.Hour).Format(http.TimeFormat)}}
	if got := client.RetryAfter(date); !got.Equal(now.Add(time.Hour)) || got.Location() != time.UTC {
		t.Errorf("an HTTP date is %v", got)
	}
	if got := client.RetryAfter(http.Header{}); !got.IsZero() {
		t.Errorf("no header is %v", got)
	}
	if client.Source() != "src" || client.Now() != now {
		t.Errorf("the client is of %q at %v", client.Source(), client.Now())
	}
}

func TestAQuotaIsNotKnownAnyMoreWhenItsWindowIsOver(t *testing.T) {
	address, _ := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-RateLimit-Remaining", "3")
		w.Header().Set("X-RateLimit-Reset", "60")
		answer(w, "{}")
	})
	clock := now
	client, err := upstream.New("src", upstream.Config{URL: address}, upstream.Options{Now: func() time.Time { return clock }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	get(context.Background(), client)
	if health := client.Health(); health.QuotaRemaining == nil || *health.QuotaRemaining != 3 {
		t.Fatalf("health is %+v", health)
	}
	clock = clock.Add(time.Minute)
	if health := client.Health(); health.QuotaRemaining != nil || !health.QuotaResetsAt.IsZero() {
		t.Errorf("a minute later health is %+v", health)
	}
}
