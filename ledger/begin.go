package ledger

import (
	"bytes"
	"context"
	"errors"
)

// Past is what came of an earlier call with the same idempotency key.
type Past struct {
	// Answer is what Finish was given; empty and not nil where that was empty. It
	// is nil where nobody knows what came of the write.
	Answer []byte
}

// Begin claims an idempotency key. id names the key and its caller and is a hash
// of both, owner is a hash of the caller alone, whose keys are counted; input is
// a digest of what is asked. While another call with the id runs, on any
// replica, Begin waits.
//
// Of the Claim, the Past and the error one is not nil:
//   - a Claim: the caller is to carry the write out, and to end the claim with
//     Finish, Release or Abandon;
//   - a Past with an Answer, which is to be replayed;
//   - ErrOtherInput, at once;
//   - ErrBusy, where ctx ended before the key was free;
//   - a *FullError, where it is a new key and its owner has too many: nothing is
//     to be sent;
//   - ErrUnreachable: nothing is to be sent. It comes at once where Redis did not
//     answer within the last second.
//
// Only where a holder of the key died between Sending and Finish are there two:
// a Past without an Answer, and a Claim for finding out what came of the write,
// and to Finish with that.
func (l *Ledger) Begin(ctx context.Context, owner, id string, input []byte) (*Claim, *Past, error) {
	// The braces put all keys of an id into one slot of a Cluster.
	key := "tributary:idempotency:{" + id + "}"
	if past, err := l.answered(ctx, key, input); past != nil || err != nil {
		return nil, past, err
	}
	if err := l.turns.wait(ctx, key); err != nil {
		return nil, nil, err
	}
	held, past, err := l.obtainUnlessAnswered(ctx, key, input)
	if held == nil {
		l.turns.pass(key)
		return nil, past, err
	}
	claim := &Claim{ledger: l, name: name{owner, key}, input: input, held: held}
	if past, err = claim.open(ctx); err != nil || past != nil && past.Answer != nil {
		claim.end()
		return nil, past, err
	}
	return claim, past, nil
}

// obtainUnlessAnswered asks for the lease on key until it is free or its holder
// has finished. The lease or the Past or the error is not nil.
func (l *Ledger) obtainUnlessAnswered(ctx context.Context, key string, input []byte) (lease, *Past, error) {
	for {
		held, err := l.store.lease(ctx, key)
		if err == nil {
			return held, nil, nil
		}
		if !errors.Is(err, errTaken) {
			return nil, nil, unreachable(err)
		}
		if past, err := l.answered(ctx, key, input); past != nil || err != nil {
			return nil, past, err
		}
		if err := pause(ctx); err != nil {
			return nil, nil, err
		}
	}
}

// answered is the answer that key has; nil where it has none yet.
func (l *Ledger) answered(ctx context.Context, key string, input []byte) (*Past, error) {
	data, found, err := l.store.get(ctx, key)
	if err != nil {
		return nil, unreachable(err)
	}
	if !found {
		return nil, nil
	}
	r, err := read(data, input)
	if err != nil || r.State != done {
		return nil, err
	}
	return &Past{Answer: r.Answer}, nil
}

// read is the record that the store has, which input must match.
func read(data, input []byte) (record, error) {
	r, err := decode(data)
	if err != nil {
		return record{}, unreachable(err)
	}
	if !bytes.Equal(r.Input, input) {
		return record{}, ErrOtherInput
	}
	return r, nil
}
