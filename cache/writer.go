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
	key  Key
	keep time.Duration
	// entry is what to keep, plain its value's encoding; nil to delete.
	entry *entry
	plain []byte
	// done, where set, is closed when this and all before it are carried out.
	done chan struct{}
}

// writes is what the worker has yet to do, in order.
type writes struct {
	mu    sync.Mutex
	queue []write
}

// crowd is how many writes may wait before values are let go, batch how many
// travel in one round trip.
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
	full := len(r.writes.queue) >= crowd
	if !full {
		r.writes.queue = append(r.writes.queue, write{key: key, entry: e, plain: plain, keep: keep})
	}
	r.writes.mu.Unlock()
	if full {
		r.lost.Add(1)
		return
	}
	r.nudge()
}

// forget has keys deleted after all that was handed over before. A silent Redis
// is told when it answers again, before anything is read from it. The channel
// is closed when it is done.
func (r *Redis) forget(keys ...Key) <-chan struct{} {
	done := make(chan struct{})
	if len(keys) == 0 {
		close(done)
		return done
	}
	r.writes.mu.Lock()
	for _, key := range keys {
		r.writes.queue = append(r.writes.queue, write{key: key})
	}
	r.writes.queue[len(r.writes.queue)-1].done = done
	r.writes.mu.Unlock()
	r.nudge()
	return done
}

// drop deletes keys and waits for it, as long as a query would.
func (r *Redis) drop(ctx context.Context, keys []Key) {
	done := r.forget(keys...)
	if r.gate.isShut() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 2*r.timeout)
	defer cancel()
	select {
	case <-done:
	case <-ctx.Done():
	case <-r.stopping:
	}
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

// take removes the next batch from the queue.
func (r *Redis) take() []write {
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	n := min(batch, len(r.writes.queue))
	list := slices.Clone(r.writes.queue[:n])
	r.writes.queue = slices.Delete(r.writes.queue, 0, n)
	return list
}

// write carries out one batch in one round trip. Where Redis did not answer,
// the deletions go back to the head of the queue and it reports false.
func (r *Redis) write(list []write) bool {
	ctx, cancel := context.WithTimeout(context.Background(), r.timeout)
	defer cancel()
	results, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, w := range list {
			if w.entry == nil {
				pipe.Del(ctx, w.key.text)
			} else {
				pipe.Set(ctx, w.key.text, pack(w.key, w.entry, w.plain), w.keep)
			}
		}
		return nil
	})
	for _, result := range results {
		if fault := result.Err(); fault != nil && (err == nil || isRefusal(err)) {
			err = fault
		}
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

// putBack keeps the deletions of a batch that failed.
func (r *Redis) putBack(list []write) {
	var deletions []write
	for _, w := range list {
		if w.entry == nil {
			deletions = append(deletions, w)
		}
	}
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	r.writes.queue = append(deletions, r.writes.queue...)
}
