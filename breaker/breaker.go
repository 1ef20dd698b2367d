// Package breaker keeps operations from waiting for a Redis that does not
// answer, where they can do without it.
package breaker

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/sony/gobreaker/v2"
)

// Breaker bounds each question to Redis, and asks none for a while after one
// that was not answered.
type Breaker[T any] struct {
	timeout time.Duration
	circuit *gobreaker.CircuitBreaker[T]
	faults  atomic.Int64
}

// pause is how long a Redis that did not answer is left alone; then one
// question is risked.
const pause = time.Second

// usual is the timeout of those who name none.
const usual = 50 * time.Millisecond

// New makes a Breaker. timeout bounds a question, 50 ms where it is 0; without
// and with are what the log says of working without Redis and with it again.
func New[T any](timeout time.Duration, log *slog.Logger, without, with string) *Breaker[T] {
	if timeout == 0 {
		timeout = usual
	}
	return &Breaker[T]{timeout: timeout, circuit: gobreaker.NewCircuitBreaker[T](gobreaker.Settings{
		Timeout:      pause,
		ReadyToTrip:  func(gobreaker.Counts) bool { return true }, // at the first fault
		IsSuccessful: Answered,
		OnStateChange: func(_ string, from, to gobreaker.State) {
			switch {
			case from == gobreaker.StateClosed:
				log.Warn("redis does not answer; " + without)
			case to == gobreaker.StateClosed:
				log.Info("redis answers again; " + with)
			}
		},
	})}
}

// Ask asks within the timeout, where Redis is not left alone just now. A caller
// who goes does not cut the question short: that would look like a fault of
// Redis, and nobody would know what it has done.
func (b *Breaker[T]) Ask(ctx context.Context, question func(context.Context) (T, error)) (T, error) {
	return b.circuit.Execute(func() (T, error) {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.timeout)
		defer cancel()
		answer, err := question(within)
		if err != nil {
			b.faults.Add(1)
		}
		return answer, err
	})
}

// Timeout is how long a question takes at most.
func (b *Breaker[T]) Timeout() time.Duration { return b.timeout }

// Faults counts the questions that were not answered or refused.
func (b *Breaker[T]) Faults() int64 { return b.faults.Load() }

// Answered reports whether Redis answered at all, be it with a refusal, which
// comes at once, or that it has nothing.
func Answered(err error) bool {
	var reply redis.Error
	return err == nil || errors.As(err, &reply)
}
