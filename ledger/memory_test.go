package ledger_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"tributary/ledger"
)

// finishMany finishes n keys, each with its own name as the answer.
func finishMany(t *testing.T, l *ledger.Ledger, n int) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("one of many %d", i)
		claim, _, err := l.Begin(ctx, id, input)
		must(t, err)
		must(t, claim.Finish(ctx, []byte(id)))
	}
}

func TestAProcessForgetsItsOldestAnswers(t *testing.T) {
	l := ledger.New(nil)
	must(t, begin(t, l, "run").Finish(ctx, []byte("answer")))
	finishMany(t, l, ledger.Remembered-1)
	begin(t, l, "replay answer") // which does not make it younger
	claim, _, err := l.Begin(ctx, "another", input)
	must(t, err)
	must(t, claim.Finish(ctx, nil))
	begin(t, l, "run").Release(ctx)
	if got := begun(l.Begin(ctx, "one of many 0", input)); got != "replay one of many 0" {
		t.Errorf("the second oldest: %s", got)
	}
}

func TestAProcessForgetsNothingThatRuns(t *testing.T) {
	l := ledger.New(nil)
	claim := begin(t, l, "run")
	must(t, claim.Sending(ctx))
	finishMany(t, l, ledger.Remembered+1)
	if got := begun(l.Begin(ctx, "id", []byte("another"))); got != ledger.ErrOtherInput.Error() {
		t.Errorf("another input: %s", got)
	}
	must(t, claim.Finish(ctx, []byte("answer")))
	begin(t, l, "replay answer")
}

func TestAProcessForgetsAfterADay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := ledger.New(nil)
		must(t, begin(t, l, "run").Finish(ctx, []byte("answer")))
		time.Sleep(24*time.Hour - time.Second) // the bubble's clock, which takes no time
		begin(t, l, "replay answer")
		time.Sleep(time.Second)
		begin(t, l, "run").Release(ctx)
		finishMany(t, l, 100)
		time.Sleep(24 * time.Hour)
		must(t, begin(t, l, "run").Finish(ctx, []byte("answer")))
		if n := ledger.Kept(l); n != 1 {
			t.Errorf("after a day it keeps %d records, want the new one", n)
		}
	})
}

func TestLedgersInMemoryAreApart(t *testing.T) {
	one, other := ledger.New(nil), ledger.New(nil)
	defer lock(t, one)()
	defer lock(t, other)()
	begin(t, one, "run").Abandon()
	begin(t, other, "run").Abandon()
}
