package intercode

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

func idle(t testing.TB, change func(*Config)) *Source {
	t.Helper()
	return newSource(t, upstream.Config{URL: "https://kit.example"}, change)
}

func TestCapabilities(t *testing.T) {
	want := []billing.Capability{"GET", "LIST_PLANS", "CANCEL_AT_PERIOD_END", "CANCEL_NOW", "RENEW", "CHECKOUT", "MANAGE_PLANS"}
	if got := idle(t, nil).Capabilities(); !reflect.DeepEqual(got, want) {
		t.Errorf("it can %v, want %v", got, want)
	}
}

func TestTierKey(t *testing.T) {
	for key, field := range map[string]string{"": "", "name": "", "none": "", "id": "tierKey", "NAME": "tierKey"} {
		config := Config{Config: upstream.Config{URL: "https://kit.example"}, TierKey: key}
		_, err := New("src", config, sourcetest.Options())
		for _, err := range []error{err, config.Validate()} {
			var invalid *upstream.Invalid
			if (err != nil) != (field != "") || err != nil && (!errors.As(err, &invalid) || invalid.Field != field) {
				t.Errorf("%q is %v", key, err)
			}
		}
	}
}

func TestObstacles(t *testing.T) {
	id := new("sub_1")
	const (
		ended   = "the subscription was cancelled and has ended; a new one starts with a checkout"
		expired = "the subscription has expired; a new one starts with a checkout"
	)
	cases := []struct {
		name   string
		status billing.Status
		id     *string
		want   string
	}{
		{"what runs", "ACTIVE", id, ""},
		{"a trial", "TRIALING", id, ""},
		{"what is past due", "PAST_DUE", id, ""},
		{"what is paused", "PAUSED", id, ""},
		{"a state that is not known", "UNKNOWN", id, ""},
		{"what was cancelled", "CANCELED", id, ended},
		{"what was cancelled and has no id", "CANCELED", nil, ended},
		{"what has expired", "EXPIRED", id, expired},
		{"what has no id", "ACTIVE", nil, noID},
		{"what has an empty id", "ACTIVE", new(""), noID},
	}
	source := idle(t, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			sub := &billing.Subscription{Status: c.status, Details: &Details{SubscriptionID: c.id}}
			for _, ask := range []billing.Capability{billing.CanCancelAtPeriodEnd, billing.CanCancelNow, billing.CanRenew} {
				if got := source.Obstacle(sub, ask, sourcetest.Now); got != c.want {
					t.Errorf("%s: got %q, want %q", ask, got, c.want)
				}
			}
			for _, ask := range []billing.Capability{billing.CanGet, billing.CanCheckout, billing.CanManagePlans} {
				if got := source.Obstacle(sub, ask, sourcetest.Now); got != "" {
					t.Errorf("%s: got %q, want none", ask, got)
				}
			}
		})
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
		if e.Source != "src" || e.Op == "" || e.Message == "" {
			t.Errorf("%+v has no source, no op or no message", e)
		}
	}
	if !reflect.DeepEqual(faults, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func bad(fields ...string) []fault {
	var faults []fault
	for _, field := range fields {
		faults = append(faults, fault{billing.CodeBadUserInput, field})
	}
	return faults
}

func TestCheckCancel(t *testing.T) {
	cases := []struct {
		name   string
		cancel billing.Cancel
		want   []fault
	}{
		{"without a word", billing.Cancel{When: billing.CancelNow}, nil},
		{"with nulls", billing.Cancel{ReasonID: billing.Optional[int]{Given: true}, Note: billing.Optional[string]{Given: true}}, nil},
		{"with a reason", billing.Cancel{ReasonID: billing.Give(0)}, []fault{{billing.CodeNotSupported, "reasonId"}}},
		{"with an empty note", billing.Cancel{Note: billing.Give("")}, []fault{{billing.CodeNotSupported, "note"}}},
	}
	source := idle(t, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { checkFaults(t, source.CheckCancel(c.cancel), c.want...) })
	}
}

func TestCheckCheckout(t *testing.T) {
	cases := []struct {
		name    string
		request billing.CheckoutRequest
		want    []fault
	}{
		{"for a team", billing.CheckoutRequest{PriceID: "p", Quantity: 1, Team: new("team_1")}, nil},
		{"for a team of no name", billing.CheckoutRequest{PriceID: "p", Quantity: 1, Team: new(""), CreatesTeam: true}, bad("teamId")},
		{"for a team that it creates", billing.CheckoutRequest{PriceID: "p", Quantity: 1, CreatesTeam: true}, nil},
		{"for both, as in the vendor's example", buying, nil},
		{"for nobody", billing.CheckoutRequest{PriceID: "p", Quantity: 1}, bad("teamId")},
		{"for a team with the longest id", billing.CheckoutRequest{PriceID: "p", Quantity: 1, Team: new(strings.Repeat("t", 200))}, nil},
		{"for a team with a longer id", billing.CheckoutRequest{PriceID: "p", Quantity: 1, Team: new(strings.Repeat("t", 201))}, bad("teamId")},
		{"for a team with a control character", billing.CheckoutRequest{PriceID: "p", Quantity: 1, Team: new("a\nb"), CreatesTeam: true}, bad("teamId")},
		{"for a team that is no text", billing.CheckoutRequest{PriceID: "p", Quantity: 1, Team: new("\xff")}, bad("teamId")},
		{"of nothing", billing.CheckoutRequest{}, bad("priceId", "quantity", "teamId")},
		{"of a blank price and fewer than no seats", billing.CheckoutRequest{PriceID: " ", Quantity: -1, Team: new("t")}, bad("priceId", "quantity")},
	}
	source := idle(t, nil)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { checkFaults(t, source.CheckCheckout(c.request), c.want...) })
	}
}
