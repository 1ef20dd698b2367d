package ledger_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tributary/ledger"
	"tributary/redistest"
)

const (
	silence = "redis does not answer"
	loss    = "was lost while it was held"
)

// lock locks "name", or fails the test.
func lock(t testing.TB, l *ledger.Ledger) (unlock func()) {
	t.Helper()
	unlock, _, err := l.Lock(ctx, "name")
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}

// lockInBackground sends unlock once "name" is locked.
func lockInBackground(t testing.TB, l *ledger.Ledger, ctx context.Context) <-chan func() {
	t.Helper()
	before, locked := ledger.Callers(l, lockKey), make(chan func(), 1)
	go func() {
		unlock, _, err := l.Lock(ctx, "name")
		if err != nil && !errors.Is(err, ledger.ErrBusy) {
			t.Error(err)
		}
		locked <- unlock
	}()
	eventually(t, "it waits for the lock", func() bool { return ledger.Callers(l, lockKey) == before+1 })
	return locked
}

func expectBusy(t testing.TB, l *ledger.Ledger, ctx context.Context) {
	t.Helper()
	unlock, _, err := l.Lock(ctx, "name")
	if !errors.Is(err, ledger.ErrBusy) || !errors.Is(err, ctx.Err()) || unlock != nil {
		t.Errorf("a lock that is held answers %v, want ErrBusy and %v", err, ctx.Err())
	}
}

func TestALockIsOneCallersUntilItIsUnlocked(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		unlock := lock(t, one)
		expectBusy(t, other, soon(t))
		next := lockInBackground(t, other, ctx)
		unlock()
		unlock() // without effect
		unlockNext := receive(t, next)
		expectBusy(t, one, soon(t))
		unlockNext()
		lock(t, one)()
	})
}

func TestLocksOfOtherNamesAreFree(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		defer lock(t, one)()
		unlock, _, err := other.Lock(ctx, "other name")
		if err != nil {
			t.Fatal(err)
		}
		unlock()
	})
}

func TestALockIsHeldByOneOfMany(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		var inside, times atomic.Int64
		var all sync.WaitGroup
		for i := range 20 {
			l := []*ledger.Ledger{one, other}[i%2]
			all.Go(func() {
				unlock, _, err := l.Lock(ctx, "name")
				if err != nil {
					t.Error(err)
					return
				}
				defer unlock()
				if n := inside.Add(1); n != 1 {
					t.Errorf("%d are inside at once", n)
				}
				times.Add(1)
				inside.Add(-1)
			})
		}
		all.Wait()
		if times.Load() != 20 {
			t.Errorf("%d of 20 got in", times.Load())
		}
	})
}

func TestCallersOfAProcessGetALockInTheOrderTheyCame(t *testing.T) {
	overStores(t, func(t *testing.T, one, _ *ledger.Ledger) {
		unlock := lock(t, one)
		var waiting []<-chan func()
		for range 5 {
			waiting = append(waiting, lockInBackground(t, one, ctx))
		}
		for i, next := range waiting {
			unlock()
			unlock = receive(t, next)
			for _, later := range waiting[i+1:] {
				if len(later) > 0 {
					t.Errorf("one after number %d had its turn", i)
				}
			}
		}
		unlock()
		if n := ledger.Callers(one, lockKey); n != 0 {
			t.Errorf("%d callers are left", n)
		}
	})
}

func TestAWaiterThatGivesUpDoesNotHoldUpTheQueue(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		unlock := lock(t, one)
		impatient, giveUp := context.WithCancel(ctx)
		first := lockInBackground(t, other, impatient)
		second := lockInBackground(t, other, impatient)
		third := lockInBackground(t, other, ctx)
		giveUp()
		for _, waiter := range []<-chan func(){first, second} {
			if receive(t, waiter) != nil {
				t.Error("one that gave up got the lock")
			}
		}
		expectBusy(t, other, impatient)
		unlock()
		receive(t, third)()
		lock(t, one)()
	})
}

