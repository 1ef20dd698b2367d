package cache

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// gate keeps queries from waiting for a Redis that does not answer.
type gate struct{ closed atomic.Bool }

func (g *gate) isShut() bool { return g.closed.Load() }
func (g *gate) open()        { g.closed.Store(false) }

// shut reports whether the gate was open before.
func (g *gate) shut() bool { return g.closed.CompareAndSwap(false, true) }

// note counts a fault of Redis, and shuts the gate unless Redis did answer. ctx
// is the caller's: where that has ended, it was the caller who did not wait.
func (r *Redis) note(ctx context.Context, err error) {
	if err == nil || ctx.Err() != nil {
		return
	}
	r.lost.Add(1)
	switch {
	case isRefusal(err):
		if r.refused.CompareAndSwap(false, true) {
			slog.Warn("redis refuses commands; going on without what they would have kept", "error", err)
		}
	case r.gate.shut():
		slog.Warn("redis does not answer; going on without it", "error", err)
		r.nudge()
	}
}

// isRefusal reports whether Redis answered that it won't do this one thing. Such
// an answer comes at once, and says nothing of other commands: a full Redis, or
// a replica, is still good for reading.
func isRefusal(err error) bool {
	var reply redis.Error
	if !errors.As(err, &reply) {
		return false
	}
	word, _, _ := strings.Cut(reply.Error(), " ")
	switch word {
	case "OOM", "READONLY", "MISCONF", "NOREPLICAS", "NOPERM", "WRONGTYPE":
		return true
	}
	// A command that this Redis is too old for; and what Redis 6 says where a
	// command within a script meets one of the above.
	return strings.HasPrefix(reply.Error(), "ERR unknown command") || strings.HasPrefix(reply.Error(), "ERR Error running script")
}

// Between two probes of a silent Redis; each pause is twice the one before.
const (
	shortestPause = 100 * time.Millisecond
	longestPause  = 5 * time.Second
)

// hear has a Redis that is taken for silent asked at once whether it is.
func (r *Redis) hear() {
	select {
	case r.heard <- struct{}{}:
	default: // it is about to be asked
	}
}

// recover asks a silent Redis again and again, less and less often, and opens
// the gate when it answers and has deleted what was dropped meanwhile. It
// reports false where Close came first.
func (r *Redis) recover() bool {
	// One that answers a probe and nothing else is not asked more often for it.
	if time.Since(r.openedAt) > longestPause {
		r.pause = shortestPause
	}
	for {
		timer := time.NewTimer(r.pause)
		select {
		case <-r.stopping:
			timer.Stop()
			return false
		case <-timer.C:
		case <-r.heard:
			timer.Stop()
		}
		r.pause = min(2*r.pause, longestPause)
		if r.Ping(context.Background()) != nil {
			continue
		}
		r.letGo()
		if !r.flush() {
			continue
		}
		r.refused.Store(false)
		r.openedAt = time.Now()
		r.gate.open()
		slog.Info("redis answers again")
		return true
	}
}
