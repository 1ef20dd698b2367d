package cache_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

type credentialKey struct{}

// TestForwardedCredentialsNeverMix asks as several callers for the same ids,
// while entries grow old, fail and are dropped, over two replicas.
func TestForwardedCredentialsNeverMix(t *testing.T) {
	server, clock := redistest.Start(t), newClock()
	replicas := []*cache.Cache{replica(t, server.URL(), clock.Now), replica(t, server.URL(), clock.Now)}
	short := policy
	short.Jitter = 0.5

	// The source shows each caller what its credential allows it to see.
	ask := func(ctx context.Context, keys []cache.Key) map[cache.Key]billing.Outcome[*billing.Subscription] {
		credential := ctx.Value(credentialKey{}).(string)
		out := map[cache.Key]billing.Outcome[*billing.Subscription]{}
		for _, k := range keys {
			switch rand.IntN(6) {
			case 0:
				out[k] = billing.Outcome[*billing.Subscription]{Err: fault(billing.CodeSourceUnavailable)}
			case 1:
				out[k] = billing.Outcome[*billing.Subscription]{}
			default:
				out[k] = billing.Outcome[*billing.Subscription]{Value: small("of " + credential)}
			}
		}
		return out
	}
	var callers sync.WaitGroup
	for _, credential := range []string{"alice", "bob", "carol"} {
		for worker := range 3 {
			callers.Go(func() {
				ctx := context.WithValue(context.Background(), credentialKey{}, credential)
				seen := 0
				for range 400 {
					c := replicas[rand.IntN(len(replicas))]
					keys := []cache.Key{tenantKey(credential, fmt.Sprint(rand.IntN(10))), tenantKey(credential, fmt.Sprint(rand.IntN(10)))}
					for k, got := range cache.Through(ctx, c, codec, short, keys, ask) {
						if got.Value == nil {
							continue
						}
						seen++
						if *got.Value.Name != "of "+credential {
							t.Errorf("%s was shown what is %s, at %s", credential, *got.Value.Name, k)
						}
					}
					switch rand.IntN(40) {
					case 0:
						c.Drop(ctx, []cache.Subject{keys[0].Subject(), keys[1].Subject()}, "a write", 0)
					case 1, 2, 3:
						clock.advance(10 * time.Second)
					}
				}
				if seen == 0 {
					t.Errorf("worker %d of %s saw nothing", worker, credential)
				}
			})
		}
	}
	callers.Wait()
}
