package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// exchange is one that Productive published: a request and what it answered.
type exchange struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
	Status int             `json:"status"`
	Answer json.RawMessage `json:"answer"`
}

func readExchange(t *testing.T, id string) exchange {
	t.Helper()
	text, err := os.ReadFile("testdata/exchanges/" + id + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var e exchange
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// recordedVendor answers each read with what the organisation looks like, and
// notes the one write.
type recordedVendor struct {
	exchange
	before []byte // the answer to a read

	mu      sync.Mutex
	written []request
}

type request struct {
	method, path, contentType, organization string
	body                                    []byte
}

func (v *recordedVendor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/vnd.api+json; charset=utf-8")
	if r.Method == http.MethodGet {
		w.Write(v.before)
		return
	}
	body, _ := io.ReadAll(r.Body)
	v.mu.Lock()
	v.written = append(v.written, request{r.Method, r.URL.Path, r.Header.Get("Content-Type"), r.Header.Get("X-Organization-Id"), body})
	v.mu.Unlock()
	w.WriteHeader(v.Status)
	w.Write(v.Answer)
}

// beforeOf is the organisation before an exchange: another recorded one under
// its number, in a state that allows the write. Of the recorded ones 688 can be
// moved up.
func beforeOf(t *testing.T, id, state string) []byte {
	t.Helper()
	like := "682"
	if id == "684" {
		like = "688"
	}
	text := strings.ReplaceAll(string(readExchange(t, like).Answer), `"id":"`+like+`"`, `"id":"`+id+`"`)
	return regexp.MustCompile(`"subscription_state_id":\d+`).ReplaceAll([]byte(text), []byte(`"subscription_state_id":`+state))
}

// Each exchange that Productive published, replayed: a mutation in, the exact
// document sent, the published answer out.
func TestThePublishedExchangesOfProductive(t *testing.T) {
	change := func(id, more string) string {
		return onSubscription("changeSubscription", ", "+more)("subscription/psa/" + id)
	}
	for id, c := range map[string]struct {
		query, mutation string
		state           string // before it
		ending          string
		shows           map[string]any // by the name of a field of details
	}{
		"683": {change("683", `paymentToken: "tok_u5dg20Gra"`), "changeSubscription", "1", "", map[string]any{"subscriptionStateId": 2., "cardBrand": "Visa", "nextBillingCycleAt": "2023-10-31T23:59:59.000Z"}},
		"684": {change("684", `trialPlan: "ultimate"`), "changeSubscription", "5", "", map[string]any{"trialPlanType": "ultimate", "trialPlanEndsAt": "2019-01-15T23:59:59.000Z", "planType": "professional"}},
		"688": {change("688", `trialPlan: null`), "changeSubscription", "5", "", map[string]any{"trialPlanType": nil, "planCycle": "year"}},
		"693": {change("693", `addOns: [{ product: "hris_integration", id: "hris_200" }]`), "changeSubscription", "5", "", map[string]any{"planPrice": "39"}},
		"695": {change("695", `seats: 5, cycle: "year"`), "changeSubscription", "5", "", map[string]any{"seats": 5., "planCycle": "year", "planPrice": "384"}},
		"696": {change("696", `paymentToken: "tok_u5dg20Gra"`), "changeSubscription", "1", "PAYMENT_REQUIRED", nil},
		"699": {onSubscription("cancelSubscription", `, reasonId: 2, note: "Why I quit Productive"`)("subscription/psa/699"), "cancelSubscription", "2", "", map[string]any{"subscriptionStateId": 6., "subscriptionEndsAt": "2023-10-31T23:59:59.000Z"}},
		"700": {onSubscription("cancelSubscription", `, reasonId: 2, note: "Why I quit Productive"`)("subscription/psa/700"), "cancelSubscription", "2", "OUTCOME_UNKNOWN", nil},
		"701": {onSubscription("renewSubscription", ``)("subscription/psa/701"), "renewSubscription", "6", "", map[string]any{"subscriptionStateId": 2.}},
	} {
		t.Run(id, func(t *testing.T) {
			vendor := &recordedVendor{exchange: readExchange(t, id), before: beforeOf(t, id, c.state)}
			w := &world{t: t, clock: newClock(), upstreams: httptest.NewServer(http.StripPrefix("/productive", vendor)), log: new(lockedBuffer)}
			t.Cleanup(w.upstreams.Close)
			w.serve(nil)
			query := strings.Replace(c.query, "subscription { status", `subscription { details { ... on ProductiveSubscription {
				subscriptionStateId cardBrand nextBillingCycleAt subscriptionEndsAt trialPlanType trialPlanEndsAt planType planCycle planPrice seats activeProducts } } status`, 1)
			a := w.ask(query, nil)
			if a.ending(c.mutation) != c.ending {
				t.Errorf("answered %s", a.raw)
			}
			if len(vendor.written) != 1 {
				t.Fatalf("sent %d writes", len(vendor.written))
			}
			sent := vendor.written[0]
			if sent.method != vendor.Method || sent.path != vendor.Path || sent.contentType != "application/vnd.api+json" || sent.organization == "" {
				t.Errorf("sent %s %s as %q", sent.method, sent.path, sent.contentType)
			}
			if !sameJSON(t, sent.body, vendor.Body) {
				t.Errorf("sent %s, want %s", sent.body, vendor.Body)
			}
			for field, want := range c.shows {
				if got := a.at(c.mutation, "subscription", "details", field); got != want {
					t.Errorf("%s is %v, want %v", field, got, want)
				}
			}
			if c.ending == "" && a.at(c.mutation, "subscription", "provenance", "confirmation") != "ANSWERED" {
				t.Errorf("it is not the vendor's own answer: %s", a.raw)
			}
			if c.ending == "OUTCOME_UNKNOWN" && a.seen(t) != "NOT_DONE" {
				t.Errorf("reading again shows %s", a.seen(t))
			}
		})
	}
}

// sameJSON compares documents; null stands for no bytes at all.
func sameJSON(t *testing.T, got, want []byte) bool {
	t.Helper()
	if string(want) == "null" || len(want) == 0 {
		return len(got) == 0
	}
	var a, b any
	if json.Unmarshal(got, &a) != nil || json.Unmarshal(want, &b) != nil {
		return false
	}
	return reflect.DeepEqual(a, b)
}
