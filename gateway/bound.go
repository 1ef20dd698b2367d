package gateway

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
)

// bound stops the execution of a query whose answer grows beyond its limits, or
// whose time is over. Estimates go by page sizes; this goes by what is there.
type bound struct {
	mostFields int64
	mostBytes  int64

	fields  atomic.Int64
	bytes   atomic.Int64
	stopped atomic.Bool
}

// errStopped is the error of the fields that are not executed any more.
var errStopped = errors.New("the execution was stopped")

// stopped stands for each of them. It is shown to nobody: one error tells of all.
var stopped = gqlerror.Wrap(errStopped)

// A name in an answer has quotes, a colon, a comma and the shortest of values.
const besideName = 5

// resolve counts a field before it is resolved.
func (b *bound) resolve(ctx context.Context, next graphql.Resolver) (any, error) {
	n := b.fields.Add(1)
	size := b.bytes.Add(int64(len(graphql.GetFieldContext(ctx).Field.Alias)) + besideName)
	if n > b.mostFields || size > b.mostBytes || n%64 == 0 && ctx.Err() != nil {
		b.stopped.Store(true)
	}
	if b.stopped.Load() {
		return nil, errStopped
	}
	return next(ctx)
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
