package persisted

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"tributary/breaker"
)

// store keeps what clients registered, in memory and, where there is one, in
// Redis. A fault of Redis is a miss.
type store struct {
	settings APQ

	mu    sync.Mutex
	here  *simplelru.LRU[string, registered] // by hash
	bytes int64

	client redis.UniversalClient // nil without Redis
	redis  *breaker.Breaker[string]
	growth *rate.Limiter // of what this process adds to Redis, in bytes
	wrong  atomic.Int64  // documents in Redis that were not what their names say
	log    *slog.Logger
}

// registered is a document in memory.
type registered struct {
	text  string
	until time.Time
}

// overhead is what a document takes in memory, here or in Redis, beyond its text.
const overhead = 256

func (r registered) size() int64 { return int64(len(r.text)) + overhead }

func newStore(settings APQ, options Options) *store {
	s := &store{settings: settings, client: options.Redis, log: options.Log}
	s.redis = breaker.New[string](options.Timeout, options.Log,
		"registered documents are those of each replica", "registered documents are shared")
	// It fails for a size below 1 alone, which Validate refuses.
	s.here, _ = simplelru.NewLRU(settings.Entries, func(_ string, r registered) { s.bytes -= r.size() })
	s.growth = rate.NewLimiter(rate.Limit(float64(settings.Memory)/settings.TTL.Seconds()), int(settings.Memory))
	return s
}

// faults counts what Redis did not answer or refused, and what it had wrong.
func (s *store) faults() int64 { return s.redis.Faults() + s.wrong.Load() }

// get finds a document, and keeps it for another while.
func (s *store) get(ctx context.Context, hash string) (string, bool) {
	if text, ok := s.recall(hash); ok {
		return text, true
	}
	text, ok := s.fetch(ctx, hash)
	if ok {
		s.remember(hash, text)
	}
	return text, ok
}

// put keeps a document, and reports whether it is short enough for that.
func (s *store) put(ctx context.Context, hash, text string) bool {
	if int64(len(text)) > int64(s.settings.Largest) {
		return false
	}
	s.remember(hash, text)
	if _, ok := s.fetch(ctx, hash); !ok {
		s.share(ctx, hash, text)
	}
	return true
}

// share writes to Redis, where other things are kept that nobody may crowd out:
// a process adds what fits into its memory at once, and as much again within
// the time for which it is kept.
func (s *store) share(ctx context.Context, hash, text string) {
	// A fault is counted, and the document stays that of this process.
	_, _ = s.ask(ctx, func(ctx context.Context) (string, error) {
		if !s.growth.AllowN(time.Now(), len(text)+overhead) {
			return "", nil
		}
		return s.client.Set(ctx, key(hash), text, s.settings.TTL).Result()
	})
}

func (s *store) recall(hash string) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.here.Get(hash)
	if !ok {
		return "", false
	}
	now := time.Now()
	if now.After(found.until) {
		s.here.Remove(hash)
		return "", false
	}
	found.until = now.Add(s.settings.TTL)
	s.here.Add(hash, found)
	return found.text, true
}

func (s *store) remember(hash, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.here.Remove(hash)
	r := registered{text, time.Now().Add(s.settings.TTL)}
	s.bytes += r.size()
	s.here.Add(hash, r)
	for s.bytes > int64(s.settings.Memory) && s.here.Len() > 1 {
		s.here.RemoveOldest()
	}
}

// fetch asks Redis, in one round trip. It reads no more than what may be kept,
// and takes nothing that is not what its name says: whoever writes to Redis
// must not choose what clients execute.
func (s *store) fetch(ctx context.Context, hash string) (string, bool) {
	text, err := s.ask(ctx, func(ctx context.Context) (string, error) {
		var read *redis.StringCmd
		_, err := s.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			read = pipe.GetRange(ctx, key(hash), 0, int64(s.settings.Largest))
			pipe.Expire(ctx, key(hash), s.settings.TTL) // a replica may refuse that
			return nil
		})
		if read.Err() != nil {
			return "", read.Err()
		}
		if !breaker.Answered(err) {
			return "", err
		}
		return read.Val(), nil
	})
	if err != nil || text == "" {
		return "", false
	}
	if digestOf(text).String() != hash {
		s.wrong.Add(1)
		s.log.Warn("a registered document in redis is not the one that its name says; it is passed by", "sha256", hash)
		return "", false
	}
	return text, true
}

var errNoRedis = errors.New("there is no redis")

func (s *store) ask(ctx context.Context, question func(context.Context) (string, error)) (string, error) {
	if s.client == nil {
		return "", errNoRedis
	}
	return s.redis.Ask(ctx, question)
}

// key names a document in Redis, for all versions of the program.
func key(hash string) string { return "tributary:apq:" + hash }
