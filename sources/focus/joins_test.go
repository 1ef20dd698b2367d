package focus_test

import (
	"context"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/focus"
	"tributary/sources/sourcetest"
)

// routes answers by the end of the path; 404 elsewhere.
func routes(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for suffix, body := range answers {
			if strings.HasSuffix(r.URL.Path, suffix) {
				answer(body)(w, r)
				return
			}
		}
		http.NotFound(w, r)
	}
}

func getTrial(t testing.TB, source *focus.Source) (*billing.Trial, error) {
	t.Helper()
	outcome, ok := source.Trials(context.Background(), []string{"4711"})["4711"]
	if !ok {
		t.Fatal("there is no answer for the organisation")
	}
	return outcome.Value, outcome.Err
}

func TestTrialReadsAsDocumented(t *testing.T) {
	trial, err := getTrial(t, serve(t, focus.Config{}, answer(fixture(t, "trial-running.trial"))))
	if err != nil {
		t.Fatal(err)
	}
	if !trial.IsActive(sourcetest.Now) {
		t.Error("the trial does not run")
	}
	sourcetest.Golden(t, "trial-running.trial", trial)
}

func TestTrialAnswers(t *testing.T) {
	cases := map[string]struct {
		status int
		body   string
		runs   bool
		want   billing.Code
	}{
		"204 is none":                        {status: 204},
		"404 is none":                        {status: 404, body: `{"error":"not_found","error_description":"subscription not found"}`},
		"nothing but an id runs":             {status: 200, body: `{"id":1}`, runs: true},
		"a trial whose end lies ahead runs":  {status: 200, body: `{"id":1,"trial_ended_at":"2026-03-16T00:00:00Z"}`, runs: true},
		"a trial that ended does not run":    {status: 200, body: `{"id":1,"trial_ended_at":"2026-03-14T00:00:00Z"}`},
		"a deleted trial does not run":       {status: 200, body: `{"id":1,"trial_deleted_at":"2026-03-14T00:00:00Z","trial_cancels_at":"2026-04-01"}`},
		"a trial without an id":              {status: 200, body: `{}`, want: billing.CodeSourceBadData},
		"a trial of another organisation":    {status: 200, body: `{"id":1,"organization_id":4712}`, want: billing.CodeSourceBadData},
		"a trial with a date that is none":   {status: 200, body: `{"id":1,"trial_started_at":"soon"}`, want: billing.CodeSourceBadData},
		"a trial cut off":                    {status: 200, body: `{"id":1`, want: billing.CodeSourceBadData},
		"a source that is out of order":      {status: 500, want: billing.CodeSourceUnavailable},
		"an organisation that is another's ": {status: 403, want: billing.CodeForbidden},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			trial, err := getTrial(t, serve(t, focus.Config{}, sourcetest.Answer(c.status, "application/json", c.body)))
			if billing.CodeOf(err) != c.want || trial.IsActive(sourcetest.Now) != c.runs {
				t.Errorf("got %+v, %v; want running %v, code %q", trial, err, c.runs, c.want)
			}
		})
	}
}

func TestJoiningATrial(t *testing.T) {
	trialDocument := fixture(t, "trial-running.trial")
	const nothingBought = `{"focus_trial_ended_at":null,"subscription":{"state":""},"subscription_item":{"subscription_item_id":""},"track_subscription":{"trial":{"available":true}}}`
	const trialOver = `{"focus_trial_ended_at":"2025-01-01T00:00:00Z","subscription":{"state":""},"subscription_item":{"subscription_item_id":""}}`
	cases := map[string]struct {
		document, trial string
		status          billing.Status
		running         bool
	}{
		"no trial leaves an active one as it is":  {fixture(t, "active-yearly-percent-discount"), "", billing.StatusActive, false},
		"a trial beside an active one":            {fixture(t, "active-yearly-percent-discount"), trialDocument, billing.StatusActive, true},
		"no trial leaves an unknown one unknown":  {nothingBought, "", billing.StatusUnknown, false},
		"a trial without payment":                 {nothingBought, trialDocument, billing.StatusUnknown, true},
		"a new trial after an old one":            {trialOver, trialDocument, billing.StatusExpired, true},
		"a trial that ended settles nothing":      {nothingBought, `{"id":1,"trial_ended_at":"2026-03-14T00:00:00Z"}`, billing.StatusUnknown, false},
		"a word without meaning stays unknown":    {fixture(t, "unknown-state"), trialDocument, billing.StatusUnknown, true},
		"an item without a word stays unknown":    {`{"subscription_item":{"subscription_item_id":"si_1"}}`, trialDocument, billing.StatusUnknown, true},
		"a nested item without a word stays so":   {`{"subscription":{"subscription_item":{"subscription_item_id":"si_1"}}}`, trialDocument, billing.StatusUnknown, true},
		"an expired word stays expired":           {fixture(t, "expired"), trialDocument, billing.StatusExpired, true},
		"a payment that failed stays so in trial": {fixture(t, "past-due"), trialDocument, billing.StatusPastDue, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			answers := map[string]string{"/subscriptions/current": c.document}
			if c.trial != "" {
				answers["/trials/current"] = c.trial
			}
			source := serve(t, focus.Config{}, routes(answers))
			sub, err := sourcetest.Get(t, source, acme)
			if err != nil {
				t.Fatal(err)
			}
			trial, err := getTrial(t, source)
			if err != nil {
				t.Fatal(err)
			}
			joined := *sub
			source.JoinTrial(&joined, trial)
			if joined.Status != c.status || joined.Trial.IsActive(sourcetest.Now) != c.running {
				t.Errorf("it is %s with the trial %+v; want %s, running %v", joined.Status, joined.Trial, c.status, c.running)
			}
			if has := joined.Details.(*focus.Details).CurrentTrial != nil; has != (c.trial != "") {
				t.Errorf("its details have a running trial: %v", has)
			}
			sourcetest.CheckTotal(t, &joined)
		})
	}
}

