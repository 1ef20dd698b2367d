package ledger_test

import (
	"errors"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/ledger"
	"tributary/redistest"
)

// expectFull begins a new key of an owner, which is to be refused, and returns
// when it says that there is room again.
func expectFull(t testing.TB, l *ledger.Ledger, owner string, all bool) time.Time {
	t.Helper()
	claim, past, err := l.Begin(ctx, owner, "one too many of "+owner, input)
	var full *ledger.FullError
	if claim != nil || past != nil || !errors.As(err, &full) || full.All != all {
		t.Fatalf("a key too many: %v, %v, %v", claim, past, err)
	}
	return full.Until
}

// inRedis counts n keys in Redis as owner's, the first of them at a time.
func inRedis(t testing.TB, raw *redis.Client, n int, first time.Time) {
	t.Helper()
	var members []redis.Z
	for i := range n {
		members = append(members, redis.Z{Score: float64(first.UnixMilli() + int64(i)), Member: strconv.Itoa(i)})
	}
	must(t, raw.ZAdd(ctx, countedKey, members...).Err())
}

func TestAFloodInMemoryForgetsNobodysKey(t *testing.T) {
	l := ledger.New(nil, nil)
	must(t, begin(t, l, "run").Finish(ctx, []byte("answer")))
	held, _, err := l.Begin(ctx, "other", "held", input)
	must(t, err)
	finishMany(t, l, "flood", ledger.OwnersInMemory)
	for range 100 {
		expectFull(t, l, "flood", false)
	}
	begin(t, l, "replay answer")
	if got := begun(l.Begin(ctx, "flood", "flood's 0", input)); got != "replay flood's 0" {
		t.Errorf("the flood's own first: %s", got)
	}
	must(t, held.Sending(ctx))
	must(t, held.Finish(ctx, []byte("answer")))
	if n := ledger.Kept(l); n != ledger.OwnersInMemory+2 {
		t.Errorf("it keeps %d", n)
	}
}

func TestAFullMemoryRefusesTheNewcomer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(nil, nil)
		first := time.Now()
		for i := range ledger.AllInMemory / ledger.OwnersInMemory {
			finishMany(t, l, fmt.Sprint("owner ", i), ledger.OwnersInMemory)
			time.Sleep(time.Hour)
		}
		if until := expectFull(t, l, owner, true); !until.Equal(first.Add(24 * time.Hour)) {
			t.Errorf("there is to be room at %v, want a day after %v", until, first)
		}
		if got := begun(l.Begin(ctx, "owner 0", "owner 0's 0", input)); got != "replay owner 0's 0" {
			t.Errorf("the oldest: %s", got)
		}
		time.Sleep(time.Until(first.Add(24 * time.Hour)))
		begin(t, l, "run").Release(ctx)
		if n := ledger.Kept(l); n != ledger.AllInMemory-ledger.OwnersInMemory {
			t.Errorf("it keeps %d", n)
		}
	})
}

func TestExpiryAndReleaseMakeRoomInMemory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(nil, nil)
		finishMany(t, l, owner, ledger.OwnersInMemory-1)
		claim := begin(t, l, "run")
		expectFull(t, l, owner, false)
		claim.Release(ctx)
		claim = begin(t, l, "run")
		expectFull(t, l, owner, false)
		must(t, claim.Sending(ctx))
		must(t, claim.Finish(ctx, []byte("answer")))
		if until := expectFull(t, l, owner, false); !until.Equal(time.Now().Add(24 * time.Hour)) {
			t.Errorf("there is to be room at %v", until)
		}
		time.Sleep(24 * time.Hour)
		begin(t, l, "run").Release(ctx)
	})
}

