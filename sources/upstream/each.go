package upstream

import (
	"sync"

	"golang.org/x/sync/errgroup"

	"tributary/billing"
)

// atOnce is how many calls a batch makes at the same time.
const atOnce = 8

// Each calls fetch once for every distinct key, eight at a time, and returns
// when the last one has ended. Every key is in the answer. Whether a call ends
// early with its context is up to fetch.
func Each[K comparable, V any](keys []K, fetch func(K) (V, error)) map[K]billing.Outcome[V] {
	outcomes := make(map[K]billing.Outcome[V], len(keys))
	var mu sync.Mutex
	var calls errgroup.Group
	calls.SetLimit(atOnce)
	asked := make(map[K]bool, len(keys))
	for _, key := range keys {
		if asked[key] {
			continue
		}
		asked[key] = true
		calls.Go(func() error {
			value, err := fetch(key)
			mu.Lock()
			defer mu.Unlock()
			outcomes[key] = billing.Outcome[V]{Value: value, Err: err}
			return nil
		})
	}
	calls.Wait()
	return outcomes
}
