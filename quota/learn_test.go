package quota_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"tributary/quota"
	"tributary/redistest"
	"tributary/sources/upstream"
)

func in(d time.Duration) time.Time { return time.Now().Add(d) }

func TestAnExhaustedCredentialIsNotAskedUntilItResets(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		asked := call(upstream.Window{Calls: 100, Per: time.Minute})
		take(t, one, asked, true, 99)
		one.Learn(ctx, asked, upstream.QuotaSeen{Exhausted: true, ResetsAt: in(2 * time.Second)})
		for _, g := range []*quota.Governor{one, other} {
			if d := take(t, g, asked, false, 0); d.Wait > 2*time.Second || time.Until(d.ResetsAt) > 2*time.Second {
				t.Errorf("it waits for %v until %v", d.Wait, d.ResetsAt)
			}
		}
		eventually(t, "it is asked again", func() bool { return one.Take(ctx, asked).Allowed && other.Take(ctx, asked).Allowed })
	})
}

func TestAnExhaustedCredentialResetsEvenWhereTheSourceDoesNotSayWhen(t *testing.T) {
	for name, seen := range map[string]upstream.QuotaSeen{
		"it says nothing":            {Exhausted: true},
		"it says that it has":        {Exhausted: true, ResetsAt: newClock().Now().Add(-time.Second)},
		"it says in a hundred years": {Exhausted: true, ResetsAt: newClock().Now().AddDate(100, 0, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			c := newClock()
			g := quota.New(nil, quota.Options{Now: c.Now})
			g.Learn(ctx, call(), seen)
			d := take(t, g, call(), false, 0)
			if d.Wait < time.Second || d.Wait > 24*time.Hour {
				t.Errorf("the wait is %v", d.Wait)
			}
			c.advance(d.Wait)
			take(t, g, call(), true, -1)
		})
	}
}

func TestASourceIsBelievedOverAHigherCount(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		asked := call(upstream.Window{Calls: 100, Per: time.Hour})
		take(t, one, asked, true, 99)
		one.Learn(ctx, asked, upstream.QuotaSeen{Left: new(3), ResetsAt: in(time.Hour)})
		take(t, other, asked, true, 2)
		take(t, other, background(asked), false, 2)
		take(t, one, asked, true, 1)
		one.Learn(ctx, asked, upstream.QuotaSeen{Left: new(2), ResetsAt: in(time.Hour - time.Second)}) // an older answer
		take(t, one, asked, true, 0)
		if d := take(t, other, asked, false, 0); d.Wait < 59*time.Minute {
			t.Errorf("the wait is %v", d.Wait)
		}
	})
}

func TestASourceIsNotBelievedOverALowerCount(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		asked := call(upstream.Window{Calls: 5, Per: time.Hour})
		spend(t, one, asked, 4)
		one.Learn(ctx, asked, upstream.QuotaSeen{Left: new(50), Limit: new(60), ResetsAt: in(time.Hour)})
		take(t, other, asked, true, 0)
		take(t, one, asked, false, 0)
	})
}

func TestALearntLimitIsAWindow(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		take(t, one, call(), true, -1)
		for _, g := range []*quota.Governor{one, other} { // each by an answer of its own
			g.Learn(ctx, call(), upstream.QuotaSeen{Limit: new(10), ResetsAt: in(time.Hour)})
		}
		for left := 9; left >= 2; left-- {
			take(t, one, background(call()), true, left)
		}
		take(t, other, background(call()), false, 2)
		take(t, other, call(), true, 1)
		take(t, one, call(), true, 0)
		take(t, other, call(), false, 0)
	})
}

