package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// Each is refused for what stands in one field, and sends nothing.
var badWrites = map[string]struct{ query, code, field, says string }{
	"an id that is none":               {onSubscription("cancelSubscription", "")("hello"), "BAD_USER_INPUT", "input.id", "subscription/"},
	"an account's id":                  {onSubscription("cancelSubscription", "")("account/acme"), "BAD_USER_INPUT", "input.id", "subscription/"},
	"a source that there is not":       {onSubscription("cancelSubscription", "")("subscription/nowhere/1"), "NOT_FOUND", "input.id", "no source"},
	"a key that the source never has":  {onSubscription("renewSubscription", "")("subscription/psa/abc"), "BAD_USER_INPUT", "input.id", "number"},
	"a subscription that there is not": {onSubscription("renewSubscription", "")("subscription/psa/999"), "NOT_FOUND", "input.id", "psa"},
	"an unknown one at Frontier": {onSubscription("cancelSubscription", "")("subscription/billing/0f3c0000-0000-4000-8000-000000000001/7d1e0000-0000-4000-8000-000000000099"),
		"NOT_FOUND", "input.id", "billing"},
	"another organisation's": {onSubscription("cancelSubscription", "")("subscription/billing/0f3c0000-0000-4000-8000-000000000002/7d1e0000-0000-4000-8000-000000000001"),
		"FORBIDDEN", "input.id", "billing"},
	"a team that may not be seen": {onSubscription("cancelSubscription", "")("subscription/teams/team_forbidden"), "FORBIDDEN", "input.id", "teams"},
	"no seats":                    {onSubscription("changeSubscription", ", seats: 0")("subscription/psa/682"), "BAD_USER_INPUT", "input.seats", "1"},
	"fewer seats than are in use": {onSubscription("changeSubscription", ", seats: 17")("subscription/psa/682"), "BAD_USER_INPUT", "input.seats", "18"},
	"a long note": {onSubscription("cancelSubscription", fmt.Sprintf(", note: %q", strings.Repeat("é", 2001)))("subscription/psa/682"),
		"BAD_USER_INPUT", "input.note", "2000"},
	"a plan that is not sold":      {onSubscription("changeSubscription", `, plan: "platinum"`)("subscription/psa/682"), "BAD_USER_INPUT", "input.plan", "professional"},
	"a plan out of reach":          {onSubscription("changeSubscription", `, plan: "premium"`)("subscription/psa/682"), "BAD_USER_INPUT", "input.plan", "professional"},
	"a plan that Frontier has not": {onSubscription("changeSubscription", `, plan: "platinum"`)(frontierActive), "BAD_USER_INPUT", "input.plan", "no such plan"},
	"nothing to change":            {onSubscription("changeSubscription", ``)("subscription/psa/682"), "BAD_USER_INPUT", "", ""},
	"null seats":                   {onSubscription("changeSubscription", `, seats: null`)("subscription/psa/682"), "BAD_USER_INPUT", "input.seats", "cleared"},
	"an add-on twice": {onSubscription("changeSubscription", `, addOns: [{ product: "p", id: "1" }, { product: "p", id: "2" }]`)("subscription/psa/682"),
		"BAD_USER_INPUT", "input.addOns.1.product", ""},
	"a cycle that is not sold": {onSubscription("changeSubscription", `, cycle: "decade"`)("subscription/psa/682"), "BAD_USER_INPUT", "input.cycle", ""},
	"a time that Productive does not offer": {onSubscription("changeSubscription", `, seats: 30, effective: NOW`)("subscription/psa/682"),
		"NOT_SUPPORTED", "input.effective", "psa"},
	"a note for Frontier": {onSubscription("cancelSubscription", `, note: "x"`)(frontierActive), "NOT_SUPPORTED", "input.note", "billing"},
	"seats at Frontier":   {onSubscription("changeSubscription", `, plan: "9a5e0000-0000-4000-8000-000000000006", seats: 4`)(frontierActive), "NOT_SUPPORTED", "input.seats", "billing"},
	"an empty key":        {onSubscription("renewSubscription", keyed(""))("subscription/psa/682"), "BAD_USER_INPUT", "input.idempotencyKey", "255"},
	"a long key":          {onSubscription("renewSubscription", keyed(strings.Repeat("k", 256)))("subscription/psa/682"), "BAD_USER_INPUT", "input.idempotencyKey", "255"},
	"a trial where there is none": {`mutation { startTrial(input: { source: "psa", organizationId: 682, workspaceId: 1 }) { changed userErrors { code message field } } }`,
		"NOT_SUPPORTED", "input.source", "changeSubscription"},
	"a workspace that is none": {`mutation { startTrial(input: { source: "focus", organizationId: 4726, workspaceId: "x" }) { changed userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.workspaceId", "number"},
	"an empty plan workspace": {`mutation { startTrial(input: { source: "focus", organizationId: 4726, workspaceId: 1, planWorkspaceId: "" }) { changed userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.planWorkspaceId", "number"},
	"a checkout of nothing": {`mutation { createCheckout(input: { source: "teams", priceId: "p", quantity: 0, teamId: "team_3", isTeamCreation: false }) { url userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.quantity", "1"},
	"a checkout for no team": {`mutation { createCheckout(input: { source: "teams", priceId: "p", quantity: 1, isTeamCreation: false }) { url userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.teamId", "team"},
	"a checkout for an empty team": {`mutation { createCheckout(input: { source: "teams", priceId: "p", quantity: 1, teamId: "", isTeamCreation: true }) { url userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.teamId", "team"},
	"a checkout elsewhere": {`mutation { createCheckout(input: { source: "focus", priceId: "p", quantity: 1, isTeamCreation: true }) { url userErrors { code message field } } }`,
		"NOT_SUPPORTED", "input.source", "focus"},
	"an unknown source": {`mutation { createPlan(input: { source: "nowhere", name: "x" }) { plan { id } userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.source", "no source"},
	"a plan without a name": {`mutation { createPlan(input: { source: "teams", price: "1" }) { plan { id } userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.name", "name"},
	"a price in fractions of a cent": {`mutation { createPlan(input: { source: "teams", name: "x", price: "1.5" }) { plan { id } userErrors { code message field } } }`,
		"BAD_USER_INPUT", "input.price", "whole"},
	"an update of no plan": {`mutation { updatePlan(input: { source: "teams", name: "Nothing", price: "1" }) { plan { id } userErrors { code message field } } }`,
		"NOT_FOUND", "input.name", "teams"},
	"an update of two plans": {`mutation { updatePlan(input: { source: "teams", name: "Legacy", price: "1" }) { plan { id } userErrors { code message field } } }`,
		"CONFLICT", "input.name", ""},
	"a tier that exists": {`mutation { createPlan(input: { source: "teams", name: "Basic", price: "1" }) { plan { id } userErrors { code message field } } }`,
		"CONFLICT", "input.name", "teams"},
	"a deletion of no plan": {`mutation { deletePlan(input: { id: "plan/teams/99" }) { deletedPlanId userErrors { code message field } } }`,
		"NOT_FOUND", "input.id", "teams"},
	"a deletion elsewhere": {`mutation { deletePlan(input: { id: "plan/billing/9a5e0000-0000-4000-8000-000000000001" }) { deletedPlanId userErrors { code message field } } }`,
		"NOT_SUPPORTED", "input.id", "billing"},
}

// refusedByTheSource are those of them that only the source can tell.
var refusedByTheSource = map[string]bool{"a cycle that is not sold": true}

func TestBadInputIsRefusedWithItsPlaceAndSendsNothing(t *testing.T) {
	w := start(t, nil)
	for what, c := range badWrites {
		t.Run(what, func(t *testing.T) {
			before := w.writes()
			a := w.ask(c.query, nil)
			if len(a.Errors) > 0 {
				t.Fatalf("answered %s", a.raw)
			}
			for mutation := range a.Data {
				code, message, field := a.refusal(mutation)
				if code != c.code || field != c.field || !strings.Contains(message, c.says) || message == "" {
					t.Errorf("got %s at %q: %q; want %s at %q, with %q", code, field, message, c.code, c.field, c.says)
				}
			}
			want := 0
			if refusedByTheSource[what] {
				want = 1
			}
			if got := w.writes() - before; got != want {
				t.Errorf("sent %d writes", got)
			}
		})
	}
}

// What only a source can refuse, told as what the caller can mend.
func TestRefusalsOfTheSources(t *testing.T) {
	const trial = `mutation { startTrial(input: { source: "focus", organizationId: 4726, workspaceId: 1 }) { changed trial { trialType } userErrors { code message field } } }`
	for what, c := range map[string]struct{ before, query, mutation, code, field string }{
		"a declined card":       {"", onSubscription("changeSubscription", `, paymentToken: "tok_declined"`)("subscription/psa/682"), "changeSubscription", "PAYMENT_REQUIRED", "input.paymentToken"},
		"a payment that is due": {"", onSubscription("changeSubscription", `, seats: 20`)("subscription/psa/691"), "changeSubscription", "PAYMENT_REQUIRED", ""},
		"a second forced trial": {trial, trial, "startTrial", "CONFLICT", ""},
		"a forbidden team": {"", `mutation { createCheckout(input: { source: "teams", priceId: "p", quantity: 1, teamId: "team_forbidden", isTeamCreation: false }) { url userErrors { code message field } } }`,
			"createCheckout", "FORBIDDEN", ""},
	} {
		t.Run(what, func(t *testing.T) {
			w := start(t, nil)
			if c.before != "" {
				w.mustAsk(c.before, nil)
			}
			before := w.writes()
			a := w.ask(c.query, nil)
			code, message, field := a.refusal(c.mutation)
			if len(a.Errors) > 0 || code != c.code || message == "" || c.field != "" && field != c.field {
				t.Errorf("answered %s", a.raw)
			}
			if got := w.writes() - before; got != 1 {
				t.Errorf("sent %d writes", got)
			}
		})
	}
}
