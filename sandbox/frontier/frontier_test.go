package frontier

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/frontier"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

var clockTime = time.Date(2026, time.March, 15, 12, 0, 0, 0, time.UTC)

func server(t *testing.T) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(New(func() time.Time { return clockTime }))
	t.Cleanup(s.Close)
	return s
}

func source(t *testing.T, s *httptest.Server, protocol string, auth upstream.Auth) *frontier.Source {
	t.Helper()
	config := frontier.Config{Config: upstream.Config{URL: s.URL, Auth: auth}, Protocol: protocol}
	made, err := frontier.New("billing", config, upstream.Options{Secret: []byte("secret"), Now: func() time.Time { return clockTime }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(made.Close)
	return made
}

var bearer = upstream.Auth{Bearer: "token"}

func owners() []billing.Ref {
	var refs []billing.Ref
	for _, row := range organizationRows {
		refs = append(refs, billing.Ref{Source: "billing", Org: orgID(row.n)})
	}
	return refs
}

// portfolio is every subscription, complete with plan and customer, by number.
func portfolio(t *testing.T, made *frontier.Source) map[int]*billing.Subscription {
	t.Helper()
	ctx := context.Background()
	plans := made.Plans(ctx, []string{""})[""]
	if plans.Err != nil {
		t.Fatal(plans.Err)
	}
	all := map[int]*billing.Subscription{}
	for owner, held := range made.Holdings(ctx, owners()) {
		customers := made.Customers(ctx, []string{owner.Org})[owner.Org]
		if held.Err != nil || customers.Err != nil {
			t.Fatal(owner, held.Err, customers.Err)
		}
		for _, sub := range held.Value {
			made.JoinPlan(sub, plans.Value)
			made.JoinCustomer(sub, customers.Value)
			sourcetest.CheckTotal(t, sub)
			var n int
			if _, err := fmt.Sscanf(sub.ExternalID, "7d1e0000-0000-4000-8000-%d", &n); err != nil {
				t.Fatal(err)
			}
			all[n] = sub
		}
	}
	return all
}

func TestEverySubscriptionNormalisesTheSameOverBothProtocols(t *testing.T) {
	s := server(t)
	rest := portfolio(t, source(t, s, frontier.REST, bearer))
	connect := portfolio(t, source(t, s, frontier.Connect, bearer))
	if len(rest) != len(subscriptionRows) || len(connect) != len(subscriptionRows) {
		t.Fatalf("%d over REST and %d over Connect, want %d", len(rest), len(connect), len(subscriptionRows))
	}
	for n, sub := range rest {
		other := connect[n]
		sub.Details, other.Details = nil, nil
		for _, part := range []*billing.Subscription{sub, other} {
			if part.Plan != nil {
				plan := *part.Plan
				plan.Details = nil
				part.Plan = &plan
			}
			if part.PendingChange != nil {
				part.PendingChange.Plan = nil
			}
			customer := *part.Customer
			customer.Details = nil
			part.Customer = &customer
		}
		if got, want := render(t, other), render(t, sub); got != want {
			t.Errorf("subscription %d over Connect is\n%s\nover REST\n%s", n, got, want)
		}
	}
}

func TestTheSamplesCoverEveryStatusThatFrontierHas(t *testing.T) {
	seen := map[billing.Status]bool{}
	for _, sub := range portfolio(t, source(t, server(t), frontier.REST, bearer)) {
		seen[sub.Status] = true
	}
	for _, status := range billing.Statuses {
		if !seen[status] && status != billing.StatusScheduled {
			t.Errorf("no subscription is %s", status)
		}
	}
}

func TestWhatTheSamplesShow(t *testing.T) {
	all := portfolio(t, source(t, server(t), frontier.REST, bearer))
	in := func(days int) time.Time { return clockTime.AddDate(0, 0, days) }
	price := func(n int) billing.Price { return *all[n].Price }
	if got := price(1); *got.Amount != (billing.Money{Minor: 9600, Currency: "USD"}) || got.Per != billing.PerSeat || all[1].Interval.Unit != billing.Year {
		t.Errorf("1 costs %+v", got)
	}
	if got := price(7); *got.Amount != (billing.Money{Minor: 4800, Currency: "JPY"}) {
		t.Errorf("7 costs %+v", got)
	}
	if got := price(10); got.Amount.Decimal() != "145.500" {
		t.Errorf("10 costs %+v", got)
	}
	if got := price(9); got.Amount.Minor != 6400 || got.Per != billing.PerTotal {
		t.Errorf("9, of two products, costs %+v", got)
	}
	for n, scheme := range map[int]billing.PricingScheme{4: billing.SchemeMetered, 13: billing.SchemeTiered, 16: billing.SchemeUnknown} {
		if got := price(n); got.Amount != nil || got.Scheme != scheme {
			t.Errorf("%d costs %+v, want no amount and %s", n, got, scheme)
		}
	}
	if c := all[4].Cancellation; c == nil || !c.AtPeriodEnd || !c.EffectiveAt.Equal(in(20)) || all[4].Status != billing.StatusActive {
		t.Errorf("4 is cancelled as %+v", c)
	}
	if c := all[5].PendingChange; c == nil || *c.Plan.Name != "Team, yearly" || !c.EffectiveAt.Equal(in(140)) {
		t.Errorf("5 changes as %+v", c)
	}
	if all[9].PendingChange != nil || all[16].Cancellation != nil {
		t.Error("what took effect or was undone still counts as pending")
	}
	if c := all[11].Cancellation; all[11].EndedAt != nil || c.EffectiveAt != nil || c.RequestedAt == nil || c.AtPeriodEnd {
		t.Errorf("11, cancelled at once, is %+v", c)
	}
	if trial := all[3].Trial; !trial.IsActive(clockTime) || *trial.DaysRemaining(clockTime) != 9 {
		t.Errorf("3 has the trial %+v", trial)
	}
	if trial := all[24].Trial; trial.IsActive(clockTime) {
		t.Errorf("24 has the trial %+v", trial)
	}
	if *all[21].SourceStatus != "on_hold" || all[26].SourceStatus != nil || all[26].Plan != nil {
		t.Error("an unknown state is not shown verbatim, or an unset one is")
	}
}

func TestOneIsReadByItself(t *testing.T) {
	s := server(t)
	for _, protocol := range []string{frontier.REST, frontier.Connect} {
		made := source(t, s, protocol, bearer)
		acme := billing.Ref{Source: "billing", Org: orgID(1), Key: subscriptionID(1)}
		missing := []billing.Ref{
			{Source: "billing", Org: orgID(1), Key: subscriptionID(99)},
			{Source: "billing", Org: orgID(1), Key: "not-a-uuid"},
			{Source: "billing", Org: orgID(10), Key: subscriptionID(99)},
		}
		if sub, err := sourcetest.Get(t, made, acme); err != nil || sub.Status != billing.StatusActive {
			t.Errorf("%s: %v, %v", protocol, sub, err)
		}
		for _, ref := range missing {
			if sub, err := sourcetest.Get(t, made, ref); sub != nil || err != nil {
				t.Errorf("%s: %v is %v, %v", protocol, ref, sub, err)
			}
		}
		if state := made.Health().State; state != billing.Healthy {
			t.Errorf("%s: the source is %s", protocol, state)
		}
	}
}

// The organisation in an id is what the gateway judges permission by, so no
// other organisation's subscription may be read through it.
func TestNoSubscriptionIsReadThroughAnotherOrganisation(t *testing.T) {
	s := server(t)
	foreign := billing.Ref{Source: "billing", Org: orgID(1), Key: subscriptionID(2)}
	for _, protocol := range []string{frontier.REST, frontier.Connect} {
		sub, err := sourcetest.Get(t, source(t, s, protocol, bearer), foreign)
		if sub != nil || err != nil && billing.CodeOf(err) != billing.CodeForbidden {
			t.Errorf("%s: got %v, %v", protocol, sub, err)
		}
	}
}

func TestCredentials(t *testing.T) {
	s := server(t)
	cases := map[string]struct {
		auth upstream.Auth
		want billing.Code
	}{
		"none":              {upstream.Auth{}, billing.CodeSourceAuthFailed},
		"an invalid bearer": {upstream.Auth{Bearer: "invalid"}, billing.CodeSourceAuthFailed},
		"an invalid secret": {upstream.Auth{Basic: &upstream.Basic{Username: "id", Password: "invalid"}}, billing.CodeSourceAuthFailed},
		"an invalid cookie": {upstream.Auth{Headers: map[string]string{"Cookie": "sid=invalid"}}, billing.CodeSourceAuthFailed},
		"a bearer":          {bearer, ""},
		"id and secret":     {upstream.Auth{Basic: &upstream.Basic{Username: "id", Password: "secret"}}, ""},
		"a session":         {upstream.Auth{Headers: map[string]string{"Cookie": "sid=abc"}}, ""},
		"a user token":      {upstream.Auth{Headers: map[string]string{"X-User-Token": "abc"}}, ""},
	}
	for name, c := range cases {
		for _, protocol := range []string{frontier.REST, frontier.Connect} {
			err := source(t, s, protocol, c.auth).Probe(context.Background())
			if got := billing.CodeOf(err); got != c.want {
				t.Errorf("%s over %s: got %q (%v), want %q", name, protocol, got, err, c.want)
			}
		}
	}
}

func TestAnUnknownOrganisation(t *testing.T) {
	s := server(t)
	owner := billing.Ref{Source: "billing", Org: orgID(77)}
	for _, protocol := range []string{frontier.REST, frontier.Connect} {
		held := source(t, s, protocol, bearer).Holdings(context.Background(), []billing.Ref{owner})[owner]
		if billing.CodeOf(held.Err) != billing.CodeNotFound {
			t.Errorf("%s: %+v", protocol, held)
		}
	}
}

func TestABillingAccountCanBeNamed(t *testing.T) {
	s := server(t)
	made := source(t, s, frontier.REST, bearer)
	own := billing.Ref{Source: "billing", Org: orgID(2), Billing: accountID(2)}
	foreign := billing.Ref{Source: "billing", Org: orgID(2), Billing: accountID(3)}
	held := made.Holdings(context.Background(), []billing.Ref{own, foreign})
	if len(held[own].Value) != 5 || billing.CodeOf(held[foreign].Err) != billing.CodeForbidden {
		t.Errorf("got %+v and %+v", held[own], held[foreign])
	}
	for i := 1; i < len(held[own].Value); i++ {
		if held[own].Value[i].CreatedAt.After(*held[own].Value[i-1].CreatedAt) {
			t.Error("the list is not newest first")
		}
	}
	own.Key = subscriptionID(2)
	if sub, err := sourcetest.Get(t, made, own); sub == nil || err != nil {
		t.Errorf("got %v, %v", sub, err)
	}
}
