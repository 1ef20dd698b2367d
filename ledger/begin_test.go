package ledger_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tributary/ledger"
)

var input = []byte("digest")

// begun is what Begin returned, in words: "run", "replay <answer>", "in doubt",
// "full", or the error.
func begun(claim *ledger.Claim, past *ledger.Past, err error) string {
	var full *ledger.FullError
	switch {
	case errors.As(err, &full) && claim == nil && past == nil:
		return "full"
	case err != nil && claim == nil && past == nil:
		for _, known := range []error{ledger.ErrBusy, ledger.ErrOtherInput, ledger.ErrUnreachable} {
			if errors.Is(err, known) {
				return known.Error()
			}
		}
		return err.Error()
	case err == nil && claim != nil && past == nil:
		return "run"
	case err == nil && claim != nil && past.Answer == nil:
		return "in doubt"
	case err == nil && claim == nil && past != nil && past.Answer != nil:
		return "replay " + string(past.Answer)
	}
	return fmt.Sprintf("%v and %v and %v", claim, past, err)
}

// begin begins "id", and fails the test where the result is another.
func begin(t testing.TB, l *ledger.Ledger, want string) *ledger.Claim {
	t.Helper()
	claim, past, err := l.Begin(ctx, owner, "id", input)
	if got := begun(claim, past, err); got != want {
		t.Fatalf("Begin: %s (%v), want: %s", got, err, want)
	}
	return claim
}

// beginInBackground sends what begun says of "id".
func beginInBackground(t testing.TB, l *ledger.Ledger, ctx context.Context) <-chan string {
	t.Helper()
	before, results := ledger.Callers(l, recordKey), make(chan string, 1)
	go func() {
		claim, past, err := l.Begin(ctx, owner, "id", input)
		if claim != nil {
			claim.Abandon()
		}
		results <- begun(claim, past, err)
	}()
	eventually(t, "it waits for the other", func() bool { return ledger.Callers(l, recordKey) == before+1 })
	return results
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func expect(t testing.TB, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestARepeatGetsTheFirstAnswer(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		claim := begin(t, one, "run")
		same, another := beginInBackground(t, one, ctx), beginInBackground(t, other, ctx)
		must(t, claim.Sending(ctx))
		must(t, claim.Finish(ctx, []byte("answer\x00\xff")))
		expect(t, receive(t, same), "replay answer\x00\xff")
		expect(t, receive(t, another), "replay answer\x00\xff")
		begin(t, one, "replay answer\x00\xff")
		begin(t, other, "replay answer\x00\xff")
		if n := ledger.Callers(one, recordKey) + ledger.Callers(other, recordKey); n != 0 {
			t.Errorf("%d callers are left", n)
		}
	})
}

func TestAnEmptyAnswerIsAnAnswer(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		must(t, begin(t, one, "run").Finish(ctx, nil))
		begin(t, other, "replay ")
	})
}

func TestAnotherInputIsRefusedAtOnce(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		refused := func(when string) {
			t.Helper()
			for _, l := range []*ledger.Ledger{one, other} {
				if got := begun(l.Begin(ctx, owner, "id", []byte("another"))); got != ledger.ErrOtherInput.Error() {
					t.Errorf("%s: %s", when, got)
				}
			}
		}
		claim := begin(t, one, "run")
		refused("while it runs")
		must(t, claim.Sending(ctx))
		refused("while it is sent")
		must(t, claim.Finish(ctx, []byte("answer")))
		refused("after it")
	})
}

func TestAReleasedKeyIsFree(t *testing.T) {
	for _, sent := range []bool{false, true} {
		overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
			claim := begin(t, one, "run")
			if sent { // and surely not received
				must(t, claim.Sending(ctx))
			}
			waiting := beginInBackground(t, other, ctx)
			claim.Release(ctx)
			expect(t, receive(t, waiting), "run")
			begin(t, one, "run").Release(ctx)
			if got := begun(one.Begin(ctx, owner, "id", []byte("another"))); got != "run" {
				t.Errorf("with another input: %s", got)
			}
		})
	}
}

func TestAClaimEndsOnce(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		claim := begin(t, one, "run")
		must(t, claim.Finish(ctx, []byte("answer")))
		claim.Release(ctx)
		claim.Abandon()
		if claim.Sending(ctx) == nil || claim.Finish(ctx, []byte("another")) == nil {
			t.Error("a claim that has ended can be used")
		}
		begin(t, other, "replay answer")
	})
}

func TestAKeyIsBusyUntilTheContextEnds(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		claim := begin(t, one, "run")
		for _, l := range []*ledger.Ledger{one, other} {
			_, _, err := l.Begin(soon(t), owner, "id", input)
			if !errors.Is(err, ledger.ErrBusy) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("at the context's end Begin says %v", err)
			}
		}
		must(t, claim.Finish(ctx, []byte("answer")))
		begin(t, other, "replay answer")
	})
}

func TestAnAnswerIsKeptThoughTheCallerHasGone(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		gone, leave := context.WithCancel(ctx)
		claim := begin(t, one, "run")
		must(t, claim.Sending(gone))
		leave()
		must(t, claim.Finish(gone, []byte("answer")))
		begin(t, other, "replay answer")
	})
}

func TestNothingIsSentForACallerThatHasGone(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		gone, leave := context.WithCancel(ctx)
		claim := begin(t, one, "run")
		leave()
		if err := claim.Sending(gone); !errors.Is(err, context.Canceled) {
			t.Errorf("Sending says %v", err)
		}
		claim.Release(gone)
		begin(t, other, "run").Release(ctx)
	})
}

func TestWhatAnAbandonedClaimLeaves(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		begin(t, one, "run").Abandon() // before Sending
		claim := begin(t, other, "run")
		must(t, claim.Sending(ctx))
		claim.Abandon()
		begin(t, one, "in doubt").Release(ctx) // does not forget a doubt
		begin(t, one, "in doubt").Abandon()
		must(t, begin(t, other, "in doubt").Finish(ctx, []byte("looked")))
		begin(t, one, "replay looked")
	})
}

func TestOneOfManyRuns(t *testing.T) {
	overStores(t, func(t *testing.T, one, other *ledger.Ledger) {
		var runs, replays atomic.Int64
		var all sync.WaitGroup
		for i := range 50 {
			l := []*ledger.Ledger{one, other}[i%2]
			all.Go(func() {
				claim, past, err := l.Begin(ctx, owner, "id", input)
				switch result := begun(claim, past, err); result {
				case "run":
					n := runs.Add(1)
					if err := errors.Join(claim.Sending(ctx), claim.Finish(ctx, fmt.Append(nil, n))); err != nil {
						t.Error(err)
					}
				case "replay 1":
					replays.Add(1)
				default:
					t.Error(result)
				}
			})
		}
		all.Wait()
		if runs.Load() != 1 || replays.Load() != 49 {
			t.Errorf("%d ran and %d got its answer", runs.Load(), replays.Load())
		}
	})
}
