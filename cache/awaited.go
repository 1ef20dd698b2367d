package cache

import (
	"context"
	"sync"
)

// awaited are the Drops of this process that wait to be acknowledged.
type awaited struct {
	mu   sync.Mutex
	last uint64
	open map[uint64]*tally
}

// unheeded is the id of what nobody waits for.
const unheeded = 0

// tally counts the acknowledgements of one Drop.
type tally struct {
	got     int           // under awaited.mu
	changed chan struct{} // holds one when there are more
}

// add opens a tally, under an id that no other Drop of this process has.
func (a *awaited) add() uint64 {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.open == nil {
		a.open = map[uint64]*tally{}
	}
	a.last++
	a.open[a.last] = &tally{changed: make(chan struct{}, 1)}
	return a.last
}

func (a *awaited) remove(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.open, id)
}

// acknowledge counts for a Drop, if it still waits.
func (a *awaited) acknowledge(id uint64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	t, ok := a.open[id]
	if !ok {
		return
	}
	t.got++
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

// reach waits until an open tally has n, and reports false where ctx ends first.
func (a *awaited) reach(ctx context.Context, id uint64, n int) bool {
	for {
		a.mu.Lock()
		t := a.open[id]
		enough := t.got >= n
		a.mu.Unlock()
		if enough {
			return true
		}
		select {
		case <-t.changed:
		case <-ctx.Done():
			return false
		}
	}
}
