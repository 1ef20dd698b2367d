package ledger

import (
	"context"

	"github.com/redis/go-redis/v9"
)

const (
	auditStream = "tributary:audit"
	auditLength = 10_000
)

// Record appends an entry of name, value pairs to the audit stream in Redis,
// which keeps about the last 10,000. It waits for one round trip, even where ctx
// has ended, and for none where Redis did not answer within the last second. An
// entry that Redis does not take is counted in Lost. Without a Redis Record does
// nothing.
func (l *Ledger) Record(ctx context.Context, fields ...string) {
	if l.client == nil {
		return
	}
	_, err := l.fast.Ask(ctx, func(ctx context.Context) ([]byte, error) {
		return nil, l.client.XAdd(ctx, &redis.XAddArgs{
			Stream: auditStream,
			MaxLen: auditLength,
			Approx: true, // Redis trims whole nodes, which costs it next to nothing
			Values: fields,
		}).Err()
	})
	if err != nil {
		l.lost.Add(1)
	}
}

// Lost is the number of entries that Record could not append.
func (l *Ledger) Lost() int64 { return l.lost.Load() }
