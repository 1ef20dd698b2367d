package cache_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/billing"
	"tributary/cache"
	"tributary/sources/intercode"
	"tributary/sources/productive"
)

func TestMain(m *testing.M) {
	// The client's pool sleeps a second between attempts to reach a lost Redis,
	// and ends after that where it was closed.
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
}

// clock is a clock that stands until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// policy is the tests': no jitter, so that the ages at its borders are exact.
var policy = cache.Policy{
	TTL:          time.Minute,
	Stale:        10 * time.Minute,
	StaleIfError: time.Hour,
	NegativeTTL:  15 * time.Second,
}

var (
	format = must(cache.NewFormat(reflect.TypeFor[productive.Details](), reflect.TypeFor[intercode.Details]()))
	codec  = cache.NewCodec(format, cache.Codec[*billing.Subscription]{
		IsAbsent: func(sub *billing.Subscription) bool { return sub == nil },
		Settle:   settle,
	})
	listCodec = cache.NewCodec(format, cache.Codec[[]*billing.Subscription]{
		IsAbsent: func([]*billing.Subscription) bool { return false },
	})
)

func must[V any](value V, err error) V {
	if err != nil {
		panic(err)
	}
	return value
}

func settle(sub *billing.Subscription) {
	switch details := sub.Details.(type) {
	case productive.Details:
		sub.Details = &details
	case intercode.Details:
		sub.Details = &details
	}
}

func key(id string) cache.Key { return tenantKey("tenant", id) }

func tenantKey(tenant, id string) cache.Key {
	return must(cache.NewKey(codec.Version(), "psa", tenant, "subscription", id))
}

// subject is what key(id) is about.
func subject(id string) cache.Subject {
	return cache.Subject{Source: "psa", Entity: "subscription", ID: id}
}

// drop drops one subject.
func drop(c *cache.Cache, id string, hold time.Duration) {
	c.Drop(context.Background(), []cache.Subject{subject(id)}, "a write", hold)
}

// source answers what it is told to, and counts what it was asked.
type source struct {
	mu     sync.Mutex
	calls  int
	answer func(ctx context.Context, key cache.Key) billing.Outcome[*billing.Subscription]
}

// has makes a source that answers a subscription of that name.
func has(name string) *source {
	s := &source{}
	s.set(name)
	return s
}

func (s *source) set(name string) {
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		return billing.Outcome[*billing.Subscription]{Value: small(name)}
	})
}

// fails makes it answer errors; a nil one is absence.
func (s *source) fails(err error) {
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		return billing.Outcome[*billing.Subscription]{Err: err}
	})
}

func (s *source) will(answer func(context.Context, cache.Key) billing.Outcome[*billing.Subscription]) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

func (s *source) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

func (s *source) fetch(ctx context.Context, keys []cache.Key) map[cache.Key]billing.Outcome[*billing.Subscription] {
	s.mu.Lock()
	s.calls++
	answer := s.answer
	s.mu.Unlock()
	out := make(map[cache.Key]billing.Outcome[*billing.Subscription], len(keys))
	for _, key := range keys {
		out[key] = answer(ctx, key)
	}
	return out
}

func fault(code billing.Code) error {
	return &billing.Error{Code: code, Source: "psa", Op: "get subscription"}
}

// newCache makes a cache that is closed before what was made before it.
func newCache(t testing.TB, options cache.Options) *cache.Cache {
	t.Helper()
	c := cache.New(options)
	t.Cleanup(c.Close)
	return c
}

func look(c *cache.Cache, p cache.Policy, s *source, key cache.Key) cache.Answer[*billing.Subscription] {
	return cache.Through(context.Background(), c, codec, p, []cache.Key{key}, s.fetch)[key]
}

// told is an answer in one line.
func told(a cache.Answer[*billing.Subscription]) string {
	p := a.Provenance
	switch {
	case a.Err != nil:
		return fmt.Sprintf("error %s", billing.CodeOf(a.Err))
	case a.Value == nil:
		return fmt.Sprintf("none %s %s%s", p.Freshness, p.Cache, reason(p))
	default:
		return fmt.Sprintf("%s %s %s%s", *a.Value.Name, p.Freshness, p.Cache, reason(p))
	}
}

func reason(p billing.Provenance) string {
	if p.Degraded == "" {
		return ""
	}
	return " because " + string(p.Degraded)
}

func expect(t testing.TB, got cache.Answer[*billing.Subscription], want string) {
	t.Helper()
	if told(got) != want {
		t.Errorf("got %q, want %q", told(got), want)
	}
}

// eventually waits for what happens in the background.
func eventually(t testing.TB, what string, happened func() bool) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	again := time.NewTicker(2 * time.Millisecond)
	defer again.Stop()
	for !happened() {
		select {
		case <-deadline:
			t.Fatalf("it never came to this: %s", what)
		case <-again.C:
		}
	}
}

func ptr[T any](v T) *T { return &v }

