// Package ledger is what is remembered of writes: who is at a subscription now,
// and what came of a write that a client may repeat. All replicas share it where
// there is a Redis; otherwise it is the process's own.
package ledger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/sealing"
)

var (
	// ErrBusy says that somebody else was still at it when the context ended. The
	// context's own error is in the chain too.
	ErrBusy = errors.New("somebody else is still at it")
	// ErrOtherInput says that the idempotency key was used with another input.
	ErrOtherInput = errors.New("the idempotency key was used with another input")
	// ErrUnreachable says that Redis did not answer, that what it has cannot be
	// read, or that the claim was lost to another: nothing may be assumed, and
	// nothing is to be sent. The cause is in the chain too.
	ErrUnreachable = errors.New("what is remembered of writes is out of reach")
)

// Ledger is safe for use by several goroutines.
type Ledger struct {
	store  store
	client redis.UniversalClient // for the audit; nil for none
	fast   *circuit              // of client
	turns  turns
	silent atomic.Bool  // was told in the log since Redis last answered a Lock
	lost   atomic.Int64 // audit entries
}

// New makes a ledger in Redis, whose records seal encrypts; nil for not. With a nil client it keeps everything in memory,
// apart from any other Ledger. The client stays its owner's to close, after the
// Ledger, and twice its read timeout bounds each round trip: a context that ends does not
// cut one short, since nobody would know what came of it.
func New(client redis.UniversalClient, seal *sealing.Ring) *Ledger {
	if client == nil {
		return &Ledger{store: newMemory()}
	}
	fast := newCircuit(patienceOf(client))
	return &Ledger{store: newShared(client, fast, seal), client: client, fast: fast}
}

// Close waits for what runs in the background. What is held then is no longer
// extended: it ends with its unlock or claim, or else by itself in 5 seconds.
// Nothing is to be locked or begun after it. The error is always nil.
func (l *Ledger) Close() error {
	l.store.close()
	return nil
}

// Between two tries to get what another process holds. Chance keeps several
// waiting processes from asking in step.
const (
	shortestPause = 20 * time.Millisecond
	longestPause  = 60 * time.Millisecond
)

// pause waits for the time of the next try; it is ErrBusy where ctx ends first.
func pause(ctx context.Context) error {
	timer := time.NewTimer(shortestPause + rand.N(longestPause-shortestPause)) // #nosec G404 -- spreads tries, keeps no secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return busy(ctx)
	case <-timer.C:
		return nil
	}
}

func busy(ctx context.Context) error { return fmt.Errorf("%w: %w", ErrBusy, ctx.Err()) }

func unreachable(err error) error { return fmt.Errorf("%w: %w", ErrUnreachable, err) }