func TestALearntWindowBeginsAgain(t *testing.T) {
	c := newClock()
	g := quota.New(nil, quota.Options{Now: c.Now})
	asked := call()
	g.Learn(ctx, asked, upstream.QuotaSeen{Left: new(1), Limit: new(3), ResetsAt: c.Now().Add(time.Minute)})
	take(t, g, asked, true, 0)
	take(t, g, asked, false, 0)
	c.advance(time.Minute)
	take(t, g, asked, true, 2)
	take(t, g, asked, true, 1)
	// The source's window is longer than was seen.
	g.Learn(ctx, asked, upstream.QuotaSeen{Left: new(2), Limit: new(3), ResetsAt: c.Now().Add(2 * time.Minute)})
	take(t, g, asked, true, 1)
	// An answer tells that it ends before it was thought to.
	g.Learn(ctx, asked, upstream.QuotaSeen{Left: new(0), Limit: new(3), ResetsAt: c.Now().Add(time.Minute)})
	if d := take(t, g, asked, false, 0); d.Wait != time.Minute {
		t.Errorf("the wait is %v", d.Wait)
	}
}

func TestWhatIsLeftIsForgottenWhenItsWindowIsOver(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		one.Learn(ctx, call(), upstream.QuotaSeen{Left: new(0), ResetsAt: in(time.Second)})
		take(t, one, call(), false, 0)
		eventually(t, "it is forgotten", func() bool {
			d := one.Take(ctx, call())
			return d.Allowed && d.Left == nil
		})
		take(t, other, call(), true, -1)
	})
}

func TestAnAnswerThatSaysNothingTeachesNothing(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *quota.Governor) {
		one.Learn(ctx, call(), upstream.QuotaSeen{})
		one.Learn(ctx, call(), upstream.QuotaSeen{Limit: new(1)})                            // nobody knows of what window
		one.Learn(ctx, call(), upstream.QuotaSeen{Left: new(0), ResetsAt: in(-time.Minute)}) // it is over
		one.Learn(ctx, call(), upstream.QuotaSeen{Limit: new(0), ResetsAt: in(time.Minute)}) // and never will be
		for range 3 {
			take(t, one, call(), true, -1)
			take(t, other, call(), true, -1)
		}
	})
}

// listen has a replica listen until the test ends.
func listen(t *testing.T, g *quota.Governor) {
	t.Helper()
	within, cancel := context.WithCancel(ctx)
	var listening sync.WaitGroup
	listening.Go(func() { g.Listen(within) })
	t.Cleanup(listening.Wait)
	t.Cleanup(cancel)
}

func TestReplicasThatListenHearOfIt(t *testing.T) {
	server := redistest.Start(t)
	one, other := replica(t, server, patient), replica(t, server, patient)
	listen(t, other)
	eventually(t, "it listens", func() bool {
		return dial(t, server, patient).PubSubNumSub(ctx, "tributary:quota").Val()["tributary:quota"] == 1
	})
	one.Learn(ctx, call(), upstream.QuotaSeen{Exhausted: true, ResetsAt: in(time.Hour)})
	eventually(t, "the other knows", func() bool { return !other.Take(ctx, call()).Allowed })
	if d := take(t, other, call(), false, 0); d.Wait < 59*time.Minute {
		t.Errorf("the wait is %v", d.Wait)
	}
	bob := call()
	bob.Tenant = "bob"
	one.Learn(ctx, bob, upstream.QuotaSeen{Left: new(5), ResetsAt: in(time.Hour)})
	eventually(t, "the other counts along", func() bool { return other.Take(ctx, bob).Left != nil })
}

func TestMessagesOfOthersAreIgnored(t *testing.T) {
	server := redistest.Start(t)
	g, raw := replica(t, server, patient), dial(t, server, patient)
	listen(t, g)
	heard := func(message string) bool {
		n, err := raw.Publish(ctx, "tributary:quota", message).Result()
		return err == nil && n == 1
	}
	eventually(t, "it listens", func() bool { return heard("") })
	for _, message := range []string{"psa", "psa\nann", "psa\nann\n", "psa\nann\n-5", "psa\nann\nnever", "psa\nann\n1\n2"} {
		heard(message)
	}
	heard("psa\nbob\n9223372036854775807")
	bob := call()
	bob.Tenant = "bob"
	eventually(t, "it has heard all", func() bool { return !g.Take(ctx, bob).Allowed })
	take(t, g, call(), true, -1)
}
