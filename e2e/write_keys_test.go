package e2e

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/redistest"
)

// stores are where answers to idempotent writes can be kept.
var stores = map[string]func(*testing.T) func(string) string{
	"in memory": func(*testing.T) func(string) string { return func(text string) string { return text } },
	"in Redis": func(t *testing.T) func(string) string {
		url := redistest.Start(t).URL()
		return func(text string) string { return "redis: { url: '" + url + "', timeout: 2s }\n" + text }
	},
}

func keyed(key string) string { return fmt.Sprintf(", idempotencyKey: %q", key) }

func TestTheSameKeyWithTheSameInputIsAnsweredAgain(t *testing.T) {
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			w := start(t, store(t))
			first := w.mustAsk(buySeats(47, keyed("k1")), nil)
			w.mustAsk(buySeats(48, ""), nil)
			again := w.mustAsk(buySeats(47, keyed("k1")), nil)
			if string(again.raw) != string(first.raw) {
				t.Errorf("the first was answered %s, the second %s", first.raw, again.raw)
			}
			if got := w.writes(); got != 2 {
				t.Errorf("made %d writes", got)
			}
			w.mustAsk(purchased, nil).shows(t, 48)

			// What is selected may differ: it is no part of the input.
			other := strings.Replace(buySeats(47, keyed("k1")), "seats { purchased }", "id seats { used } customer { email }", 1)
			if a := w.mustAsk(other, nil); a.at("changeSubscription", "subscription", "id") != "subscription/psa/683" || w.writes() != 2 {
				t.Errorf("another selection is answered %s", a.raw)
			}
		})
	}
}

func TestAKeyIsForOneInputAndOneCaller(t *testing.T) {
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			edit := store(t)
			w := start(t, func(text string) string {
				return edit(strings.Replace(text, `auth: { headers: { X-Auth-Token: sandbox, X-Organization-Id: "682" } }`,
					"auth: { headers: { X-Organization-Id: \"682\" }, forward: [X-Auth-Token] }", 1))
			})
			one := map[string][]string{"X-Auth-Token": {"one"}}
			two := map[string][]string{"X-Auth-Token": {"two"}}
			w.askAs(one, buySeats(47, keyed("k")), nil)
			for what, query := range map[string]string{
				"another number":       buySeats(48, keyed("k")),
				"another field":        buySeats(47, keyed("k")+`, cycle: "month"`),
				"an explicit default":  onSubscription("changeSubscription", `, seats: 47, trialPlan: null`+keyed("k"))("subscription/psa/683"),
				"another subscription": onSubscription("changeSubscription", `, seats: 47`+keyed("k"))("subscription/psa/682"),
				"another mutation":     onSubscription("cancelSubscription", keyed("k"))("subscription/psa/683"),
				"another source":       onSubscription("cancelSubscription", keyed("k"))("subscription/teams/team_1"),
			} {
				a := w.askAs(one, query, nil)
				for _, mutation := range []string{"changeSubscription", "cancelSubscription"} {
					if code, _, field := a.refusal(mutation); a.at(mutation) != nil && (code != "BAD_USER_INPUT" || field != "input.idempotencyKey") {
						t.Errorf("%s is answered %s", what, a.raw)
					}
				}
			}
			if got := w.writes(); got != 1 {
				t.Errorf("made %d writes, want one", got)
			}
			if a := w.askAs(two, buySeats(49, keyed("k")), nil); a.ending("changeSubscription") != "" || w.writes() != 2 {
				t.Errorf("another caller with the same key is answered %s", a.raw)
			}
		})
	}
}

func TestAWriteWaitsForTheOneWithItsKey(t *testing.T) {
	for name, store := range stores {
		t.Run(name, func(t *testing.T) {
			w := start(t, store(t))
			w.fault(`{"source":"psa","method":"PATCH","delay":"500ms"}`)
			var answers [5]*answer
			var asking sync.WaitGroup
			for i := range answers {
				asking.Go(func() { answers[i] = w.ask(buySeats(47, keyed("k")), nil) })
			}
			asking.Wait()
			for _, a := range answers {
				if string(a.raw) != string(answers[0].raw) || a.ending("changeSubscription") != "" {
					t.Errorf("one is answered %s, another %s", a.raw, answers[0].raw)
				}
			}
			if got := w.writes(); got != 1 {
				t.Errorf("made %d writes", got)
			}
		})
	}
}

