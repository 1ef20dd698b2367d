package cache_test

import (
	"context"
	"testing"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

var sizes = []struct {
	name  string
	value func(string) *billing.Subscription
}{{"small", small}, {"large", large}}

func BenchmarkHitInMemory(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			c := newCache(b, cache.Options{})
			s := &source{answer: always(size.value("Acme"))}
			look(c, policy, s, key("1"))
			b.ReportAllocs()
			for b.Loop() {
				if got := look(c, policy, s, key("1")); got.Provenance.Cache != billing.CacheHit {
					b.Fatalf("got %q", told(got))
				}
			}
		})
	}
}

func BenchmarkHitInRedis(b *testing.B) {
	server := redistest.Start(b)
	client := reader(b, server)
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			writes := replica(b, server.URL(), nil)
			s := &source{answer: always(size.value("Acme"))}
			look(writes, policy, s, key(size.name))
			awaitKept(b, client, key(size.name))
			r := openRedis(b, server.URL(), patient)
			b.ReportAllocs()
			for b.Loop() {
				// A process that has just started, without the cost of starting.
				b.StopTimer()
				c := cache.New(cache.Options{Redis: r, Memory: 1 << 20})
				b.StartTimer()
				if got := look(c, policy, s, key(size.name)); got.Provenance.Cache != billing.CacheHit {
					b.Fatalf("got %q", told(got))
				}
				b.StopTimer()
				c.Close()
				b.StartTimer()
			}
		})
	}
}

func BenchmarkMiss(b *testing.B) {
	for _, size := range sizes {
		b.Run(size.name, func(b *testing.B) {
			c := newCache(b, cache.Options{})
			s := &source{answer: always(size.value("Acme"))}
			ctx, subjects := context.Background(), []cache.Subject{subject("1")}
			b.ReportAllocs()
			for b.Loop() {
				c.Drop(ctx, subjects, "a write", 0)
				if got := look(c, policy, s, key("1")); got.Provenance.Cache != billing.CacheMiss {
					b.Fatalf("got %q", told(got))
				}
			}
		})
	}
}

func BenchmarkCodec(b *testing.B) {
	for _, size := range sizes {
		data := must(codec.Encode(size.value("Acme")))
		b.Run("encode "+size.name, func(b *testing.B) {
			value := size.value("Acme")
			b.ReportAllocs()
			for b.Loop() {
				if _, err := codec.Encode(value); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run("decode "+size.name, func(b *testing.B) {
			b.ReportAllocs()
			b.ReportMetric(float64(len(data)), "bytes")
			for b.Loop() {
				if _, err := codec.Decode(data); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func always(value *billing.Subscription) func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
	return func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		return billing.Outcome[*billing.Subscription]{Value: value}
	}
}
