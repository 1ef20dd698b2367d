package ledger

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
)

// state is how far a write has come. The numbers are in Redis and stay.
type state uint8

const (
	claimed state = 1 // nothing was sent
	sending state = 2 // it may have been carried out
	done    state = 3 // its answer is known
)

// layout is the version of a record's encoding. Another one is refused: what it
// says of a write would be a guess.
const layout = 1

// record is what is kept of an idempotency key.
type record struct {
	_      struct{} `cbor:",toarray"`
	Layout uint
	State  state
	Input  []byte
	Answer []byte // of the state done
}

func (r record) encode() ([]byte, error) {
	r.Layout = layout
	return cbor.Marshal(r)
}

// decode reads a record that Redis had. What is damaged is an error, never a
// missing record, which would let a write be sent again.
func decode(data []byte) (record, error) {
	var r record
	if err := cbor.Unmarshal(data, &r); err != nil {
		return record{}, fmt.Errorf("a record cannot be read: %w", err)
	}
	if r.Layout != layout {
		return record{}, fmt.Errorf("a record cannot be read: its layout is %d, not %d", r.Layout, layout)
	}
	switch r.State {
	case claimed, sending:
		if len(r.Answer) > 0 {
			return record{}, fmt.Errorf("a record cannot be read: it has an answer in state %d", r.State)
		}
	case done:
		if r.Answer == nil {
			r.Answer = []byte{}
		}
	default:
		return record{}, fmt.Errorf("a record cannot be read: it has the state %d", r.State)
	}
	return r, nil
}