func TestALockOutlivesItsHolderForTheLeaseAlone(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, 5*time.Second)
	dead, heir := replica(t, server), replica(t, server)
	unlock := lock(t, dead)
	if left := raw.PTTL(ctx, leaseKey).Val(); left <= 4*time.Second || left > 5*time.Second {
		t.Errorf("the lease lasts %v, want 5s", left)
	}
	next := lockInBackground(t, heir, ctx)
	die(t, dead, raw, leaseKey)
	unlockNext := receive(t, next)
	log := capture(t)
	unlock() // back from the dead: the lease is another's now
	if log.count(loss) != 1 {
		t.Error("the log does not say that the lease was lost")
	}
	expectBusy(t, replica(t, server), soon(t))
	unlockNext()
}

func TestALockIsExtendedWhileItIsHeld(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, 5*time.Second)
	unlock := lock(t, replica(t, server))
	if err := raw.PExpire(ctx, leaseKey, 4*time.Second).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the lease is extended", func() bool { return raw.PTTL(ctx, leaseKey).Val() > 4*time.Second })
	unlock()
	if n := raw.Exists(ctx, leaseKey).Val(); n != 0 {
		t.Error("the lease is there after unlock")
	}
}

func TestALostLeaseIsToldOnce(t *testing.T) {
	server, log := redistest.Start(t), capture(t)
	raw := dial(t, server, 5*time.Second)
	unlock := lock(t, replica(t, server))
	if err := raw.FlushAll(ctx).Err(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the log says that it is lost", func() bool { return log.count(loss) > 0 })
	unlock()
	if n := log.count(loss); n != 1 {
		t.Errorf("it is told %d times", n)
	}
}

func TestWithASilentRedisALockHoldsInTheProcess(t *testing.T) {
	server, log := redistest.Start(t), capture(t)
	one := hasty(t, server)
	server.Pause()
	unlock := lock(t, one)
	expectBusy(t, one, soon(t))
	next := lockInBackground(t, one, ctx)
	unlock()
	receive(t, next)()
	if n := log.count(silence); n != 1 {
		t.Errorf("the log says %d times that Redis is silent", n)
	}
	server.Resume()
	// What was sent to the silent Redis may lock the name for the length of a lease.
	lock(t, one)()
	if n := log.count(silence); n != 1 {
		t.Errorf("with Redis back the log says %d times that it is silent", n)
	}
	server.Kill()
	lock(t, one)()
	if n := log.count(silence); n != 2 {
		t.Errorf("after the second silence the log speaks of %d", n)
	}
}

func TestALeaseThatWasSeenIsWaitedForThoughRedisFallsSilent(t *testing.T) {
	server := redistest.Start(t)
	raw, other := dial(t, server, 5*time.Second), hasty(t, server)
	defer lock(t, replica(t, server))()
	waits, giveUp := context.WithCancel(ctx)
	next := lockInBackground(t, other, waits)
	eventually(t, "it has seen the lease", func() bool {
		// A try that fails is followed by a script which takes it back.
		return strings.Count(raw.Info(ctx, "commandstats").Val(), "cmdstat_eval:") > 0
	})
	server.Pause()
	select {
	case <-next:
		t.Error("it took a lock that it had seen another hold")
	case <-time.After(time.Second): // of several tries that Redis did not answer
	}
	giveUp()
	receive(t, next)
	server.Resume()
}

func TestNothingIsKeptOfANameThatIsFree(t *testing.T) {
	overStores(t, func(t *testing.T, one, _ *ledger.Ledger) {
		for range 2 {
			lock(t, one)()
			if n := ledger.Callers(one, lockKey); n != 0 {
				t.Errorf("it has %d callers left", n)
			}
		}
	})
}

func TestALockTellsWhetherItIsStillHeld(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, time.Second)
	l := hasty(t, server)
	unlock, isHeld, err := l.Lock(ctx, "name")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if !isHeld(ctx) {
		t.Error("a lock that was just taken is not held")
	}
	server.Pause()
	if !isHeld(ctx) {
		t.Error("a Redis that fell silent takes the lock away")
	}
	server.Resume()
	if err := raw.Set(ctx, lockKey+":running", "another's", time.Minute).Err(); err != nil {
		t.Fatal(err)
	}
	if isHeld(ctx) {
		t.Error("a lock that is another's is held")
	}
}