// small is a subscription as Intercode has them.
func small(name string) *billing.Subscription {
	return &billing.Subscription{
		Ref:          billing.Ref{Source: "saas", Org: "team-1"},
		ExternalID:   "5f0c9e0e-7d0f-4f8e-9a55-3f3e5d1c2b1a",
		Name:         &name,
		Status:       billing.StatusActive,
		SourceStatus: ptr("ACTIVE"),
		Plan:         &billing.Plan{Source: "saas", ExternalID: "plus", Name: ptr("Plus")},
		Collection:   billing.CollectUnknown,
		EndedAt:      ptr(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)),
		Details: &intercode.Details{
			TeamID: "team-1", SubscriptionID: ptr("5f0c9e0e-7d0f-4f8e-9a55-3f3e5d1c2b1a"), Status: ptr("ACTIVE"),
			EndDate: ptr(time.Date(2026, 9, 1, 0, 0, 0, 0, time.UTC)), Price: ptr("2500"), Tier: ptr("Plus"), Priority: ptr(2),
		},
	}
}

// large is a subscription as Productive has them: a plan with 84 features,
// twice, and the plans that one can change to.
func large(name string) *billing.Subscription {
	at := time.Date(2026, 3, 24, 10, 30, 0, 0, time.UTC)
	features := make([]billing.Feature, 84)
	for i := range features {
		features[i] = billing.Feature{Name: fmt.Sprintf("feature_number_%d", i), Kind: billing.FeatureSwitch, Available: ptr(i%2 == 0)}
		if i%4 == 0 {
			features[i] = billing.Feature{Name: fmt.Sprintf("counted_feature_%d", i), Kind: billing.FeatureMetered, Limit: ptr(int64(i * 10))}
		}
	}
	products := make([]productive.AddOn, 12)
	for i := range products {
		products[i] = productive.AddOn{
			ID: fmt.Sprint(100 + i), StripeID: ptr(fmt.Sprintf("price_1Kx%dabcdefgh", i)), ProductType: ptr("hris"), PricingType: ptr("flat"),
			MonthlyPriceCents: ptr(int64(600)), YearlyPriceCents: ptr(int64(6000)), Cycle: ptr("monthly"), Currency: ptr("USD"), Quantity: ptr(1),
		}
	}
	others := make([]*productive.Plan, 3)
	for i := range others {
		others[i] = &productive.Plan{
			ID: fmt.Sprint(20 + i), Name: ptr("Ultimate"), Type: ptr("ultimate"), IsBillable: ptr(true), Currency: ptr("USD"),
			MonthlyPriceCents: ptr(int64(3900)), YearlyPriceCents: ptr(int64(38400)), Features: features,
		}
	}
	sub := small(name)
	sub.Ref, sub.ExternalID = billing.Ref{Source: "psa", Org: "683"}, "683"
	sub.Plan = &billing.Plan{Source: "psa", ExternalID: "17", Name: ptr("Professional"), Features: features, UpgradesTo: []string{"18", "19"}}
	sub.Price = &billing.Price{Amount: &billing.Money{Minor: 8400, Currency: "USD"}, Per: billing.PerSeat, Scheme: billing.SchemePerUnit}
	sub.Seats = &billing.SeatUsage{Purchased: ptr(14), Used: ptr(14)}
	sub.CurrentPeriod = &billing.Period{Start: &at, End: &at}
	sub.NextBillingAt = &at
	sub.PaymentMethod = &billing.PaymentMethod{Kind: billing.PayCreditCard, CardBrand: ptr("visa"), CardLast4: ptr("4242"), CardExpiresAt: &at}
	sub.AddOns = []billing.AddOn{{ID: "1", Name: ptr("hris_200"), Price: &billing.Price{}, Quantity: ptr(1)}}
	sub.Metadata = json.RawMessage(`{"team":"blue","numbers":[1,2,3]}`)
	sub.Details = &productive.Details{
		ID: "683", OrganizationID: "683", BillingEmail: ptr("billing@example.com"), BillingAddress: ptr("1 Main Street, Zagreb"),
		SubscriptionStateID: ptr(2), NextBillingCycleAt: &at, PlanPrice: ptr("84.0"), Discount: ptr("0.0"), PlanCycle: ptr("quarterly"),
		PlanType: ptr("professional"), PaymentMethodID: ptr(1), Seats: ptr(14), SeatsUsed: ptr(14), SeatsPending: ptr(0),
		ActiveProducts: json.RawMessage(`{"hris":{"id":"101"}}`), CardBrand: ptr("visa"), CardLast4: ptr("4242"), Balance: ptr("-1200"),
		CurrentPlan: &productive.Plan{
			ID: "17", Name: ptr("Professional"), Type: ptr("professional"), IsBillable: ptr(true), Currency: ptr("USD"),
			MonthlyPriceCents: ptr(int64(3000)), YearlyPriceCents: ptr(int64(28800)), Features: features,
			Tiers: []json.RawMessage{}, Upgrades: []string{"18", "19"}, Downgrades: []string{"16"},
			ActiveProducts: products[:1], BuyableProducts: products, Upgradeables: others,
		},
		SubscriptionStartedAt: &at, TrialPlanActive: ptr(false),
	}
	return sub
}
