package intercode

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"reflect"
	"strings"
	"sync"
	"testing"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
)

// exchange is an example of the vendor's page: what is sent and what comes back.
type exchange struct {
	Method string          `json:"method"`
	Path   string          `json:"path"`
	Body   json.RawMessage `json:"body"`
	Status int             `json:"status"`
	Answer json.RawMessage `json:"answer"`
}

func readExchange(t testing.TB, name string) exchange {
	t.Helper()
	text, err := os.ReadFile("testdata/" + name + ".exchange.json")
	if err != nil {
		t.Fatal(err)
	}
	var e exchange
	if err := json.Unmarshal(text, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// sent is a request as the upstream saw it.
type sent struct {
	method, path string
	header       http.Header
	body         []byte
}

// upstreamOf starts an upstream that keeps what it is sent.
func upstreamOf(t testing.TB, answer http.HandlerFunc, change func(*Config)) (*Source, func() []sent) {
	t.Helper()
	var mu sync.Mutex
	var seen []sent
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		seen = append(seen, sent{r.Method, r.RequestURI, r.Header, body})
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(server.Close)
	source := newSource(t, upstream.Config{URL: server.URL, Auth: upstream.Auth{Bearer: "secret-token"}}, change)
	return source, func() []sent {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
}

// held is a subscription as a caller read it before a step.
func held() *billing.Subscription {
	return &billing.Subscription{Ref: ref, Status: billing.StatusActive, Details: &Details{SubscriptionID: new("sub_1F7X2Y2eZvKYlo2C0q0G5Z2e")}}
}

// basic is the tier of the vendor's example.
var basic = billing.PlanChange{
	Name: billing.Give("Basic"), Description: billing.Give("Basic subscription tier"), Features: billing.Give([]string{"Feature 1"}),
	Price: billing.Give("1000"), Rank: billing.Give(1), UsersLimit: billing.Give(10), TeamsLimit: billing.Give(5), IsPopular: billing.Give(true),
}

var buying = billing.CheckoutRequest{PriceID: "price_1F7X2Y2eZvKYlo2C0q0G5Z2e", Quantity: 1, Team: new("team_id"), CreatesTeam: true}

// steps are one of each request that changes something, with what it gives; nil
// where it gives nothing.
var steps = map[string]func(context.Context, *Source) (any, error){
	"cancel": func(ctx context.Context, s *Source) (any, error) {
		return s.Cancel(ctx, held(), billing.Cancel{When: billing.CancelAtPeriodEnd})
	},
	"cancel-immediately": func(ctx context.Context, s *Source) (any, error) {
		return s.Cancel(ctx, held(), billing.Cancel{When: billing.CancelNow})
	},
	"renew":       func(ctx context.Context, s *Source) (any, error) { return s.Renew(ctx, held()) },
	"register":    func(ctx context.Context, s *Source) (any, error) { return s.OpenCheckout(ctx, buying) },
	"create-tier": func(ctx context.Context, s *Source) (any, error) { return s.CreatePlan(ctx, basic) },
	"update-tier": func(ctx context.Context, s *Source) (any, error) { return nil, s.UpdatePlan(ctx, basic) },
	"delete-tier": func(ctx context.Context, s *Source) (any, error) { return nil, s.DeletePlan(ctx, "1") },
}

func inDollars(c *Config) { c.Currency = "USD" }

func TestTheVendorsExchanges(t *testing.T) {
	for name, step := range steps {
		t.Run(name, func(t *testing.T) {
			want := readExchange(t, name)
			source, seen := upstreamOf(t, sourcetest.Answer(want.Status, "application/json; charset=utf-8", string(want.Answer)), inDollars)
			outcome, err := step(context.Background(), source)
			if err != nil {
				t.Fatal(err)
			}
			requests := seen()
			if len(requests) != 1 {
				t.Fatalf("sent %d requests, want 1", len(requests))
			}
			checkSent(t, requests[0], want)
			if outcome != nil {
				sourcetest.Golden(t, name+".exchange", outcome)
			}
		})
	}
}

func checkSent(t *testing.T, got sent, want exchange) {
	t.Helper()
	if got.method != want.Method || got.path != want.Path {
		t.Errorf("sent %s %s, want %s %s", got.method, got.path, want.Method, want.Path)
	}
	contentType := "application/json"
	if string(want.Body) == "null" {
		contentType = ""
	}
	for header, value := range map[string]string{"Content-Type": contentType, "Accept": "application/json", "Authorization": "Bearer secret-token"} {
		if got := got.header.Get(header); got != value {
			t.Errorf("sent %s: %q, want %q", header, got, value)
		}
	}
	if contentType == "" {
		if len(got.body) != 0 {
			t.Errorf("sent the body %s, want none", got.body)
		}
		return
	}
	if !sameJSON(t, got.body, want.Body) {
		t.Errorf("sent %s, want %s", got.body, want.Body)
	}
}

// sameJSON compares documents by their members, numbers by their digits.
func sameJSON(t *testing.T, a, b []byte) bool {
	t.Helper()
	var values [2]any
	for i, text := range [][]byte{a, b} {
		decoder := json.NewDecoder(strings.NewReader(string(text)))
		decoder.UseNumber()
		if err := decoder.Decode(&values[i]); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	return reflect.DeepEqual(values[0], values[1])
}

func TestOnlyWhatWasGivenOfATierIsSent(t *testing.T) {
	nothing := billing.Optional[string]{Given: true}
	cases := []struct {
		name string
		plan billing.PlanChange
		want string
	}{
		{"a name alone", billing.PlanChange{Name: billing.Give("Pro")}, `{"name":"Pro"}`},
		{"nulls", billing.PlanChange{
			Name: billing.Give("Pro"), Description: nothing, Features: billing.Optional[[]string]{Given: true}, Price: nothing,
			Rank: billing.Optional[int]{Given: true}, IsPopular: billing.Optional[bool]{Given: true},
		}, `{"name":"Pro","description":null,"features":null,"price":null,"priority":null,"isPopular":null}`},
		{"no features and limits of nothing", billing.PlanChange{
			Name: billing.Give("Pro"), Features: billing.Give([]string{}), UsersLimit: billing.Give(0), TeamsLimit: billing.Give(0), IsPopular: billing.Give(false),
		}, `{"name":"Pro","features":[],"usersLimit":0,"teamsLimit":0,"isPopular":false}`},
		{"a price with its own digits", billing.PlanChange{Name: billing.Give("Pro"), Price: billing.Give("0012.50")}, `{"name":"Pro","price":12.50}`},
		{"a description of nothing", billing.PlanChange{Name: billing.Give("Pro"), Description: billing.Give("")}, `{"name":"Pro","description":""}`},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, seen := upstreamOf(t, sourcetest.Answer(201, "application/json", `{"id":7}`), nil)
			if _, err := source.CreatePlan(context.Background(), c.plan); err != nil {
				t.Fatal(err)
			}
			if err := source.UpdatePlan(context.Background(), c.plan); err != nil {
				t.Fatal(err)
			}
			for _, request := range seen() {
				if !sameJSON(t, request.body, []byte(c.want)) {
					t.Errorf("%s %s, want %s", request.method, request.body, c.want)
				}
			}
		})
	}
	t.Run("a price that was never checked is not sent", func(t *testing.T) {
		source, seen := upstreamOf(t, sourcetest.Answer(201, "application/json", `{"id":7}`), nil)
		_, err := source.CreatePlan(context.Background(), billing.PlanChange{Name: billing.Give("Pro"), Price: billing.Give("1e3")})
		if billing.CodeOf(err) != billing.CodeInternal || len(seen()) != 0 {
			t.Errorf("got %v after %d requests", err, len(seen()))
		}
	})
}

func TestACheckoutThatCreatesATeamNamesNone(t *testing.T) {
	want := readExchange(t, "register")
	source, seen := upstreamOf(t, sourcetest.Answer(201, "application/json", string(want.Answer)), nil)
	if _, err := source.OpenCheckout(context.Background(), billing.CheckoutRequest{PriceID: "price_1", Quantity: 3, CreatesTeam: true}); err != nil {
		t.Fatal(err)
	}
	if got := seen()[0].body; !sameJSON(t, got, []byte(`{"priceId":"price_1","quantity":3,"teamId":null,"isTeamCreation":true}`)) {
		t.Errorf("sent %s", got)
	}
}

func TestATierIsDeletedByItsEscapedID(t *testing.T) {
	source, seen := upstreamOf(t, sourcetest.Answer(204, "", ""), nil)
	if err := source.DeletePlan(context.Background(), "b/7 ü"); err != nil {
		t.Fatal(err)
	}
	if got := seen()[0].path; got != "/subscriptions/b%2F7%20%C3%BC" {
		t.Errorf("sent %s", got)
	}
	for _, id := range []string{"", ".", "..", "../me"} {
		if err := source.DeletePlan(context.Background(), id); billing.CodeOf(err) != billing.CodeBadUserInput {
			t.Errorf("%q is %v", id, err)
		}
	}
	if len(seen()) != 1 {
		t.Errorf("sent %d requests", len(seen()))
	}
}
