package cache

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// RedisConfig says where Redis is. URL or Addrs is set.
type RedisConfig struct {
	URL      string   // redis://[user:password@]host:port/db, rediss:// for TLS, unix://
	Addrs    []string // several nodes: a Cluster, or with Master the Sentinels
	Master   string   // the Sentinel's name of the master
	Username string
	Password string
	TLS      *tls.Config // with Addrs; nil for none
	// Timeout bounds each wait for Redis on a query's way; 50 ms where 0.
	Timeout time.Duration
}

// Redis is the tier that replicas share. A fault of it is a counted miss: the
// first costs a wait of at most the timeout, and then none is asked until a
// probe in the background was answered.
type Redis struct {
	client  redis.UniversalClient
	timeout time.Duration
	gate    gate
	jobs    chan job
	stop    context.CancelFunc
	running sync.WaitGroup
	lost    atomic.Int64
}

// OpenRedis makes the tier; it does not wait for Redis to answer. Close ends it.
func OpenRedis(config RedisConfig) (*Redis, error) {
	if config.Timeout == 0 {
		config.Timeout = 50 * time.Millisecond
	}
	options, err := universal(config)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(context.Background())
	r := &Redis{
		client:  redis.NewUniversalClient(options),
		timeout: config.Timeout,
		jobs:    make(chan job, 1024),
		stop:    cancel,
	}
	r.gate.probe = make(chan struct{}, 1)
	r.running.Go(func() { r.work(ctx) })
	r.running.Go(func() { r.watch(ctx) })
	return r, nil
}

func universal(config RedisConfig) (*redis.UniversalOptions, error) {
	options := &redis.UniversalOptions{
		Addrs:      config.Addrs,
		MasterName: config.Master,
		Username:   config.Username,
		Password:   config.Password,
		TLSConfig:  config.TLS,
	}
	if config.URL != "" {
		single, err := redis.ParseURL(config.URL)
		if err != nil {
			return nil, errors.New("the Redis URL cannot be read")
		}
		options.Addrs = []string{single.Addr}
		options.DB = single.DB
		options.Username, options.Password = single.Username, single.Password
		options.TLSConfig = single.TLSConfig
	}
	options.ContextTimeoutEnabled = true
	options.DialTimeout = config.Timeout
	options.ReadTimeout = config.Timeout
	options.WriteTimeout = config.Timeout
	options.PoolTimeout = config.Timeout
	options.DialerRetries = 1
	options.MaxRetries = -1
	options.IsClusterMode = config.Master == "" && len(config.Addrs) > 1
	return options, nil
}

// Close writes nothing more, waits for the workers and hangs up.
func (r *Redis) Close() error {
	r.stop()
	r.running.Wait()
	return r.client.Close()
}

// Ping asks Redis whether it is there.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return r.client.Ping(ctx).Err()
}

// Faults counts the look-ups and writes that Redis did not answer.
func (r *Redis) Faults() int64 { return r.lost.Load() }

// load gets what Redis has of keys, in one round trip. Damaged entries count
// as missing.
func (r *Redis) load(ctx context.Context, codec codec, keys []Key) map[Key]*entry {
	if r.gate.isShut() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	results := make([]*redis.StringCmd, len(keys))
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i, key := range keys {
			results[i] = pipe.Get(ctx, key.text)
		}
		return nil
	})
	r.note(err)
	entries := make(map[Key]*entry, len(keys))
	for i, result := range results {
		data, err := result.Bytes()
		if err != nil {
			continue
		}
		e, err := unpack(codec, data)
		if err != nil {
			slog.Warn("an entry in Redis cannot be read", "error", err)
			continue
		}
		entries[keys[i]] = e
	}
	return entries
}

// note shuts the gate after a fault of Redis.
func (r *Redis) note(err error) {
	if err == nil || errors.Is(err, redis.Nil) || errors.Is(err, context.Canceled) {
		return
	}
	r.lost.Add(1)
	if r.gate.shut() {
		slog.Warn("redis does not answer; going on without it", "error", err)
	}
}

// job is one write for the worker: a value, or keys to delete where done is set.
type job struct {
	key   Key
	value []byte
	keep  time.Duration

	drop []Key
	done chan struct{}
}

// store hands an entry to the worker; where the worker can't keep up, or the
// gate is shut, it is let go.
func (r *Redis) store(key Key, e *entry, encoded []byte, keep time.Duration) {
	if r.gate.isShut() {
		return
	}
	select {
	case r.jobs <- job{key: key, value: pack(e, encoded), keep: keep}:
	default:
		r.lost.Add(1)
	}
}

// drop deletes keys after all writes that were handed over before.
func (r *Redis) drop(ctx context.Context, keys []Key) {
	ctx, cancel := context.WithTimeout(ctx, 2*r.timeout)
	defer cancel()
	done := make(chan struct{})
	select {
	case r.jobs <- job{drop: keys, done: done}:
	case <-ctx.Done():
		return
	}
	select {
	case <-done:
	case <-ctx.Done():
	}
}

// work writes to Redis, off every query's way.
func (r *Redis) work(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case j := <-r.jobs:
			r.write(ctx, j)
		}
	}
}

func (r *Redis) write(ctx context.Context, first job) {
	if first.done != nil {
		defer close(first.done)
	}
	if r.gate.isShut() {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for _, key := range first.drop {
			pipe.Del(ctx, key.text)
		}
		if first.value != nil {
			pipe.Set(ctx, first.key.text, first.value, first.keep)
		}
		return nil
	})
	r.note(err)
}

// watch asks a silent Redis again and again, less and less often, and opens
// the gate when it answers.
func (r *Redis) watch(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.gate.probe:
		}
		for pause := 100 * time.Millisecond; ; pause = min(2*pause, 5*time.Second) {
			timer := time.NewTimer(pause)
			select {
			case <-ctx.Done():
				timer.Stop()
				return
			case <-timer.C:
			}
			if r.Ping(ctx) == nil {
				r.gate.open()
				slog.Info("redis answers again")
				break
			}
		}
	}
}

// gate keeps queries from waiting for a Redis that does not answer.
type gate struct {
	closed atomic.Bool
	probe  chan struct{}
}

func (g *gate) isShut() bool { return g.closed.Load() }
func (g *gate) open()        { g.closed.Store(false) }

// shut reports whether the gate was open before, and asks for a probe.
func (g *gate) shut() bool {
	if !g.closed.CompareAndSwap(false, true) {
		return false
	}
	select {
	case g.probe <- struct{}{}:
	default:
	}
	return true
}

// An entry in Redis: a byte that says whether it is absent, eight bytes with
// the milliseconds since the epoch at which it was fetched, then the value.
const headerSize = 9

func pack(e *entry, encoded []byte) []byte {
	out := make([]byte, headerSize, headerSize+len(encoded))
	if e.absent {
		out[0] = 1
	}
	binary.BigEndian.PutUint64(out[1:], uint64(e.fetchedAt.UnixMilli()))
	return append(out, encoded...)
}

func unpack(codec codec, data []byte) (*entry, error) {
	if len(data) < headerSize || data[0] > 1 {
		return nil, errors.New("an entry without a header")
	}
	e := &entry{
		absent:    data[0] == 1,
		fetchedAt: time.UnixMilli(int64(binary.BigEndian.Uint64(data[1:headerSize]))).UTC(),
		size:      len(data) - headerSize,
	}
	if e.absent {
		return e, nil
	}
	var err error
	e.value, err = codec.decode(data[headerSize:])
	return e, err
}
