package ledger

import (
	"context"
	"sync"
)

// turns lets the callers of one process through one at a time and name, in the
// order they came. The zero value is ready.
type turns struct {
	mu sync.Mutex
	of map[string]*turn // of the names that somebody has or waits for
}

type turn struct {
	taken   chan struct{} // holds one while somebody has it; blocked senders queue up
	callers int           // that have it or wait for it
}

// wait returns when it is the caller's turn, which it must pass on, or with
// ErrBusy when ctx has ended.
func (t *turns) wait(ctx context.Context, name string) error {
	if ctx.Err() != nil {
		return busy(ctx)
	}
	turn := t.join(name)
	select {
	case turn.taken <- struct{}{}:
		return nil
	case <-ctx.Done():
		t.leave(name)
		return busy(ctx)
	}
}

// pass ends the caller's turn.
func (t *turns) pass(name string) {
	<-t.leave(name).taken
}

func (t *turns) join(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.of == nil {
		t.of = make(map[string]*turn)
	}
	if t.of[name] == nil {
		t.of[name] = &turn{taken: make(chan struct{}, 1)}
	}
	t.of[name].callers++
	return t.of[name]
}

func (t *turns) leave(name string) *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	turn := t.of[name]
	turn.callers--
	if turn.callers == 0 {
		delete(t.of, name)
	}
	return turn
}
