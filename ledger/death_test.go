package ledger_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tributary/ledger"
	"tributary/redistest"
)

func TestADeathBeforeSendingLetsTheNextRun(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, 5*time.Second)
	dead, heir := replica(t, server), replica(t, server)
	begin(t, dead, "run")
	next := beginInBackground(t, heir, ctx)
	die(t, dead, raw, claimKey)
	expect(t, receive(t, next), "run")
	must(t, begin(t, heir, "run").Finish(ctx, []byte("answer")))
}

func TestADeathAfterSendingLeavesDoubt(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, 5*time.Second)
	dead, heir, third := replica(t, server), replica(t, server), replica(t, server)
	must(t, begin(t, dead, "run").Sending(ctx))
	die(t, dead, raw, claimKey)
	claim := begin(t, heir, "in doubt")
	waiting := beginInBackground(t, third, ctx)
	must(t, claim.Finish(ctx, []byte("looked")))
	expect(t, receive(t, waiting), "replay looked")
}

func TestAWaiterNeedsNoLeaseForWhatIsKnown(t *testing.T) {
	for _, known := range []struct {
		name, record, want string
	}{
		{"the answer", ledger.Written(input, []byte("answer")), "replay answer"},
		{"another input", ledger.Written([]byte("another"), []byte("answer")), ledger.ErrOtherInput.Error()},
		{"damage", "damage", ledger.ErrUnreachable.Error()},
	} {
		t.Run(known.name, func(t *testing.T) {
			server := redistest.Start(t)
			raw, l := dial(t, server, 5*time.Second), replica(t, server)
			must(t, raw.Set(ctx, claimKey, "another replica", time.Hour).Err())
			waiting := beginInBackground(t, l, ctx)
			must(t, raw.Set(ctx, recordKey, known.record, time.Hour).Err())
			expect(t, receive(t, waiting), known.want)
		})
	}
}

func TestAClaimThatWasLostSendsAndForgetsNothing(t *testing.T) {
	server, log := redistest.Start(t), capture(t)
	raw := dial(t, server, 5*time.Second)
	slow, heir := replica(t, server), replica(t, server)
	late := begin(t, slow, "run")
	die(t, slow, raw, claimKey)
	claim := begin(t, heir, "run")
	must(t, claim.Sending(ctx))
	if err := late.Sending(ctx); !errors.Is(err, ledger.ErrUnreachable) {
		t.Errorf("with a lost claim Sending says %v", err)
	}
	late.Release(ctx)
	if n := log.count(loss); n != 1 {
		t.Errorf("the log says %d times that the lease was lost", n)
	}
	claim.Abandon()
	begin(t, heir, "in doubt").Abandon()
}

func TestKeysAreRememberedForADay(t *testing.T) {
	server := redistest.Start(t)
	raw := dial(t, server, 5*time.Second)
	check := func(when string) {
		t.Helper()
		if left := raw.TTL(ctx, recordKey).Val(); left < 23*time.Hour+59*time.Minute || left > 24*time.Hour {
			t.Errorf("%s it is kept for %v, want 24h", when, left)
		}
	}
	claim := begin(t, replica(t, server), "run")
	check("claimed")
	if left := raw.PTTL(ctx, claimKey).Val(); left <= 4*time.Second || left > 5*time.Second {
		t.Errorf("the lease lasts %v, want 5s", left)
	}
	must(t, claim.Sending(ctx))
	check("sending")
	must(t, claim.Finish(ctx, []byte("answer")))
	check("done")
	keys := raw.Keys(ctx, "*").Val()
	slices.Sort(keys)
	if got := strings.Join(keys, " "); got != countedKey+" "+recordKey {
		t.Errorf("in Redis there is %s", got)
	}
}
