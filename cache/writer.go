package cache

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
)

// write is one change for the worker.
type write struct {
	kind kind
	key  Key // of what is stored or deleted
	// entry is what to store, plain its value's encoding, keep for how long.
	entry *entry
	plain []byte
	keep  time.Duration
	// sweep is what to delete of whole subjects, purge what to leave behind.
	sweep *sweep
	// ended are the leases to end.
	ended []ended
	purge *purge
	// suspect is the source that is purged for want of room for its deletions.
	suspect string
	// done, where set, is closed when this and all before it are carried out.
	done chan struct{}
}

type kind int

const (
	storing kind = iota
	deleting
	sweeping
	releasing
	purging
)

// writes is what the worker has yet to do, in order.
type writes struct {
	mu     sync.Mutex
	queue  []write
	stores int // how many of them store
	// deletions are the keys that are to be deleted behind all stores of theirs,
	// suspects the sources that are to be purged.
	deletions map[Key]bool
	suspects  map[string]bool
}

// crowd is how many stores may wait before values are let go, and how many
// deletions before a source is purged as a whole; batch is how many travel in one
// round trip.
const (
	crowd = 1024
	batch = 64
)

// store hands an entry to the worker. Where the worker can't keep up, or Redis
// is silent, it is let go.
func (r *Redis) store(key Key, e *entry, plain []byte, keep time.Duration) {
	if r.gate.isShut() {
		return
	}
	r.writes.mu.Lock()
	full := r.writes.stores >= crowd
	if !full {
		r.writes.stores++
		delete(r.writes.deletions, key)
		r.writes.queue = append(r.writes.queue, write{kind: storing, key: key, entry: e, plain: plain, keep: keep})
	}
	r.writes.mu.Unlock()
	if full {
		r.lost.Add(1)
		return
	}
	r.nudge()
}

// nudge wakes the worker.
func (r *Redis) nudge() {
	select {
	case r.wake <- struct{}{}:
	default: // it is about to look
	}
}

// work writes to Redis, off every query's way, and watches one that is silent.
func (r *Redis) work() {
	for {
		select {
		case <-r.stopping:
			r.finish()
			return
		case <-r.wake:
		}
		if !r.gate.isShut() {
			r.flush()
		}
		if r.gate.isShut() && !r.recover() {
			return
		}
	}
}

// finish writes what is left at Close, for a moment.
func (r *Redis) finish() {
	const farewell = 500 * time.Millisecond
	for deadline := time.Now().Add(farewell); time.Now().Before(deadline) && !r.gate.isShut(); {
		if list := r.take(); len(list) == 0 || !r.write(list) {
			return
		}
	}
}

// flush writes all that is queued, and reports whether Redis took it. What is
// left when Close comes is for finish.
func (r *Redis) flush() bool {
	for {
		select {
		case <-r.stopping:
			return true
		default:
		}
		list := r.take()
		if len(list) == 0 {
			return true
		}
		if !r.write(list) {
			return false
		}
	}
}

// take removes the next batch from the queue, all of it of one kind. Leases may
// end later than they could, lest each store that has one is a batch of its own.
func (r *Redis) take() []write {
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	queue := r.writes.queue
	var list, passed []write
	n := 0
	for ; n < len(queue) && len(list) < batch; n++ {
		if queue[n].kind == queue[0].kind {
			list = append(list, queue[n])
			continue
		}
		if queue[n].kind != releasing {
			break
		}
		passed = append(passed, queue[n])
	}
	r.writes.queue = slices.Replace(queue, 0, n, passed...)
	switch {
	case len(list) == 0:
	case isStoring(list[0]):
		r.writes.stores -= len(list)
	default:
		r.writes.unmark(list)
	}
	return list
}

// write carries out one batch. Where Redis did not answer, the deletions go
// back to the head of the queue and it reports false.
func (r *Redis) write(list []write) bool {
	var err error
	switch list[0].kind {
	case storing:
		err = r.keep(list)
	case deleting:
		err = r.delete(list)
	case sweeping:
		err = r.sweep(list)
	case releasing:
		err = r.end(list)
	case purging:
		err = r.purge(list)
	}
	r.note(context.Background(), err)
	if err != nil && !isRefusal(err) {
		r.putBack(list)
		return false
	}
	for _, w := range list {
		if w.done != nil {
			close(w.done)
		}
	}
	return true
}

// delete deletes exact keys.
func (r *Redis) delete(list []write) error {
	return r.inOrder(func(ctx context.Context, pipe redis.Pipeliner) {
		for _, w := range list {
			pipe.Del(ctx, w.key.text)
		}
	})
}

// inOrder sends commands to Redis in as many round trips as there are steps,
// for in a Cluster those of one are carried out in any order. A refusal does
// not keep it from going on.
func (r *Redis) inOrder(steps ...func(context.Context, redis.Pipeliner)) error {
	var refusal error
	for _, step := range steps {
		err := r.roundTrip(step)
		if err != nil && !isRefusal(err) {
			return err
		}
		if refusal == nil {
			refusal = err
		}
	}
	return refusal
}

func (r *Redis) roundTrip(step func(context.Context, redis.Pipeliner)) error {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	results, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		step(ctx, pipe)
		return nil
	})
	for _, result := range results {
		if fault := result.Err(); fault != nil && (err == nil || isRefusal(err)) {
			err = fault
		}
	}
	return err
}

// putBack keeps the deletions of a batch that failed.
func (r *Redis) putBack(list []write) {
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	list = slices.DeleteFunc(list, func(w write) bool {
		return isStoring(w) || w.kind == deleting && r.writes.deletions[w.key]
	})
	for _, w := range list {
		r.writes.mark(w)
	}
	r.writes.queue = append(list, r.writes.queue...)
}

// letGo forgets what was to be stored, for after a time without Redis another
// replica may have dropped it.
func (r *Redis) letGo() {
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	r.writes.queue, r.writes.stores = slices.DeleteFunc(r.writes.queue, isStoring), 0
}

func isStoring(w write) bool { return w.kind == storing }
