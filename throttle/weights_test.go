package throttle_test

import (
	"sync"
	"testing"

	"tributary/throttle"
)

func TestNobodyHoldsMoreThanThereIsOrThanIsTheirs(t *testing.T) {
	w := throttle.NewWeights(100, 40)
	take := func(who string, weight int64, want bool) func() {
		t.Helper()
		give, ok := w.Take(who, weight)
		if ok != want {
			t.Errorf("%s takes %d: %t, want %t", who, weight, ok, want)
		}
		return give
	}
	a := take("a", 30, true)
	take("a", 20, false)
	take("a", 10, true)
	take("b", 60, true) // all at once, for it holds nothing
	take("b", 1, false)
	take("c", 1, false) // there is no more
	a()
	take("c", 30, true)
	if w.Held() != 100 {
		t.Errorf("all hold %d", w.Held())
	}
	if _, ok := throttle.NewWeights(10, 5).Take("a", 1000); !ok {
		t.Error("what is larger than the bound never gets through")
	}
	if _, ok := throttle.NewWeights(0, 0).Take("a", 1<<60); !ok {
		t.Error("no bound bounds")
	}
}

func TestWhatIsGivenBackIsThereAgain(t *testing.T) {
	w := throttle.NewWeights(1000, 500)
	var running sync.WaitGroup
	for i := range 50 {
		running.Go(func() {
			for range 200 {
				if give, ok := w.Take(string(rune('a'+i%5)), 7); ok {
					give()
				}
			}
		})
	}
	running.Wait()
	if w.Held() != 0 {
		t.Errorf("%d are held, by nobody", w.Held())
	}
}
