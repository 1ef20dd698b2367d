package focus_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	sandbox "tributary/sandbox/focus"
	"tributary/sources/focus"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// clock is a time that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// start runs a sandbox and makes a source of it.
func start(t *testing.T, auth upstream.Auth) (*focus.Source, *httptest.Server, *clock) {
	t.Helper()
	clock := &clock{now: sourcetest.Now}
	server := httptest.NewServer(sandbox.New(clock.Now))
	t.Cleanup(server.Close)
	config := focus.Config{Config: upstream.Config{URL: server.URL, Auth: auth}, PriceBasis: "seat"}
	source, err := focus.New("focus", config, upstream.Options{Secret: []byte("sandbox"), Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(source.Close)
	return source, server, clock
}

var key = upstream.Auth{Bearer: "toggl_sk_sandbox"}

func get(t *testing.T, source *focus.Source, org int) (*billing.Subscription, error) {
	t.Helper()
	return sourcetest.Get(t, source, billing.Ref{Source: "focus", Org: strconv.Itoa(org)})
}

func TestEverySeededSubscription(t *testing.T) {
	source, _, _ := start(t, key)
	cases := []struct {
		name    string
		org     int
		status  billing.Status
		monthly string // of all seats; "" where it is not known
		check   func(*billing.Subscription) bool
	}{
		{"acme is healthy, yearly and pays less", 4711, billing.StatusActive, "225.00 EUR", func(s *billing.Subscription) bool {
			return *s.Interval == billing.Interval{Unit: billing.Year, Count: 1} && *s.Discounts[0].PercentOff == "20" && s.NextBillingAt != nil && *s.Seats.Purchased == 25
		}},
		{"a trial of what was bought", 4712, billing.StatusTrialing, "72.00 USD", func(s *billing.Subscription) bool {
			return s.Trial.IsActive(sourcetest.Now) && *s.Trial.DaysRemaining(sourcetest.Now) == 9
		}},
		{"a declined card", 4713, billing.StatusPastDue, "108.00 USD", func(s *billing.Subscription) bool { return *s.PaymentFailed }},
		{"nobody tries the card any more", 4714, billing.StatusUnpaid, "", func(s *billing.Subscription) bool { return !s.IsEntitled(sourcetest.Now) }},
		{"cancelled and over", 4715, billing.StatusCanceled, "", func(s *billing.Subscription) bool {
			return s.Cancellation.RequestedAt.Before(*s.EndedAt) && !s.IsEntitled(sourcetest.Now)
		}},
		{"a trial that ended with nothing bought", 4716, billing.StatusExpired, "", func(s *billing.Subscription) bool {
			return s.EndedAt != nil && s.ExternalID == "4716" && s.SourceStatus == nil
		}},
		{"the first payment is not through", 4717, billing.StatusIncomplete, "", nil},
		{"paused", 4718, billing.StatusPaused, "", nil},
		{"a state that no table knows", 4719, billing.StatusUnknown, "", func(s *billing.Subscription) bool { return *s.SourceStatus == "assessing" }},
		{"yen in the older shape", 4720, billing.StatusActive, "36000 JPY", func(s *billing.Subscription) bool {
			return s.Details.(*focus.Details).Subscription.SubscriptionItem == nil && s.CurrentPeriod.Start.Hour() == 0
		}},
		{"dinars with an amount off", 4721, billing.StatusActive, "29.250 KWD", func(s *billing.Subscription) bool { return s.Discounts[0].AmountOff.Decimal() == "1.500" }},
		{"cancelled for the end of its year", 4722, billing.StatusActive, "112.00 GBP", func(s *billing.Subscription) bool {
			return s.Cancellation.AtPeriodEnd && s.Cancellation.EffectiveAt.Equal(*s.CurrentPeriod.End) && s.NextBillingAt == nil
		}},
		{"a payment that failed in the legacy view alone", 4723, billing.StatusPastDue, "220.00 EUR", func(s *billing.Subscription) bool { return *s.PaymentFailed && *s.SourceStatus == "active" }},
		{"a trial without payment", 4724, billing.StatusTrialing, "", func(s *billing.Subscription) bool {
			return s.ExternalID == "4724" && s.ProviderID == nil && s.Seats == nil && s.Trial.IsActive(sourcetest.Now)
		}},
		{"two years at once", 4725, billing.StatusActive, "1200.00 EUR", func(s *billing.Subscription) bool { return s.Interval.ISO8601() == "P2Y" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sub, err := get(t, source, c.org)
			if err != nil {
				t.Fatal(err)
			}
			sourcetest.CheckTotal(t, sub)
			if sub.Status != c.status {
				t.Errorf("it is %s, want %s", sub.Status, c.status)
			}
			monthly := ""
			if m := sub.MonthlyRecurring(); m != nil {
				monthly = m.Decimal() + " " + m.Currency
			}
			if monthly != c.monthly {
				t.Errorf("a month brings %q, want %q", monthly, c.monthly)
			}
			if c.check != nil && !c.check(sub) {
				t.Errorf("it is not as seeded: %+v", sub)
			}
		})
	}
}

func TestOrganisationsWithoutASubscription(t *testing.T) {
	source, _, _ := start(t, key)
	if sub, err := get(t, source, 4726); sub != nil || err != nil {
		t.Errorf("nothing bought: %v, %v", sub, err)
	}
	if outcome := source.Trials(context.Background(), []string{"4726"})["4726"]; outcome.Value != nil || outcome.Err != nil {
		t.Errorf("nothing tried: %v", outcome)
	}
	if _, err := get(t, source, 5000); billing.CodeOf(err) != billing.CodeForbidden {
		t.Errorf("another's organisation: %v", err)
	}
	if err := source.Probe(context.Background()); err != nil {
		t.Errorf("probe: %v", err)
	}
}

func TestRunningTrials(t *testing.T) {
	source, _, _ := start(t, key)
	trials := source.Trials(context.Background(), []string{"4711", "4712", "4716", "4724"})
	for org, runs := range map[string]bool{"4711": false, "4712": true, "4716": false, "4724": true} {
		trial := trials[org]
		if trial.Err != nil || trial.Value.IsActive(sourcetest.Now) != runs {
			t.Errorf("organisation %s: %+v, want a running trial %v", org, trial, runs)
		}
	}
	sub, err := get(t, source, 4712)
	if err != nil {
		t.Fatal(err)
	}
	source.JoinTrial(sub, trials["4712"].Value)
	if current := sub.Details.(*focus.Details).CurrentTrial; current == nil || *current.PlanName != "Premium" || *current.TrialType != "opt_in" {
		t.Errorf("the details have the trial %+v", current)
	}
	sourcetest.CheckTotal(t, sub)
}

func TestPlans(t *testing.T) {
	source, _, _ := start(t, key)
	plans := source.Plans(context.Background(), []string{"4711"})["4711"]
	if plans.Err != nil || len(plans.Value) != 4 || *plans.Value[1].Limits.Users != 50 || plans.Value[3].Limits != nil {
		t.Errorf("got %+v", plans)
	}
}

func TestCredentials(t *testing.T) {
	cases := map[string]struct {
		auth upstream.Auth
		want billing.Code
	}{
		"a key":                     {key, ""},
		"a session of the web app":  {upstream.Auth{Headers: map[string]string{"Cookie": "__Secure-accounts-session=abc"}}, ""},
		"none":                      {upstream.Auth{}, billing.CodeSourceAuthFailed},
		"one that is invalid":       {upstream.Auth{Bearer: "invalid"}, billing.CodeSourceAuthFailed},
		"a user name and password":  {upstream.Auth{Basic: &upstream.Basic{Username: "a", Password: "b"}}, billing.CodeSourceAuthFailed},
		"an invalid session cookie": {upstream.Auth{Headers: map[string]string{"Cookie": "__Secure-accounts-session=invalid"}}, billing.CodeSourceAuthFailed},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			source, _, _ := start(t, c.auth)
			if _, err := get(t, source, 4711); billing.CodeOf(err) != c.want {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestTheQuotaRunsOutAndComesBack(t *testing.T) {
	source, _, clock := start(t, key)
	for left := 2; left >= 0; left-- {
		if _, err := get(t, source, 4725); err != nil {
			t.Fatal(err)
		}
		if got := source.Health().QuotaRemaining; got == nil || *got != left {
			t.Errorf("%v requests left, want %d", got, left)
		}
	}
	clock.Pass(20 * time.Minute)
	_, err := get(t, source, 4725)
	spent, ok := err.(*billing.Error)
	if !ok || spent.Code != billing.CodeSourceRateLimited || !spent.RetryAfter.Equal(clock.Now().Add(40*time.Minute)) {
		t.Fatalf("got %v, want SOURCE_RATE_LIMITED for 40 minutes", err)
	}
	if _, err := get(t, source, 4711); err != nil {
		t.Errorf("another organisation pays for it: %v", err)
	}
	clock.Pass(40 * time.Minute)
	if _, err := get(t, source, 4725); err != nil {
		t.Errorf("the hour is over, yet %v", err)
	}
}

// post sends the vendor's write and returns its status and body.
func post(t *testing.T, server *httptest.Server, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(http.MethodPost, server.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer toggl_sk_sandbox")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

func TestForcingATrial(t *testing.T) {
	_, server, _ := start(t, key)
	cases := []struct {
		name, path, body string
		status           int
		says             string
	}{
		{"nothing bought", "/organizations/4726/workspaces/1/subscriptions/upsert-forced-trial", "", 200, `"trial_type":"forced"`},
		{"a second time", "/organizations/4726/workspaces/1/subscriptions/upsert-forced-trial", "", 409, "Forced trial already exists"},
		{"an active subscription", "/organizations/4711/workspaces/1/subscriptions/upsert-forced-trial", "{}", 409, "active subscription"},
		{"a trial that stays as it is", "/organizations/4724/workspaces/1/subscriptions/upsert-forced-trial", "{}", 204, ""},
		{"a trial that is forced now", "/organizations/4724/workspaces/1/subscriptions/upsert-forced-trial", `{"plan_workspace_id":7}`, 200, `"trial_type":"forced"`},
		{"a trial used up", "/organizations/4716/workspaces/1/subscriptions/upsert-forced-trial", "", 204, ""},
		{"something bought and unpaid", "/organizations/4714/workspaces/1/subscriptions/upsert-forced-trial", "", 204, ""},
		{"a workspace that is none", "/organizations/4726/workspaces/x/subscriptions/upsert-forced-trial", "", 400, "invalid_workspace_id"},
		{"an organisation that is none", "/organizations/x/workspaces/1/subscriptions/upsert-forced-trial", "", 400, "invalid_organization_id"},
		{"a body that is none", "/organizations/4726/workspaces/1/subscriptions/upsert-forced-trial", `{"plan_workspace_id":"7"}`, 400, "validation"},
		{"another's organisation", "/organizations/1/workspaces/1/subscriptions/upsert-forced-trial", "", 403, "Insufficient permissions"},
		{"under the vendor's own prefix", "/api/organizations/4711/workspaces/1/subscriptions/upsert-forced-trial", "", 409, "conflict"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, body := post(t, server, c.path, c.body)
			if status != c.status || !strings.Contains(body, c.says) || c.status == 204 && body != "" {
				t.Errorf("got %d %s, want %d with %q", status, body, c.status, c.says)
			}
		})
	}
}

func TestAForcedTrialShowsInLaterReads(t *testing.T) {
	source, server, clock := start(t, key)
	if status, body := post(t, server, "/organizations/4726/workspaces/1/subscriptions/upsert-forced-trial", ""); status != 200 {
		t.Fatalf("got %d %s", status, body)
	}
	sub, err := get(t, source, 4726)
	if err != nil || sub.Status != billing.StatusTrialing {
		t.Fatalf("got %+v, %v; want it TRIALING", sub, err)
	}
	trial := source.Trials(context.Background(), []string{"4726"})["4726"].Value
	source.JoinTrial(sub, trial)
	if days := sub.Trial.DaysRemaining(clock.Now()); days == nil || *days != 14 {
		t.Errorf("%v days are left, want 14", days)
	}
	clock.Pass(15 * 24 * time.Hour)
	if trial := source.Trials(context.Background(), []string{"4726"})["4726"]; trial.Value != nil || trial.Err != nil {
		t.Errorf("15 days later the trial is %+v", trial)
	}
	if sub, err := get(t, source, 4726); err != nil || sub.Status != billing.StatusExpired {
		t.Errorf("15 days later it is %+v, %v; want it EXPIRED", sub, err)
	}
}
