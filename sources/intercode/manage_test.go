package intercode

import (
	"context"
	"os"
	"testing"

	"tributary/billing"
)

func nothing[T any]() billing.Optional[T] { return billing.Optional[T]{Given: true} }

func TestCheckNewPlan(t *testing.T) {
	name := billing.Give("Pro")
	cases := []struct {
		name string
		plan billing.PlanChange
		want []fault
	}{
		{"a name alone", billing.PlanChange{Name: name}, nil},
		{"everything", basic, nil},
		{"nothing", billing.PlanChange{}, bad("name")},
		{"a name of null", billing.PlanChange{Name: nothing[string]()}, bad("name")},
		{"a blank name", billing.PlanChange{Name: billing.Give(" \t")}, bad("name")},
		{"nulls beside the name", billing.PlanChange{Name: name, Description: nothing[string](), Features: nothing[[]string](), Price: nothing[string](),
			Rank: nothing[int](), UsersLimit: nothing[int](), TeamsLimit: nothing[int](), IsPopular: nothing[bool]()}, nil},
		{"no features", billing.PlanChange{Name: name, Features: billing.Give([]string{})}, nil},
		{"features without names", billing.PlanChange{Name: name, Features: billing.Give([]string{"", "SSO", " "})}, bad("features.0", "features.2")},
		{"a limit of nothing", billing.PlanChange{Name: name, UsersLimit: billing.Give(0)}, nil},
		{"several faults", billing.PlanChange{Features: billing.Give([]string{""}), Price: billing.Give("x")}, bad("name", "features.0", "price")},
	}
	source := idle(t, inDollars)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { checkFaults(t, source.CheckNewPlan(c.plan), c.want...) })
	}
}

// catalogue holds the tiers Basic, Team, Business and two called Legacy.
func catalogue(t *testing.T) []*billing.Plan {
	t.Helper()
	document, err := os.ReadFile("testdata/tiers.json")
	if err != nil {
		t.Fatal(err)
	}
	source, _ := serve(t, string(document), nil)
	outcome := source.Plans(context.Background(), []string{""})[""]
	if outcome.Err != nil {
		t.Fatal(outcome.Err)
	}
	return outcome.Value
}

func TestFitPlan(t *testing.T) {
	named := func(name string) billing.PlanChange {
		return billing.PlanChange{Name: billing.Give(name), Rank: billing.Give(3)}
	}
	cases := []struct {
		name   string
		change billing.PlanChange
		id     string
		want   []fault
	}{
		{"a tier of that title", named("Team"), "2", nil},
		{"a tier of that title in another case", named("team"), "", []fault{{billing.CodeNotFound, "name"}}},
		{"a tier of that title with other spaces", named("Team "), "", []fault{{billing.CodeNotFound, "name"}}},
		{"no tier of that title", named("Gold"), "", []fault{{billing.CodeNotFound, "name"}}},
		{"two tiers of that title", named("Legacy"), "", []fault{{billing.CodeConflict, "name"}}},
		{"no title", billing.PlanChange{Rank: billing.Give(3)}, "", bad("name")},
		{"a title of null", billing.PlanChange{Name: nothing[string](), Rank: billing.Give(3)}, "", bad("name")},
		{"a blank title", named(""), "", bad("name")},
		{"nothing to change", billing.PlanChange{Name: billing.Give("Team")}, "", bad("")},
		{"a null to change to", billing.PlanChange{Name: billing.Give("Team"), Description: nothing[string]()}, "2", nil},
		{"a price that cannot be", billing.PlanChange{Name: billing.Give("Team"), Price: billing.Give("1.5")}, "", bad("price")},
		{"a feature without a name", billing.PlanChange{Name: billing.Give("Team"), Features: billing.Give([]string{"a", ""})}, "", bad("features.1")},
		{"several faults", billing.PlanChange{Name: billing.Give("Gold"), Price: billing.Give("-1")}, "", append([]fault{{billing.CodeNotFound, "name"}}, bad("price")...)},
	}
	source, plans := idle(t, inDollars), catalogue(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			checkFaults(t, source.FitPlan(plans, c.change), c.want...)
		})
	}
	t.Run("any tier where the deployment does not say how one is told", func(t *testing.T) {
		got := idle(t, func(c *Config) { c.TierKey = "none" }).FitPlan(plans, named("Team"))
		checkFaults(t, got, fault{billing.CodeNotSupported, ""})
	})
}

func TestShowsPlan(t *testing.T) {
	price := func(text string) billing.PlanChange { return billing.PlanChange{Price: billing.Give(text)} }
	inMajor := func(c *Config) { c.Currency, c.AmountScale = "USD", "major" }
	const tier1 = `{"id":1,"title":"Basic","price":1250,"priority":1,"usersLimit":10,"teamsLimit":5}`
	const empty = `{"id":1,"title":"Basic","usersLimit":-1}`
	cases := []struct {
		name   string
		config func(*Config)
		tier   string
		change billing.PlanChange
		want   bool
	}{
		{"the price is there", inDollars, tier1, price("1250"), true},
		{"the price is there in other digits", inDollars, tier1, price("+01250.0"), true},
		{"another price is there", inDollars, tier1, price("1251"), false},
		{"the price is there in major units", inMajor, tier1, price("1250"), true},
		{"another price is there in major units", inMajor, tier1, price("12.50"), false},
		{"no price is there", inDollars, empty, price("1250"), false},
		{"no price is there, as asked for", inDollars, empty, billing.PlanChange{Price: nothing[string]()}, true},
		{"a price that null left there", inDollars, tier1, billing.PlanChange{Price: nothing[string]()}, true},
		{"a price that no currency shows", nil, tier1, price("7"), true},
		{"a price that cannot be", inDollars, tier1, price("x"), false},
		{"the rank is there", nil, tier1, billing.PlanChange{Rank: billing.Give(1)}, true},
		{"another rank is there", nil, tier1, billing.PlanChange{Rank: billing.Give(2)}, false},
		{"no rank is there", nil, empty, billing.PlanChange{Rank: billing.Give(2)}, false},
		{"no rank is there, as asked for", nil, empty, billing.PlanChange{Rank: nothing[int]()}, true},
		{"the limits are there", nil, tier1, billing.PlanChange{UsersLimit: billing.Give(10), TeamsLimit: billing.Give(5)}, true},
		{"another limit of users is there", nil, tier1, billing.PlanChange{UsersLimit: billing.Give(11)}, false},
		{"another limit of teams is there", nil, tier1, billing.PlanChange{TeamsLimit: billing.Give(6)}, false},
		{"a limit below zero, which is shown as none", nil, empty, billing.PlanChange{UsersLimit: billing.Give(-1)}, true},
		{"a limit that null left there", nil, tier1, billing.PlanChange{UsersLimit: nothing[int]()}, true},
		{"what is never shown", nil, empty, billing.PlanChange{Name: billing.Give("Basic"), Description: billing.Give("x"),
			Features: billing.Give([]string{"a"}), IsPopular: billing.Give(true)}, true},
		{"all of it", inDollars, tier1, basicAt("1250"), true},
		{"all of it but the price", inDollars, tier1, basicAt("1000"), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, _ := serve(t, "["+c.tier+"]", c.config)
			outcome := source.Plans(context.Background(), []string{""})[""]
			if outcome.Err != nil {
				t.Fatal(outcome.Err)
			}
			if got := source.ShowsPlan(outcome.Value[0], c.change); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func basicAt(price string) billing.PlanChange {
	plan := basic
	plan.Price = billing.Give(price)
	return plan
}
