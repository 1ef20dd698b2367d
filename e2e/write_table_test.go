package e2e

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// asking is one way to ask for a change of a subscription.
type asking struct {
	name       string
	capability string // that a subscription needs for it
	mutation   string
	document   func(id string) string
}

const shownAfter = `subscription { status plan { externalId } seats { purchased } cancellation { atPeriodEnd } pendingChange { plan { externalId } } trial { isActive } provenance { confirmation } } userErrors { code message field }`

func onSubscription(mutation, more string) func(string) string {
	return func(id string) string {
		return fmt.Sprintf(`mutation { %s(input: { id: %q%s }) { %s } }`, mutation, id, more, shownAfter)
	}
}

// last is the last part of an id: an organisation, a team, a subscription.
func last(id string) string { return id[strings.LastIndex(id, "/")+1:] }

var askings = []asking{
	{"cancel at period end", "CANCEL_AT_PERIOD_END", "cancelSubscription", onSubscription("cancelSubscription", `, when: AT_PERIOD_END`)},
	{"cancel now", "CANCEL_NOW", "cancelSubscription", onSubscription("cancelSubscription", `, when: NOW`)},
	{"renew", "RENEW", "renewSubscription", onSubscription("renewSubscription", ``)},
	{"change plan", "CHANGE_PLAN", "changeSubscription", func(id string) string {
		return onSubscription("changeSubscription", fmt.Sprintf(`, plan: %q`, planFor(id)))(id)
	}},
	{"change cycle", "CHANGE_CYCLE", "changeSubscription", onSubscription("changeSubscription", `, cycle: "year"`)},
	{"change seats", "CHANGE_SEATS", "changeSubscription", onSubscription("changeSubscription", `, seats: 70`)},
	{"remove add-ons", "CHANGE_ADD_ONS", "changeSubscription", onSubscription("changeSubscription", `, addOns: []`)},
	{"try a higher plan", "START_TRIAL", "changeSubscription", onSubscription("changeSubscription", `, trialPlan: "ultimate"`)},
	{"start trial", "START_TRIAL", "startTrial", func(id string) string {
		source := strings.Split(id, "/")[1]
		return fmt.Sprintf(`mutation { startTrial(input: { source: %q, organizationId: %q, workspaceId: 1 }) { changed %s } }`, source, last(id), shownAfter)
	}},
	{"check out", "CHECKOUT", "createCheckout", func(id string) string {
		source := strings.Split(id, "/")[1]
		return fmt.Sprintf(`mutation { createCheckout(input: { source: %q, priceId: "price_1", quantity: 2, teamId: %q, isTeamCreation: false }) { url userErrors { code message field } } }`, source, last(id))
	}},
}

// planFor is a plan that a subscription can move to.
func planFor(id string) string {
	switch {
	case last(id) == "7d1e0000-0000-4000-8000-000000000013":
		return "9a5e0000-0000-4000-8000-000000000001"
	case strings.HasPrefix(id, "subscription/billing/"):
		return "9a5e0000-0000-4000-8000-000000000006"
	case last(id) == "694":
		return "standard"
	case last(id) == "699":
		return "premium"
	case slices.Contains([]string{"683", "686", "688", "689", "691", "696", "698"}, last(id)):
		return "ultimate"
	default:
		return "professional"
	}
}

// toldOnlyByTheSource are the refusals that no document tells of beforehand, by
// what is asked and the id's last part.
var toldOnlyByTheSource = map[string]string{
	"change plan 7d1e0000-0000-4000-8000-000000000025": "PAYMENT_REQUIRED",
	"change plan 691":          "PAYMENT_REQUIRED",
	"change cycle 691":         "PAYMENT_REQUIRED",
	"change seats 691":         "PAYMENT_REQUIRED",
	"remove add-ons 691":       "PAYMENT_REQUIRED",
	"cancel at period end 697": "OUTCOME_UNKNOWN",
}

// Every way to ask, of every subscription of the sandbox in every status it has:
// what capabilities say beforehand is what the mutation then does.
func TestCapabilitiesAgreeWithWhatMutationsDo(t *testing.T) {
	for protocol, edit := range map[string]func(string) string{
		"rest":    uncached,
		"connect": func(text string) string { return connected(uncached(text)) },
	} {
		t.Run(protocol, func(t *testing.T) {
			w := start(t, edit)
			var table bytes.Buffer
			for _, sub := range w.everySubscription() {
				if protocol == "connect" && !strings.HasPrefix(sub.id, "subscription/billing/") {
					continue
				}
				for _, asked := range askings {
					w.reset()
					a := w.ask(asked.document(sub.id), nil)
					ending, sent := a.ending(asked.mutation), w.writes()
					w.agrees(sub, asked, a, sent)
					fmt.Fprintf(&table, "%-8s %-24s %-10s %-20s sends %d  %s\n", sub.source, strings.TrimPrefix(sub.id, "subscription/"+sub.source+"/"),
						sub.status, asked.name, sent, strings.TrimSpace(ending+" "+after(a, asked.mutation)))
				}
			}
			compareText(t, "testdata/writes-"+protocol+".golden.txt", table.Bytes())
		})
	}
}

type heldSubscription struct {
	id, source, status string
	can                []string
	sourceCan          []string
}

