package intercode_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	vendor "tributary/sandbox/intercode"
	"tributary/sources/intercode"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// world is the sandbox over real HTTP, the adapter that reads it, and a clock.
type world struct {
	*intercode.Source
	url string
	now time.Time
}

func start(t *testing.T, token string) *world {
	t.Helper()
	w := &world{now: sourcetest.Now}
	server := httptest.NewServer(vendor.New(func() time.Time { return w.now }))
	t.Cleanup(server.Close)
	w.url = server.URL
	config := intercode.Config{Config: upstream.Config{URL: server.URL, Auth: upstream.Auth{Bearer: token}}, Currency: "USD"}
	source, err := intercode.New("teams", config, sourcetest.Options())
	if err != nil {
		t.Fatal(err)
	}
	w.Source = source
	return w
}

func (w *world) get(t *testing.T, team string) (*billing.Subscription, error) {
	t.Helper()
	return sourcetest.Get(t, w, billing.Ref{Source: "teams", Org: team})
}

// call sends a request as the vendor's own clients do.
func (w *world) call(t *testing.T, method, path, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, w.url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer token")
	r.Header.Set("Content-Type", "application/json")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data)
}

func TestEveryTeamNormalises(t *testing.T) {
	w := start(t, "token")
	plans := w.Plans(context.Background(), []string{""})[""]
	if plans.Err != nil || len(plans.Value) != 6 {
		t.Fatalf("the tiers are %v, %v", plans.Value, plans.Err)
	}
	want := map[string]string{
		"team_1":  "ACTIVE plan/teams/2",
		"team_2":  "TRIALING plan/teams/3",
		"team_3":  "none",
		"team_4":  "PAST_DUE plan/teams/2",
		"team_5":  "UNPAID plan/teams/3",
		"team_6":  "CANCELED plan/teams/1",
		"team_7":  "CANCELED plan/teams/4",
		"team_8":  "INCOMPLETE plan/teams/1",
		"team_9":  "EXPIRED plan/teams/2",
		"team_10": "PAUSED plan/teams/4",
		"team_11": "UNKNOWN plan/teams/1",
		"team_12": "ACTIVE plan/teams/4",
		"team_13": "ACTIVE no plan",
		"team_14": "ACTIVE no plan",
	}
	for team, want := range want {
		sub, err := w.get(t, team)
		if err != nil {
			t.Errorf("%s: %v", team, err)
			continue
		}
		got := "none"
		if sub != nil {
			sourcetest.CheckTotal(t, sub)
			w.JoinPlan(sub, plans.Value)
			plan := "no plan"
			if sub.Plan != nil {
				plan = sub.Plan.ID()
			}
			got = fmt.Sprintf("%s %s", sub.Status, plan)
		}
		if got != want {
			t.Errorf("%s is %s, want %s", team, got, want)
		}
	}
}

func TestWhatTheVendorRefuses(t *testing.T) {
	w := start(t, "token")
	for team, want := range map[string]billing.Code{"team_forbidden": billing.CodeForbidden, "bad team id!": billing.CodeBadUserInput, "team_99": ""} {
		sub, err := w.get(t, team)
		if sub != nil || billing.CodeOf(err) != want {
			t.Errorf("%s is %v, %v; want %q", team, sub, err, want)
		}
	}
	for _, token := range []string{"", "invalid"} {
		_, err := start(t, token).get(t, "team_1")
		if billing.CodeOf(err) != billing.CodeSourceAuthFailed {
			t.Errorf("the token %q gives %v", token, err)
		}
	}
}

func TestCancelEndsWithThePeriodAndRenewUndoesIt(t *testing.T) {
	w := start(t, "token")
	sub, err := w.get(t, "team_1")
	if err != nil {
		t.Fatal(err)
	}
	end := *sub.CurrentPeriod.End
	body := `{"subscription":"` + sub.ExternalID + `"}`
	if status, answer := w.call(t, "POST", "/subscriptions/cancel", body); status != 200 || !strings.Contains(answer, "period cancelled") {
		t.Fatalf("cancel answers %d %s", status, answer)
	}
	w.expect(t, "team_1", billing.StatusActive)
	w.now = end
	w.expect(t, "team_1", billing.StatusCanceled)
	w.now = end.Add(-time.Second)
	if status, answer := w.call(t, "POST", "/subscriptions/renew", body); status != 200 || !strings.Contains(answer, "period renewed") {
		t.Fatalf("renew answers %d %s", status, answer)
	}
	w.now = end
	w.expect(t, "team_1", billing.StatusActive)
}

func TestCancelImmediately(t *testing.T) {
	w := start(t, "token")
	sub, err := w.get(t, "team_2")
	if err != nil {
		t.Fatal(err)
	}
	body := `{"subscription":"` + sub.ExternalID + `"}`
	if status, answer := w.call(t, "POST", "/subscriptions/cancel-immediately", body); status != 200 || !strings.Contains(answer, "Subscription cancelled") {
		t.Fatalf("answers %d %s", status, answer)
	}
	w.expect(t, "team_2", billing.StatusCanceled)
	sub, _ = w.get(t, "team_2")
	if end := sub.Details.(*intercode.Details).EndDate; !end.Equal(w.now) {
		t.Errorf("ends at %v, want now", end)
	}
	for _, action := range []string{"cancel", "cancel-immediately", "renew"} {
		if status, _ := w.call(t, "POST", "/subscriptions/"+action, body); status != 400 {
			t.Errorf("%s of what has ended answers %d", action, status)
		}
	}
}

