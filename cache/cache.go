package cache

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"
)

// Options make a Cache. Zero values take the defaults that are named.
type Options struct {
	Memory    uint64           // bytes of the in-process tier; 64 MiB
	Redis     *Redis           // nil for none
	Now       func() time.Time // time.Now
	FetchTime time.Duration    // a fetch's deadline, whoever waits for it; 30 s
	Refreshes int              // how many refreshes may be under way at once; 16
}

// Cache is both tiers and the flights between them and the sources. It is safe
// for concurrent use.
type Cache struct {
	memory    *otter.Cache[Key, *entry]
	redis     *Redis
	now       func() time.Time
	fetchTime time.Duration

	mu      sync.Mutex
	flights map[Key]*flight
	closed  bool
	drops   uint64 // counts them: what was read before the latest is not kept
	holds   map[Subject]hold
	refresh refreshing

	onDrop atomic.Pointer[func([]Subject)]
	epochs atomic.Pointer[epochs] // set under mu

	// With Redis: what other replicas drop, and who did what this one dropped.
	address        string // the channel on which this process is acknowledged; its leases bear it
	leases         atomic.Uint64
	awaited        awaited
	listener       listener
	deaf           atomic.Bool // what other replicas drop is not heard of
	learnt         atomic.Bool // what Redis knows of epochs is taken in
	unacknowledged atomic.Int64

	background context.Context
	stop       context.CancelFunc
	running    sync.WaitGroup
}

// overhead is what an entry takes in memory beyond its value and its key.
const overhead = 256

// growth is how much larger a value may be in memory than its encoding before
// compression. Small documents measure 1.3 times, Productive's with all their
// features 1.5, a little more under the race detector;
// TestMemoryStaysWithinItsBudget holds it.
const growth = 2

// New makes a Cache; Close ends it. It asks Redis for what was purged and to hear
// what is dropped, and waits for each no longer than a query would.
func New(options Options) *Cache {
	if options.Memory == 0 {
		options.Memory = 64 << 20
	}
	if options.Now == nil {
		options.Now = time.Now
	}
	if options.FetchTime == 0 {
		options.FetchTime = 30 * time.Second
	}
	if options.Refreshes == 0 {
		options.Refreshes = 16
	}
	c := &Cache{
		redis:     options.Redis,
		now:       options.Now,
		fetchTime: options.FetchTime,
		refresh:   refreshing{limit: options.Refreshes},
		flights:   map[Key]*flight{},
		holds:     map[Subject]hold{},
		address:   dropsChannel + ":" + rand.Text(),
		memory: otter.Must(&otter.Options[Key, *entry]{
			MaximumWeight: options.Memory,
			Weigher: func(key Key, e *entry) uint32 {
				return uint32(min(overhead+len(key.text)+growth*e.size, 1<<31)) // #nosec G115 -- held to 1<<31 in the same line
			},
		}),
	}
	c.epochs.Store(new(epochs))
	c.background, c.stop = context.WithCancel(context.Background())
	if c.redis != nil {
		if !c.redis.gate.isShut() {
			_ = c.learnEpochs() // noted as a fault; the listener tries again
		}
		c.running.Go(c.keepEpochs)
		c.deaf.Store(true)
		c.listener.cache, c.listener.begun = c, make(chan struct{})
		c.running.Go(c.listener.listen)
		if !c.redis.gate.isShut() {
			c.listener.awaitBegun()
		}
	}
	return c
}

// Now is the cache's clock.
func (c *Cache) Now() time.Time { return c.now() }

// Close abandons the fetches under way and waits for them, and no longer hears
// what other replicas drop. The Redis tier is its owner's to close, after this.
func (c *Cache) Close() {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.running.Wait()
	c.memory.StopAllGoroutines()
}

// load looks keys up in the process, then in Redis what is not fresh there.
func (c *Cache) load(ctx context.Context, codec codec, policy Policy, keys []Key) map[Key]*entry {
	found := make(map[Key]*entry, len(keys))
	var ask []Key
	now := c.now()
	for _, key := range keys {
		e, ok := c.memory.GetIfPresent(key)
		if ok {
			found[key] = e
		}
		if !ok || c.grade(policy, key, e, now) != fresh {
			ask = append(ask, key)
		}
	}
	if c.redis == nil || len(ask) == 0 {
		return found
	}
	c.mu.Lock()
	drops := c.drops
	ask = slices.DeleteFunc(ask, c.inDoubt)
	c.mu.Unlock()
	if len(ask) == 0 {
		return found
	}
	loaded := c.redis.load(ctx, codec, ask)
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, e := range loaded {
		if policy.grade(key, e, now) == dead {
			continue
		}
		if own, ok := c.memory.GetIfPresent(key); ok && !own.isDoubted && !e.fetchedAt.After(own.fetchedAt) {
			found[key] = own
			continue
		}
		found[key] = e
		if c.drops == drops {
			c.memory.Set(key, e)
		}
	}
	return found
}
