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

// store keeps records and grants leases, each by its key. Errors but the two
// above say that it could not be asked.
type store interface {
	get(ctx context.Context, key string) (data []byte, found bool, err error)
	set(ctx context.Context, key string, data []byte) error
	delete(ctx context.Context, key string) error
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
