package intercode

import (
	"context"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// checkRefusal holds an error to its code and to telling nothing of the answer.
func checkRefusal(t *testing.T, err error, want billing.Code) {
	t.Helper()
	known, ok := billing.AsError(err)
	if !ok || known.Code != want || known.Source != "src" || known.Op == "" {
		t.Fatalf("got %v, want %s of src with what was tried", err, want)
	}
	if text := err.Error(); strings.Contains(text, "secret") {
		t.Errorf("the log reads %q", text)
	}
	if text := billing.ClientMessage(err); strings.Contains(text, "secret") || strings.Contains(text, "127.0.0.1") {
		t.Errorf("the client reads %q", text)
	}
}

func TestEachStatusOfAStep(t *testing.T) {
	cases := []struct {
		name   string
		status int
		want   billing.Code
	}{
		{"400 is refused input", 400, billing.CodeBadUserInput},
		{"401 is about the gateway's credentials", 401, billing.CodeSourceAuthFailed},
		{"402 is a payment that failed", 402, billing.CodePaymentRequired},
		{"403 is not allowed", 403, billing.CodeForbidden},
		{"404 is not known", 404, billing.CodeNotFound},
		{"409 is a conflict", 409, billing.CodeConflict},
		{"418 cannot be read", 418, billing.CodeSourceBadData},
		{"422 is refused input", 422, billing.CodeBadUserInput},
		{"429 is too many requests", 429, billing.CodeSourceRateLimited},
		{"408 leaves doubt", 408, billing.CodeOutcomeUnknown},
		{"500 leaves doubt", 500, billing.CodeOutcomeUnknown},
		{"502 leaves doubt", 502, billing.CodeOutcomeUnknown},
		{"503 leaves doubt", 503, billing.CodeOutcomeUnknown},
	}
	for _, c := range cases {
		for name, step := range steps {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				source, seen := upstreamOf(t, sourcetest.Answer(c.status, "application/json", `{"message":"secret words"}`), nil)
				outcome, err := step(context.Background(), source)
				checkRefusal(t, err, c.want)
				if len(seen()) != 1 {
					t.Errorf("sent %d requests", len(seen()))
				}
				if outcome != nil && !reflect.ValueOf(outcome).IsZero() {
					t.Errorf("a failure gives %v", outcome)
				}
			})
		}
	}
}

func TestATierThatCannotBeCreated(t *testing.T) {
	cases := []struct {
		name   string
		status int
		body   string
		want   billing.Code
	}{
		{"400 that says so", 400, `{"statusCode":400,"message":"Subscription tier already exists","error":"Bad Request"}`, billing.CodeConflict},
		{"400 that says so in a list", 400, `{"message":["a tier of this name EXISTS"]}`, billing.CodeConflict},
		{"400 with nothing to read", 400, `not JSON`, billing.CodeConflict},
		{"400 without a body", 400, ``, billing.CodeConflict},
		{"400 without a message", 400, `{"statusCode":400}`, billing.CodeConflict},
		{"400 with a message of another shape", 400, `{"message":{"name":"taken"}}`, billing.CodeConflict},
		{"400 with the status as its message", 400, `{"statusCode":400,"message":"Bad Request"}`, billing.CodeConflict},
		{"409", 409, `{}`, billing.CodeConflict},
		{"400 about a member", 400, `{"message":["price must not be less than 1","name should not be empty"]}`, billing.CodeBadUserInput},
		{"400 about something that is missing", 400, `{"message":"The Stripe product does not exist"}`, billing.CodeBadUserInput},
		{"422 that speaks of existing", 422, `{"message":"it already exists"}`, billing.CodeBadUserInput},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, _ := upstreamOf(t, sourcetest.Answer(c.status, "application/json", c.body), nil)
			_, err := source.CreatePlan(context.Background(), basic)
			checkRefusal(t, err, c.want)
			known, _ := billing.AsError(err)
			var field []string
			message := "source src refused the input"
			if c.want == billing.CodeConflict {
				field, message = []string{"name"}, "source src has a tier of this name already"
			}
			if !reflect.DeepEqual(known.Field, field) || billing.ClientMessage(err) != message {
				t.Errorf("the client reads %q of %v", billing.ClientMessage(err), known.Field)
			}
		})
	}
}

func TestATierThatIsUnknownToAnUpdate(t *testing.T) {
	source, _ := upstreamOf(t, sourcetest.Answer(404, "application/json", `{}`), nil)
	err := source.UpdatePlan(context.Background(), basic)
	checkRefusal(t, err, billing.CodeNotFound)
	if known, _ := billing.AsError(err); !reflect.DeepEqual(known.Field, []string{"name"}) {
		t.Errorf("the field is %v", known.Field)
	}
}

