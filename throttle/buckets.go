package throttle

import (
	"sync"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"golang.org/x/time/rate"
)

// remembered is how many buckets are kept within the process. Who falls out,
// the one that was idle longest, begins anew with a full one.
const remembered = 10_000

// buckets are the token buckets of this process by their owner.
type buckets struct {
	fill rate.Limit
	size int

	mu  sync.Mutex
	all *simplelru.LRU[string, *rate.Limiter]
}

func newBuckets(fill rate.Limit, size int) *buckets {
	// It fails for a size below 1 alone.
	all, _ := simplelru.NewLRU[string, *rate.Limiter](remembered, nil)
	return &buckets{fill: fill, size: size, all: all}
}

func (b *buckets) of(owner string) *rate.Limiter {
	b.mu.Lock()
	defer b.mu.Unlock()
	bucket, ok := b.all.Get(owner)
	if !ok {
		bucket = rate.NewLimiter(b.fill, b.size)
		b.all.Add(owner, bucket)
	}
	return bucket
}
