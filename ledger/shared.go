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
	client redis.UniversalClient
	patience
	fast    *circuit
	seal    *sealing.Ring
	locks   *redsync.Redsync
	closing chan struct{} // closed by close
	once    sync.Once
	running sync.WaitGroup
}

// patience bounds a command as a whole. The client bounds each of its waits alone,
// and over a Cluster waits up to four times for a node that hangs.
type patience time.Duration

func patienceOf(client redis.UniversalClient) patience {
	var one time.Duration
	switch client := client.(type) {
	case *redis.Client:
		one = client.Options().ReadTimeout
	case *redis.ClusterClient:
		one = client.Options().ReadTimeout
	}
	if one <= 0 {
		return patience(leaseLength)
	}
	return patience(2 * one)
}

// uncut is for a command that goes on though its caller has gone.
func (p patience) uncut(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), time.Duration(p))
}

// circuit answers at once while Redis is silent. What a write that has begun
// waits for does not go through it: an answer is to be kept if it can be.
type circuit = breaker.Breaker[[]byte]

func newCircuit(p patience) *circuit {
	return breaker.New[[]byte](time.Duration(p), slog.Default(),
		"writes with an idempotency key are refused, and the audit stream has gaps",
		"writes with an idempotency key are made, and the audit stream goes on")
}

func newShared(client redis.UniversalClient, fast *circuit, seal *sealing.Ring) *shared {
	return &shared{
		client:   client,
		patience: patienceOf(client),
		fast:     fast,
		seal:     seal,
		locks:    redsync.New(goredis.NewPool(client)),
		closing:  make(chan struct{}),
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
	ctx, cancel := s.uncut(ctx)
	defer cancel()
	return s.client.Set(ctx, n.key, s.seal.Seal(data, n.key), keepFor).Err()
}

func (s *shared) lease(ctx context.Context, key string) (lease, error) {
	mutex := s.locks.NewMutex(key+":running",
		redsync.WithExpiry(leaseLength),
		redsync.WithTimeoutFactor(float64(s.patience)/float64(leaseLength)))
	if err := mutex.TryLockContext(context.WithoutCancel(ctx)); err != nil {
		if isTaken(err) {
			return nil, errTaken
		}
		return nil, err
	}
	held := &sharedLease{patience: s.patience, mutex: mutex, stop: make(chan struct{}), stopped: make(chan struct{})}
	s.running.Go(func() { held.extend(s.closing) })
	return held, nil
}

// isTaken reports whether Redis answered that the lease is another's, or gone.
func isTaken(err error) bool {
	var taken *redsync.ErrTaken
	return errors.As(err, &taken) || errors.Is(err, redsync.ErrLockAlreadyExpired)
}

type sharedLease struct {
	patience
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
	ctx, cancel := h.uncut(ctx)
	defer cancel()
	_, err := h.mutex.ExtendContext(ctx)
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
	ctx, cancel := h.uncut(context.Background())
	defer cancel()
	if _, err := h.mutex.UnlockContext(ctx); isTaken(err) {
		h.tellLost()
	}
}

func (h *sharedLease) tellLost() {
	if !h.told {
		h.told = true
		slog.Warn("a lease in redis was lost while it was held; another may have written meanwhile", "lease", h.mutex.Name())
	}
}