func TestAnAnswerThatCannotBeReadLeavesDoubt(t *testing.T) {
	prose := []string{"", "null", `"done"`, `[]`, `{"message":"cut`, `{} {}`}
	bodies := map[string][]string{
		"cancel":             prose,
		"cancel-immediately": prose,
		"renew":              prose,
		"delete-tier":        prose,
		"create-tier":        {"", "null", "[]", `{"title":"Basic"}`, `{"id":1,"price":-1}`, `{"id":1,"price":10.5}`},
		"update-tier":        {`{"id":`, `secret`, `{} {}`},
		"register": {
			"", "null", "[]", `{}`, `{"redirect":true,"url":null}`, `{"url":""}`, `{"url":"/pay/secret"}`, `{"url":"//host/secret"}`,
			`{"url":"javascript:secret"}`, `{"url":"https:secret"}`, `{"url":"https:///secret"}`, `{"url":"ftp://host/secret"}`,
			`{"url":"https://:443/secret"}`, `{"url":"https://host/%zzsecret"}`, `{"redirect":"yes","url":"https://host/secret"}`,
		},
	}
	for name, step := range steps {
		for _, body := range bodies[name] {
			t.Run(name+" "+body, func(t *testing.T) {
				source, seen := upstreamOf(t, sourcetest.Answer(200, "application/json", body), inDollars)
				_, err := step(context.Background(), source)
				checkRefusal(t, err, billing.CodeOutcomeUnknown)
				if len(seen()) != 1 {
					t.Errorf("sent %d requests", len(seen()))
				}
				if state := source.Health().State; state != billing.Degraded {
					t.Errorf("the source is %s", state)
				}
			})
		}
		t.Run(name+" in HTML", func(t *testing.T) {
			source, _ := upstreamOf(t, sourcetest.Answer(200, "text/html", "<html>secret</html>"), nil)
			_, err := step(context.Background(), source)
			checkRefusal(t, err, billing.CodeOutcomeUnknown)
		})
	}
}

func TestAnswersThatAreNotDocumentedAndDo(t *testing.T) {
	cases := []struct {
		name, step string
		status     int
		body       string
	}{
		{"an update with no content", "update-tier", 204, ""},
		{"an update with no body", "update-tier", 200, ""},
		{"an update with a blank body", "update-tier", 200, "\n"},
		{"an update with a list", "update-tier", 200, "[1]"},
		{"an update with null", "update-tier", 200, "null"},
		{"an update with 201", "update-tier", 201, "{}"},
		{"a tier created with 200", "create-tier", 200, `{"id":1}`},
		{"a deletion with no content", "delete-tier", 204, ""},
		{"a cancellation with 201", "cancel", 201, "{}"},
		{"a checkout over plain HTTP", "register", 201, `{"redirect":false,"url":"http://127.0.0.1:4242/pay"}`},
		{"a checkout that does not say to redirect", "register", 200, `{"url":"https://checkout.stripe.com/pay/cs"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, _ := upstreamOf(t, sourcetest.Answer(c.status, "application/json", c.body), nil)
			if _, err := steps[c.step](context.Background(), source); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestStepsAreSentOnce(t *testing.T) {
	for name, step := range steps {
		t.Run(name+": a dropped connection leaves doubt", func(t *testing.T) {
			source, seen := upstreamOf(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, nil)
			_, err := step(context.Background(), source)
			checkRefusal(t, err, billing.CodeOutcomeUnknown)
			if len(seen()) != 1 {
				t.Errorf("sent %d requests", len(seen()))
			}
		})
		t.Run(name+": a timeout leaves doubt", func(t *testing.T) {
			ctx := sourcetest.Deadline{Context: context.Background(), Up: make(chan struct{})}
			source, seen := upstreamOf(t, func(_ http.ResponseWriter, r *http.Request) {
				close(ctx.Up)
				<-r.Context().Done()
			}, nil)
			_, err := step(ctx, source)
			checkRefusal(t, err, billing.CodeOutcomeUnknown)
			if len(seen()) != 1 {
				t.Errorf("sent %d requests", len(seen()))
			}
		})
		t.Run(name+": a refused connection leaves none", func(t *testing.T) {
			server := httptest.NewServer(http.NotFoundHandler())
			server.Close()
			_, err := step(context.Background(), newSource(t, upstream.Config{URL: server.URL}, nil))
			checkRefusal(t, err, billing.CodeSourceUnavailable)
		})
	}
}

func TestWithoutAnIDNothingIsSent(t *testing.T) {
	source, seen := upstreamOf(t, sourcetest.Answer(200, "application/json", "{}"), nil)
	for _, id := range []*string{nil, new("")} {
		sub := &billing.Subscription{Ref: ref, Details: &Details{SubscriptionID: id}}
		_, err := source.Renew(context.Background(), sub)
		checkRefusal(t, err, billing.CodeConflict)
	}
	if len(seen()) != 0 {
		t.Errorf("sent %d requests", len(seen()))
	}
}
