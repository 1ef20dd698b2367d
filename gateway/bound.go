package gateway

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
	"tributary/plain"
)

// bound stops the execution of a query whose answer grows beyond its limits, or
// whose time is over. Estimates go by page sizes; this goes by what is there.
type bound struct {
	mostFields int64
	mostBytes  int64

	fields  atomic.Int64
	bytes   atomic.Int64
	stopped atomic.Bool

	plain *plain.Execution
}

// errStopped is the error of the fields that are not executed any more.
var errStopped = errors.New("the execution was stopped")

// stopped stands for each of them. It is shown to nobody: one error tells of all.
var stopped = gqlerror.Wrap(errStopped)

// resolve counts a field before it is resolved. What it resolves to is written at
// once where that is plain.
func (b *bound) resolve(ctx context.Context, next graphql.Resolver) (any, error) {
	if !b.Count(ctx, 1, plain.Size(graphql.GetFieldContext(ctx).Field.Alias)) {
		return nil, errStopped
	}
	value, err := next(ctx)
	if err != nil || value == nil {
		return value, err
	}
	return b.plain.Resolved(ctx, value), nil
}

// Count implements plain.Counter.
func (b *bound) Count(ctx context.Context, fields, size int64) bool {
	n, bytes := b.fields.Add(fields), b.bytes.Add(size)
	if n > b.mostFields || bytes > b.mostBytes || n/64 != (n-fields)/64 && ctx.Err() != nil {
		b.stopped.Store(true)
	}
	return !b.stopped.Load()
}

// fault is why the execution was stopped; nil where it was not.
func (b *bound) fault(ctx context.Context) error {
	switch {
	case !b.stopped.Load():
		return nil
	case b.bytes.Load() > b.mostBytes:
		return billing.Errorf(billing.CodeLimitExceeded, "the answer has more than %d bytes (limit answer)", b.mostBytes)
	case b.fields.Load() > b.mostFields:
		return billing.Errorf(billing.CodeLimitExceeded, "the answer has more than %d fields (limit fields)", b.mostFields)
	default:
		return &billing.Error{Code: billing.CodeSourceTimeout, Op: "answer", Err: ctx.Err(), Message: "the time for the request ran out"}
	}
}

var _ graphql.FieldMiddleware = new(bound).resolve
