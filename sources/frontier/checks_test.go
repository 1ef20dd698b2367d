package frontier

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
)

// wantFaults compares faults with lines of a code and a field.
func wantFaults(t *testing.T, faults []*billing.Error, want ...string) {
	t.Helper()
	var got []string
	for _, fault := range faults {
		got = append(got, string(fault.Code)+" "+strings.Join(fault.Field, "."))
		if fault.Source != "src" || fault.Op == "" || !strings.Contains(fault.Message, "source src") {
			t.Errorf("%v does not say which source has what against it", fault)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func asking(t *testing.T) writer {
	source, calls := suite("").Serve(t, http.NotFound)
	t.Cleanup(func() {
		if calls.Load() != 0 {
			t.Errorf("a check asked the source %d times", calls.Load())
		}
	})
	return source.(writer)
}

func TestWhatACancellationMaySay(t *testing.T) {
	source := asking(t)
	wantFaults(t, source.CheckCancel(billing.Cancel{When: billing.CancelNow}))
	wantFaults(t, source.CheckCancel(billing.Cancel{ReasonID: billing.Optional[int]{Given: true}, Note: billing.Optional[string]{Given: true}}))
	wantFaults(t, source.CheckCancel(billing.Cancel{ReasonID: billing.Give(0)}), "NOT_SUPPORTED reasonId")
	wantFaults(t, source.CheckCancel(billing.Cancel{ReasonID: billing.Give(7), Note: billing.Give("")}), "NOT_SUPPORTED reasonId", "NOT_SUPPORTED note")
}

func TestWhatAChangeMaySay(t *testing.T) {
	source := asking(t)
	plan := billing.Give(yearly)
	none := billing.Optional[string]{Given: true}
	cases := map[string]struct {
		change billing.Change
		want   []string
	}{
		"a plan":                   {billing.Change{Plan: plan, Effective: billing.ChangeNow}, nil},
		"nothing":                  {billing.Change{}, []string{"BAD_USER_INPUT plan"}},
		"no plan":                  {billing.Change{Plan: none}, []string{"BAD_USER_INPUT plan"}},
		"an empty plan":            {billing.Change{Plan: billing.Give("")}, []string{"BAD_USER_INPUT plan"}},
		"seats without a plan":     {billing.Change{Seats: billing.Give(3)}, []string{"BAD_USER_INPUT plan", "NOT_SUPPORTED seats"}},
		"a cycle":                  {billing.Change{Plan: plan, Cycle: billing.Give("year")}, []string{"NOT_SUPPORTED cycle"}},
		"an end of a trial":        {billing.Change{Plan: plan, TrialPlan: none}, []string{"NOT_SUPPORTED trialPlan"}},
		"no add-ons from now on":   {billing.Change{Plan: plan, AddOns: billing.Give([]billing.AddOnChoice{})}, []string{"NOT_SUPPORTED addOns"}},
		"a card":                   {billing.Change{Plan: plan, PaymentToken: billing.Give("tok_secret")}, []string{"NOT_SUPPORTED paymentToken"}},
		"all that it cannot do":    {billing.Change{Plan: plan, Cycle: none, Seats: billing.Optional[int]{Given: true}, TrialPlan: none, AddOns: billing.Optional[[]billing.AddOnChoice]{Given: true}, PaymentToken: none}, []string{"NOT_SUPPORTED cycle", "NOT_SUPPORTED seats", "NOT_SUPPORTED trialPlan", "NOT_SUPPORTED addOns", "NOT_SUPPORTED paymentToken"}},
		"a plan by another's name": {billing.Change{Plan: billing.Give("anything")}, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			faults := source.CheckChange(c.change)
			wantFaults(t, faults, c.want...)
			for _, fault := range faults {
				if strings.Contains(fault.Error(), "tok_secret") {
					t.Errorf("%v tells the token", fault)
				}
			}
		})
	}
}

// Plans of a catalogue that a subscription moves between.
var (
	monthlyPlan = &billing.Plan{Source: "src", ExternalID: "9a5e0000-0000-4000-8000-00000000000a", Details: &Plan{Name: billing.Text("team_monthly")}}
	yearlyPlan  = &billing.Plan{Source: "src", ExternalID: "9a5e0000-0000-4000-8000-00000000000b", Details: &Plan{Name: billing.Text("team_yearly")}}
	sold        = []*billing.Plan{monthlyPlan, yearlyPlan}
)

func onMonthly(pending *billing.PendingChange) *billing.Subscription {
	stub := &billing.Plan{Source: "src", ExternalID: monthlyPlan.ExternalID}
	return &billing.Subscription{Ref: ref, Plan: stub, PendingChange: pending, Details: &Details{}}
}

func TestPlansThatASubscriptionCanMoveTo(t *testing.T) {
	source := asking(t)
	cases := map[string]struct {
		plans []*billing.Plan
		plan  string
		fits  bool
	}{
		"another plan by its id":                          {sold, yearlyPlan.ExternalID, true},
		"another plan by its id in upper case":            {sold, strings.ToUpper(yearlyPlan.ExternalID), true},
		"another plan by its name":                        {sold, "team_yearly", true},
		"another plan by its name in upper case":          {sold, "TEAM_YEARLY", false},
		"a plan that there is not":                        {sold, "team_weekly", false},
		"its own plan by its id":                          {sold, monthlyPlan.ExternalID, false},
		"its own plan by its id in upper case":            {sold, strings.ToUpper(monthlyPlan.ExternalID), false},
		"its own plan by its name":                        {sold, "team_monthly", false},
		"any plan where the catalogue is not known":       {nil, "team_weekly", true},
		"its own plan where the catalogue is not known":   {nil, monthlyPlan.ExternalID, false},
		"a plan that is announced already may come again": {sold, yearlyPlan.ExternalID, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			faults := source.FitChange(onMonthly(nil), c.plans, billing.Change{Plan: billing.Give(c.plan)})
			if c.fits {
				wantFaults(t, faults)
			} else {
				wantFaults(t, faults, "BAD_USER_INPUT plan")
			}
		})
	}
	without := &billing.Subscription{Ref: ref, Details: &Details{}}
	wantFaults(t, source.FitChange(without, sold, billing.Change{Plan: billing.Give("team_yearly")}))
}

func TestWhatAChangeShows(t *testing.T) {
	source := asking(t)
	announced := &billing.PendingChange{PlanID: &yearlyPlan.ExternalID}
	moved := &billing.Subscription{Ref: ref, Plan: yearlyPlan, Details: &Details{}}
	cases := []struct {
		name               string
		sub                *billing.Subscription
		now, later, either bool
	}{
		{"nothing yet", onMonthly(nil), false, false, false},
		{"it is on the plan", moved, true, true, true},
		{"it will be on the plan", onMonthly(announced), false, true, true},
		{"it will be on another plan", onMonthly(&billing.PendingChange{PlanID: billing.Text("x")}), false, false, false},
		{"it will be on a plan without an id", onMonthly(&billing.PendingChange{}), false, false, false},
		{"its plan is not known", &billing.Subscription{Ref: ref, Details: &Details{}}, false, false, false},
	}
	for _, c := range cases {
		for _, named := range []string{yearlyPlan.ExternalID, strings.ToUpper(yearlyPlan.ExternalID), "team_yearly"} {
			for effective, want := range map[billing.ChangeEffective]bool{
				billing.ChangeNow: c.now, billing.ChangeAtPeriodEnd: c.later, billing.ChangeByProviderDefault: c.either,
			} {
				change := billing.Change{Plan: billing.Give(named), Effective: effective}
				if got := source.Shows(c.sub, sold, change); got != want {
					t.Errorf("%s: a change to %s, %s, shows: %t", c.name, named, effective, got)
				}
			}
		}
	}
}

func TestADocumentShowsTheChangeThatItAnnounces(t *testing.T) {
	source, _ := suite("").Serve(t, sourcetest.Answer(200, "application/json", document(t, "rest-pending-change")))
	sub, err := sourcetest.Get(t, source, ref)
	if err != nil {
		t.Fatal(err)
	}
	change := billing.Change{Plan: billing.Give(strings.ToUpper(*sub.PendingChange.PlanID)), Effective: billing.ChangeAtPeriodEnd}
	if !source.(writer).Shows(sub, nil, change) {
		t.Error("it does not show")
	}
	if change.Effective = billing.ChangeNow; source.(writer).Shows(sub, nil, change) {
		t.Error("what is announced is taken as done")
	}
}
