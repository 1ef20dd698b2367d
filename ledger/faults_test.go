package ledger_test

import (
	"errors"
	"testing"
	"time"

	"tributary/ledger"
	"tributary/redistest"
)

func expectUnreachable(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, ledger.ErrUnreachable) {
		t.Errorf("it says %v, want ErrUnreachable", err)
	}
}

func TestNothingBeginsWithoutRedis(t *testing.T) {
	server := redistest.Start(t)
	l := hasty(t, server)
	server.Pause()
	begin(t, l, ledger.ErrUnreachable.Error())
	server.Resume()
	server.Kill()
	begin(t, l, ledger.ErrUnreachable.Error())
	server.Restart()
	eventually(t, "Redis is back", func() bool {
		claim, _, err := l.Begin(ctx, owner, "id", input)
		if err == nil {
			claim.Release(ctx)
		}
		return err == nil
	})
}

func TestNothingBeginsWhereRedisKeepsNothing(t *testing.T) {
	server := redistest.Start(t)
	raw, l := dial(t, server, 5*time.Second), replica(t, server)
	must(t, raw.ConfigSet(ctx, "maxmemory", "1").Err())
	begin(t, l, ledger.ErrUnreachable.Error())
	must(t, raw.ConfigSet(ctx, "maxmemory", "0").Err())
	begin(t, l, "run").Release(ctx)
}

func TestAWaiterIsToldWhenRedisGoes(t *testing.T) {
	server := redistest.Start(t)
	one, other := replica(t, server), replica(t, server)
	claim := begin(t, one, "run")
	waiting := beginInBackground(t, other, ctx)
	server.Kill()
	expect(t, receive(t, waiting), ledger.ErrUnreachable.Error())
	claim.Abandon()
}

func TestNothingIsSentWithoutRedis(t *testing.T) {
	for _, fault := range []struct {
		name   string
		happen func(*redistest.Server)
	}{
		{"it hangs", (*redistest.Server).Pause},
		{"it is gone", (*redistest.Server).Kill},
	} {
		t.Run(fault.name, func(t *testing.T) {
			server := redistest.Start(t)
			claim := begin(t, hasty(t, server), "run")
			fault.happen(server)
			expectUnreachable(t, claim.Sending(ctx))
			claim.Release(ctx)
		})
	}
}

func TestNothingIsSentWhereRedisDoesNotKeepIt(t *testing.T) {
	server := redistest.Start(t)
	raw, l := dial(t, server, 5*time.Second), replica(t, server)
	claim := begin(t, l, "run")
	must(t, raw.ConfigSet(ctx, "maxmemory", "1").Err())
	expectUnreachable(t, claim.Sending(ctx))
	claim.Release(ctx)
	must(t, raw.ConfigSet(ctx, "maxmemory", "0").Err())
	begin(t, l, "run").Release(ctx)
}

func TestAnAnswerThatIsNotKeptLeavesDoubt(t *testing.T) {
	server := redistest.Start(t)
	raw, one, other := dial(t, server, 5*time.Second), replica(t, server), replica(t, server)
	claim := begin(t, one, "run")
	must(t, claim.Sending(ctx))
	must(t, raw.ConfigSet(ctx, "maxmemory", "1").Err())
	expectUnreachable(t, claim.Finish(ctx, []byte("answer")))
	must(t, raw.ConfigSet(ctx, "maxmemory", "0").Err())
	must(t, begin(t, other, "in doubt").Finish(ctx, []byte("looked")))
	begin(t, one, "replay looked")
}

func TestAnAnswerWithoutRedisIsAnError(t *testing.T) {
	server := redistest.Start(t)
	claim := begin(t, replica(t, server), "run")
	must(t, claim.Sending(ctx))
	server.Kill()
	expectUnreachable(t, claim.Finish(ctx, []byte("answer")))
}

func TestADamagedRecordIsNeverWrittenOver(t *testing.T) {
	server := redistest.Start(t)
	raw, l := dial(t, server, 5*time.Second), replica(t, server)
	for _, damaged := range []string{"", "\xff", "answer", "\x84\x02\x01\x40\x40", "\x84\x01\x09\x40\x40"} {
		must(t, raw.Set(ctx, recordKey, damaged, 0).Err())
		begin(t, l, ledger.ErrUnreachable.Error())
		if got := raw.Get(ctx, recordKey).Val(); got != damaged {
			t.Errorf("%q was written over with %q", damaged, got)
		}
	}
	if n := raw.Exists(ctx, claimKey).Val(); n != 0 {
		t.Error("the lease on it is still held")
	}
}
