package productive_test

import (
	"reflect"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/productive"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

func idle(t testing.TB) *productive.Source {
	t.Helper()
	return newSource(t, productive.Config{Config: upstream.Config{URL: "https://api.productive.io"}}, sourcetest.Options())
}

func TestCapabilities(t *testing.T) {
	want := []billing.Capability{
		"GET", "LIST_PLANS", "CANCEL_AT_PERIOD_END", "RENEW", "CHANGE_PLAN", "CHANGE_CYCLE", "CHANGE_SEATS", "CHANGE_ADD_ONS", "START_TRIAL",
	}
	if got := idle(t).Capabilities(); !reflect.DeepEqual(got, want) {
		t.Errorf("it can %v, want %v", got, want)
	}
}

// fault is what a test expects of an error: its code and field, dots between
// the field's parts.
type fault struct {
	code  billing.Code
	field string
}

func checkFaults(t *testing.T, got []*billing.Error, want ...fault) {
	t.Helper()
	var faults []fault
	for _, e := range got {
		faults = append(faults, fault{e.Code, strings.Join(e.Field, ".")})
		if e.Source != "src" || e.Op == "" || e.Message == "" || (e.Field == nil) != (len(e.Field) == 0) {
			t.Errorf("%+v has no source, no op or no message", e)
		}
	}
	if !reflect.DeepEqual(faults, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCheckCancel(t *testing.T) {
	cases := []struct {
		name   string
		cancel billing.Cancel
		want   []fault
	}{
		{"without a word", billing.Cancel{}, nil},
		{"with a reason and a note", quitting, nil},
		{"with nulls", billing.Cancel{ReasonID: null[int](), Note: null[string]()}, nil},
		{"with the longest note, in characters of three bytes", billing.Cancel{Note: billing.Give(strings.Repeat("語", 2000))}, nil},
		{"with a longer note", billing.Cancel{Note: billing.Give(strings.Repeat("x", 2001))}, []fault{{billing.CodeBadUserInput, "note"}}},
	}
	source := idle(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { checkFaults(t, source.CheckCancel(c.cancel), c.want...) })
	}
}

func TestCheckChange(t *testing.T) {
	bad := func(fields ...string) []fault {
		var faults []fault
		for _, field := range fields {
			faults = append(faults, fault{billing.CodeBadUserInput, field})
		}
		return faults
	}
	seats := billing.Give(5)
	choice := func(product, id string) billing.AddOnChoice { return billing.AddOnChoice{Product: product, ID: id} }
	addOns := func(choices ...billing.AddOnChoice) billing.Change {
		return billing.Change{AddOns: billing.Give(choices)}
	}
	cases := []struct {
		name   string
		change billing.Change
		want   []fault
	}{
		{"nothing to change", billing.Change{}, bad("")},
		{"nothing to change but when", billing.Change{Effective: billing.ChangeByProviderDefault}, bad("")},
		{"seats", billing.Change{Seats: seats}, nil},
		{"one seat", billing.Change{Seats: billing.Give(1)}, nil},
		{"no seats", billing.Change{Seats: billing.Give(0)}, bad("seats")},
		{"fewer than no seats", billing.Change{Seats: billing.Give(-1)}, bad("seats")},
		{"a token alone", billing.Change{PaymentToken: billing.Give("tok_1")}, nil},
		{"a null that clears the trial", billing.Change{TrialPlan: null[string]()}, nil},
		{"nulls that clear nothing", billing.Change{Plan: null[string](), Cycle: null[string](), Seats: null[int](),
			AddOns: null[[]billing.AddOnChoice](), PaymentToken: null[string]()}, bad("plan", "cycle", "seats", "addOns", "paymentToken")},
		{"empty texts", billing.Change{Plan: billing.Give(""), Cycle: billing.Give(""), TrialPlan: billing.Give(""), PaymentToken: billing.Give(" ")},
			bad("plan", "cycle", "trialPlan", "paymentToken")},
		{"no add-ons", addOns(), nil},
		{"two kinds of add-on", addOns(choice("a", "1"), choice("b", "1")), nil},
		{"one kind of add-on twice", addOns(choice("a", "1"), choice("a", "2")), bad("addOns.1.product")},
		{"one kind of add-on three times", addOns(choice("a", "1"), choice("b", "2"), choice("a", "1"), choice("a", "3")), bad("addOns.2.product", "addOns.3.product")},
		{"an add-on without a kind", addOns(choice("", "1"), choice("", "2")), bad("addOns.0.product", "addOns.1.product")},
		{"an add-on without an id", addOns(choice("a", "1"), choice("b", "")), bad("addOns.1.id")},
		{"at once", billing.Change{Seats: seats, Effective: billing.ChangeNow}, []fault{{billing.CodeNotSupported, "effective"}}},
		{"at the end of the period", billing.Change{Seats: seats, Effective: billing.ChangeAtPeriodEnd}, []fault{{billing.CodeNotSupported, "effective"}}},
		{"as the source does", billing.Change{Seats: seats, Effective: billing.ChangeByProviderDefault}, nil},
	}
	source := idle(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { checkFaults(t, source.CheckChange(c.change), c.want...) })
	}
}

func TestFitChange(t *testing.T) {
	plan := func(plan string) billing.Change { return billing.Change{Plan: billing.Give(plan)} }
	trial := func(plan string) billing.Change { return billing.Change{TrialPlan: billing.Give(plan)} }
	seats := func(n int) billing.Change { return billing.Change{Seats: billing.Give(n)} }
	on := func(details *productive.Details, seats *billing.SeatUsage) *billing.Subscription {
		return &billing.Subscription{Details: details, Seats: seats}
	}
	middle := &productive.Plan{ID: "professional", Upgrades: []string{"ultimate"}, Downgrades: []string{"essential"}}
	professional := on(&productive.Details{PlanType: new("professional"), CurrentPlan: middle}, nil)
	trying := on(&productive.Details{PlanType: new("professional"), CurrentPlan: middle, TrialPlanType: new("beta")}, nil)
	described := on(&productive.Details{CurrentPlan: &productive.Plan{ID: "a", Upgradeables: []*productive.Plan{{ID: "b"}}, Downgradeables: []*productive.Plan{{ID: "c"}}}}, nil)
	silent := on(&productive.Details{CurrentPlan: &productive.Plan{ID: "a"}}, nil)
	used := on(&productive.Details{}, &billing.SeatUsage{Used: new(3)})
	bounded := on(&productive.Details{}, &billing.SeatUsage{Minimum: new(2), Maximum: new(10)})
	cases := []struct {
		name   string
		sub    *billing.Subscription
		change billing.Change
		field  string
		says   string
	}{
		{"a plan above", professional, plan("ultimate"), "", ""},
		{"a plan below", professional, plan("essential"), "", ""},
		{"the present plan", professional, plan("professional"), "", ""},
		{"a plan that is not near", professional, plan("gold"), "plan", "ultimate, essential"},
		{"a plan near in another spelling", professional, plan("Ultimate"), "plan", "ultimate, essential"},
		{"the plan on trial", trying, plan("beta"), "", ""},
		{"a plan that is neither near nor on trial", trying, plan("gold"), "plan", "ultimate, essential, beta"},
		{"a plan above that is only described", described, plan("b"), "", ""},
		{"a plan below that is only described", described, plan("c"), "", ""},
		{"the present plan, which only its description names", described, plan("a"), "", ""},
		{"a plan that is not described", described, plan("d"), "plan", "b, c"},
		{"any plan where no list is given", silent, plan("d"), "", ""},
		{"any plan where no plan is given", used, plan("d"), "", ""},
		{"the trial of a plan above", professional, trial("ultimate"), "", ""},
		{"the trial of a plan that is not near", professional, trial("gold"), "trialPlan", "ultimate, essential"},
		{"the trial that runs", trying, trial("beta"), "", ""},
		{"the end of a trial", professional, billing.Change{TrialPlan: null[string]()}, "", ""},
		{"any trial where no list is given", silent, trial("d"), "", ""},
		{"as many seats as are used", used, seats(3), "", ""},
		{"fewer seats than are used", used, seats(2), "seats", "3 seats are in use"},
		{"as few seats as may be", bounded, seats(2), "", ""},
		{"fewer seats than may be", bounded, seats(1), "seats", "at least 2"},
		{"as many seats as may be", bounded, seats(10), "", ""},
		{"more seats than may be", bounded, seats(11), "seats", "at most 10"},
		{"any seats where none are counted", professional, seats(1), "", ""},
		{"any word for a cycle", professional, billing.Change{Cycle: billing.Give("fortnight")}, "", ""},
	}
	source := idle(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := source.FitChange(c.sub, nil, c.change)
			if c.field == "" {
				checkFaults(t, got)
				return
			}
			checkFaults(t, got, fault{billing.CodeBadUserInput, c.field})
			if len(got) == 1 && !strings.Contains(got[0].Message, c.says) {
				t.Errorf("the client reads %q, want %q in it", got[0].Message, c.says)
			}
		})
	}
}