func TestJoiningChangesNothingThatIsShared(t *testing.T) {
	source := serve(t, focus.Config{}, routes(map[string]string{
		"/subscriptions/current": fixture(t, "trialing"),
		"/trials/current":        fixture(t, "trial-running.trial"),
	}))
	sub, err := sourcetest.Get(t, source, acme)
	if err != nil {
		t.Fatal(err)
	}
	trial, err := getTrial(t, source)
	if err != nil {
		t.Fatal(err)
	}
	trialBefore, subTrialBefore, detailsBefore := *trial, *sub.Trial, *sub.Details.(*focus.Details)
	joined := *sub
	source.JoinTrial(&joined, trial)
	if !reflect.DeepEqual(*trial, trialBefore) || !reflect.DeepEqual(*sub.Trial, subTrialBefore) || !reflect.DeepEqual(*sub.Details.(*focus.Details), detailsBefore) {
		t.Error("a shared value was changed")
	}
	if joined.Trial.Available == nil || *joined.Trial.Available {
		t.Errorf("whether a trial may be started is %v, want the subscription's own false", joined.Trial.Available)
	}
	if want := time.Date(2026, time.March, 29, 8, 0, 0, 0, time.UTC); !joined.Trial.EndsAt.Equal(want) {
		t.Errorf("the trial ends at %v, want %v", joined.Trial.EndsAt, want)
	}
}

func TestPlansReadAsDocumented(t *testing.T) {
	source := serve(t, focus.Config{}, answer(fixture(t, "plans.plans")))
	outcome := source.Plans(context.Background(), []string{"4711"})["4711"]
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	if got := outcome.Value[0].ID(); got != "plan/src/1" {
		t.Errorf("the first plan's id is %q", got)
	}
	sourcetest.Golden(t, "plans.plans", outcome.Value)
}

func TestPlanAnswers(t *testing.T) {
	cases := map[string]struct {
		status int
		body   string
		plans  int
		want   billing.Code
	}{
		"none":                          {200, `[]`, 0, ""},
		"204 is none":                   {204, "", 0, ""},
		"an unknown key":                {200, `[{"plan_id":1,"later":true}]`, 1, ""},
		"a plan without an id":          {200, `[{"name":"Free"}]`, 0, billing.CodeSourceBadData},
		"fewer than no users":           {200, `[{"plan_id":1,"max_user_count":-1}]`, 0, billing.CodeSourceBadData},
		"an object instead of a list":   {200, `{}`, 0, billing.CodeSourceBadData},
		"null instead of a list":        {200, `null`, 0, billing.CodeSourceBadData},
		"an organisation there is not":  {400, `{"error":"invalid_organization_id","error_description":""}`, 0, billing.CodeNotFound},
		"a source that is out of order": {500, "", 0, billing.CodeSourceUnavailable},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			source := serve(t, focus.Config{}, sourcetest.Answer(c.status, "application/json", c.body))
			outcome := source.Plans(context.Background(), []string{"4711"})["4711"]
			if len(outcome.Value) != c.plans || billing.CodeOf(outcome.Err) != c.want {
				t.Errorf("got %d plans, %v; want %d, %q", len(outcome.Value), outcome.Err, c.plans, c.want)
			}
		})
	}
}

func TestPlansNeedAnOrganisation(t *testing.T) {
	source := serve(t, focus.Config{}, answer("[]"))
	if key, err := source.PlansKey("4711"); key != "4711" || err != nil {
		t.Errorf("got %q, %v", key, err)
	}
	_, err := source.PlansKey("")
	if billing.CodeOf(err) != billing.CodeBadUserInput || !strings.Contains(billing.ClientMessage(err), "needs organizationId") {
		t.Errorf("without an organisation: %v", err)
	}
	if _, err := source.PlansKey("007"); billing.CodeOf(err) != billing.CodeBadUserInput {
		t.Errorf("with 007: %v", err)
	}
}
