package focus_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/focus"
	"tributary/sources/sourcetest"
)

var wanted = billing.TrialRequest{Org: "4711", Workspace: "815"}

const (
	startLine = "POST /api/organizations/4711/workspaces/815/subscriptions/upsert-forced-trial"
	started   = `{"id":7,"organization_id":4711,"plan_id":3,"plan_name":"Premium","trial_started_at":"2026-03-15T12:00:00Z","trial_ended_at":"","trial_cancels_at":"2026-03-29T10:00:00+02:00","trial_deleted_at":null}`
)

func TestStartingATrialOnTheWire(t *testing.T) {
	based := wanted
	based.PlanWorkspace = new("9007199254740993") // not a number that a double holds
	cases := map[string]struct {
		request     billing.TrialRequest
		contentType string
		body        string
	}{
		"without a body where there is nothing to say": {wanted, "", ""},
		"based on the plan of a workspace":             {based, "application/json", `{"plan_workspace_id":9007199254740993}`},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			rec := &sourcetest.Recorder{Answer: answer(started)}
			source := serve(t, focus.Config{}, rec.ServeHTTP)
			trial, err := source.StartTrial(context.Background(), c.request)
			if err != nil {
				t.Fatal(err)
			}
			rec.Check(t, sourcetest.Exchange{
				Line:   startLine,
				Header: map[string]string{"Content-Type": c.contentType, "Accept": "application/json", "Authorization": "Bearer toggl_sk_0"},
				Body:   c.body,
			})
			end := time.Date(2026, time.March, 29, 8, 0, 0, 0, time.UTC)
			if !trial.IsActive(sourcetest.Now) || trial.EndsAt == nil || !trial.EndsAt.Equal(end) || trial.Plan.ExternalID != "3" {
				t.Errorf("got %+v", trial)
			}
			if details, ok := trial.Details.(*focus.Trial); !ok || details.ID != "7" {
				t.Errorf("its details are %+v", trial.Details)
			}
		})
	}
}

func TestATrialThatWasStartedReadsAsTheRunningOne(t *testing.T) {
	document := fixture(t, "trial-running.trial")
	trial, err := serve(t, focus.Config{}, answer(document)).StartTrial(context.Background(), wanted)
	if err != nil {
		t.Fatal(err)
	}
	sourcetest.Golden(t, "trial-running.trial", trial)
}

func TestAnswersToStartingATrial(t *testing.T) {
	spent := http.Header{"X-Toggl-Quota-Remaining": {"0"}, "X-Toggl-Quota-Resets-In": {"1800"}}
	left := http.Header{"X-Toggl-Quota-Remaining": {"12"}}
	cases := []struct {
		name    string
		status  int
		header  http.Header
		body    string
		want    billing.Code
		message string // a part of what the client reads
	}{
		{name: "204 leaves everything as it was", status: 204},
		{name: "409 is a trial or a subscription in the way", status: 409, body: `{"error":"conflict","error_description":"secret-token"}`,
			want: billing.CodeConflict, message: "had one started already, or has an active subscription"},
		{name: "409 in plain text too", status: 409, body: "no", want: billing.CodeConflict, message: "active subscription"},
		{name: "400 is a refused input", status: 400, body: `{"error":"validation","error_description":"secret-token"}`, want: billing.CodeBadUserInput},
		{name: "an organisation that there is not", status: 400, body: `{"error":"invalid_organization_id"}`, want: billing.CodeNotFound},
		{name: "401 is a refused credential", status: 401, want: billing.CodeSourceAuthFailed},
		{name: "402 with a spent quota waits for its end", status: 402, header: spent, want: billing.CodeSourceRateLimited},
		{name: "402 with quota left is a plan that lacks something", status: 402, header: left, want: billing.CodeForbidden},
		{name: "402 without quota headers is a plan that lacks something", status: 402, want: billing.CodeForbidden},
		{name: "403 is another's organisation", status: 403, want: billing.CodeForbidden},
		{name: "404 is nothing to start a trial of", status: 404, want: billing.CodeNotFound},
		{name: "429 is a limit", status: 429, header: spent, want: billing.CodeSourceRateLimited},
		{name: "a status that is not documented refuses", status: 418, want: billing.CodeSourceBadData},
		{name: "500 may have started it", status: 500, body: "secret-token", want: billing.CodeOutcomeUnknown},
		{name: "201 may have started it", status: 201, body: started, want: billing.CodeOutcomeUnknown},
		{name: "a trial without an id", status: 200, body: `{}`, want: billing.CodeOutcomeUnknown},
		{name: "a trial of another organisation", status: 200, body: `{"id":1,"organization_id":4712}`, want: billing.CodeOutcomeUnknown},
		{name: "a trial with a date that is none", status: 200, body: `{"id":1,"trial_started_at":"soon"}`, want: billing.CodeOutcomeUnknown},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rec := &sourcetest.Recorder{Answer: func(w http.ResponseWriter, r *http.Request) {
				maps.Copy(w.Header(), c.header)
				sourcetest.Answer(c.status, "application/json", c.body)(w, r)
			}}
			trial, err := serve(t, focus.Config{}, rec.ServeHTTP).StartTrial(context.Background(), wanted)
			if trial != nil || billing.CodeOf(err) != c.want {
				t.Fatalf("got %+v, %v; want %q", trial, err, c.want)
			}
			rec.Check(t, sourcetest.Exchange{Line: startLine})
			if err == nil {
				return
			}
			failure, _ := billing.AsError(err)
			if failure.Source != "src" || failure.Op != "start trial" || strings.Contains(err.Error(), "secret-token") {
				t.Errorf("%v does not say which source failed at what, or says too much", err)
			}
			if said := billing.ClientMessage(err); !strings.Contains(said, c.message) || !strings.Contains(said, "source src") {
				t.Errorf("the client reads %q", said)
			}
			if waits := failure.RetryAfter.Equal(sourcetest.Now.Add(30 * time.Minute)); waits != (c.want == billing.CodeSourceRateLimited) {
				t.Errorf("it may be tried again at %v", failure.RetryAfter)
			}
		})
	}
}

