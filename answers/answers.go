// Package answers keeps whole answers to queries, as the bytes that clients were
// sent, for as long as executing the query again would make the same bytes.
package answers

import (
	"context"
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/maypok86/otter/v2"

	"tributary/accounts"
	"tributary/cache"
	"tributary/loaders"
	"tributary/persisted"
)

// Key is a question as one caller asks it. Everything that an answer depends on
// is in it, or looked at again by Get.
type Key struct {
	Method   string // which says how Question is written
	Question string // the request's body or query string, byte for byte
	Caller   string // who asks, what may be seen of it, and the credentials that are passed on
}

// Answer is a kept answer. Nobody changes it but its Cache.
type Answer struct {
	Body  []byte // in which ages are to be filled in; see loaders.Basis.AsOf
	Basis loaders.Basis
	// Directory is the directory of accounts that it was made by.
	Directory *accounts.Directory
	// Document, Operation and Kind are what was asked for.
	Document  persisted.Request
	Text      string // of the document
	Operation string
	Kind      string

	begun   uint64
	slots   []uint32
	weight  uint32
	encoded atomic.Pointer[encodings]
}

// encodings are the compressed bodies of an answer by coding.
type encodings map[string][]byte

// Cache keeps answers within the process. It is safe for concurrent use.
type Cache struct {
	kept   *otter.Cache[Key, *Answer]
	now    func() time.Time
	serves func() bool
	seed   maphash.Seed
	// directory is the one in force, as far as was seen.
	directory atomic.Pointer[accounts.Directory]

	// What was dropped is told apart by the hash of its subject: an answer is not
	// given any more when anything in one of its slots was dropped since it began to
	// be made.
	drops   atomic.Uint64
	dropped [slots]atomic.Uint64
	all     atomic.Uint64
	stats   struct{ hits, misses, stored atomic.Int64 }
}

// slots is enough to make it rare that two subjects share one.
const slots = 1 << 14

// Options make a Cache.
type Options struct {
	Memory uint64           // bytes
	Now    func() time.Time // time.Now where nil
	// Serves reports whether the process hears of what other replicas change. While
	// it does not, nothing is given and nothing kept. Always where nil.
	Serves func() bool
}

// New makes a Cache; Close ends it.
func New(options Options) *Cache {
	c := &Cache{now: options.Now, serves: options.Serves, seed: maphash.MakeSeed()}
	if c.now == nil {
		c.now = time.Now
	}
	if c.serves == nil {
		c.serves = func() bool { return true }
	}
	c.kept = otter.Must(&otter.Options[Key, *Answer]{
		MaximumWeight: options.Memory,
		Weigher:       func(_ Key, a *Answer) uint32 { return a.weight },
	})
	return c
}

// Close ends what runs in the background.
func (c *Cache) Close() { c.kept.StopAllGoroutines() }

// Begin is to be called before the execution of a query whose answer may be kept.
func (c *Cache) Begin() Begun { return Begun(c.drops.Load()) }

// Begun is the moment at which an execution began, among those at which something
// was dropped.
type Begun uint64

// Get is the answer to a question by a directory; nil where none is kept that
// still holds.
func (c *Cache) Get(ctx context.Context, key Key, directory *accounts.Directory) *Answer {
	c.follow(directory)
	a, ok := c.kept.GetIfPresent(key)
	if ok && a.Directory == directory && c.serves() && c.holds(a) && a.isOfTenants(ctx) {
		c.stats.hits.Add(1)
		return a
	}
	c.stats.misses.Add(1)
	return nil
}

// follow lets go what was made by another directory, for it would keep that in
// memory.
func (c *Cache) follow(directory *accounts.Directory) {
	if c.directory.Load() != directory && c.directory.Swap(directory) != directory {
		c.kept.InvalidateAll()
	}
}

// isOfTenants reports whether a call under ctx would bear the credentials that the
// answer was read with.
func (a *Answer) isOfTenants(ctx context.Context) bool {
	for _, tenant := range a.Basis.Tenants {
		if tenant.Source.Tenant(ctx, tenant.Org) != tenant.Print {
			return false
		}
	}
	return true
}

// holds reports whether nothing that a rests on was dropped or has ended.
func (c *Cache) holds(a *Answer) bool {
	if !a.Basis.Until.IsZero() && !c.now().Before(a.Basis.Until) {
		return false
	}
	if c.all.Load() > a.begun {
		return false
	}
	for _, slot := range a.slots {
		if c.dropped[slot].Load() > a.begun {
			return false
		}
	}
	return true
}

const (
	overhead = 512     // what an answer takes beside its key and its bodies, in bytes
	largest  = 2 << 20 // the largest answer that is kept
)

// Longest is the longest question that is kept with its answer, in bytes.
const Longest = 32 << 10

// Keep keeps an answer whose execution had begun at a moment. What would not be
// given a second time is not kept.
func (c *Cache) Keep(key Key, begun Begun, a *Answer) bool {
	a.begun = uint64(begun)
	if a.Basis.IsFleeting || !c.serves() || len(key.Question) > Longest || len(a.Body) > largest {
		return false
	}
	a.slots = make([]uint32, len(a.Basis.Subjects))
	for i, subject := range a.Basis.Subjects {
		a.slots[i] = c.slot(subject)
	}
	a.Basis.Subjects = nil // the slots stand for them
	if !c.holds(a) {
		return false
	}
	a.weight = uint32(overhead + 2*len(key.Question) + len(key.Caller) + 2*len(a.Body) + 4*len(a.slots)) // #nosec G115 -- answers are bounded far below 1<<31
	c.kept.Set(key, a)
	c.stats.stored.Add(1)
	return true
}

func (c *Cache) slot(subject cache.Subject) uint32 {
	return uint32(maphash.Comparable(c.seed, subject) % slots) // #nosec G115 -- below slots
}

// Drop forgets every answer that was read from one of the subjects, or all where
// there are none, executions that are under way included.
func (c *Cache) Drop(subjects []cache.Subject) {
	now := c.drops.Add(1)
	if len(subjects) == 0 {
		raise(&c.all, now)
		c.kept.InvalidateAll()
		return
	}
	for _, subject := range subjects {
		raise(&c.dropped[c.slot(subject)], now)
	}
}

// raise sets a mark that others raise too.
func raise(mark *atomic.Uint64, to uint64) {
	for at := mark.Load(); at < to && !mark.CompareAndSwap(at, to); at = mark.Load() {
	}
}

// Encoded is the body in a coding; pack makes it the first time.
func (a *Answer) Encoded(coding string, pack func([]byte) []byte) []byte {
	known := a.encoded.Load()
	if known != nil {
		if packed, ok := (*known)[coding]; ok {
			return packed
		}
	}
	next := encodings{coding: pack(a.Body)}
	if known != nil {
		for other, packed := range *known {
			next[other] = packed
		}
	}
	a.encoded.CompareAndSwap(known, &next)
	return next[coding]
}

// Stats count since the Cache was made.
type Stats struct{ Hits, Misses, Stored int64 }

// Stats are the present figures.
func (c *Cache) Stats() Stats {
	return Stats{c.stats.hits.Load(), c.stats.misses.Load(), c.stats.stored.Load()}
}
