package frontier

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
)

// recorder answers by path and remembers what it was asked.
type recorder struct {
	mu    sync.Mutex
	asked []string
}

func (rec *recorder) serve(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		line := strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body))
		if r.Method == http.MethodPost {
			line += " as " + r.Header.Get("Content-Type") + " v" + r.Header.Get("Connect-Protocol-Version")
		}
		rec.mu.Lock()
		rec.asked = append(rec.asked, line)
		rec.mu.Unlock()
		answer, ok := answers[r.URL.Path]
		if !ok {
			sourcetest.Answer(500, "application/json", `{"code":13,"message":"internal server error","details":[]}`)(w, r)
			return
		}
		sourcetest.Answer(200, "application/json", answer)(w, r)
	}
}

func (rec *recorder) lines() []string {
	rec.mu.Lock()
	defer rec.mu.Unlock()
	slices.Sort(rec.asked)
	return rec.asked
}

func row(id, account string) string {
	return `{"id":"` + id + `","customer_id":"` + account + `","state":"active"}`
}

func TestWhatIsAskedOverREST(t *testing.T) {
	rec := &recorder{}
	source, _ := suite("").Serve(t, rec.serve(map[string]string{
		"/base/v1beta1/organizations/one/billing/subscriptions/a": `{"subscription":` + row("a", "p") + `}`,
		"/base/v1beta1/organizations/one/billing/subscriptions":   `{"subscriptions":[` + row("a", "p") + `,` + row("b", "p") + `]}`,
		"/base/v1beta1/organizations/two/billing/subscriptions":   `{"subscriptions":[` + row("c", "p") + `,` + row("d", "p") + `,` + row("e", "q") + `]}`,
		"/base/v1beta1/organizations/one/billing":                 `{"billing_accounts":[]}`,
		"/base/v1beta1/billing/plans":                             `{"plans":[]}`,
	}))
	ctx := context.Background()
	refs := []billing.Ref{
		{Source: "src", Org: "one", Key: "a"},
		{Source: "src", Org: "two", Key: "c"}, {Source: "src", Org: "two", Key: "d"}, {Source: "src", Org: "two", Key: "gone"},
		{Source: "src", Org: "two", Key: "c", Billing: "p/1"},
		{Source: "src", Org: "two words", Key: "x/y?z"},
		{Source: "src", Org: "../up", Key: "x"},
		{Source: "src", Org: "one"},
	}
	answers := source.Subscriptions(ctx, refs)
	if len(answers) != len(refs) {
		t.Fatalf("%d answers to %d refs", len(answers), len(refs))
	}
	for i, want := range []bool{true, true, true, false, false, false, false, false} {
		if got := answers[refs[i]]; (got.Value != nil) != want {
			t.Errorf("%v: %+v", refs[i], got)
		}
	}
	for _, bad := range refs[6:] {
		if code := billing.CodeOf(answers[bad].Err); code != billing.CodeBadUserInput {
			t.Errorf("%v is %q", bad, code)
		}
	}
	source.(billing.Lister).Holdings(ctx, []billing.Ref{{Source: "src", Org: "one"}, {Source: "src", Org: "two", Billing: "p"}})
	source.(billing.CustomerJoiner).Customers(ctx, []string{"one", "one"})
	if err := source.(billing.Prober).Probe(ctx); err != nil {
		t.Error(err)
	}
	want := []string{
		"GET /base/v1beta1/billing/plans",
		"GET /base/v1beta1/organizations/one/billing/subscriptions",
		"GET /base/v1beta1/organizations/one/billing/subscriptions/a",
		"GET /base/v1beta1/organizations/one/billing?expand=organization",
		"GET /base/v1beta1/organizations/two/billing/subscriptions",
		"GET /base/v1beta1/organizations/two/billing/subscriptions/c?billing_id=p%2F1",
		"GET /base/v1beta1/organizations/two%20words/billing/subscriptions/x%2Fy%3Fz",
		"GET /base/v1beta1/organizations/two/billing/subscriptions?billing_id=p",
	}
	slices.Sort(want)
	if got := rec.lines(); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatIsAskedOverConnect(t *testing.T) {
	rec := &recorder{}
	const service = "/base/raystack.frontier.v1beta1.FrontierService/"
	source, _ := suite(Connect).Serve(t, rec.serve(map[string]string{
		service + "ListSubscriptions":   `{"subscriptions":[` + row("a", "p") + `,` + row("b", "q") + `]}`,
		service + "ListBillingAccounts": `{}`,
		service + "ListPlans":           `{}`,
	}))
	ctx := context.Background()
	alone := billing.Ref{Source: "src", Org: "one", Key: "a"}
	other := billing.Ref{Source: "src", Org: "two", Key: "b", Billing: "p"}
	answers := source.Subscriptions(ctx, []billing.Ref{alone, other})
	if answers[alone].Value == nil || answers[other].Value != nil || answers[other].Err != nil {
		t.Errorf("got %+v", answers)
	}
	owner := billing.Ref{Source: "src", Org: "three", Billing: "q"}
	held := source.(billing.Lister).Holdings(ctx, []billing.Ref{owner})[owner]
	if held.Err != nil || len(held.Value) != 1 || held.Value[0].Ref != (billing.Ref{Source: "src", Org: "three", Key: "b", Billing: "q"}) {
		t.Errorf("another billing account's subscription is listed: %+v", held)
	}
	source.(billing.CustomerJoiner).Customers(ctx, []string{"one"})
	if err := source.(billing.Prober).Probe(ctx); err != nil {
		t.Error(err)
	}
	post := func(method, body string) string {
		return "POST " + service + method + " " + body + " as application/json v1"
	}
	want := []string{
		post("ListBillingAccounts", `{"org_id":"one","expand":["organization"]}`),
		post("ListPlans", `{}`),
		post("ListSubscriptions", `{"org_id":"one"}`),
		post("ListSubscriptions", `{"org_id":"three"}`),
		post("ListSubscriptions", `{"org_id":"two"}`),
	}
	slices.Sort(want)
	if got := rec.lines(); !slices.Equal(got, want) {
		t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestAnOrganisationWithoutABillingAccountHoldsNothing(t *testing.T) {
	owner := billing.Ref{Source: "src", Org: acme}
	refusal := sourcetest.Answer(400, "application/json", `{"code":3,"message":"no customer found for org `+acme+`","details":[]}`)
	source, _ := suite("").Serve(t, refusal)
	held := source.(billing.Lister).Holdings(context.Background(), []billing.Ref{owner})[owner]
	if held.Err != nil || len(held.Value) != 0 {
		t.Errorf("got %+v", held)
	}
	if state := source.Health().State; state != billing.Healthy {
		t.Errorf("the source is %s", state)
	}
	owner.Billing = payer
	if held := source.(billing.Lister).Holdings(context.Background(), []billing.Ref{owner})[owner]; billing.CodeOf(held.Err) != billing.CodeBadUserInput {
		t.Errorf("a billing account that is not there gives %+v, want a refusal", held)
	}
}

func TestAListIsNeverSilentlyShort(t *testing.T) {
	owner := billing.Ref{Source: "src", Org: acme}
	cases := map[string]struct {
		handler http.HandlerFunc
		want    billing.Code
	}{
		"an unknown organisation":      {sourcetest.Answer(404, "application/json", `{"code":5,"message":"x","details":[]}`), billing.CodeNotFound},
		"an internal error":            {sourcetest.Answer(500, "application/json", `{"code":13,"message":"x","details":[]}`), billing.CodeSourceUnavailable},
		"a row that can't be read":     {sourcetest.Answer(200, "application/json", `{"subscriptions":[`+row("a", "p")+`,{"id":"b","ended_at":"never"}]}`), billing.CodeSourceBadData},
		"a row without an id":          {sourcetest.Answer(200, "application/json", `{"subscriptions":[`+row("a", "p")+`,null]}`), billing.CodeSourceBadData},
		"a list that is not of a kind": {sourcetest.Answer(200, "application/json", `{"subscriptions":{}}`), billing.CodeSourceBadData},
	}
	for name, c := range cases {
		source, _ := suite("").Serve(t, c.handler)
		held := source.(billing.Lister).Holdings(context.Background(), []billing.Ref{owner})[owner]
		if held.Value != nil || billing.CodeOf(held.Err) != c.want {
			t.Errorf("%s: got %+v, want %s", name, held, c.want)
		}
	}
}

func TestAtMostEightCallsRunAtOnceAndAllAreMade(t *testing.T) {
	var running, most, all atomic.Int64
	full := make(chan struct{})
	source, _ := suite("").Serve(t, func(w http.ResponseWriter, r *http.Request) {
		if n := running.Add(1); n > most.Load() {
			most.Store(n)
		}
		if all.Add(1) == 8 {
			close(full)
		}
		<-full
		defer running.Add(-1)
		sourcetest.Answer(200, "application/json", `{"subscription":`+row("a", "p")+`}`)(w, r)
	})
	var refs []billing.Ref
	for i := range 40 {
		refs = append(refs, billing.Ref{Source: "src", Org: fmt.Sprint("org", i), Key: "a"})
	}
	answers := source.Subscriptions(context.Background(), refs)
	for _, ref := range refs {
		if answers[ref].Value == nil {
			t.Errorf("%v: %+v", ref, answers[ref])
		}
	}
	if most.Load() > 8 || all.Load() != 40 {
		t.Errorf("%d calls, %d at once", all.Load(), most.Load())
	}
}

func TestACallerWhoLeavesEndsTheBatch(t *testing.T) {
	source, calls := suite("").Serve(t, sourcetest.Answer(200, "application/json", `{}`))
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	outcome := source.Subscriptions(ctx, []billing.Ref{ref})[ref]
	if billing.CodeOf(outcome.Err) != billing.CodeSourceTimeout || calls.Load() != 0 {
		t.Errorf("got %v after %d calls", outcome.Err, calls.Load())
	}
}

func TestAnUnknownStateIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	source, _ := suite("").Serve(t, sourcetest.Answer(200, "application/json", `{"subscription":{"state":"grandfathered"}}`))
	for range 3 {
		sourcetest.Get(t, source, ref)
	}
	if n := strings.Count(log.String(), "grandfathered"); n != 1 {
		t.Errorf("logged %d times:\n%s", n, log.String())
	}
}

func TestAnIDHasNoCase(t *testing.T) {
	rec := &recorder{}
	const upper = "7D1E0000-0000-4000-8000-00000000000A"
	whole := row(strings.ToLower(upper), "p")
	source, _ := suite("").Serve(t, rec.serve(map[string]string{
		"/base/v1beta1/organizations/one/billing/subscriptions/" + upper: `{"subscription":` + whole + `}`,
		"/base/v1beta1/organizations/one/billing/subscriptions":          `{"subscriptions":[` + whole + `]}`,
	}))
	asked := billing.Ref{Source: "src", Org: "one", Key: upper}
	alone := source.Subscriptions(context.Background(), []billing.Ref{asked})[asked]
	listed := source.Subscriptions(context.Background(), []billing.Ref{asked, {Source: "src", Org: "one", Key: "b"}})[asked]
	if alone.Value == nil || listed.Value == nil {
		t.Errorf("alone %+v, out of the list %+v", alone, listed)
	}
}
