package cache

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"tributary/sealing"
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
	// Seal encrypts what the cache keeps there; nil for not.
	Seal *sealing.Ring
}

// Redis is the tier that replicas share. A fault of it is a counted miss: the
// first costs a wait of at most the timeout, and then none is asked until a
// probe in the background was answered.
type Redis struct {
	client  redis.UniversalClient
	timeout time.Duration
	seal    *sealing.Ring
	gate    gate
	lost    atomic.Int64
	refused atomic.Bool // was told in the log since Redis last was silent

	writes   writes
	wake     chan struct{} // holds one when the worker has something to look at
	heard    chan struct{} // holds one when a subscription shows that Redis is there
	stopping chan struct{} // closed by Close
	closing  sync.Once
	running  sync.WaitGroup

	// The worker's own: how long to wait before the next probe, and since when
	// the gate is open again.
	pause    time.Duration
	openedAt time.Time
}

// Open makes a client for the Redis of that configuration, each of whose waits
// is bounded by timeout instead of the configured one. It does not wait for
// Redis to answer, and is the caller's to close.
func (c RedisConfig) Open(timeout time.Duration) (redis.UniversalClient, error) {
	c.Timeout = timeout
	options, err := universal(c)
	if err != nil {
		return nil, err
	}
	logThroughSlog()
	if !options.IsClusterMode {
		return redis.NewUniversalClient(options), nil
	}
	cluster := options.Cluster()
	cluster.ClusterStateReloadInterval = clusterLasts
	return redis.NewClusterClient(cluster), nil
}

// clusterLasts is for how long the nodes' shares of a Cluster are believed. A
// node that is gone tells nobody who has taken over from it, and the client's
// own minute would be a minute without what it served.
const clusterLasts = time.Second

// OpenRedis makes the tier; it does not wait for Redis to answer. Close ends it.
func OpenRedis(config RedisConfig) (*Redis, error) {
	if config.Timeout == 0 {
		config.Timeout = 50 * time.Millisecond
	}
	client, err := config.Open(config.Timeout)
	if err != nil {
		return nil, err
	}
	r := &Redis{
		client:   client,
		timeout:  config.Timeout,
		seal:     config.Seal,
		wake:     make(chan struct{}, 1),
		heard:    make(chan struct{}, 1),
		stopping: make(chan struct{}),
	}
	r.running.Go(r.work)
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
	// Its handshake costs a round trip, and only a managed Redis knows it.
	options.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}
	options.IsClusterMode = config.Master == "" && len(config.Addrs) > 1
	return options, nil
}

// Close writes what is queued, for half a second at most, and hangs up. Nothing
// is read or written after it.
func (r *Redis) Close() error {
	var err error
	r.closing.Do(func() {
		close(r.stopping)
		r.running.Wait()
		r.gate.shut()
		err = r.client.Close()
	})
	return err
}

// Ping asks Redis whether it is there.
func (r *Redis) Ping(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	return r.client.Ping(ctx).Err()
}

// Check asks Redis whether it is there and lets this process tell others of what
// is dropped, without which they would show it until its time is over.
func (r *Redis) Check(ctx context.Context) error {
	if err := r.Ping(ctx); err != nil {
		return err
	}
	var told *redis.IntCmd
	_, err := r.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		told = r.tell(ctx, pipe, dropsChannel+":check", "")
		return nil
	})
	if told.Err() != nil {
		return fmt.Errorf("tell replicas: %w", told.Err())
	}
	return err
}

// Faults counts the look-ups and writes that Redis did not answer or refused,
// and the entries in it that could not be read.
func (r *Redis) Faults() int64 { return r.lost.Load() }

// load gets what Redis has of keys, in one round trip. Damaged entries count
// as missing.
func (r *Redis) load(ctx context.Context, codec codec, keys []Key) map[Key]*entry {
	if r.gate.isShut() {
		return nil
	}
	within, cancel := context.WithTimeout(ctx, r.timeout)
	defer cancel()
	results := make([]*redis.StringCmd, len(keys))
	_, err := r.client.Pipelined(within, func(pipe redis.Pipeliner) error {
		for i, key := range keys {
			results[i] = pipe.Get(within, key.text)
		}
		return nil
	})
	r.note(ctx, firstFault(results, err))
	entries := make(map[Key]*entry, len(keys))
	for i, result := range results {
		data, err := result.Bytes()
		if err != nil {
			continue
		}
		e, err := r.open(codec, keys[i], data)
		if err != nil {
			r.lost.Add(1)
			slog.Warn("an entry in Redis cannot be read", "error", err)
			continue
		}
		entries[keys[i]] = e
	}
	return entries
}

// open reads an entry as Redis holds it.
func (r *Redis) open(codec codec, key Key, data []byte) (*entry, error) {
	packed, err := r.seal.Open(data, key.text)
	if err != nil {
		return nil, err
	}
	return unpack(codec, key, packed)
}

// firstFault is the first error of results but for a missing key.
func firstFault(results []*redis.StringCmd, err error) error {
	for _, result := range results {
		if fault := result.Err(); fault != nil && !errors.Is(fault, redis.Nil) {
			return fault
		}
	}
	if errors.Is(err, redis.Nil) {
		return nil
	}
	return err
}

// logThroughSlog keeps the client library from writing lines of its own to the
// standard error. What it has to say, the gate says once.
var logThroughSlog = sync.OnceFunc(func() { redis.SetLogger(debugLog{}) })

type debugLog struct{}

func (debugLog) Printf(ctx context.Context, format string, args ...any) {
	slog.DebugContext(ctx, "redis client: "+fmt.Sprintf(format, args...))
}
