package loaders

import (
	"context"
	"sync"
	"time"

	"github.com/graph-gophers/dataloader/v7"

	"tributary/cache"
)

// loader answers the keys of one kind that an operation asks for, each once. What
// this process has fresh it answers at once; for the rest it has a dataloader
// whose batches leave when the executor has queued what it has.
type loader[K comparable, V any] struct {
	question *question[K, V]

	mu    sync.Mutex
	asked lookup[K, *asked[V]]
	data  *dataloader.Loader[K, cache.Answer[V]] // nil until something is to be fetched
}

// asked is a key that was asked for.
type asked[V any] struct {
	answer cache.Answer[V]
	fetch  dataloader.Thunk[cache.Answer[V]] // nil where answer is known
}

// patience is how long a batch would wait if nobody flushed it. The flusher
// always does; this is the end of the wait should it ever fail to.
const patience = time.Second

// queue asks for a key and returns at once.
func (l *loader[K, V]) queue(op *batches, key K) *asked[V] {
	l.mu.Lock()
	defer l.mu.Unlock()
	if known, ok := l.asked.get(key); ok {
		return known
	}
	if answer, ok := l.question.peek(op, key); ok {
		known := &asked[V]{answer: answer}
		l.asked.put(key, known)
		return known
	}
	if l.data == nil {
		l.data = l.newData(op)
	}
	coming := &asked[V]{fetch: l.data.Load(op.ctx, key)}
	l.asked.put(key, coming)
	op.flusher.notice()
	return coming
}

func (l *loader[K, V]) newData(op *batches) *dataloader.Loader[K, cache.Answer[V]] {
	return dataloader.NewBatchedLoader(
		func(ctx context.Context, keys []K) []*dataloader.Result[cache.Answer[V]] {
			return l.question.fetch(ctx, op, keys)
		},
		dataloader.WithCache(new(dataloader.NoCache[K, cache.Answer[V]])), // asked is the cache
		dataloader.WithWait[K, cache.Answer[V]](patience),
		dataloader.WithInputCapacity[K, cache.Answer[V]](16),
	)
}

// wait is the answer, and v a field that has nothing more to ask before it has it.
func (a *asked[V]) wait(v *visit) cache.Answer[V] {
	v.release()
	if a.fetch == nil {
		return a.answer
	}
	answer, err := a.fetch()
	if err != nil {
		answer.Err = err
	}
	return answer
}

func (l *loader[K, V]) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.data != nil {
		l.data.Flush()
	}
}

func (l *loader[K, V]) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = lookup[K, *asked[V]]{}
}
