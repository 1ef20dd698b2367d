package productive_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// exchange is one of the vendor's recorded exchanges. What it was answered is in
// the file of that name.
type exchange struct {
	Name        string          `json:"name"`
	Method      string          `json:"method"`
	Path        string          `json:"path"`
	Body        json.RawMessage `json:"body"`
	Status      int             `json:"status"`
	ContentType string          `json:"contentType"`
}

// atRecording is a time before the ends that the recorded answers name.
var atRecording = time.Date(2023, time.October, 1, 12, 0, 0, 0, time.UTC)

// sent is a request as the upstream saw it.
type sent struct {
	method, path string
	header       http.Header
	body         []byte
}

// upstreamOf starts an upstream that keeps what it is sent.
func upstreamOf(t testing.TB, now time.Time, answer http.HandlerFunc) (*productive.Source, func() []sent) {
	t.Helper()
	var mu sync.Mutex
	var seen []sent
	server := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, sent{r.Method, r.URL.Path, r.Header, body})
		mu.Unlock()
		answer(w, r)
	})
	config := productive.Config{Config: upstream.Config{URL: server.URL, Auth: upstream.Auth{Headers: map[string]string{
		"X-Auth-Token": "secret-token", "X-Organization-Id": "682",
	}}}}
	options := sourcetest.Options()
	options.Now = func() time.Time { return now }
	return newSource(t, config, options), func() []sent {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// held is a subscription as a caller read it before a command.
func held(organization string) *billing.Subscription {
	return &billing.Subscription{Ref: billing.Ref{Source: "src", Org: organization}, Details: &productive.Details{ID: organization}}
}

// step is a command on a subscription, or a get of it.
type step func(context.Context, *productive.Source, *billing.Subscription) (*billing.Subscription, error)

func change(c billing.Change) step {
	return func(ctx context.Context, s *productive.Source, sub *billing.Subscription) (*billing.Subscription, error) {
		return s.Change(ctx, sub, c)
	}
}

func cancel(c billing.Cancel) step {
	return func(ctx context.Context, s *productive.Source, sub *billing.Subscription) (*billing.Subscription, error) {
		return s.Cancel(ctx, sub, c)
	}
}

func renew(ctx context.Context, s *productive.Source, sub *billing.Subscription) (*billing.Subscription, error) {
	return s.Renew(ctx, sub)
}

func get(ctx context.Context, s *productive.Source, sub *billing.Subscription) (*billing.Subscription, error) {
	outcome := s.Subscriptions(ctx, []billing.Ref{sub.Ref})[sub.Ref]
	return outcome.Value, outcome.Err
}

func null[T any]() billing.Optional[T] { return billing.Optional[T]{Given: true} }

var quitting = billing.Cancel{When: billing.CancelAtPeriodEnd, ReasonID: billing.Give(2), Note: billing.Give("Why I quit Productive")}

var recordedSteps = map[string]struct {
	do     step
	answer string // the file of what was answered
	want   billing.Code
}{
	"682": {get, "682", ""},
	"683": {change(billing.Change{PaymentToken: billing.Give("tok_u5dg20Gra")}), "recorded/683", ""},
	"684": {change(billing.Change{TrialPlan: billing.Give("ultimate")}), "recorded/684", ""},
	"688": {change(billing.Change{TrialPlan: null[string]()}), "recorded/688", ""},
	"693": {change(billing.Change{AddOns: billing.Give([]billing.AddOnChoice{{Product: "hris_integration", ID: "hris_200"}})}), "recorded/693", ""},
	"695": {change(billing.Change{Seats: billing.Give(5), Cycle: billing.Give("year")}), "recorded/695", ""},
	"696": {change(billing.Change{PaymentToken: billing.Give("tok_u5dg20Gra")}), "recorded/696", billing.CodePaymentRequired},
	"699": {cancel(quitting), "recorded/699", ""},
	"700": {cancel(quitting), "recorded/700", billing.CodeOutcomeUnknown},
	"701": {renew, "recorded/701", ""},
}

func TestRecordedExchanges(t *testing.T) {
	var exchanges []exchange
	if err := json.Unmarshal([]byte(fixture(t, "exchanges")), &exchanges); err != nil {
		t.Fatal(err)
	}
	if len(exchanges) != len(recordedSteps) {
		t.Fatalf("%d exchanges, want %d", len(exchanges), len(recordedSteps))
	}
	for _, recorded := range exchanges {
		t.Run(recorded.Name, func(t *testing.T) {
			step := recordedSteps[recorded.Name]
			source, seen := upstreamOf(t, atRecording, sourcetest.Answer(recorded.Status, recorded.ContentType, fixture(t, step.answer)))
			receipt, err := step.do(context.Background(), source, held(recorded.Name))
			if billing.CodeOf(err) != step.want {
				t.Fatalf("got %v, want %q", err, step.want)
			}
			requests := seen()
			if len(requests) != 1 {
				t.Fatalf("sent %d requests, want 1", len(requests))
			}
			checkSent(t, requests[0], recorded)
			if step.want != "" {
				if receipt != nil {
					t.Error("a failure has a subscription")
				}
				return
			}
			sourcetest.CheckTotal(t, receipt)
			sourcetest.Golden(t, step.answer, withoutFeatures(step.answer, receipt))
		})
	}
}

// checkSent holds a request to what was recorded: its document, and its headers
// as the vendor's guide asks for them.
func checkSent(t *testing.T, got sent, want exchange) {
	t.Helper()
	if got.method != want.Method || got.path != want.Path {
		t.Errorf("sent %s %s, want %s %s", got.method, got.path, want.Method, want.Path)
	}
	contentType := "application/vnd.api+json"
	if want.Method == http.MethodGet {
		contentType = ""
	}
	for header, value := range map[string]string{
		"Content-Type": contentType, "Accept": "application/vnd.api+json", "X-Auth-Token": "secret-token", "X-Organization-Id": "682",
	} {
		if got := got.header.Get(header); got != value {
			t.Errorf("sent %s: %q, want %q", header, got, value)
		}
	}
	if string(want.Body) == "null" {
		if len(got.body) != 0 {
			t.Errorf("sent the body %s, want none", got.body)
		}
		return
	}
	if !sameJSON(t, got.body, want.Body) {
		t.Errorf("sent %s, want %s", got.body, want.Body)
	}
}

func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var values [2]any
	for i, text := range [][]byte{a, b} {
		if err := json.Unmarshal(text, &values[i]); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}

// withoutFeatures cuts what fills three quarters of a golden file and is in
// that of the first exchange.
func withoutFeatures(name string, sub *billing.Subscription) *billing.Subscription {
	if name == "682" {
		return sub
	}
	sub.Plan.Features = nil
	if sub.Trial != nil && sub.Trial.Plan != nil {
		sub.Trial.Plan.Features = nil
	}
	current := sub.Details.(*productive.Details).CurrentPlan
	for _, plan := range append(append([]*productive.Plan{current}, current.Upgradeables...), current.Downgradeables...) {
		plan.Features = nil
	}
	return sub
}
