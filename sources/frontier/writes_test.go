package frontier

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
)

type writer interface {
	billing.Canceller
	billing.Renewer
	billing.Changer
}

// write is one of the three, made of a subscription.
type write func(context.Context, writer, *billing.Subscription) (*billing.Subscription, error)

func cancelling(when billing.CancelWhen) write {
	return func(ctx context.Context, s writer, sub *billing.Subscription) (*billing.Subscription, error) {
		return s.Cancel(ctx, sub, billing.Cancel{When: when})
	}
}

func renewing(ctx context.Context, s writer, sub *billing.Subscription) (*billing.Subscription, error) {
	return s.Renew(ctx, sub)
}

func changing(plan string, effective billing.ChangeEffective) write {
	return func(ctx context.Context, s writer, sub *billing.Subscription) (*billing.Subscription, error) {
		return s.Change(ctx, sub, billing.Change{Plan: billing.Give(plan), Effective: effective})
	}
}

// writes are all of them, for what holds of each.
var writes = map[string]write{
	"cancel at period end": cancelling(billing.CancelAtPeriodEnd),
	"cancel now":           cancelling(billing.CancelNow),
	"renew":                renewing,
	"change":               changing(yearly, billing.ChangeByProviderDefault),
}

const (
	service  = "POST /base/raystack.frontier.v1beta1.FrontierService/"
	emptyOne = `{"phase":{"effective_at":null,"plan_id":"","reason":""}}`
	nextOne  = `{"phase":{"effective_at":"2026-04-01T00:00:00Z","plan_id":"` + yearly + `","reason":"change"}}`
)

func TestEachWriteOnTheWire(t *testing.T) {
	own := billing.Ref{Source: "src", Org: "two words", Key: "x/y?z"}
	paid := billing.Ref{Source: "src", Org: "acme", Key: seats, Billing: payer}
	const odd, plain = "POST /base/v1beta1/organizations/two%20words/billing/subscriptions/x%2Fy%3Fz/",
		"POST /base/v1beta1/organizations/acme/billing/subscriptions/" + seats + "/"
	cases := []struct {
		name, protocol string
		ref            billing.Ref
		write          write
		line, body     string
		answer         string
	}{
		{"REST cancels at the period's end", REST, own, cancelling(billing.CancelAtPeriodEnd), odd + "cancel", `{"immediate":false}`, `{}`},
		{"REST cancels now", REST, own, cancelling(billing.CancelNow), odd + "cancel", `{"immediate":true}`, `{}`},
		{"REST cancels at the end where nothing is said", REST, own, cancelling(""), odd + "cancel", `{"immediate":false}`, `{}`},
		{"REST cancels for a billing account", REST, paid, cancelling(billing.CancelNow), plain + "cancel", `{"immediate":true,"billing_id":"` + payer + `"}`, `{"later":[]}`},
		{"REST renews", REST, own, renewing, odd + "change", `{"phase_change":{"cancel_upcoming_changes":true}}`, emptyOne},
		{"REST renews for a billing account", REST, paid, renewing, plain + "change", `{"phase_change":{"cancel_upcoming_changes":true},"billing_id":"` + payer + `"}`, emptyOne},
		{"REST changes now", REST, own, changing(yearly, billing.ChangeNow), odd + "change", `{"plan_change":{"plan":"` + yearly + `","immediate":true}}`, nextOne},
		{"REST changes at the period's end", REST, own, changing("team", billing.ChangeAtPeriodEnd), odd + "change", `{"plan_change":{"plan":"team","immediate":false}}`, nextOne},
		{"REST changes when it likes", REST, own, changing("team", billing.ChangeByProviderDefault), odd + "change", `{"plan_change":{"plan":"team"}}`, nextOne},
		{"REST changes for a billing account", REST, paid, changing("team", billing.ChangeNow), plain + "change", `{"plan_change":{"plan":"team","immediate":true},"billing_id":"` + payer + `"}`, nextOne},
		{"Connect cancels at the period's end", Connect, own, cancelling(billing.CancelAtPeriodEnd), service + "CancelSubscription", `{"id":"x/y?z","immediate":false}`, `{}`},
		{"Connect cancels now", Connect, paid, cancelling(billing.CancelNow), service + "CancelSubscription", `{"id":"` + seats + `","immediate":true}`, `{}`},
		{"Connect renews", Connect, paid, renewing, service + "ChangeSubscription", `{"id":"` + seats + `","phase_change":{"cancel_upcoming_changes":true}}`, `{"phase":{}}`},
		{"Connect changes now", Connect, paid, changing(yearly, billing.ChangeNow), service + "ChangeSubscription", `{"id":"` + seats + `","plan_change":{"plan":"` + yearly + `","immediate":true}}`, `{"phase":{"planId":"` + yearly + `"}}`},
		{"Connect changes at the period's end", Connect, own, changing("team", billing.ChangeAtPeriodEnd), service + "ChangeSubscription", `{"id":"x/y?z","plan_change":{"plan":"team","immediate":false}}`, nextOne},
		{"Connect changes when it likes", Connect, own, changing("team", billing.ChangeByProviderDefault), service + "ChangeSubscription", `{"id":"x/y?z","plan_change":{"plan":"team"}}`, nextOne},
	}
	versions := map[string]string{REST: "", Connect: "1"}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			rec := &sourcetest.Recorder{Answer: sourcetest.Answer(200, "application/json", c.answer)}
			source, _ := suite(c.protocol).Serve(t, rec.ServeHTTP)
			receipt, err := c.write(context.Background(), source.(writer), &billing.Subscription{Ref: c.ref, Details: &Details{}})
			if err != nil || receipt != nil {
				t.Errorf("got %+v, %v; want a receipt that says to read again", receipt, err)
			}
			rec.Check(t, sourcetest.Exchange{
				Line: c.line,
				Header: map[string]string{
					"Content-Type": "application/json", "Accept": "application/json",
					"Authorization": "Bearer secret-token", "Connect-Protocol-Version": versions[c.protocol],
				},
				Body: c.body,
			})
		})
	}
}