func TestATrialIsAskedForOnce(t *testing.T) {
	contract().WritesOnce(t, func(ctx context.Context, source billing.Source) error {
		_, err := source.(billing.TrialStarter).StartTrial(ctx, wanted)
		return err
	})
}

func TestWhatATrialIsAskedForWith(t *testing.T) {
	cases := map[string]struct {
		request billing.TrialRequest
		fields  []string
	}{
		"an organisation and a workspace": {wanted, nil},
		"an empty plan's workspace":       {billing.TrialRequest{Org: "1", Workspace: "2", PlanWorkspace: new("")}, []string{"planWorkspaceId"}},
		"another workspace's plan":        {billing.TrialRequest{Org: "1", Workspace: "2", PlanWorkspace: new("3")}, nil},
		"nothing":                         {billing.TrialRequest{}, []string{"organizationId", "workspaceId"}},
		"an organisation by its name":     {billing.TrialRequest{Org: "acme", Workspace: "2"}, []string{"organizationId"}},
		"a workspace below zero":          {billing.TrialRequest{Org: "1", Workspace: "-2"}, []string{"workspaceId"}},
		"a path for a workspace":          {billing.TrialRequest{Org: "1", Workspace: "2/.."}, []string{"workspaceId"}},
		"JSON for a plan's workspace":     {billing.TrialRequest{Org: "1", Workspace: "2", PlanWorkspace: new(`3,"x":1`)}, []string{"planWorkspaceId"}},
		"numbers as Focus does not write them": {billing.TrialRequest{Org: "007", Workspace: "+1", PlanWorkspace: new("1e3")},
			[]string{"organizationId", "workspaceId", "planWorkspaceId"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			asked := 0
			source := serve(t, focus.Config{}, func(http.ResponseWriter, *http.Request) { asked++ })
			var fields []string
			for _, fault := range source.CheckTrial(c.request) {
				fields = append(fields, fault.Field...)
				if fault.Code != billing.CodeBadUserInput || fault.Source != "src" || !strings.Contains(fault.Message, "source src is a positive whole number") {
					t.Errorf("got %v", fault)
				}
			}
			if !slices.Equal(fields, c.fields) {
				t.Errorf("it has something against %q, want %q", fields, c.fields)
			}
			if len(c.fields) == 0 {
				return
			}
			if _, err := source.StartTrial(context.Background(), c.request); billing.CodeOf(err) != billing.CodeBadUserInput || asked != 0 {
				t.Errorf("sent all the same %d times: %v", asked, err)
			}
		})
	}
}

func TestWhatStandsInTheWayOfATrial(t *testing.T) {
	const inTheWay = "only where no subscription is active"
	cases := []struct{ name, document, want string }{
		{"an active subscription", `{"subscription":{"state":"active"}}`, inTheWay},
		{"an active subscription in upper case", `{"subscription":{"state":" ACTIVE"}}`, inTheWay},
		{"an active subscription whose payment failed", `{"subscription":{"state":"active","payment_failed":true}}`, inTheWay},
		{"a subscription that is active until its period ends", fixture(t, "canceling-at-period-end"), inTheWay},
		{"nothing where nothing was bought", `{}`, ""},
		{"nothing where the trial is over", fixture(t, "trial-over-nothing-bought"), ""},
		{"nothing where a trial runs, for it may be updated", fixture(t, "trial-without-payment"), ""},
		{"nothing where the state is null", `{"subscription":{"state":null}}`, ""},
	}
	for _, state := range []string{
		"canceled", "cancelled", "expired", "trial_ended", "incomplete_expired", "incomplete", "pending", "awaiting_signup",
		"paused", "on_hold", "unpaid", "past_due", "soft_failure", "trialing", "trial", "", "grandfathered",
	} {
		name := fmt.Sprintf("nothing where the state is %q", state)
		cases = append(cases, struct{ name, document, want string }{name, fmt.Sprintf(`{"subscription":{"state":%q}}`, state), ""})
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source := serve(t, focus.Config{}, answer(c.document))
			sub, err := sourcetest.Get(t, source, acme)
			if err != nil {
				t.Fatal(err)
			}
			obstacle := source.Obstacle(sub, billing.CanStartTrial, sourcetest.Now)
			if (obstacle == "") != (c.want == "") || !strings.Contains(obstacle, c.want) {
				t.Errorf("got %q, want %q", obstacle, c.want)
			}
			if other := source.Obstacle(sub, billing.CanGet, sourcetest.Now); other != "" {
				t.Errorf("a get is kept by %q", other)
			}
		})
	}
}