// A key is used up by what a source answered, and free after what never
// reached one.
func TestWhatKeepsAKeyAndWhatLeavesItFree(t *testing.T) {
	declined := func(more string) string {
		return onSubscription("changeSubscription", `, paymentToken: "tok_declined"`+more)("subscription/psa/683")
	}
	w := start(t, nil)
	for range 2 {
		if a := w.ask(declined(keyed("declined")), nil); a.ending("changeSubscription") != "PAYMENT_REQUIRED" || w.writes() != 1 {
			t.Errorf("answered %s after %d writes", a.raw, w.writes())
		}
	}
	w.fault(`{"source":"psa","method":"PATCH","status":503,"body":"{}","times":1}`)
	for range 2 {
		if a := w.ask(buySeats(51, keyed("in doubt")), nil); a.codes() != "OUTCOME_UNKNOWN" || a.seen(t) != "NOT_DONE" || w.writes() != 2 {
			t.Errorf("answered %s after %d writes", a.raw, w.writes())
		}
	}
	w.fault(`{"source":"psa","method":"PATCH","status":429,"body":"{}","headers":{"X-RateLimit-Reset":"3"},"times":1}`)
	if a := w.ask(buySeats(52, keyed("free")), nil); a.codes() != "SOURCE_RATE_LIMITED" || a.Errors[0].Extensions["retryAfter"] == nil {
		t.Errorf("answered %s", a.raw)
	}
	w.clock.advance(3 * time.Second)
	w.mustAsk(buySeats(52, keyed("free")), nil)
	w.fault(`{"source":"psa","method":"GET","status":404,"body":"{}","times":1}`)
	if a := w.ask(buySeats(53, keyed("unsent")), nil); a.ending("changeSubscription") != "NOT_FOUND" {
		t.Errorf("answered %s", a.raw)
	}
	w.mustAsk(buySeats(53, keyed("unsent")), nil)
	if a := w.ask(buySeats(0, keyed("wrong")), nil); a.ending("changeSubscription") != "BAD_USER_INPUT" {
		t.Errorf("answered %s", a.raw)
	}
	w.mustAsk(buySeats(54, keyed("wrong")), nil)
	w.mustAsk(purchased, nil).shows(t, 54)
}

// A configuration that changes between a write and its repetition makes no
// second write; with a secret the repetition is answered.
func TestAKeyOutlivesAChangeOfTheConfiguration(t *testing.T) {
	store := "redis: { url: '" + redistest.Start(t).URL() + "', timeout: 2s }\nsecret: 0123456789abcdef\n"
	w := start(t, func(text string) string {
		return store + strings.Replace(text, "X-Auth-Token: sandbox, X-Organization-Id: \"682\" }", "X-Organization-Id: \"682\" }, forward: [X-Auth-Token]", 1)
	})
	one := map[string][]string{"X-Auth-Token": {"one"}}
	first := w.askAs(one, buySeats(47, keyed("k")), nil)
	for _, timeouts := range []string{"3s", "4s"} {
		changed := &world{t: t, clock: w.clock, upstreams: w.upstreams, log: new(lockedBuffer)}
		changed.serve(func(text string) string {
			return hurried(timeouts)(store + strings.Replace(text, "X-Auth-Token: sandbox, X-Organization-Id: \"682\" }", "X-Organization-Id: \"682\" }, forward: [X-Auth-Token]", 1))
		})
		if again := changed.askAs(one, buySeats(47, keyed("k")), nil); string(again.raw) != string(first.raw) {
			t.Errorf("the first was answered %s, the repetition %s", first.raw, again.raw)
		}
	}
	if got := w.writes(); got != 1 {
		t.Errorf("made %d writes", got)
	}
}
