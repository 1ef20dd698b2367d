package productive_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// reply is an answer of either shape.
type reply struct {
	Data   jsontext.Value
	Errors []struct {
		Status jsontext.Value `json:"status"`
		Title  string         `json:"title"`
		Source struct {
			Pointer string `json:"pointer"`
		} `json:"source"`
	} `json:"errors"`

	list []jsontext.Value
}

// send sends "METHOD path" with a body of JSON:API, if any.
func send(t testing.TB, url, request, body string) (int, reply) {
	t.Helper()
	return sendAs(t, url, request, "application/vnd.api+json", body)
}

func sendAs(t testing.TB, url, request, media, body string) (int, reply) {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	req, err := http.NewRequest(method, url+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Auth-Token", "token")
	req.Header.Set("X-Organization-Id", "682")
	req.Header.Set("Content-Type", media)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if got := resp.Header.Get("Content-Type"); got != "application/vnd.api+json; charset=utf-8" {
		t.Errorf("%s: content type %q", request, got)
	}
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	var r reply
	if err := json.Unmarshal(data, &r, json.MatchCaseInsensitiveNames(true)); err != nil {
		t.Fatalf("%s: %v", request, err)
	}
	if r.Data.Kind() == '[' {
		if err := json.Unmarshal(r.Data, &r.list); err != nil {
			t.Fatal(err)
		}
	}
	return resp.StatusCode, r
}

// change is a request document, without an id as the vendor's own.
func change(attributes string) string {
	return `{"data":{"type":"organization_subscriptions","attributes":{` + attributes + `}}}`
}

func patch(id int, step string) string {
	return fmt.Sprintf("PATCH /api/v2/organization_subscriptions/%d%s", id, step)
}

func TestWritesShowInLaterReads(t *testing.T) {
	cases := []struct {
		name string
		id   int
		step string
		body string
		want string
	}{
		{"seats", 682, "", change(`"seats":30`), "ACTIVE 2, ultimate at 39.00 USD P1M, 18 of 30 seats, CREDIT_CARD, next 2026-03-27"},
		{"plan and cycle", 682, "", change(`"plan_type":"professional","plan_cycle":"year"`), "ACTIVE 2, professional at 288.00 USD P1Y, 18 of 25 seats, CREDIT_CARD, next 2026-03-27"},
		{"an add-on", 682, "", change(`"active_products":{"hris_integration":{"id":"hris_200"}}`), "ACTIVE 2, ultimate at 39.00 USD P1M, 18 of 25 seats, CREDIT_CARD, next 2026-03-27, hris_200 at 2.00 USD"},
		{"no add-ons", 686, "", change(`"active_products":{}`), "ACTIVE 2, professional at 84.00 USD P3M, 14 of 14 seats, INVOICE, next 2026-04-17"},
		{"add-ons stay where nothing is said of them", 686, "", change(`"seats":15`), "ACTIVE 2, professional at 84.00 USD P3M, 14 of 15 seats, INVOICE, next 2026-04-17, hris_200 at 6.00 USD"},
		{"a trial of a higher plan", 684, "", change(`"trial_plan_type":"ultimate"`), "TRIALING 1, essential at 20.00 USD P1M, 4 of 6 seats, CREDIT_CARD, trial until 2026-03-24"},
		{"a trial of a higher plan while paying", 686, "", change(`"trial_plan_type":"ultimate"`), "ACTIVE 2, professional at 84.00 USD P3M, 14 of 14 seats, INVOICE, next 2026-04-17, trial until 2026-03-29 of ultimate, hris_200 at 6.00 USD"},
		{"a trial given up", 688, "", change(`"trial_plan_type":null`), "UNKNOWN 5, professional at 28.00 USD P1M, 9 of 9 seats, CREDIT_CARD"},
		{"a card", 684, "", change(`"stripe_token":"tok_visa"`), "ACTIVE 2, essential at 20.00 USD P1M, 4 of 6 seats, CREDIT_CARD, next 2026-04-14, trial until 2026-03-24"},
		{"attributes that are not known", 682, "", change(`"balance":-1`), "ACTIVE 2, ultimate at 39.00 USD P1M, 18 of 25 seats, CREDIT_CARD, next 2026-03-27"},
		{"cancel", 682, "/cancel", change(`"deactivation_reason_id":2,"deactivation_note":"Too many tools"`), "ACTIVE 6, ultimate at 39.00 USD P1M, 18 of 25 seats, CREDIT_CARD, ends 2026-03-27"},
		{"reactivate", 692, "/reactivate", "", "ACTIVE 2, ultimate at 39.00 USD P1M, 7 of 12 seats, CREDIT_CARD, next 2026-04-02"},
		{"reactivate after the end", 693, "/reactivate", "", "UNKNOWN 1, essential at 204.00 EUR P1Y, 0 of 4 seats, CREDIT_CARD, next 2026-02-03"},
		{"cancel with a note of any length", 682, "/cancel", change(`"deactivation_note":"` + strings.Repeat("x", 3000) + `"`), "ACTIVE 6, ultimate at 39.00 USD P1M, 18 of 25 seats, CREDIT_CARD, ends 2026-03-27"},
		{"cancel what is cancelled", 692, "/cancel", change(`"deactivation_reason_id":2`), "ACTIVE 6, ultimate at 39.00 USD P1M, 7 of 12 seats, CREDIT_CARD, ends 2026-04-02"},
		{"reactivate after a failed payment", 691, "/reactivate", "", "UNKNOWN 1, professional at 28.00 EUR P1M, 15 of 17 seats, CREDIT_CARD, next 2026-03-12, grace until 2026-03-20"},
		{"reactivate what never paid", 695, "/reactivate", "", "UNKNOWN 1, essential at 20.00 USD P1M, 3 of 3 seats, CREDIT_CARD"},
		{"reactivate what has no state, and is paid for", 698, "/reactivate", "", "ACTIVE 2, professional at 28.00 USD P1M, 10 of 16 seats, CREDIT_CARD, next 2026-04-11, started 2025-02-08"},
		{"a lower plan", 683, "", change(`"plan_type":"essential"`), "ACTIVE 2, essential at 173.40 EUR P1Y, 36 of 40 seats, CREDIT_CARD, next 2026-08-07, 15 % off until 2026-06-13, hris_200 at 24.00 EUR"},
		{"the present plan", 694, "", change(`"plan_type":"premium","seats":21`), "ACTIVE 7, premium at 240.00 USD P1Y, 19 of 21 seats, CREDIT_CARD, next 2026-06-11"},
		{"an address while a payment is owed", 691, "", change(`"billing_address":"1 High Street","trial_plan_type":"ultimate"`), "UNKNOWN 4, professional at 28.00 EUR P1M, 15 of 17 seats, CREDIT_CARD, next 2026-03-12, grace until 2026-03-20, trial until 2026-03-29 of ultimate"},
		{"another card for what is owed", 691, "", change(`"seats":20,"plan_type":"ultimate","stripe_token":"tok_visa"`), "ACTIVE 2, ultimate at 39.00 EUR P1M, 15 of 20 seats, CREDIT_CARD, next 2026-04-14"},
		{"retry a payment", 691, "/retry_last_payment", "", "ACTIVE 2, professional at 28.00 EUR P1M, 15 of 17 seats, CREDIT_CARD, next 2026-04-14"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t)
			if status, reply := send(t, url, patch(c.id, c.step), c.body); status != http.StatusOK {
				t.Fatalf("status %d: %+v", status, reply.Errors)
			}
			if got := summary(get(t, source(t, url, "token"), c.id)); got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestRefusedWritesChangeNothing(t *testing.T) {
	cases := []struct {
		name    string
		id      int
		step    string
		body    string
		want    int
		pointer string
	}{
		{"a declined card", 682, "", change(`"seats":30,"stripe_token":"tok_declined"`), 402, ""},
		{"a card without funds", 682, "", change(`"seats":30,"stripe_token":"tok_insufficient_funds"`), 402, ""},
		{"the payment provider is down: card", 682, "", change(`"seats":30,"stripe_token":"tok_stripe_down"`), 503, ""},
		{"seats while a payment is owed", 691, "", change(`"seats":20`), 402, ""},
		{"a plan while a payment is owed", 691, "", change(`"plan_type":"ultimate"`), 402, ""},
		{"a cycle while a payment is owed", 691, "", change(`"plan_cycle":"year"`), 402, ""},
		{"add-ons while a payment is owed", 691, "", change(`"active_products":{}`), 402, ""},
		{"another declined card for what is owed", 691, "", change(`"seats":20,"stripe_token":"tok_declined"`), 402, ""},
		{"seats that cannot be, while a payment is owed", 691, "", change(`"seats":2`), 422, "data/attributes/seats"},
		{"a retry without a card", 695, "/retry_last_payment", "", 402, ""},
		{"the payment provider is down: cancel", 697, "/cancel", change(`"deactivation_reason_id":2`), 503, ""},
		{"the payment provider is down: reactivate", 697, "/reactivate", "", 503, ""},
		{"nothing to reactivate", 682, "/reactivate", "", 405, ""},
		{"nothing to reactivate: never paid", 684, "/reactivate", "", 405, ""},
		{"nothing to reactivate: an older plan", 694, "/reactivate", "", 405, ""},
		{"reactivate with a body", 692, "/reactivate", change(``), 400, ""},
		{"fewer seats than are used", 682, "", change(`"plan_cycle":"year","seats":3`), 422, "data/attributes/seats"},
		{"no seats", 682, "", change(`"seats":0`), 422, "data/attributes/seats"},
		{"seats in words", 682, "", change(`"seats":"many"`), 422, "data/attributes/seats"},
		{"a plan that is not sold", 682, "", change(`"plan_type":"galactic"`), 422, "data/attributes/plan_type"},
		{"a plan that the present one does not lead to", 682, "", change(`"plan_type":"premium"`), 422, "data/attributes/plan_type"},
		{"no plan", 682, "", change(`"plan_type":null`), 422, "data/attributes/plan_type"},
		{"a cycle that is not known", 682, "", change(`"plan_cycle":"decade"`), 422, "data/attributes/plan_cycle"},
		{"a trial of a lower plan", 682, "", change(`"trial_plan_type":"essential"`), 422, "data/attributes/trial_plan_type"},
		{"a trial of a plan that the present one does not lead to", 684, "", change(`"trial_plan_type":"premium"`), 422, "data/attributes/trial_plan_type"},
		{"an add-on that is not sold", 682, "", change(`"active_products":{"crm":{"id":"x"}}`), 422, "data/attributes/active_products"},
		{"add-ons in a list", 682, "", change(`"active_products":[]`), 422, "data/attributes/active_products"},
		{"an e-mail that is a number", 682, "", change(`"billing_email":1`), 422, "data/attributes/billing_email"},
		{"a token that is none", 682, "", change(`"stripe_token":""`), 422, "data/attributes/stripe_token"},
		{"a document of another type", 682, "", `{"data":{"type":"organizations","attributes":{}}}`, 400, ""},
		{"broken JSON", 682, "", `{"data":`, 400, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			url := serve(t)
			s := source(t, url, "token")
			before := summary(get(t, s, c.id))
			status, reply := send(t, url, patch(c.id, c.step), c.body)
			if status != c.want || len(reply.Errors) != 1 || reply.Errors[0].Title == "" || reply.Errors[0].Source.Pointer != c.pointer {
				t.Errorf("status %d with %+v, want %d about %q", status, reply.Errors, c.want, c.pointer)
			}
			if after := summary(get(t, s, c.id)); after != before {
				t.Errorf("was %s\nis  %s", before, after)
			}
		})
	}
}

func TestAFailureMayHideThatItWasDone(t *testing.T) {
	url := serve(t)
	status, reply := send(t, url, patch(695, ""), change(`"seats":8,"trial_plan_type":"ultimate","stripe_token":"tok_stripe_lost"`))
	if status != http.StatusServiceUnavailable || len(reply.Errors) != 1 {
		t.Errorf("status %d with %+v, want 503", status, reply.Errors)
	}
	want := "ACTIVE 2, essential at 20.00 USD P1M, 3 of 8 seats, CREDIT_CARD, next 2026-04-14, trial until 2026-03-29 of ultimate"
	if got := summary(get(t, source(t, url, "token"), 695)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestNothingIsOwedOnceAPaymentIsThrough(t *testing.T) {
	for name, request := range map[string][2]string{
		"retried":      {patch(691, "/retry_last_payment"), ""},
		"another card": {patch(691, ""), change(`"stripe_token":"tok_visa"`)},
	} {
		url := serve(t)
		send(t, url, request[0], request[1])
		if status, reply := send(t, url, patch(691, ""), change(`"seats":20`)); status != http.StatusOK {
			t.Errorf("%s: seats are answered %d with %+v", name, status, reply.Errors)
		}
	}
}

func TestABodyNeedsTheMediaType(t *testing.T) {
	status, _ := sendAs(t, serve(t), patch(682, ""), "application/json", change(`"seats":30`))
	if status != http.StatusUnsupportedMediaType {
		t.Errorf("status %d, want 415", status)
	}
}

func TestErrorStatusIsANumberOrAText(t *testing.T) {
	url := serve(t)
	_, declined := send(t, url, patch(682, ""), change(`"stripe_token":"tok_declined"`))
	_, invalid := send(t, url, patch(682, ""), change(`"seats":0`))
	if got := string(declined.Errors[0].Status) + " " + string(invalid.Errors[0].Status); got != `402 "422"` {
		t.Errorf("statuses are %s", got)
	}
}

func TestSeatsArePendingUntilSomethingIsPaid(t *testing.T) {
	url := serve(t)
	send(t, url, patch(695, ""), change(`"seats":5`))
	s := source(t, url, "token")
	if got := *get(t, s, 695).Seats.Pending; got != 5 {
		t.Errorf("%d seats are pending, want 5", got)
	}
	send(t, url, patch(695, ""), change(`"stripe_token":"tok_visa"`))
	sub := get(t, s, 695)
	if *sub.Seats.Pending != 0 || sub.Status != billing.StatusActive || *sub.PaymentMethod.CardLast4 != "4242" {
		t.Errorf("after paying: %+v, %s", sub.Seats, sub.Status)
	}
}