func (w *world) everySubscription() []heldSubscription {
	w.t.Helper()
	a := w.mustAsk(`{ subscriptions(first: 100) { nodes { id status capabilities source { name capabilities } } } }`, nil)
	nodes, _ := a.at("subscriptions", "nodes").([]any)
	if len(nodes) < 60 {
		w.t.Fatalf("the sandbox shows %d subscriptions", len(nodes))
	}
	subs := make([]heldSubscription, len(nodes))
	for i := range nodes {
		at := func(path ...any) any { return a.at(append([]any{"subscriptions", "nodes", i}, path...)...) }
		subs[i] = heldSubscription{
			id: at("id").(string), source: at("source", "name").(string), status: at("status").(string),
			can: words(at("capabilities")), sourceCan: words(at("source", "capabilities")),
		}
	}
	return subs
}

func words(list any) []string {
	var all []string
	for _, item := range list.([]any) {
		all = append(all, item.(string))
	}
	return all
}

// agrees holds one answer against what capabilities said.
func (w *world) agrees(sub heldSubscription, asked asking, a *answer, sent int) {
	w.t.Helper()
	ending := a.ending(asked.mutation)
	_, message, field := a.refusal(asked.mutation)
	fail := func(why string) { w.t.Errorf("%s, %s: %s; sent %d, answered %s", sub.id, asked.name, why, sent, a.raw) }
	throughChange := asked.name == "start trial" && sub.source == "psa"
	capable := slices.Contains(sub.sourceCan, asked.capability) && !throughChange
	if asked.name == "try a higher plan" && sub.source == "focus" {
		capable = false
	}
	switch expected, special := toldOnlyByTheSource[asked.name+" "+last(sub.id)]; {
	case !capable:
		if ending != "NOT_SUPPORTED" || sent != 0 || !strings.Contains(message, sub.source) {
			fail("the source cannot do it")
		}
	case special:
		if ending != expected || sent != 1 {
			fail("want " + expected + " of the source")
		}
	case !slices.Contains(sub.can, asked.capability):
		selfJudged := asked.name == "start trial" // Focus is asked, for it judges by itself
		if ending != "CONFLICT" || sent != 0 && !selfJudged || len(message) < 20 || field == "" {
			fail("the subscription cannot be asked for it")
		}
	default:
		if ending != "" || sent != 1 {
			fail("the subscription can be asked for it")
		}
	}
}

// after is the state that the answer shows, in a few words.
func after(a *answer, mutation string) string {
	var shown []string
	add := func(name string, value any) {
		if value != nil && value != false {
			shown = append(shown, fmt.Sprint(name, value))
		}
	}
	at := func(path ...any) any { return a.at(append([]any{mutation}, path...)...) }
	add("changed ", at("changed"))
	if at("url") != nil {
		shown = append(shown, "a url")
	}
	add("", at("subscription", "status"))
	add("plan ", at("subscription", "plan", "externalId"))
	add("seats ", at("subscription", "seats", "purchased"))
	if at("subscription", "cancellation") != nil {
		shown = append(shown, fmt.Sprint("cancelled, at period end ", at("subscription", "cancellation", "atPeriodEnd")))
	}
	add("then plan ", at("subscription", "pendingChange", "plan", "externalId"))
	add("in trial ", at("subscription", "trial", "isActive"))
	add("", at("subscription", "provenance", "confirmation"))
	return strings.Join(shown, ", ")
}

// The mutations that name a source, at each of the four: done where the source
// can, else NOT_SUPPORTED with what it can do, and nothing sent.
func TestMutationsOfSourcesAtEachSource(t *testing.T) {
	w := start(t, uncached)
	a := w.mustAsk(`{ sources { name capabilities } }`, nil)
	for i := range 4 {
		source, _ := a.at("sources", i, "name").(string)
		able := words(a.at("sources", i, "capabilities"))
		for mutation, c := range map[string]struct{ capability, query string }{
			"createPlan":     {"MANAGE_PLANS", `createPlan(input: { source: %q, name: "Scale", price: "29900" })`},
			"updatePlan":     {"MANAGE_PLANS", `updatePlan(input: { source: %q, name: "Basic", price: "1100" })`},
			"deletePlan":     {"MANAGE_PLANS", `deletePlan(input: { id: "plan/%s/2" })`},
			"createCheckout": {"CHECKOUT", `createCheckout(input: { source: %q, priceId: "p", quantity: 1, teamId: "team_3", isTeamCreation: false })`},
		} {
			w.reset()
			query := fmt.Sprintf("mutation { "+strings.ReplaceAll(c.query, "plan/%s", "plan/%[1]s")+" { userErrors { code message field } } }", source)
			answered := w.ask(query, nil)
			code, message, field := answered.refusal(mutation)
			switch {
			case len(answered.Errors) > 0:
				t.Errorf("%s at %s is answered %s", mutation, source, answered.raw)
			case slices.Contains(able, c.capability):
				if code != "" || w.writes() != 1 {
					t.Errorf("%s at %s is answered %s after %d writes", mutation, source, answered.raw, w.writes())
				}
			case code != "NOT_SUPPORTED" || w.writes() != 0 || !strings.Contains(message, source) || !strings.Contains(message, "it can GET") || field == "":
				t.Errorf("%s at %s is answered %s after %d writes", mutation, source, answered.raw, w.writes())
			}
		}
	}
}
