package billing

import (
	"context"
	"errors"
)

// ErrUnwanted is inside the error of a call that was not made, for nobody waits
// for its answer any more.
var ErrUnwanted = errors.New("nobody waits for it any more")

type wantedKey struct{}

// WhileWanted returns a context whose calls to sources are begun while wanted is
// true. Those under way are let finish.
func WhileWanted(ctx context.Context, wanted func() bool) context.Context {
	return context.WithValue(ctx, wantedKey{}, wanted)
}

// IsWanted reports whether somebody waits for what a call under ctx would bring.
func IsWanted(ctx context.Context) bool {
	wanted, ok := ctx.Value(wantedKey{}).(func() bool)
	return !ok || wanted()
}
