package ledger

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	"github.com/redis/go-redis/v9"

	"tributary/breaker"
	"tributary/sealing"
)

// shared is the store in Redis. A caller's context never cuts a command short:
// one that was canceled on its way may have been carried out or not.
type shared struct {
	client  redis.UniversalClient
	fast    *circuit
	seal    *sealing.Ring
	locks   *redsync.Redsync
	closing chan struct{} // closed by close
	once    sync.Once
	running sync.WaitGroup
}

// circuit answers at once while Redis is silent. What a write that has begun
// waits for does not go through it: an answer is to be kept if it can be.
type circuit = breaker.Breaker[[]byte]

func newCircuit() *circuit {
	return breaker.New[[]byte](leaseLength, slog.Default(), // the client's timeouts are the shorter ones
		"writes with an idempotency key are refused, and the audit stream has gaps",
		"writes with an idempotency key are made, and the audit stream goes on")
}

func newShared(client redis.UniversalClient, fast *circuit, seal *sealing.Ring) *shared {
	return &shared{
		client:  client,
		fast:    fast,
		seal:    seal,
		locks:   redsync.New(goredis.NewPool(client)),
		closing: make(chan struct{}),
	}
}

func (s *shared) close() {
	s.once.Do(func() { close(s.closing) })
	s.running.Wait()
}

func (s *shared) get(ctx context.Context, key string) ([]byte, bool, error) {
	return s.open(key)(present(s.fast.Ask(ctx, func(ctx context.Context) ([]byte, error) {
		return s.client.Get(ctx, key).Bytes()
	})))
}

// open decrypts the record of key that was found. One that cannot be is an error
// and never a missing one, which would let a write be sent again.
func (s *shared) open(key string) func([]byte, bool, error) ([]byte, bool, error) {
	return func(data []byte, found bool, err error) ([]byte, bool, error) {
		if !found || err != nil {
			return data, found, err
		}
		if s.seal == nil && sealing.IsSealed(data) {
			err = sealing.ErrUnknownKey
		} else {
			data, err = s.seal.Open(data, key)
		}
		if err != nil {
			return nil, false, fmt.Errorf("a record cannot be read: %w", err)
		}
		return data, true, nil
	}
}

// present tells a missing record from a Redis that could not be asked.
func present(data []byte, err error) ([]byte, bool, error) {
	if errors.Is(err, redis.Nil) {
		return nil, false, nil
	}
	return data, err == nil, err
}

func (s *shared) set(ctx context.Context, n name, data []byte) error {
	return s.client.Set(context.WithoutCancel(ctx), n.key, s.seal.Seal(data, n.key), keepFor).Err()
}

func (s *shared) lease(ctx context.Context, key string) (lease, error) {
	mutex := s.locks.NewMutex(key+":running",
		redsync.WithExpiry(leaseLength),
		redsync.WithTimeoutFactor(1)) // the client's timeouts are the shorter ones
	if err := mutex.TryLockContext(context.WithoutCancel(ctx)); err != nil {
		if isTaken(err) {
			return nil, errTaken
		}
		return nil, err
	}
	held := &sharedLease{mutex: mutex, stop: make(chan struct{}), stopped: make(chan struct{})}
	s.running.Go(func() { held.extend(s.closing) })
	return held, nil
}

// isTaken reports whether Redis answered that the lease is another's, or gone.
func isTaken(err error) bool {
	var taken *redsync.ErrTaken
	return errors.As(err, &taken) || errors.Is(err, redsync.ErrLockAlreadyExpired)
}

type sharedLease struct {
	mu    sync.Mutex // guards the two below; a redsync.Mutex is for one goroutine
	mutex *redsync.Mutex
	told  bool // the log knows that it was lost

	stop    chan struct{} // closed by end
	stopped chan struct{} // closed when extend has returned
}

// extend renews the lease until it ends, is lost, or closing is closed.
func (h *sharedLease) extend(closing <-chan struct{}) {
	defer close(h.stopped)
	again := time.NewTicker(leaseRenewal)
	defer again.Stop()
	for {
		select {
		case <-h.stop:
			return
		case <-closing:
			return
		case <-again.C:
		}
		if errors.Is(h.renew(context.Background()), errLost) {
			return
		}
	}
}

func (h *sharedLease) renew(ctx context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	_, err := h.mutex.ExtendContext(context.WithoutCancel(ctx))
	if isTaken(err) {
		h.tellLost()
		return errLost
	}
	return err
}

// end gives the lease back. Where Redis does not answer it ends by itself.
func (h *sharedLease) end() {
	close(h.stop)
	<-h.stopped
	h.mu.Lock()
	defer h.mu.Unlock()
	if _, err := h.mutex.Unlock(); isTaken(err) {
		h.tellLost()
	}
}

func (h *sharedLease) tellLost() {
	if !h.told {
		h.told = true
		slog.Warn("a lease in redis was lost while it was held; another may have written meanwhile", "lease", h.mutex.Name())
	}
}
