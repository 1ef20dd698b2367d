package productive_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

func TestCommandsSendOnlyWhatWasGiven(t *testing.T) {
	addOns := func(choices ...billing.AddOnChoice) billing.Optional[[]billing.AddOnChoice] {
		return billing.Give(choices)
	}
	cases := []struct {
		name string
		do   step
		want string // the attributes
	}{
		{"a cancellation without a word", cancel(billing.Cancel{}), `{}`},
		{"a cancellation with a note alone", cancel(billing.Cancel{Note: billing.Give("")}), `{"deactivation_note":""}`},
		{"a cancellation with nulls", cancel(billing.Cancel{ReasonID: null[int](), Note: null[string]()}), `{"deactivation_reason_id":null,"deactivation_note":null}`},
		{"a plan and a cycle", change(billing.Change{Plan: billing.Give("essential"), Cycle: billing.Give("month")}), `{"plan_type":"essential","plan_cycle":"month"}`},
		{"no add-ons at all", change(billing.Change{AddOns: addOns()}), `{"active_products":{}}`},
		{"two add-ons", change(billing.Change{AddOns: addOns(billing.AddOnChoice{Product: "b", ID: "1"}, billing.AddOnChoice{Product: "a", ID: "2"})}),
			`{"active_products":{"a":{"id":"2"},"b":{"id":"1"}}}`},
		{"the trial given up", change(billing.Change{TrialPlan: null[string]()}), `{"trial_plan_type":null}`},
		{"everything", change(billing.Change{
			Plan: billing.Give("ultimate"), Cycle: billing.Give("year"), Seats: billing.Give(7), TrialPlan: billing.Give("ultimate"),
			AddOns: addOns(billing.AddOnChoice{Product: "a", ID: "1"}), PaymentToken: billing.Give("tok_1"), Effective: billing.ChangeByProviderDefault,
		}), `{"plan_type":"ultimate","plan_cycle":"year","seats":7,"trial_plan_type":"ultimate","active_products":{"a":{"id":"1"}},"stripe_token":"tok_1"}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, seen := upstreamOf(t, sourcetest.Now, sourcetest.Answer(200, mediaType, fixture(t, "bare")))
			if _, err := c.do(context.Background(), source, held("682")); err != nil {
				t.Fatal(err)
			}
			want := `{"data":{"type":"organization_subscriptions","attributes":` + c.want + `}}`
			if got := seen()[0].body; !sameJSON(t, got, []byte(want)) {
				t.Errorf("sent %s, want %s", got, want)
			}
		})
	}
}

func TestTheAnswerIsTheSubscriptionOfTheSameReference(t *testing.T) {
	source, _ := upstreamOf(t, sourcetest.Now, sourcetest.Answer(200, mediaType, fixture(t, "cancelling")))
	receipt, err := cancel(quitting)(context.Background(), source, held("682"))
	if err != nil {
		t.Fatal(err)
	}
	sub := receipt
	if sub.Ref != held("682").Ref || sub.Status != billing.StatusActive || sub.Cancellation == nil {
		t.Errorf("got %v %s %v", sub.Ref, sub.Status, sub.Cancellation)
	}
}

// commands are one of each request that changes something.
var commands = map[string]step{
	"cancel":              cancel(quitting),
	"renew":               renew,
	"change":              change(billing.Change{Seats: billing.Give(5)}),
	"change with a token": change(billing.Change{PaymentToken: billing.Give("tok_LaterAlligator")}),
}

func TestEachStatusOfACommand(t *testing.T) {
	const present = "source src does not allow this in the subscription's present state"
	cases := []struct {
		name    string
		status  int
		want    billing.Code
		message string
	}{
		{"400 is a fault between gateway and source", 400, billing.CodeSourceBadData, "source src answered something the gateway cannot read"},
		{"401 is about the gateway's credentials", 401, billing.CodeSourceAuthFailed, "source src refused the gateway's credentials"},
		{"402 is a payment that failed", 402, billing.CodePaymentRequired, "source src says that the payment failed"},
		{"403 is not allowed", 403, billing.CodeForbidden, "source src does not allow this"},
		{"404 is not known", 404, billing.CodeNotFound, "source src does not know it"},
		{"405 is not possible now", 405, billing.CodeConflict, present},
		{"409 is not possible now", 409, billing.CodeConflict, present},
		{"415 is a fault between gateway and source", 415, billing.CodeSourceBadData, "source src answered something the gateway cannot read"},
		{"422 is refused input", 422, billing.CodeBadUserInput, "source src refused the input"},
		{"429 is too many requests", 429, billing.CodeSourceRateLimited, "source src has no requests left for now"},
		{"500 leaves doubt", 500, billing.CodeOutcomeUnknown, "nobody knows whether source src did it"},
		{"502 leaves doubt", 502, billing.CodeOutcomeUnknown, "nobody knows whether source src did it"},
		{"503 leaves doubt", 503, billing.CodeOutcomeUnknown, "nobody knows whether source src did it"},
		{"204 leaves doubt", 204, billing.CodeOutcomeUnknown, "nobody knows whether source src did it"},
	}
	for _, c := range cases {
		for name, do := range commands {
			t.Run(c.name+"/"+name, func(t *testing.T) {
				source, seen := upstreamOf(t, sourcetest.Now, sourcetest.Answer(c.status, mediaType, intStatus(c.status)))
				receipt, err := do(context.Background(), source, held("682"))
				checkRefusal(t, err, c.want)
				if got := billing.ClientMessage(err); got != c.message {
					t.Errorf("the client reads %q, want %q", got, c.message)
				}
				if receipt != nil || len(seen()) != 1 {
					t.Errorf("got %v after %d requests", receipt, len(seen()))
				}
			})
		}
	}
}

// checkRefusal holds an error to its code and to telling no secret.
func checkRefusal(t *testing.T, err error, want billing.Code) {
	t.Helper()
	known, ok := billing.AsError(err)
	if !ok || known.Code != want || known.Source != "src" || known.Op == "" {
		t.Fatalf("got %v, want %s of src with what was tried", err, want)
	}
	for _, secret := range []string{"secret-token", "tok_"} {
		if strings.Contains(err.Error(), secret) {
			t.Errorf("%q tells %q", err, secret)
		}
	}
	message := billing.ClientMessage(err)
	for _, secret := range []string{"secret-token", "tok_", "127.0.0.1", "Stripe"} {
		if strings.Contains(message, secret) {
			t.Errorf("the client reads %q in %q", secret, message)
		}
	}
}

func TestARefusedAttributeIsTheClientsField(t *testing.T) {
	cases := []struct {
		name    string
		pointer string
		do      step
		field   []string
	}{
		{"seats", "data/attributes/seats", commands["change"], []string{"seats"}},
		{"with a leading slash", "/data/attributes/plan_type", commands["change"], []string{"plan"}},
		{"the cycle", "data/attributes/plan_cycle", commands["change"], []string{"cycle"}},
		{"the plan to try", "data/attributes/trial_plan_type", commands["change"], []string{"trialPlan"}},
		{"the add-ons", "data/attributes/active_products", commands["change"], []string{"addOns"}},
		{"a part of the add-ons", "/data/attributes/active_products/hris_integration", commands["change"], []string{"addOns"}},
		{"the token", "data/attributes/stripe_token", commands["change with a token"], []string{"paymentToken"}},
		{"the note", "data/attributes/deactivation_note", commands["cancel"], []string{"note"}},
		{"the reason", "/data/attributes/deactivation_reason_id", commands["cancel"], []string{"reasonId"}},
		{"an attribute that a cancellation has no field for", "data/attributes/seats", commands["cancel"], nil},
		{"an attribute that nobody sent", "data/attributes/billing_email", commands["change"], nil},
		{"a relationship", "data/relationships/seats", commands["change"], nil},
		{"no attribute", "data/attributes/", commands["change"], nil},
		{"nothing", "", commands["change"], nil},
		{"anything at all to a renewal", "data/attributes/seats", renew, nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			body := fmt.Sprintf(`{"errors":[{"status":"422","title":"Invalid attribute","detail":"secret-token"},`+
				`{"status":"422","code":"invalid_attribute","title":"Invalid","detail":"tok_","source":{"pointer":%q}}]}`, c.pointer)
			source, _ := upstreamOf(t, sourcetest.Now, sourcetest.Answer(422, mediaType, body))
			_, err := c.do(context.Background(), source, held("682"))
			checkRefusal(t, err, billing.CodeBadUserInput)
			known, _ := billing.AsError(err)
			if !reflect.DeepEqual(known.Field, c.field) {
				t.Errorf("the field is %v, want %v", known.Field, c.field)
			}
			if message := billing.ClientMessage(err); (message == "source src refused the input") != (c.field == nil) || strings.Contains(message, "nvalid") {
				t.Errorf("the client reads %q", message)
			}
		})
	}
	t.Run("an error document of another shape", func(t *testing.T) {
		source, _ := upstreamOf(t, sourcetest.Now, sourcetest.Answer(422, mediaType, `{"errors":[{"source":"data/attributes/seats"}]}`))
		_, err := commands["change"](context.Background(), source, held("682"))
		checkRefusal(t, err, billing.CodeBadUserInput)
	})
}

func TestAnAnswerThatCannotBeReadLeavesDoubt(t *testing.T) {
	cases := map[string]http.HandlerFunc{
		"another organisation's": sourcetest.Answer(200, mediaType, recorded("683")),
		"no body":                sourcetest.Answer(200, mediaType, ""),
		"no document":            sourcetest.Answer(200, mediaType, `{"data":null}`),
		"cut short":              sourcetest.Answer(200, mediaType, fixture(t, "682")[:500]),
		"of another media type":  sourcetest.Answer(200, "text/html", "<html>tok_LaterAlligator</html>"),
		"with a price below zero": sourcetest.Answer(200, mediaType,
			attributes(`"plan_price":-1,"current_plan":{"id":"x","currency":"USD"}`)),
		"with the token as a key": sourcetest.Answer(200, mediaType,
			attributes(`"current_plan":{"features":{"tok_LaterAlligator":{"limit":true}}}`)),
	}
	for name, answer := range cases {
		for command, do := range commands {
			if name == "with the token as a key" && command != "change with a token" {
				continue
			}
			t.Run(name+"/"+command, func(t *testing.T) {
				source, seen := upstreamOf(t, sourcetest.Now, answer)
				_, err := do(context.Background(), source, held("682"))
				checkRefusal(t, err, billing.CodeOutcomeUnknown)
				if len(seen()) != 1 {
					t.Errorf("sent %d requests", len(seen()))
				}
				if state := source.Health().State; state != billing.Degraded {
					t.Errorf("the source is %s", state)
				}
			})
		}
	}
}

func TestATokenIsInNoErrorWhateverTheSourceSays(t *testing.T) {
	const token = "tok_LaterAlligator"
	for _, status := range []int{400, 402, 409, 422, 500, 503} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			body := fmt.Sprintf(`{"errors":[{"title":%q,"code":%q,"detail":%q,"source":{"pointer":"data/attributes/%s"}}]}`, token, token, token, token)
			source, seen := upstreamOf(t, sourcetest.Now, sourcetest.Answer(status, mediaType, body))
			_, err := commands["change with a token"](context.Background(), source, held("682"))
			if text := fmt.Sprintf("%v %s %+v", err, billing.ClientMessage(err), source.Health().LastError); err == nil || strings.Contains(text, token) {
				t.Errorf("told %s", text)
			}
			if !strings.Contains(string(seen()[0].body), token) {
				t.Error("the token was not sent")
			}
		})
	}
}

func TestCommandsAreSentOnce(t *testing.T) {
	for name, do := range commands {
		t.Run(name+": a dropped connection leaves doubt", func(t *testing.T) {
			source, seen := upstreamOf(t, sourcetest.Now, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
			_, err := do(context.Background(), source, held("682"))
			checkRefusal(t, err, billing.CodeOutcomeUnknown)
			if len(seen()) != 1 {
				t.Errorf("sent %d requests", len(seen()))
			}
		})
		t.Run(name+": a timeout leaves doubt", func(t *testing.T) {
			ctx := sourcetest.Deadline{Context: context.Background(), Up: make(chan struct{})}
			source, seen := upstreamOf(t, sourcetest.Now, func(_ http.ResponseWriter, r *http.Request) {
				close(ctx.Up)
				<-r.Context().Done()
			})
			_, err := do(ctx, source, held("682"))
			checkRefusal(t, err, billing.CodeOutcomeUnknown)
			if len(seen()) != 1 {
				t.Errorf("sent %d requests", len(seen()))
			}
		})
		t.Run(name+": a refused connection leaves none", func(t *testing.T) {
			server := httptest.NewServer(http.NotFoundHandler())
			server.Close()
			source := newSource(t, productive.Config{Config: upstream.Config{URL: server.URL}}, sourcetest.Options())
			_, err := do(context.Background(), source, held("682"))
			checkRefusal(t, err, billing.CodeSourceUnavailable)
		})
	}
}
