package cache_test

import (
	"context"
	"reflect"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
	"tributary/sources/intercode"
	"tributary/sources/productive"
)

func TestWhatIsEncodedComesBack(t *testing.T) {
	odd := small("caf\xe9 \x00 ☃")
	odd.Discounts = []billing.Discount{}
	odd.Phases = nil
	odd.CreatedAt = ptr(time.Date(2026, 3, 1, 1, 2, 3, 456_789_012, time.UTC))
	odd.Metadata = []byte(`{"a":null}`)
	bare := &billing.Subscription{Ref: billing.Ref{Source: "s", Org: "o", Key: "k", Billing: "b"}}
	for name, sub := range map[string]*billing.Subscription{"small": small("Acme"), "large": large("Acme"), "odd": odd, "bare": bare} {
		t.Run(name, func(t *testing.T) {
			data, err := codec.Encode(sub)
			if err != nil {
				t.Fatal(err)
			}
			got, err := codec.Decode(data)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, sub) {
				t.Errorf("%+v came back as %+v", sub, got)
			}
		})
	}
}

func TestLargeDocumentsAreCompressed(t *testing.T) {
	if n := len(must(codec.Encode(large("Acme")))); n > 10_000 {
		t.Errorf("a large document takes %d bytes", n)
	}
}

func TestAVersionFollowsFromTheTypes(t *testing.T) {
	type before struct{ Name string }
	type after struct{ Name *string }
	absent := cache.Codec[*billing.Subscription]{IsAbsent: func(sub *billing.Subscription) bool { return sub == nil }}
	versionOf := func(types ...reflect.Type) string {
		return cache.NewCodec(must(cache.NewFormat(types...)), absent).Version()
	}
	same := versionOf(reflect.TypeFor[productive.Details](), reflect.TypeFor[intercode.Details]())
	if same != codec.Version() {
		t.Errorf("one shape has the versions %s and %s", same, codec.Version())
	}
	versions := map[string]string{
		"both":             same,
		"the other order":  versionOf(reflect.TypeFor[intercode.Details](), reflect.TypeFor[productive.Details]()),
		"one":              versionOf(reflect.TypeFor[productive.Details]()),
		"none":             versionOf(),
		"a field's type":   versionOf(reflect.TypeFor[before]()),
		"and another":      versionOf(reflect.TypeFor[after]()),
		"a list of values": listCodec.Version(),
	}
	seen := map[string]string{}
	for name, version := range versions {
		if other, ok := seen[version]; ok {
			t.Errorf("%q and %q have one version", name, other)
		}
		seen[version] = name
	}
}

func TestTwoVersionsOfTheProgramShareARedis(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	look(replica(t, server.URL(), nil), policy, s, key("1"))
	awaitKept(t, reader(t, server), key("1"))
	type plan struct{ Name string }
	next := cache.NewCodec(must(cache.NewFormat(reflect.TypeFor[plan]())), cache.Codec[*plan]{IsAbsent: func(p *plan) bool { return p == nil }})
	k := must(cache.NewKey(next.Version(), "psa", "tenant", "subscription", "1"))
	got := cache.Through(context.Background(), replica(t, server.URL(), nil), next, policy, []cache.Key{k},
		func(context.Context, []cache.Key) map[cache.Key]billing.Outcome[*plan] {
			return map[cache.Key]billing.Outcome[*plan]{k: {Value: &plan{"New"}}}
		})[k]
	if got.Err != nil || got.Value.Name != "New" || got.Provenance.Cache != billing.CacheMiss {
		t.Errorf("the next version got %+v", got)
	}
}

func TestATypeIsRegisteredOnce(t *testing.T) {
	details := reflect.TypeFor[productive.Details]()
	if _, err := cache.NewFormat(details, details); err == nil {
		t.Error("a type was registered twice")
	}
}