func TestShows(t *testing.T) {
	choices := func(choices ...billing.AddOnChoice) billing.Change {
		return billing.Change{AddOns: billing.Give(choices)}
	}
	a, b := billing.AddOnChoice{Product: "a", ID: "1"}, billing.AddOnChoice{Product: "b", ID: "2"}
	const five = `"plan_type":"ultimate","plan_cycle":"year","seats":5,"trial_plan_type":null,"active_products":{"b":{"id":"2"},"a":{"id":"1"}}`
	const newer = `"current_plan":{"id":"ultimate","active_products":[{"product_type":"a","id":"1","cycle":"month"},{"product_type":"a","id":"1","cycle":"year"}]}`
	cases := []struct {
		name, document string
		change         billing.Change
		want           bool
	}{
		{"the plan is there", five, billing.Change{Plan: billing.Give("ultimate")}, true},
		{"another plan is there", five, billing.Change{Plan: billing.Give("essential")}, false},
		{"the plan is there in its description alone", newer, billing.Change{Plan: billing.Give("ultimate")}, true},
		{"no plan is there", `"seats":1`, billing.Change{Plan: billing.Give("essential")}, false},
		{"the cycle is there", five, billing.Change{Cycle: billing.Give("year")}, true},
		{"another cycle is there", five, billing.Change{Cycle: billing.Give("month")}, false},
		{"the seats are there", five, billing.Change{Seats: billing.Give(5)}, true},
		{"other seats are there", five, billing.Change{Seats: billing.Give(6)}, false},
		{"no seats are there", `"seats":null`, billing.Change{Seats: billing.Give(6)}, false},
		{"the trial is gone", five, billing.Change{TrialPlan: null[string]()}, true},
		{"the trial is still there", `"trial_plan_type":"ultimate"`, billing.Change{TrialPlan: null[string]()}, false},
		{"the trial is there", `"trial_plan_type":"ultimate"`, billing.Change{TrialPlan: billing.Give("ultimate")}, true},
		{"the trial is not there", five, billing.Change{TrialPlan: billing.Give("ultimate")}, false},
		{"the add-ons are there in another order", five, choices(a, b), true},
		{"one add-on more is there", five, choices(a), false},
		{"one add-on of a kind is another", five, choices(a, billing.AddOnChoice{Product: "b", ID: "3"}), false},
		{"an add-on is missing", `"active_products":{}`, choices(a), false},
		{"no add-on is left", `"active_products":{}`, choices(), true},
		{"an add-on is left", five, choices(), false},
		{"the add-on is in the plan's list", newer, choices(a), true},
		{"an add-on is left in the plan's list", newer, choices(), false},
		{"nothing is said of add-ons", `"active_products":null`, choices(), false},
		{"all of it is there", five, billing.Change{Plan: billing.Give("ultimate"), Seats: billing.Give(5), PaymentToken: billing.Give("tok_1")}, true},
		{"half of it is there", five, billing.Change{Plan: billing.Give("ultimate"), Seats: billing.Give(6)}, false},
		{"a token alone never shows", five, billing.Change{PaymentToken: billing.Give("tok_1")}, false},
		{"nothing never shows", five, billing.Change{}, false},
	}
	source := idle(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sub := normalised(t, "682", attributes("%s", c.document), nil)
			if got := source.Shows(sub, nil, c.change); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
