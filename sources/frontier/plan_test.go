package frontier

import (
	"context"
	"os"
	"reflect"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"tributary/billing"
	"tributary/sources/sourcetest"
)

func document(t testing.TB, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// catalogue reads testdata/catalogue.json through the front door.
func catalogue(t testing.TB) (billing.PlanJoiner, []*billing.Plan) {
	t.Helper()
	source, calls := suite("").Serve(t, sourcetest.Answer(200, "application/json", document(t, "catalogue")))
	joiner := source.(billing.PlanJoiner)
	key, err := joiner.PlansKey("any organisation")
	if err != nil || key != "" {
		t.Fatalf("PlansKey = %q, %v", key, err)
	}
	outcome := joiner.Plans(context.Background(), []string{key})[key]
	if outcome.Err != nil || calls.Load() != 1 {
		t.Fatalf("%v after %d calls", outcome.Err, calls.Load())
	}
	return joiner, outcome.Value
}

func TestTheCatalogue(t *testing.T) {
	_, plans := catalogue(t)
	sourcetest.Golden(t, "catalogue", plans)
}

func TestWhatASubscriptionToAPlanIsCharged(t *testing.T) {
	usd := func(minor int64) *billing.Money { return &billing.Money{Minor: minor, Currency: "USD"} }
	want := map[string]*billing.Price{
		"Team, yearly":       {Amount: usd(9600), Per: billing.PerSeat, Scheme: billing.SchemePerUnit},
		"flat_monthly":       {Amount: &billing.Money{Minor: 4800, Currency: "JPY"}, Per: billing.PerTotal, Scheme: billing.SchemeFlat},
		"Sum of two":         {Amount: usd(3900), Per: billing.PerTotal, Scheme: billing.SchemeFlat},
		"Two currencies":     {Per: billing.PerTotal, Scheme: billing.SchemeFlat},
		"Platform and seats": {Per: billing.PerUnknown, Scheme: billing.SchemeUnknown},
		"Pay as you go":      {Per: billing.PerUnknown, Scheme: billing.SchemeMetered},
		"Events":             {Per: billing.PerTotal, Scheme: billing.SchemeTiered},
		"Gulf":               {Amount: &billing.Money{Minor: 145500, Currency: "KWD"}, Per: billing.PerTotal, Scheme: billing.SchemeFlat},
		"nothing":            nil,
		"Odd":                {Per: billing.PerUnknown, Scheme: billing.SchemeUnknown},
		"Community":          {Amount: usd(0), Per: billing.PerTotal, Scheme: billing.SchemeFlat},
	}
	_, plans := catalogue(t)
	for _, plan := range plans {
		name := "nothing"
		if plan.Name != nil {
			name = *plan.Name
		}
		expected, ok := want[name]
		if !ok || !reflect.DeepEqual(plan.Charge, expected) {
			t.Errorf("%s: charged %+v, want %+v", name, plan.Charge, expected)
		}
		delete(want, name)
	}
	if len(want) > 0 {
		t.Errorf("the catalogue has no %v", want)
	}
}

func TestBadCatalogues(t *testing.T) {
	cases := map[string]string{
		"a negative price":      `{"plans":[{"id":"p","products":[{"id":"q","prices":[{"id":"r","amount":"-1","currency":"usd"}]}]}]}`,
		"negative trial days":   `{"plans":[{"id":"p","trial_days":"-1"}]}`,
		"a plan without an id":  `{"plans":[{}]}`,
		"a date that is none":   `{"plans":[{"id":"p","created_at":"x"}]}`,
		"an amount of 65 bits":  `{"plans":[{"id":"p","products":[{"prices":[{"amount":"18446744073709551616"}]}]}]}`,
		"a fraction of a cent":  `{"plans":[{"id":"p","products":[{"prices":[{"amount":1.5}]}]}]}`,
		"a bound below nothing": `{"plans":[{"id":"p","products":[{"behavior":"per_seat","behavior_config":{"min_quantity":"-2"}}]}]}`,
	}
	for name, body := range cases {
		source, _ := suite("").Serve(t, sourcetest.Answer(200, "application/json", body))
		outcome := source.(billing.PlanLister).Plans(context.Background(), []string{""})[""]
		if outcome.Value != nil || billing.CodeOf(outcome.Err) != billing.CodeSourceBadData {
			t.Errorf("%s: %+v", name, outcome)
		}
	}
}

func TestJoiningAPlanFillsACopy(t *testing.T) {
	joiner, plans := catalogue(t)
	source, _ := suite("").Serve(t, sourcetest.Answer(200, "application/json", document(t, "rest-pending-change")))
	shared, err := sourcetest.Get(t, source, ref)
	if err != nil {
		t.Fatal(err)
	}
	before := shared.Details.(*Details)
	plans = append(plans, &billing.Plan{Source: "src", ExternalID: *shared.PendingChange.PlanID, Name: billing.Text("Next")})
	own := *shared
	joiner.JoinPlan(&own, plans)
	sourcetest.CheckTotal(t, &own)
	if own.Plan != plans[0] || own.Price != plans[0].Charge || own.Product != plans[0].Product || own.Interval != plans[0].Interval {
		t.Errorf("got plan %+v, price %+v", own.Plan, own.Price)
	}
	if own.PendingChange.Plan != plans[len(plans)-1] {
		t.Errorf("the next plan is %+v", own.PendingChange.Plan)
	}
	if document := own.Details.(*Details).Plan; document == nil || document.ID != yearly {
		t.Errorf("details have the plan %+v", document)
	}
	if before.Plan != nil || shared.Plan.Name != nil || shared.Price != nil || shared.PendingChange.Plan.Name != nil {
		t.Error("the shared subscription was changed")
	}
}

func TestAPlanThatTheCatalogueLacksStaysAStub(t *testing.T) {
	joiner, _ := catalogue(t)
	sub := &billing.Subscription{Plan: &billing.Plan{Source: "src", ExternalID: "gone"}, Details: &Details{}}
	joiner.JoinPlan(sub, nil)
	if sub.Plan.ID() != "plan/src/gone" || sub.Price != nil {
		t.Errorf("got %+v", sub.Plan)
	}
	without := &billing.Subscription{Details: &Details{}}
	joiner.JoinPlan(without, nil)
	if without.Plan != nil {
		t.Errorf("got %+v", without.Plan)
	}
}

func TestJoiningACustomerFillsACopy(t *testing.T) {
	for _, protocol := range []string{REST, Connect} {
		source, _ := suite(protocol).Serve(t, sourcetest.Answer(200, "application/json", document(t, "accounts")))
		joiner := source.(billing.CustomerJoiner)
		outcome := joiner.Customers(context.Background(), []string{acme})[acme]
		if outcome.Err != nil || len(outcome.Value) != 2 {
			t.Fatalf("%+v", outcome)
		}
		sourcetest.Golden(t, "accounts", outcome.Value)
		details := &Details{}
		sub := &billing.Subscription{
			ExternalID: seats, Status: billing.StatusActive, Collection: billing.CollectUnknown, Details: details,
			Customer:     &billing.Customer{ID: "customer/src/" + payer, ExternalID: payer},
			Organization: &billing.Organization{ID: "organization/src/acme", ExternalID: "acme"},
		}
		shared := *sub
		joiner.JoinCustomer(sub, outcome.Value)
		sourcetest.CheckTotal(t, sub)
		if sub.Customer != outcome.Value[1] || *sub.Organization.Title != "Acme Inc." || sub.Organization.ExternalID != "acme" {
			t.Errorf("got %+v of %+v", sub.Customer, sub.Organization)
		}
		joined := sub.Details.(*Details)
		if joined.Customer.ID != payer || joined.Organization.ID != acme {
			t.Errorf("details have %+v", joined)
		}
		if details.Customer != nil || shared.Organization.Title != nil {
			t.Error("the shared subscription was changed")
		}
		stranger := &billing.Subscription{Details: &Details{}, Organization: shared.Organization}
		joiner.JoinCustomer(stranger, outcome.Value)
		if stranger.Customer != nil || *stranger.Organization.Name != "acme" || stranger.Details.(*Details).Organization == nil {
			t.Errorf("without a known payer: %+v of %+v", stranger.Customer, stranger.Organization)
		}
	}
}

func TestAnOrganisationThatIsNotThereHasNoCustomers(t *testing.T) {
	source, _ := suite(Connect).Serve(t, sourcetest.Answer(404, "application/json", `{"code":"not_found","message":"x"}`))
	outcome := source.(billing.CustomerJoiner).Customers(context.Background(), []string{acme})[acme]
	if outcome.Err != nil || outcome.Value != nil {
		t.Errorf("got %+v", outcome)
	}
}

func TestDetailsSurviveTheCache(t *testing.T) {
	mode, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"rest-expanded", "rest-all-unset", "rest-unknown-state"} {
		source, _ := suite("").Serve(t, sourcetest.Answer(200, "application/json", document(t, name)))
		sub, err := sourcetest.Get(t, source, ref)
		if err != nil {
			t.Fatal(err)
		}
		data, err := mode.Marshal(sub.Details)
		if err != nil {
			t.Fatal(err)
		}
		var back Details
		if err := cbor.Unmarshal(data, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(&back, sub.Details) {
			t.Errorf("%s came back as %+v", name, back)
		}
	}
}
