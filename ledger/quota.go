package ledger

import (
	"fmt"
	"time"
)

// How many keys are kept at once. A key that was released is not, and one of
// which something is kept never makes way for another.
const (
	ownersInMemory = 1_000
	allInMemory    = 10_000 // of all owners
	ownersInRedis  = 10_000
)

// FullError says that no further key can be kept, and that nothing is to be
// sent.
type FullError struct {
	Keys  int       // that are kept
	All   bool      // whether those are all owners' and not the one's own
	Until time.Time // when the oldest of them is forgotten
}

func (e *FullError) Error() string {
	whose := "their owner's"
	if e.All {
		whose = "everybody's"
	}
	return fmt.Sprintf("%d idempotency keys are kept, which is all of %s", e.Keys, whose)
}