func TestEachWriteIsSentOnce(t *testing.T) {
	for _, protocol := range []string{REST, Connect} {
		for name, write := range writes {
			t.Run(protocol+" "+name, func(t *testing.T) {
				t.Parallel()
				suite(protocol).WritesOnce(t, func(ctx context.Context, source billing.Source) error {
					_, err := write(ctx, source.(writer), &billing.Subscription{Ref: ref, Details: &Details{}})
					return err
				})
			})
		}
	}
}

// refusals are Frontier's answers to a write that it does not carry out, and a
// proxy's. Both protocols give the code; each writes it in its own way.
var refusals = []struct {
	name    string
	status  int
	code    string
	message string
	want    billing.Code
}{
	{"the argument is refused", 400, "invalid_argument", "already on the same plan", billing.CodeBadUserInput},
	{"a bound is passed", 400, "out_of_range", "", billing.CodeBadUserInput},
	{"the organisation has no billing account", 400, "invalid_argument", "no customer found for org x", billing.CodeNotFound},
	{"the card is declined", 400, "failed_precondition", "payment failed: Your card was declined.", billing.CodePaymentRequired},
	{"a Payment in capitals failed", 400, "failed_precondition", "Payment failed", billing.CodePaymentRequired},
	{"a phase is being updated", 400, "failed_precondition", "phase is updating", billing.CodeConflict},
	{"a message that speaks of payment under another code", 409, "already_exists", "payment", billing.CodeConflict},
	{"it is subscribed already", 409, "already_exists", "", billing.CodeConflict},
	{"somebody else was first", 409, "aborted", "", billing.CodeConflict},
	{"the gateway is not signed in", 401, "unauthenticated", "secret-token", billing.CodeSourceAuthFailed},
	{"the ids do not belong together", 403, "permission_denied", "", billing.CodeForbidden},
	{"the subscription is not there", 404, "not_found", "", billing.CodeNotFound},
	{"a limit", 429, "resource_exhausted", "", billing.CodeSourceRateLimited},
	{"the server has no such method", 501, "unimplemented", "", billing.CodeNotSupported},
	{"an internal error", 500, "internal", "internal server error", billing.CodeOutcomeUnknown},
	{"an unknown error", 500, "unknown", "", billing.CodeOutcomeUnknown},
	{"data lost", 500, "data_loss", "", billing.CodeOutcomeUnknown},
	{"the payment provider is down", 503, "unavailable", "secret-token", billing.CodeOutcomeUnknown},
	{"too late", 504, "deadline_exceeded", "", billing.CodeOutcomeUnknown},
	{"given up", 499, "canceled", "", billing.CodeOutcomeUnknown},
	{"a page of a proxy under 404", 404, "", "<html>", billing.CodeSourceUnavailable},
	{"a proxy's own limit", 429, "", "slow down", billing.CodeSourceRateLimited},
	{"a proxy's refusal", 403, "", "<html>", billing.CodeForbidden},
}

func TestRefusedWrites(t *testing.T) {
	bodies := map[string]func(code, message string) string{
		REST: func(code, message string) string {
			for number, name := range grpcCodes {
				if name == code {
					return fmt.Sprintf(`{"code":%d,"message":%q,"details":[]}`, number, message)
				}
			}
			return message
		},
		Connect: func(code, message string) string {
			if code == "" {
				return message
			}
			return fmt.Sprintf(`{"code":%q,"message":%q}`, code, message)
		},
	}
	for protocol, body := range bodies {
		for _, c := range refusals {
			for name, write := range writes {
				t.Run(protocol+" "+name+", "+c.name, func(t *testing.T) {
					rec := &sourcetest.Recorder{Answer: sourcetest.Answer(c.status, "application/json", body(c.code, c.message))}
					source, calls := suite(protocol).Serve(t, rec.ServeHTTP)
					_, err := write(context.Background(), source.(writer), &billing.Subscription{Ref: ref, Details: &Details{}})
					failure, _ := billing.AsError(err)
					if billing.CodeOf(err) != c.want || failure.Source != "src" || failure.Op == "" || calls.Load() != 1 {
						t.Fatalf("got %v after %d calls, want %s", err, calls.Load(), c.want)
					}
					if onPlan := len(failure.Field) == 1 && failure.Field[0] == "plan"; onPlan != (name == "change" && c.want == billing.CodeBadUserInput) {
						t.Errorf("it is about the field %q", failure.Field)
					}
				})
			}
		}
	}
}

func TestWhatASourceOfFrontierCanDo(t *testing.T) {
	source, _ := suite("").Serve(t, http.NotFound)
	want := fmt.Sprint([]billing.Capability{"GET", "LIST", "LIST_PLANS", "CANCEL_AT_PERIOD_END", "CANCEL_NOW", "RENEW", "CHANGE_PLAN"})
	if got := fmt.Sprint(source.Capabilities()); got != want {
		t.Errorf("it can %s, want %s", got, want)
	}
}
