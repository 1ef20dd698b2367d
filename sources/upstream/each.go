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
// early with its context is up to fetch. When eight calls in a row have found
// the source out of order, the keys that are left fail like the last of them,
// without a call: a thousand would find the same.
func Each[K comparable, V any](keys []K, fetch func(K) (V, error)) map[K]billing.Outcome[V] {
	if len(keys) == 1 {
		return map[K]billing.Outcome[V]{keys[0]: caught(keys[0], fetch)}
	}
	outcomes := make(map[K]billing.Outcome[V], len(keys))
	var mu sync.Mutex
	var calls errgroup.Group
	var faults streak
	calls.SetLimit(atOnce)
	asked := make(map[K]bool, len(keys))
	for _, key := range keys {
		if asked[key] {
			continue
		}
		asked[key] = true
		calls.Go(func() error {
			outcome := billing.Outcome[V]{Err: faults.fault()}
			if outcome.Err == nil {
				outcome = caught(key, fetch)
				faults.note(outcome.Err)
			}
			mu.Lock()
			defer mu.Unlock()
			outcomes[key] = outcome
			return nil
		})
	}
	calls.Wait()
	return outcomes
}

// streak counts the calls in a row that found a source out of order.
type streak struct {
	mu   sync.Mutex
	long int
	last error
}

func (s *streak) note(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if billing.IsOwn(err) {
		return
	}
	switch billing.CodeOf(err) {
	case billing.CodeSourceUnavailable, billing.CodeSourceTimeout,
		billing.CodeSourceRateLimited, billing.CodeSourceAuthFailed:
		s.long, s.last = s.long+1, err
	default:
		s.long = 0
	}
}

// fault is what the next call would find; nil while there is hope.
func (s *streak) fault() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.long < atOnce {
		return nil
	}
	return s.last
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