func (w *world) expect(t *testing.T, team string, want billing.Status) {
	t.Helper()
	sub, err := w.get(t, team)
	if err != nil || sub.Status != want {
		t.Errorf("%s is %v, %v; want %s", team, sub, err, want)
	}
}

func TestWrites(t *testing.T) {
	w := start(t, "token")
	tierBody := `{"name":"Plus","description":"d","features":[{"name":"f"}],"price":2500,"priority":2,"usersLimit":20,"teamsLimit":8,"isPopular":true}`
	cases := []struct {
		name, method, path, body string
		status                   int
		answer                   string // contained
	}{
		{"a new tier", "POST", "/subscriptions", tierBody, 201, `{"id":7,"title":"Plus","price":2500,"priority":2,"usersLimit":20,"teamsLimit":8}`},
		{"a tier whose title exists", "POST", "/subscriptions", tierBody, 400, "already exists"},
		{"a tier without a name", "POST", "/subscriptions", `{"price":1}`, 400, "name"},
		{"a tier whose title is in the catalogue", "POST", "/subscriptions", `{"name":"Basic"}`, 400, "already exists"},
		{"a price of a fraction", "POST", "/subscriptions", `{"name":"Half","price":10.5}`, 400, "price must be an integer number"},
		{"a price beyond all numbers", "POST", "/subscriptions", `{"name":"Half","price":1e16}`, 400, "price must be an integer number"},
		{"a price in words", "POST", "/subscriptions", `{"name":"Half","price":"10"}`, 400, "Invalid parameters"},
		{"a fraction in a change", "PUT", "/subscriptions", `{"name":"Plus","price":0.1}`, 400, "price must be an integer number"},
		{"a change of a tier", "PUT", "/subscriptions", `{"name":"Plus","price":2600}`, 200, `"price":2600,"priority":2`},
		{"a change to nothing", "PUT", "/subscriptions", `{"name":"Plus","description":null,"features":null,"price":null,"priority":null,"usersLimit":null,"teamsLimit":null,"isPopular":null}`, 200, `"price":2600,"priority":2,"usersLimit":20,"teamsLimit":8`},
		{"a change of no tier", "PUT", "/subscriptions", `{"name":"Minus"}`, 404, ""},
		{"a tier deleted", "DELETE", "/subscriptions/7", "", 200, "deleted successfully"},
		{"a tier deleted again", "DELETE", "/subscriptions/7", "", 404, ""},
		{"a tier of nulls", "POST", "/subscriptions", `{"name":"Bare","description":null,"features":null,"price":null,"priority":null,"usersLimit":null,"teamsLimit":null,"isPopular":null}`, 201, `{"id":8,"title":"Bare","price":0,"priority":0,"usersLimit":0,"teamsLimit":0}`},
		{"a tier whose price ends in .0", "POST", "/subscriptions", `{"name":"Round","price":1200.0}`, 201, `"price":1200,`},
		{"a tier of a null name", "POST", "/subscriptions", `{"name":null}`, 400, "name"},
		{"a checkout for a new team", "POST", "/subscriptions/register", `{"priceId":"price_1","quantity":1,"teamId":null,"isTeamCreation":true}`, 200, `{"redirect":true,"url":"https://checkout.stripe.com/pay/cs_test_`},
		{"a checkout for a team", "POST", "/subscriptions/register", `{"priceId":"price_1","quantity":3,"teamId":"team_3","isTeamCreation":false}`, 200, "redirect"},
		{"a checkout for another's team", "POST", "/subscriptions/register", `{"priceId":"price_1","quantity":1,"teamId":"team_forbidden","isTeamCreation":false}`, 403, ""},
		{"a checkout of nothing", "POST", "/subscriptions/register", `{"priceId":"price_1","quantity":0,"teamId":"team_3","isTeamCreation":false}`, 400, ""},
		{"a checkout for nobody", "POST", "/subscriptions/register", `{"priceId":"price_1","quantity":1,"teamId":null,"isTeamCreation":false}`, 400, ""},
		{"no JSON", "POST", "/subscriptions/cancel", `subscription=1`, 400, ""},
		{"a cancel that names nothing", "POST", "/subscriptions/cancel", `{}`, 400, ""},
		{"a cancel of an unknown id", "POST", "/subscriptions/cancel", `{"subscription":"sub_0"}`, 404, ""},
		{"an unknown path", "GET", "/nothing", "", 404, "Cannot GET"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			status, answer := w.call(t, c.method, c.path, c.body)
			if status != c.status || !strings.Contains(answer, c.answer) {
				t.Errorf("answers %d %s; want %d with %s", status, answer, c.status, c.answer)
			}
		})
	}
}
