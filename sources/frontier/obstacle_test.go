package frontier

import (
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
)

const (
	atEnd  = billing.CanCancelAtPeriodEnd
	atOnce = billing.CanCancelNow
	renew  = billing.CanRenew
	change = billing.CanChangePlan
)

// obstacles are the four of sub, by what they are in the way of.
func obstacles(t *testing.T, protocol, fields string) map[billing.Capability]string {
	t.Helper()
	body := `{"subscription":{"id":"` + seats + `"` + fields + `}}`
	if protocol == Connect {
		body = `{"subscriptions":[{"id":"` + seats + `"` + fields + `}]}`
	}
	served, _ := suite(protocol).Serve(t, sourcetest.Answer(200, "application/json", body))
	sub, err := sourcetest.Get(t, served, ref)
	if err != nil {
		t.Fatal(err)
	}
	source := served.(*Source)
	found := map[billing.Capability]string{}
	for _, c := range []billing.Capability{atEnd, atOnce, renew, change} {
		if obstacle := source.Obstacle(sub, c, sourcetest.Now); obstacle != "" {
			found[c] = obstacle
		}
	}
	for _, other := range []billing.Capability{billing.CanGet, billing.CanList, billing.CanListPlans, billing.CanCheckout} {
		if obstacle := source.Obstacle(sub, other, sourcetest.Now); obstacle != "" {
			t.Errorf("%s is not asked of a subscription's state: %q", other, obstacle)
		}
	}
	return found
}

func TestWhatStandsInTheWayOfAWrite(t *testing.T) {
	const (
		canceledBefore = `,"canceled_at":"2026-01-01T00:00:00Z"`
		pendingEnd     = `,"phases":[{"effective_at":"2026-04-01T00:00:00Z","plan_id":"","reason":"cancel"}]`
		pendingPlan    = `,"phases":[{"effective_at":"2026-04-01T00:00:00Z","plan_id":"` + yearly + `","reason":"change"}]`
		takenEffect    = `,"phases":[{"effective_at":"2026-04-01T00:00:00Z","plan_id":"","reason":"change"}]`
		withoutReason  = `,"phases":[{"effective_at":"2026-04-01T00:00:00Z","plan_id":"` + yearly + `"}]`
		strangeReason  = `,"phases":[{"effective_at":"2026-04-01T00:00:00Z","plan_id":"` + yearly + `","reason":"pause"}]`
	)
	const (
		ended       = "has ended"
		ending      = "to end with its period already"
		passesOver  = "passes over another one"
		awaits      = "awaits its first payment"
		onlyLiving  = "only while it is ACTIVE or TRIALING, and this one is "
		nothingToDo = "nothing to take back"
	)
	unchangeable := func(status string) map[billing.Capability]string {
		return map[billing.Capability]string{renew: onlyLiving + status, change: onlyLiving + status}
	}
	with := func(more map[billing.Capability]string, c billing.Capability, obstacle string) map[billing.Capability]string {
		more[c] = obstacle
		return more
	}
	gone := func(status string) map[billing.Capability]string {
		return with(with(unchangeable(status), atEnd, ended), atOnce, ended)
	}
	cases := []struct {
		name, fields string
		want         map[billing.Capability]string
	}{
		{"an active one can do all but take back what is not coming", `,"state":"active"`, map[billing.Capability]string{renew: nothingToDo}},
		{"so can a trialing one", `,"state":"trialing"`, map[billing.Capability]string{renew: nothingToDo}},
		{"one that is to end can be ended sooner, renewed and changed", `,"state":"active"` + canceledBefore + pendingEnd, map[billing.Capability]string{atEnd: ending}},
		{"so can a trial that is to end", `,"state":"trialing"` + pendingEnd, map[billing.Capability]string{atEnd: ending}},
		{"one that is to change can be renewed", `,"state":"active"` + pendingPlan, nil},
		{"a change that took effect cannot be taken back", `,"state":"active"` + takenEffect, map[billing.Capability]string{renew: nothingToDo}},
		{"a phase of a reason nobody knows is left to Frontier", `,"state":"active"` + strangeReason, nil},
		{"one that was cancelled and renewed cannot be cancelled for the end again", `,"state":"active"` + canceledBefore, map[billing.Capability]string{atEnd: passesOver, renew: nothingToDo}},
		{"nor while it is to change", `,"state":"active"` + canceledBefore + pendingPlan, map[billing.Capability]string{atEnd: passesOver}},
		{"an incomplete one would be cancelled at once", `,"state":"incomplete"`, with(unchangeable("INCOMPLETE"), atEnd, awaits)},
		{"a pending one is Frontier's to decide", `,"state":"pending"`, unchangeable("INCOMPLETE")},
		{"a past_due one can be cancelled", `,"state":"past_due"`, unchangeable("PAST_DUE")},
		{"a past_due one that is to end cannot be renewed", `,"state":"past_due"` + pendingEnd, with(unchangeable("PAST_DUE"), atEnd, ending)},
		{"an unpaid one can be cancelled", `,"state":"unpaid"`, unchangeable("UNPAID")},
		{"a paused one can be cancelled", `,"state":"paused"`, unchangeable("PAUSED")},
		{"a canceled one is over", `,"state":"canceled"` + canceledBefore, gone("CANCELED")},
		{"a canceled one with a phase left behind is over", `,"state":"canceled"` + pendingEnd, gone("CANCELED")},
		{"an ended one is over", `,"state":"ended"`, gone("EXPIRED")},
		{"an incomplete_expired one is over", `,"state":"incomplete_expired"`, gone("EXPIRED")},
		{"one of a state nobody knows may be cancelled", `,"state":"grandfathered"`, unchangeable("UNKNOWN")},
		{"one of an empty state may be cancelled", `,"state":""`, unchangeable("UNKNOWN")},
		{"one without a state may be cancelled", ``, unchangeable("UNKNOWN")},
	}
	for _, protocol := range []string{REST, Connect} {
		for _, c := range cases {
			t.Run(protocol+": "+c.name, func(t *testing.T) { wantObstacles(t, obstacles(t, protocol, c.fields), c.want) })
		}
	}
	t.Run("REST: a phase without reasons may be a change", func(t *testing.T) {
		wantObstacles(t, obstacles(t, REST, `,"state":"active"`+withoutReason), nil)
	})
	t.Run("Connect: a phase without a reason announces nothing", func(t *testing.T) {
		wantObstacles(t, obstacles(t, Connect, `,"state":"active"`+withoutReason), map[billing.Capability]string{renew: nothingToDo})
	})
}

// wantObstacles compares sentences by the words that tell them apart.
func wantObstacles(t *testing.T, got, want map[billing.Capability]string) {
	t.Helper()
	for c, obstacle := range got {
		if want[c] == "" || !strings.Contains(obstacle, want[c]) {
			t.Errorf("%s: %q, want %q", c, obstacle, want[c])
		}
	}
	for c, words := range want {
		if got[c] == "" {
			t.Errorf("%s: nothing, want %q", c, words)
		}
	}
}
