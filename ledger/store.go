package ledger

import (
	"context"
	"errors"
	"time"
)

const (
	// leaseLength is what a lease lasts beyond the death of its holder.
	leaseLength = 5 * time.Second
	// leaseRenewal comes three times within it, so that one may fail.
	leaseRenewal = 1500 * time.Millisecond
	// keepFor is what a record lasts after it was set.
	keepFor = 24 * time.Hour
)

var (
	errTaken = errors.New("another has the lease")
	errLost  = errors.New("the lease was lost while it was held")
)

// name is that of a record, and whose it is.
type name struct{ owner, key string }

// store keeps records and grants leases, each by its key. Errors but the two
// above and a *FullError say that it could not be asked.
type store interface {
	get(ctx context.Context, key string) (data []byte, found bool, err error)
	// take is get, and counts the key among its owner's. One that has no record
	// is a *FullError where its owner has too many, and is not counted.
	take(ctx context.Context, n name) (data []byte, found bool, err error)
	set(ctx context.Context, n name, data []byte) error
	// forget deletes the record, and counts the key no longer.
	forget(ctx context.Context, n name) error
	// lease makes the caller the only holder of key, or is errTaken at once.
	lease(ctx context.Context, key string) (lease, error)
	// close waits for what runs in the background.
	close()
}

type lease interface {
	// renew makes the lease last its whole length again; errLost where it ended
	// before.
	renew(ctx context.Context) error
	end()
}
