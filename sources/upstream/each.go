package upstream

import (
	"fmt"
	"runtime/debug"
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
			outcome := caught(key, fetch)
			mu.Lock()
			defer mu.Unlock()
			outcomes[key] = outcome
			return nil
		})
	}
	calls.Wait()
	return outcomes
}

// caught turns a panic of fetch into an error: one document that the program
// cannot take must not end the process.
func caught[K comparable, V any](key K, fetch func(K) (V, error)) (outcome billing.Outcome[V]) {
	defer func() {
		if fault := recover(); fault != nil {
			outcome = billing.Outcome[V]{Err: fmt.Errorf("a fetch panicked: %v\n%s", fault, debug.Stack())}
		}
	}()
	outcome.Value, outcome.Err = fetch(key)
	return outcome
}
