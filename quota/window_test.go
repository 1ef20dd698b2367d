package quota_test

import (
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/quota"
	"tributary/sources/upstream"
)

// crowded is the first time at which a window has more calls than it allows.
func crowded(times []time.Time, w upstream.Window) (time.Time, bool) {
	for i := w.Calls; i < len(times); i++ {
		if times[i].Sub(times[i-w.Calls]) <= w.Per {
			return times[i], true
		}
	}
	return time.Time{}, false
}

func TestNoWindowHasMoreCallsWheneverItBegins(t *testing.T) {
	short, long := upstream.Window{Calls: 10, Per: 10 * time.Second}, upstream.Window{Calls: 40, Per: 2 * time.Minute}
	for seed := range uint64(20) {
		random, c := rand.New(rand.NewPCG(seed, 1)), newClock()
		g := quota.New(nil, quota.Options{Now: c.Now})
		var taken []time.Time
		begun := c.Now()
		for c.Now().Sub(begun) < time.Hour {
			if g.Take(ctx, call(short, long)).Allowed {
				taken = append(taken, c.Now())
			}
			step := time.Duration(random.ExpFloat64() * float64(time.Second))
			if random.IntN(50) == 0 {
				step += time.Duration(random.IntN(180)) * time.Second
			}
			c.advance(step)
		}
		for _, w := range []upstream.Window{short, long} {
			if at, ok := crowded(taken, w); ok {
				t.Errorf("seed %d: at %v there are more than %d calls in %v", seed, at.Sub(begun), w.Calls, w.Per)
			}
		}
	}
}

// TestSlidingCostsATenthAtMost holds what counting in slices gives away.
func TestSlidingCostsATenthAtMost(t *testing.T) {
	c := newClock()
	g := quota.New(nil, quota.Options{Now: c.Now})
	w := upstream.Window{Calls: 100, Per: 10 * time.Second}
	taken := 0
	for range 60_000 { // ten minutes
		if g.Take(ctx, call(w)).Allowed {
			taken++
		}
		c.advance(10 * time.Millisecond)
	}
	if taken > 6000 || taken < 5400 {
		t.Errorf("%d calls in ten minutes, of which the source allows 6000", taken)
	}
}

func TestAWaitIsAsLongAsItTakes(t *testing.T) {
	c := newClock()
	g := quota.New(nil, quota.Options{Now: c.Now})
	asked := call(upstream.Window{Calls: 5, Per: 10 * time.Second}, upstream.Window{Calls: 8, Per: time.Minute})
	for range 3 {
		spend(t, g, asked, 5)
		short := take(t, g, asked, false, 0)
		if short.Wait <= 10*time.Second || short.Wait > 11*time.Second {
			t.Errorf("the wait for the short window is %v", short.Wait)
		}
		c.advance(short.Wait - time.Nanosecond)
		take(t, g, asked, false, 0)
		c.advance(time.Nanosecond)
		spend(t, g, asked, 3) // what the long one has
		long := take(t, g, asked, false, 0)
		if !long.ResetsAt.Equal(c.Now().Add(long.Wait)) {
			t.Errorf("it resets at %v, after a wait of %v at %v", long.ResetsAt, long.Wait, c.Now())
		}
		c.advance(long.Wait - time.Nanosecond)
		take(t, g, asked, false, 0)
		c.advance(2 * time.Minute)
	}
}

func TestTheTighterWindowIsTold(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		asked := call(upstream.Window{Calls: 100, Per: time.Hour}, upstream.Window{Calls: 3, Per: time.Minute})
		take(t, one, asked, true, 2)
		take(t, other, asked, true, 1)
		d := take(t, one, asked, true, 0)
		if until := time.Until(d.ResetsAt); until < 50*time.Second || until > 70*time.Second {
			t.Errorf("the tighter window ends in %v", until)
		}
		if d := take(t, other, asked, false, 0); d.Wait < 50*time.Second || d.Wait > 70*time.Second {
			t.Errorf("the wait is %v", d.Wait)
		}
	})
}

func TestCredentialsAreCountedApart(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		ann := call(upstream.Window{Calls: 2, Per: time.Hour})
		bob, focus := ann, ann
		bob.Tenant, focus.Source = "bob", "focus"
		spend(t, one, ann, 2)
		take(t, other, ann, false, 0)
		take(t, other, bob, true, 1)
		take(t, other, focus, true, 1)
	})
}

func TestTheReserveIsForCallsThatSomebodyWaitsFor(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		asked := call(upstream.Window{Calls: 1000, Per: time.Hour}, upstream.Window{Calls: 10, Per: time.Minute})
		spend(t, one, background(asked), 8)
		take(t, other, background(asked), false, 2)
		take(t, other, asked, true, 1)
		if d := take(t, other, background(asked), false, 1); d.Wait < 50*time.Second {
			t.Errorf("the wait is %v", d.Wait)
		}
		take(t, one, asked, true, 0)
		take(t, other, asked, false, 0)
	})
}

func TestANewSettingCountsAnew(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		spend(t, one, call(upstream.Window{Calls: 2, Per: time.Hour}), 2)
		take(t, one, call(upstream.Window{Calls: 5, Per: 2 * time.Hour}), true, 4)
		take(t, other, call(upstream.Window{Calls: 5, Per: 2 * time.Hour}), true, 3)
	})
}

func TestManyAtOnceGetWhatThereIs(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		asked := call(upstream.Window{Calls: 100, Per: time.Hour}, upstream.Window{Calls: 150, Per: 2 * time.Hour})
		var allowed atomic.Int64
		var calling sync.WaitGroup
		for i := range 16 {
			calling.Go(func() {
				g := []*quota.Governor{one, other}[i%2]
				for range 20 {
					if g.Take(ctx, asked).Allowed {
						allowed.Add(1)
					}
				}
			})
		}
		calling.Wait()
		if n := allowed.Load(); n != 100 {
			t.Errorf("%d calls were allowed, want 100", n)
		}
	})
}

func TestTheLongestIdleCredentialIsForgottenFirst(t *testing.T) {
	g := quota.New(nil, quota.Options{})
	asked := call(upstream.Window{Calls: 2, Per: time.Hour})
	for i := range 4096 {
		asked.Tenant = strconv.Itoa(i)
		take(t, g, asked, true, 1)
	}
	asked.Tenant = "0"
	take(t, g, asked, true, 0)
	asked.Tenant = "one more"
	take(t, g, asked, true, 1)
	asked.Tenant = "0"
	take(t, g, asked, false, 0)
	asked.Tenant = "1"
	take(t, g, asked, true, 1)
}
