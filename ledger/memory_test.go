package ledger_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tributary/ledger"
)

// finishMany finishes n keys of an owner, each with its own name as the answer.
func finishMany(t *testing.T, l *ledger.Ledger, owner string, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("%s's %d", owner, i)
		claim, _, err := l.Begin(ctx, owner, id, input)
		must(t, err)
		must(t, claim.Finish(ctx, []byte(id)))
	}
}

func TestAProcessForgetsAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(nil, nil)
		must(t, begin(t, l, "run").Finish(ctx, []byte("answer")))
		time.Sleep(24*time.Hour - time.Second) // the bubble's clock, which takes no time
		begin(t, l, "replay answer")
		time.Sleep(time.Second)
		begin(t, l, "run").Release(ctx)
		finishMany(t, l, owner, 100)
		time.Sleep(24 * time.Hour)
		must(t, begin(t, l, "run").Finish(ctx, []byte("answer")))
		if n := ledger.Kept(l); n != 1 {
			t.Errorf("after a day it keeps %d records, want the new one", n)
		}
	})
}

func TestLedgersInMemoryAreApart(t *testing.T) {
	one, other := ledger.New(nil, nil), ledger.New(nil, nil)
	defer lock(t, one)()
	defer lock(t, other)()
	begin(t, one, "run").Abandon()
	begin(t, other, "run").Abandon()
}
