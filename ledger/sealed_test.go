package ledger_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"tributary/ledger"
	"tributary/redistest"
	"tributary/sealing"
)

func ringOf(t *testing.T, ids ...string) *sealing.Ring {
	t.Helper()
	var keys []sealing.Key
	for _, id := range ids {
		secret := bytes.Repeat([]byte(id), sealing.KeySize)[:sealing.KeySize]
		keys = append(keys, sealing.Key{ID: id, Secret: secret})
	}
	ring, err := sealing.NewRing(keys...)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// A write is never sent again because its record cannot be opened.
func TestARecordThatCannotBeOpenedIsNoMissingOne(t *testing.T) {
	server := redistest.Start(t)
	of := func(ring *sealing.Ring) *ledger.Ledger {
		l := ledger.New(dial(t, server, 5*time.Second), ring)
		t.Cleanup(func() { _ = l.Close() })
		return l
	}
	rings := map[string]*sealing.Ring{
		"none": nil, "old": ringOf(t, "old"), "new": ringOf(t, "new"), "old, then new": ringOf(t, "old", "new"), "new, then old": ringOf(t, "new", "old"),
	}
	opens := map[string][]string{
		"none":          {"none"},
		"old":           {"old", "old, then new", "new, then old"},
		"new":           {"new", "old, then new", "new, then old"},
		"old, then new": {"old", "old, then new", "new, then old"},
		"new, then old": {"new", "old, then new", "new, then old"},
	}
	for by, seals := range rings {
		claim, _, err := of(seals).Begin(ctx, owner, by, []byte("input"))
		if err != nil {
			t.Fatal(err)
		}
		if err := claim.Finish(ctx, []byte("answer of a customer")); err != nil {
			t.Fatal(err)
		}
		stored := dial(t, server, 5*time.Second).Get(ctx, "tributary:idempotency:{"+by+"}").Val()
		if isClear := bytes.Contains([]byte(stored), []byte("customer")); isClear != (seals == nil) {
			t.Errorf("%s: what is stored is %q", by, stored)
		}
		for reader, ring := range rings {
			claim, past, err := of(ring).Begin(ctx, owner, by, []byte("input"))
			mayOpen := false
			for _, name := range opens[by] {
				mayOpen = mayOpen || name == reader
			}
			switch {
			case claim != nil:
				t.Errorf("what %s stored may be written again by %s", by, reader)
			case mayOpen && (past == nil || string(past.Answer) != "answer of a customer"):
				t.Errorf("what %s stored is %v, %v to %s", by, past, err, reader)
			case !mayOpen && !errors.Is(err, ledger.ErrUnreachable):
				t.Errorf("what %s stored is %v, %v to %s", by, past, err, reader)
			}
		}
	}
}
