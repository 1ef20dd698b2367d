package frontier

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
	"tributary/sources/frontier"
	"tributary/sources/sourcetest"
)

func render(t *testing.T, value any) string {
	t.Helper()
	data, err := json.Marshal(value, json.Deterministic(true), jsontext.WithIndent(" "))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func send(t *testing.T, s *httptest.Server, method, path, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer token")
	req.Header.Set("Content-Type", "application/json")
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

func of(org, sub int) string {
	return "/v1beta1/organizations/" + orgID(org) + "/billing/subscriptions/" + subscriptionID(sub)
}

func rpc(method string) string { return "/" + service + "/" + method }

func TestTheWire(t *testing.T) {
	s := server(t)
	id := func(n int) string { return `{"id":"` + subscriptionID(n) + `","expand":["PLAN","nonsense"]}` }
	cases := []struct {
		name, method, path, body string
		status                   int
		has, lacks               []string
	}{
		{"REST writes what is unset", "GET", of(7, 19), "", 200,
			[]string{`"provider_id":""`, `"canceled_at":null`, `"phases":[]`, `"customer":null`, `"created_at":"2026-03-13T12:00:00Z"`}, nil},
		{"REST drops expand on get", "GET", of(1, 1) + "?expand=plan&expand=customer", "", 200, []string{`"plan":null`, `"customer":null`}, nil},
		{"REST expands in a list", "GET", "/v1beta1/organizations/" + orgID(1) + "/billing/subscriptions?expand=plan&expand=Customer", "", 200,
			[]string{`"amount":"9600"`, `"trial_days":"30"`, `"credit_amount":"0"`, `"email":"billing@acme.example"`}, nil},
		{"REST filters a list by state and plan", "GET", "/v1beta1/organizations/" + orgID(2) + "/billing/subscriptions?state=canceled&plan=starter_monthly", "", 200,
			[]string{subscriptionID(6)}, []string{subscriptionID(2), subscriptionID(5)}},
		{"REST knows the account in the path", "GET", "/v1beta1/organizations/" + orgID(1) + "/billing/" + accountID(1) + "/subscriptions/" + subscriptionID(1), "", 200, []string{`"state":"active"`}, nil},
		{"REST masks an unknown subscription", "GET", of(1, 99), "", 500, []string{`"code":13`, `"details":[]`}, nil},
		{"REST refuses a foreign subscription", "GET", of(1, 2), "", 403, []string{`"code":7`}, nil},
		{"REST refuses an organisation without a billing account", "GET", "/v1beta1/organizations/" + orgID(10) + "/billing/subscriptions", "", 400,
			[]string{`"code":3`, "no customer found for org"}, nil},
		{"REST lists no billing account", "GET", "/v1beta1/organizations/" + orgID(10) + "/billing", "", 200, []string{`{"billing_accounts":[]}`}, nil},
		{"REST gives one billing account", "GET", "/v1beta1/organizations/" + orgID(2) + "/billing/" + accountID(2) + "?expand=org", "", 200,
			[]string{`"payment_methods":[]`, `"name":"globex"`}, nil},
		{"REST tells whether a trial was used", "GET", "/v1beta1/organizations/" + orgID(2) + "/billing/" + accountID(2) + "/plans/" + planID(4) + "/trialed", "", 200, []string{`{"trialed":true}`}, nil},
		{"REST finds a plan by name", "GET", "/v1beta1/billing/plans/week_pass", "", 200, []string{`"interval":"week"`}, nil},
		{"REST finds a product by name", "GET", "/v1beta1/billing/products/starter", "", 200, []string{`"amount":"2900"`, `"behavior_config":null`}, nil},
		{"REST masks an unknown plan", "GET", "/v1beta1/billing/plans/none", "", 500, []string{`"code":13`}, nil},
		{"REST updates nothing", "POST", of(1, 1), `{"metadata":{}}`, 501, []string{`"code":12`}, nil},
		{"REST refuses a plan that cannot be paid", "POST", of(9, 25) + "/change", `{"plan_change":{"plan":"team_yearly"}}`, 400, []string{`{"code":9,"message":"payment failed: `, `"details":[]`}, nil},
		{"REST has no such route", "GET", "/v1beta1/nothing", "", 404, []string{`{"code":5,"message":"Not Found","details":[]}`}, nil},
		{"Connect leaves out what is unset", "POST", rpc("GetSubscription"), `{"id":"` + subscriptionID(19) + `"}`, 200, []string{`"state":"pending"`}, []string{"provider_id", "phases", "null", `""`, "customer\""}},
		{"Connect expands on get", "POST", rpc("GetSubscription"), id(1), 200, []string{`"amount":"9600"`}, []string{"credit_amount"}},
		{"Connect takes either casing", "POST", rpc("ListSubscriptions"), `{"orgId":"` + orgID(2) + `","state":"trialing"}`, 200, []string{subscriptionID(3)}, []string{subscriptionID(2)}},
		{"Connect has no subscription for an organisation without an account", "POST", rpc("ListSubscriptions"), `{"org_id":"` + orgID(10) + `"}`, 200, []string{"{}"}, nil},
		{"Connect does not know it", "POST", rpc("GetSubscription"), id(99), 404, []string{`"code":"not_found"`}, nil},
		{"Connect refuses a malformed id", "POST", rpc("GetSubscription"), `{"id":"x"}`, 400, []string{`"code":"invalid_argument"`}, nil},
		{"Connect refuses an empty body", "POST", rpc("ListPlans"), "", 400, []string{"zero-length payload"}, nil},
		{"Connect refuses an unknown plan as internal", "POST", rpc("GetPlan"), `{"id":"none"}`, 500, []string{`"code":"internal"`}, nil},
		{"Connect refuses a plan that cannot be paid", "POST", rpc("ChangeSubscription"), `{"id":"` + subscriptionID(25) + `","plan_change":{"plan":"team_yearly","immediate":true}}`, 400, []string{`"code":"failed_precondition"`, `"message":"payment failed: `}, nil},
		{"Connect updates nothing", "POST", rpc("UpdateSubscription"), `{}`, 501, []string{`"code":"unimplemented"`}, nil},
		{"Connect has no such method", "POST", rpc("Nothing"), `{}`, 404, []string{"404 page not found"}, nil},
		{"Connect is asked by POST", "GET", rpc("ListPlans"), "", 405, nil, nil},
	}
	for _, c := range cases {
		status, body := send(t, s, c.method, c.path, c.body)
		if status != c.status {
			t.Errorf("%s: %d %s, want %d", c.name, status, body, c.status)
		}
		for _, part := range c.has {
			if !strings.Contains(body, part) {
				t.Errorf("%s: %s lacks %s", c.name, body, part)
			}
		}
		for _, part := range c.lacks {
			if strings.Contains(body, part) {
				t.Errorf("%s: %s has %s", c.name, body, part)
			}
		}
	}
}

func TestWritesShowInLaterReads(t *testing.T) {
	for _, protocol := range []string{frontier.REST, frontier.Connect} {
		s := server(t)
		made := source(t, s, protocol, bearer)
		read := func(org, n int) *billing.Subscription {
			t.Helper()
			sub, err := sourcetest.Get(t, made, billing.Ref{Source: "billing", Org: orgID(org), Key: subscriptionID(n)})
			if err != nil || sub == nil {
				t.Fatal(sub, err)
			}
			return sub
		}
		act := func(want int, action string, org, n int, fields string) string {
			t.Helper()
			path, body := of(org, n)+"/"+action, "{"+fields+"}"
			if protocol == frontier.Connect {
				path = rpc(map[string]string{"cancel": "CancelSubscription", "change": "ChangeSubscription"}[action])
				body = `{"id":"` + subscriptionID(n) + `",` + fields + "}"
			}
			status, answer := send(t, s, http.MethodPost, path, body)
			if status != want {
				t.Errorf("%s %s of %d: %d %s, want %d", protocol, action, n, status, answer, want)
			}
			return answer
		}

		if answer := act(200, "cancel", 1, 1, `"immediate":false`); answer != "{}" {
			t.Errorf("cancel answers %s", answer)
		}
		if sub := read(1, 1); sub.Status != billing.StatusActive || sub.Cancellation == nil || !sub.Cancellation.EffectiveAt.Equal(*sub.CurrentPeriod.End) {
			t.Errorf("cancelled for the period's end, it is %s with %+v", sub.Status, sub.Cancellation)
		}
		act(200, "change", 1, 1, `"phase_change":{"cancel_upcoming_changes":true}`)
		if sub := read(1, 1); sub.Cancellation != nil {
			t.Errorf("resumed, it has %+v", sub.Cancellation)
		}
		act(200, "change", 1, 1, `"plan_change":{"plan":"starter_yearly","immediate":false}`)
		if sub := read(1, 1); sub.PendingChange == nil || *sub.PendingChange.PlanID != planID(2) || sub.Plan.ExternalID != planID(3) {
			t.Errorf("to be changed, it has %+v", sub.PendingChange)
		}
		act(200, "change", 1, 1, `"plan":"starter_yearly","immediate":true`)
		if sub := read(1, 1); sub.PendingChange != nil || sub.Plan.ExternalID != planID(2) {
			t.Errorf("changed, it has the plan %s and %+v", sub.Plan.ExternalID, sub.PendingChange)
		}
		act(200, "cancel", 1, 1, `"immediate":true`)
		if sub := read(1, 1); sub.Status != billing.StatusCanceled || sub.EndedAt != nil || !sub.Cancellation.RequestedAt.Equal(clockTime) {
			t.Errorf("cancelled at once, it is %s with %+v", sub.Status, sub.Cancellation)
		}

		act(200, "cancel", 5, 14, `"immediate":false`)
		if sub := read(5, 14); sub.Status != billing.StatusCanceled {
			t.Errorf("an incomplete one is %s after a cancellation", sub.Status)
		}
		act(200, "cancel", 6, 16, `"immediate":false`)
		if sub := read(6, 16); sub.Cancellation != nil {
			t.Error("a second cancellation was not swallowed")
		}

		act(400, "change", 9, 25, `"plan_change":{"plan":"team_yearly","immediate":true}`)
		if sub := read(9, 25); sub.Plan.ExternalID != planID(4) || sub.PendingChange == nil {
			t.Errorf("what was not paid for changed the plan to %s", sub.Plan.ExternalID)
		}
		act(200, "change", 9, 25, `"phase_change":{"cancel_upcoming_changes":true}`)
		if sub := read(9, 25); sub.PendingChange != nil {
			t.Errorf("dropped, it has %+v", sub.PendingChange)
		}

		act(400, "change", 2, 2, `"immediate":true`)
		act(400, "change", 2, 2, `"plan":"team_yearly","phase_change":{"cancel_upcoming_changes":true}`)
		act(400, "change", 2, 2, `"plan_change":{"plan":"starter_monthly"}`)
		act(500, "change", 2, 2, `"plan_change":{"plan":"none"}`)
		act(500, "change", 2, 6, `"plan_change":{"plan":"team_yearly"}`)
	}
}

func TestAnEmptyPhaseOfAResume(t *testing.T) {
	s := server(t)
	_, rest := send(t, s, http.MethodPost, of(1, 1)+"/change", `{"phase_change":{"cancel_upcoming_changes":true}}`)
	if rest != `{"phase":{"effective_at":null,"plan_id":"","reason":""}}` {
		t.Errorf("REST answers %s", rest)
	}
	_, connect := send(t, s, http.MethodPost, rpc("ChangeSubscription"), `{"id":"`+subscriptionID(1)+`","phaseChange":{"cancelUpcomingChanges":true}}`)
	if connect != `{"phase":{}}` {
		t.Errorf("Connect answers %s", connect)
	}
}
