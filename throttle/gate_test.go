package throttle_test

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tributary/billing"
	"tributary/throttle"
)

// enter lets one in, or fails the test.
func enter(t *testing.T, g *throttle.Gate, who string) func() {
	t.Helper()
	leave, ok := g.Enter(who)
	if !ok {
		t.Fatalf("%s is shed", who)
	}
	return leave
}

func expectShed(t *testing.T, g *throttle.Gate, who string) {
	t.Helper()
	if _, ok := g.Enter(who); ok {
		t.Fatalf("%s is let in", who)
	}
}

func TestOneCallerCannotTakeThePlacesOfAll(t *testing.T) {
	g := throttle.NewGate(3, 2)
	first := enter(t, g, "ann")
	enter(t, g, "ann")
	expectShed(t, g, "ann")
	enter(t, g, "bob")
	expectShed(t, g, "eve")
	if got, want := g.Stats(), (throttle.Stats{Inside: 3, Known: 2, ShedAll: 1, ShedEach: 1}); got != want {
		t.Errorf("the figures are %+v, want %+v", got, want)
	}
	first()
	first() // does nothing
	enter(t, g, "eve")
	expectShed(t, g, "eve")
}

func TestWhoIsNotToldApartIsBoundedByTheSum(t *testing.T) {
	g := throttle.NewGate(2, 1)
	enter(t, g, "")
	leave := enter(t, g, "")
	expectShed(t, g, "")
	leave()
	enter(t, g, "ann")
}

func TestWithoutBoundsAllAreLetIn(t *testing.T) {
	g := throttle.NewGate(0, 0)
	for range 1000 {
		enter(t, g, "ann")
	}
}

func TestNobodyIsRememberedWhoLeft(t *testing.T) {
	g := throttle.NewGate(8, 2)
	var all sync.WaitGroup
	for i := range 32 {
		all.Go(func() {
			for range 500 {
				if leave, ok := g.Enter(fmt.Sprint("caller ", i%8)); ok {
					if s := g.Stats(); s.Inside > 8 {
						t.Errorf("%d are inside", s.Inside)
					}
					leave()
				}
			}
		})
	}
	all.Wait()
	if s := g.Stats(); s.Inside != 0 || s.Known != 0 {
		t.Errorf("the figures are %+v", s)
	}
}

func TestWhoIsShedIsToldToComeBack(t *testing.T) {
	err := throttle.Busy()
	if err.Code != billing.CodeRateLimited || time.Until(err.RetryAfter) > time.Second {
		t.Errorf("it is told %v, %v", err, err.RetryAfter)
	}
}

func TestAddress(t *testing.T) {
	for remote, want := range map[string]string{
		"192.0.2.1:4711":              "192.0.2.1",
		"[::ffff:192.0.2.1]:4711":     "192.0.2.1",
		"[2001:db8:1:2:3:4:5:6]:4711": "2001:db8:1:2::/64",
		"[fe80::1%eth0]:4711":         "fe80::/64",
		"@":                           "@",
		"":                            "",
	} {
		if got := throttle.Address(remote); got != want {
			t.Errorf("%q counts as %q, want %q", remote, got, want)
		}
	}
}

func TestAnAddressThatFailsIsSlowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := throttle.NewFailures(throttle.Failing{PerMinute: 60})
		for range 60 {
			if f.Blocked("192.0.2.1") != 0 {
				t.Fatal("it is blocked too early")
			}
			f.Failed("192.0.2.1")
		}
		if wait := f.Blocked("192.0.2.1"); wait != time.Second {
			t.Errorf("it waits %v", wait)
		}
		if f.Blocked("192.0.2.2") != 0 {
			t.Error("another one is blocked too")
		}
		time.Sleep(time.Second)
		if f.Blocked("192.0.2.1") != 0 {
			t.Error("it is blocked for ever")
		}
	})
	off := throttle.NewFailures(throttle.Failing{})
	off.Failed("192.0.2.1")
	if off.Blocked("192.0.2.1") != 0 {
		t.Error("what is off blocks")
	}
}

func BenchmarkEnter(b *testing.B) {
	g := throttle.NewGate(512, 64)
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if leave, ok := g.Enter("ann"); ok {
				leave()
			}
		}
	})
}