func TestAFloodOverTwoReplicasForgetsNobodysKey(t *testing.T) {
	server := redistest.Start(t)
	raw, one, other := dial(t, server, 5*time.Second), replica(t, server), replica(t, server)
	const room = 20
	inRedis(t, raw, ledger.OwnersInRedis-room, time.Now().Add(-time.Hour))
	claim, _, err := one.Begin(ctx, "tenant", "theirs", input)
	must(t, err)
	must(t, claim.Finish(ctx, []byte("answer")))
	var ran, refused atomic.Int64
	var all sync.WaitGroup
	for i := range 10 * room {
		l := []*ledger.Ledger{one, other}[i%2]
		all.Go(func() {
			claim, past, err := l.Begin(ctx, owner, fmt.Sprint("flood ", i), input)
			switch got := begun(claim, past, err); got {
			case "run":
				ran.Add(1)
				if err := claim.Finish(ctx, nil); err != nil {
					t.Error(err)
				}
			case "full":
				refused.Add(1)
			default:
				t.Error(got)
			}
		})
	}
	all.Wait()
	if ran.Load() != room || refused.Load() != 9*room {
		t.Errorf("%d ran and %d were refused", ran.Load(), refused.Load())
	}
	if got := begun(other.Begin(ctx, "tenant", "theirs", input)); got != "replay answer" {
		t.Errorf("the tenant's: %s", got)
	}
	if got := begun(other.Begin(ctx, "tenant", "theirs too", input)); got != "run" {
		t.Errorf("a new one of the tenant's: %s", got)
	}
	if n := len(raw.Keys(ctx, "tributary:idempotency:{flood*").Val()); n != room {
		t.Errorf("Redis keeps %d records of the flood", n)
	}
}

func TestExpiryAndReleaseMakeRoomInRedis(t *testing.T) {
	server := redistest.Start(t)
	raw, one, other := dial(t, server, 5*time.Second), replica(t, server), replica(t, server)
	inRedis(t, raw, ledger.OwnersInRedis-1, time.Now().Add(-23*time.Hour))
	claim := begin(t, one, "run")
	until := expectFull(t, other, owner, false)
	if left := time.Until(until); left < 50*time.Minute || left > time.Hour {
		t.Errorf("there is to be room in %v, want an hour", left)
	}
	claim.Release(ctx)
	if n := raw.ZCard(ctx, countedKey).Val(); n != ledger.OwnersInRedis-1 {
		t.Errorf("after the release %d keys are counted", n)
	}
	must(t, begin(t, other, "run").Finish(ctx, []byte("answer")))
	expectFull(t, one, owner, false)
	begin(t, one, "replay answer")
	must(t, raw.ZIncrBy(ctx, countedKey, -float64(time.Hour.Milliseconds()), "0").Err())
	must(t, raw.ZIncrBy(ctx, countedKey, -float64(time.Hour.Milliseconds()), "1").Err())
	claim, _, err := one.Begin(ctx, owner, "another", input)
	must(t, err)
	claim.Release(ctx)
	if n := raw.ZCard(ctx, countedKey).Val(); n != ledger.OwnersInRedis-2 {
		t.Errorf("%d keys are counted, want all but the two that expired", n)
	}
	if left := raw.TTL(ctx, countedKey).Val(); left < 23*time.Hour || left > 24*time.Hour {
		t.Errorf("the set lasts %v", left)
	}
}

// One who died is followed up even where its owner has too many keys.
func TestADoubtIsNoNewKey(t *testing.T) {
	server := redistest.Start(t)
	raw, l := dial(t, server, 5*time.Second), replica(t, server)
	must(t, raw.Set(ctx, recordKey, ledger.Written(input, nil), time.Hour).Err()) // by a version that counts nothing
	inRedis(t, raw, ledger.OwnersInRedis, time.Now())
	must(t, begin(t, l, "in doubt").Finish(ctx, []byte("looked")))
	begin(t, l, "replay looked")
}

func TestASilentRedisIsWaitedForOnceByAllThatBegin(t *testing.T) {
	server := redistest.Start(t)
	l := ledgerOf(t, dial(t, server, time.Second))
	must(t, begin(t, l, "run").Finish(ctx, nil))
	server.Pause()
	before := time.Now()
	for range 60 {
		begin(t, l, ledger.ErrUnreachable.Error())
		l.Record(ctx, "action", "renew")
	}
	// A question takes a second and is followed by a second without any.
	if took := time.Since(before); took > 15*time.Second {
		t.Errorf("60 took %v", took)
	}
	if l.Lost() != 60 {
		t.Errorf("%d entries are lost", l.Lost())
	}
	server.Resume()
	eventually(t, "keys are taken again", func() bool {
		_, past, err := l.Begin(ctx, owner, "id", input)
		return err == nil && past != nil
	})
}
