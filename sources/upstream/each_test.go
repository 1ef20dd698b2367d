package upstream_test

import (
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"tributary/billing"
	"tributary/sources/upstream"
)

func TestEachAsksForEveryDistinctKeyOnce(t *testing.T) {
	var calls atomic.Int64
	odd := errors.New("odd")
	outcomes := upstream.Each([]int{1, 2, 3, 2, 1}, func(n int) (int, error) {
		calls.Add(1)
		if n%2 == 1 {
			return 0, odd
		}
		return n * 10, nil
	})
	if calls.Load() != 3 || len(outcomes) != 3 {
		t.Errorf("made %d calls for %d outcomes, want 3 and 3", calls.Load(), len(outcomes))
	}
	if outcomes[2].Value != 20 || outcomes[2].Err != nil {
		t.Errorf("key 2 is %v", outcomes[2])
	}
	if !errors.Is(outcomes[1].Err, odd) || !errors.Is(outcomes[3].Err, odd) {
		t.Errorf("keys fail apart: %v", outcomes)
	}
}

func TestEachRunsEightAtATime(t *testing.T) {
	var running, most atomic.Int64
	full := make(chan struct{})
	var once sync.Once
	keys := make([]int, 40)
	for i := range keys {
		keys[i] = i
	}
	upstream.Each(keys, func(int) (struct{}, error) {
		now := running.Add(1)
		defer running.Add(-1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		if now == 8 {
			once.Do(func() { close(full) })
		}
		<-full // nobody leaves before eight have come
		return struct{}{}, nil
	})
	if most.Load() != 8 {
		t.Errorf("%d calls ran at once, want 8", most.Load())
	}
}

func TestEachOfNothingIsEmpty(t *testing.T) {
	outcomes := upstream.Each(nil, func(string) (int, error) { t.Error("called"); return 0, nil })
	if outcomes == nil || len(outcomes) != 0 {
		t.Errorf("got %v", outcomes)
	}
}

func TestAPanicOfOneFetchIsItsOwnError(t *testing.T) {
	outcomes := upstream.Each([]int{1, 2}, func(n int) (string, error) {
		if n == 1 {
			panic("out of range")
		}
		return "two", nil
	})
	if err := outcomes[1].Err; err == nil || !strings.Contains(err.Error(), "out of range") {
		t.Errorf("the panic became %v", err)
	}
	if outcomes[2].Value != "two" || outcomes[2].Err != nil {
		t.Errorf("the other fetch became %v", outcomes[2])
	}
}

func TestASourceThatIsOutOfOrderIsNotAskedForEveryKey(t *testing.T) {
	keys := make([]int, 1000)
	for i := range keys {
		keys[i] = i
	}
	down := &billing.Error{Code: billing.CodeSourceTimeout, Source: "psa"}
	cases := map[string]struct {
		fail      func(int) error
		most      int64
		leftError bool
	}{
		"every call times out":             {func(int) error { return down }, 15, true},
		"every document is unreadable":     {func(int) error { return &billing.Error{Code: billing.CodeSourceBadData} }, 1000, true},
		"every call is somebody's mistake": {func(int) error { return &billing.Error{Code: billing.CodeForbidden} }, 1000, true},
		"every key is fine":                {func(int) error { return nil }, 1000, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			outcomes := upstream.Each(keys, func(n int) (int, error) {
				calls.Add(1)
				return n, c.fail(n)
			})
			if calls.Load() > c.most || c.most == 1000 && calls.Load() != c.most {
				t.Errorf("made %d calls, want %d", calls.Load(), c.most)
			}
			if len(outcomes) != len(keys) {
				t.Fatalf("%d of %d keys are in the answer", len(outcomes), len(keys))
			}
			for key, outcome := range outcomes {
				if (outcome.Err != nil) != c.leftError {
					t.Fatalf("key %d: %v", key, outcome)
				}
			}
		})
	}
}
