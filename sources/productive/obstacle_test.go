package productive_test

import (
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
)

func TestObstacles(t *testing.T) {
	ahead, past := sourcetest.Now.Add(time.Hour), sourcetest.Now.Add(-time.Hour)
	sub := func(status billing.Status, cancellation *billing.Cancellation) *billing.Subscription {
		return &billing.Subscription{Status: status, Cancellation: cancellation, Details: &productive.Details{}}
	}
	on := func(plan *productive.Plan) *billing.Subscription {
		return &billing.Subscription{Status: billing.StatusActive, Details: &productive.Details{CurrentPlan: plan}}
	}
	ending := &billing.Cancellation{AtPeriodEnd: true, EffectiveAt: &ahead}
	const (
		cancelled = "the subscription is already cancelled; renewing it takes that back"
		running   = "the subscription is not cancelled, so there is nothing to take back"
		highest   = "the subscription is on the highest plan, so there is no higher one to try"
	)
	cases := []struct {
		name string
		sub  *billing.Subscription
		ask  billing.Capability
		want string
	}{
		{"what runs can be cancelled", sub("ACTIVE", nil), billing.CanCancelAtPeriodEnd, ""},
		{"a trial can be cancelled", sub("TRIALING", nil), billing.CanCancelAtPeriodEnd, ""},
		{"an unknown state may be cancelled", sub("UNKNOWN", nil), billing.CanCancelAtPeriodEnd, ""},
		{"what is ending cannot be cancelled", sub("ACTIVE", ending), billing.CanCancelAtPeriodEnd,
			"the subscription is already cancelled and ends at 2026-03-15T13:00:00Z; renewing it takes that back"},
		{"what has ended cannot be cancelled", sub("CANCELED", &billing.Cancellation{EffectiveAt: &past}), billing.CanCancelAtPeriodEnd, cancelled},
		{"an end without a date cannot be cancelled", sub("ACTIVE", &billing.Cancellation{}), billing.CanCancelAtPeriodEnd, cancelled},
		{"a state configured as cancelled cannot be cancelled", sub("CANCELED", nil), billing.CanCancelAtPeriodEnd, cancelled},
		{"what has expired cannot be cancelled", sub("EXPIRED", nil), billing.CanCancelAtPeriodEnd, "the subscription has expired, so there is nothing left to cancel"},

		{"what is ending can be renewed", sub("ACTIVE", ending), billing.CanRenew, ""},
		{"what was cancelled can be renewed", sub("CANCELED", nil), billing.CanRenew, ""},
		{"an unknown state may be renewed", sub("UNKNOWN", nil), billing.CanRenew, ""},
		{"what runs cannot be renewed", sub("ACTIVE", nil), billing.CanRenew, running},
		{"a trial cannot be renewed", sub("TRIALING", nil), billing.CanRenew, running},
		{"what is past due cannot be renewed", sub("PAST_DUE", nil), billing.CanRenew, running},
		{"what has expired cannot be renewed", sub("EXPIRED", nil), billing.CanRenew, "the subscription has expired, and only one that is cancelled can be renewed"},

		{"the cycle can be changed where the plan allows it", on(&productive.Plan{CycleChangeEnabled: new(true)}), billing.CanChangeCycle, ""},
		{"the cycle may be changed where the plan does not say", on(&productive.Plan{}), billing.CanChangeCycle, ""},
		{"the cycle may be changed where there is no plan", on(nil), billing.CanChangeCycle, ""},
		{"the cycle cannot be changed where the plan forbids it", on(&productive.Plan{CycleChangeEnabled: new(false)}), billing.CanChangeCycle,
			"the subscription's plan does not allow another billing cycle; a change to another plan may"},

		{"a higher plan can be tried where there is one", on(&productive.Plan{Upgrades: []string{"b"}, Downgrades: []string{"a"}}), billing.CanStartTrial, ""},
		{"a higher plan that is only described can be tried", on(&productive.Plan{Upgrades: []string{}, Upgradeables: []*productive.Plan{{ID: "b"}}, Downgrades: []string{"a"}}), billing.CanStartTrial, ""},
		{"none can be tried from the highest", on(&productive.Plan{Upgrades: []string{}, Downgrades: []string{"a"}}), billing.CanStartTrial, highest},
		{"none can be tried from the highest, whose lower plans are described", on(&productive.Plan{Upgrades: []string{}, Downgradeables: []*productive.Plan{{ID: "a"}}}), billing.CanStartTrial, highest},
		{"one may be tried where both lists are empty", on(&productive.Plan{Upgrades: []string{}, Downgrades: []string{}}), billing.CanStartTrial, ""},
		{"one may be tried where upgrades are not given", on(&productive.Plan{Downgrades: []string{"a"}}), billing.CanStartTrial, ""},
		{"one may be tried where there is no plan", on(nil), billing.CanStartTrial, ""},

		{"seats can be changed in any state", sub("CANCELED", ending), billing.CanChangeSeats, ""},
		{"the plan can be changed in any state", sub("EXPIRED", nil), billing.CanChangePlan, ""},
		{"add-ons can be changed in any state", sub("UNKNOWN", nil), billing.CanChangeAddOns, ""},
		{"reading is always possible", sub("EXPIRED", nil), billing.CanGet, ""},
	}
	source := idle(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := source.Obstacle(c.sub, c.ask, sourcetest.Now); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func TestObstaclesOfDocuments(t *testing.T) {
	source := idle(t)
	cases := []struct {
		name, document string
		ask            billing.Capability
		free           bool
	}{
		{"the highest plan has no higher one", fixture(t, "682"), billing.CanStartTrial, false},
		{"a lower plan has a higher one", recorded("684"), billing.CanStartTrial, true},
		{"a document of nulls says nothing against a trial", fixture(t, "nulls"), billing.CanStartTrial, true},
		{"a document of nulls says nothing against a cycle", fixture(t, "nulls"), billing.CanChangeCycle, true},
		{"a cancelled one can be renewed", fixture(t, "cancelling"), billing.CanRenew, true},
		{"a paying one cannot be renewed", fixture(t, "paying"), billing.CanRenew, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			organization := "682"
			if strings.Contains(c.document, `"id":"684"`) {
				organization = "684"
			}
			sub := normalised(t, organization, c.document, nil)
			if got := source.Obstacle(sub, c.ask, sourcetest.Now); (got == "") != c.free {
				t.Errorf("got %q", got)
			}
		})
	}
}
