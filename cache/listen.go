package cache

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
)

// dropsChannel is where replicas tell each other what to drop. Each has a
// channel of its own besides, named after it, where it is acknowledged; the
// hash tag has them all live in one place in a Cluster.
const dropsChannel = "tributary:{drops}"

// endingsChannel is where they tell what became of leased fetches.
const endingsChannel = dropsChannel + ":endings"

// notice is what is told about a Drop.
type notice struct {
	ID       uint64        `json:"id"`   // what From calls it
	From     string        `json:"from"` // where to acknowledge it
	Subjects []Subject     `json:"subjects"`
	By       string        `json:"by"`              // whose hold it is
	Hold     time.Duration `json:"hold"`            // negative to leave it as it is
	Purge    *purgeNotice  `json:"purge,omitempty"` // then there is nothing else
}

// listener hears what other replicas drop, and who did what this one dropped.
type listener struct {
	cache      *Cache
	subscribed atomic.Bool
	tried      bool          // there was a subscription before, or an attempt at one
	begun      chan struct{} // closed when tried is first set
	pause      time.Duration
	unreadable sync.Once
}

const (
	// quiet is how long nothing need come on a subscription before Redis is
	// asked whether it still stands, and then before it is given up.
	quiet = 2 * time.Second
	// Between two attempts to subscribe; each pause is twice the one before.
	shortestRest = 100 * time.Millisecond
	longestRest  = time.Second
)

// listen subscribes until Close.
func (l *listener) listen() {
	for {
		l.session()
		l.lost(redis.ErrClosed)
		if !l.rest() {
			return
		}
	}
}

// awaitBegun waits until it is known whether drops are heard, as long as a query
// would: of what is fetched before that, a drop may be missed.
func (l *listener) awaitBegun() {
	timer := time.NewTimer(l.cache.redis.timeout)
	defer timer.Stop()
	select {
	case <-l.begun:
	case <-timer.C:
	}
}

// rest reports false where Close came first.
func (l *listener) rest() bool {
	l.pause = min(max(2*l.pause, shortestRest), longestRest)
	timer := time.NewTimer(l.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-l.cache.background.Done():
	case <-l.cache.redis.stopping:
	}
	return false
}

// session hears through one subscription, which subscribes again by itself
// after an error, until it is closed.
func (l *listener) session() {
	ctx := l.cache.background
	subscription := l.cache.redis.subscribe(ctx, dropsChannel, endingsChannel, l.cache.address)
	var heard atomic.Bool
	heard.Store(true)
	var watching sync.WaitGroup
	over := make(chan struct{})
	watching.Go(func() { l.watch(subscription, &heard, over) })
	defer watching.Wait()
	defer close(over)
	for {
		received, err := subscription.Receive(ctx)
		switch {
		case errors.Is(err, redis.ErrClosed) || ctx.Err() != nil:
			return
		case err != nil:
			l.lost(err)
			if isMisdirected(err) || !l.rest() {
				return
			}
		default:
			heard.Store(true)
			if !l.hear(received) {
				return
			}
		}
	}
}

// isMisdirected reports whether Redis answered that it can't be subscribed to
// here and now; the connection stands, and would never say more.
func isMisdirected(err error) bool {
	var reply redis.Error
	return errors.As(err, &reply) && !isRefusal(err)
}

// watch closes the subscription when the session is over, or when Redis does
// not even answer a question whether it is there.
func (l *listener) watch(subscription *redis.PubSub, heard *atomic.Bool, over <-chan struct{}) {
	defer subscription.Close()
	tick := time.NewTicker(quiet)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-l.cache.background.Done():
			return
		case <-tick.C:
		}
		if !heard.Swap(false) {
			return
		}
		_ = subscription.Ping(l.cache.background) // that it failed is heard too
	}
}

// lost notes that drops may be missed from now on.
func (l *listener) lost(err error) {
	if l.cache.background.Err() != nil {
		return
	}
	// A Redis that refuses to be listened to is still good for all else, as
	// long as each entry lives.
	refused := isRefusal(err)
	if l.subscribed.Swap(false) || !l.tried {
		slog.Warn("what other replicas drop is not heard of", "error", err)
	}
	l.cache.deaf.Store(!refused)
	l.try()
	l.cache.stirAll()
	if !refused {
		l.cache.redis.letGo()
	}
}

// hear takes in what came, and reports false where no more will come.
func (l *listener) hear(received any) bool {
	switch m := received.(type) {
	case *redis.Subscription:
		switch m.Kind {
		case "subscribe", "ssubscribe":
			return l.begin()
		default: // such as where the channel's slot moves
			return false
		}
	case *redis.Message:
		switch m.Channel {
		case dropsChannel:
			l.obey(m.Payload)
		case endingsChannel:
			l.learn(m.Payload)
		default:
			l.count(m.Payload)
		}
	}
	return true
}

// try notes the end of an attempt.
func (l *listener) try() {
	if !l.tried {
		close(l.begun)
	}
	l.tried = true
}

// begin follows a subscription. What was dropped before is not known: all that
// the process keeps may be old. It reports false where what was purged before
// cannot be learnt.
func (l *listener) begin() bool {
	if l.subscribed.Load() {
		return true // another channel's
	}
	if l.cache.learnEpochs() != nil {
		return false
	}
	l.cache.doubtAll()
	if l.tried {
		slog.Info("what other replicas drop is heard of again")
	}
	l.pause = 0
	l.cache.redis.hear()
	l.cache.deaf.Store(false)
	l.subscribed.Store(true)
	l.try()
	return true
}

// obey drops what a replica says, and acknowledges it when Redis has nothing
// left of it that this process stored.
func (l *listener) obey(payload string) {
	var n notice
	err := json.Unmarshal([]byte(payload), &n)
	c := l.cache
	switch {
	case err == nil && n.Purge != nil:
		c.obeyPurge(n.Purge)
		return
	case err != nil || n.From == "":
		l.ignore(payload)
		return
	}
	if n.From == c.address {
		c.awaited.acknowledge(n.ID)
		return
	}
	c.hold(n.Subjects, n.By, n.Hold)
	known := c.invalidate(n.Subjects)
	c.redis.queueSweep(&sweep{subjects: n.Subjects, known: known, channel: n.From, text: func() string {
		return strconv.FormatUint(n.ID, 10)
	}})
}

// learn takes what became of others' fetches.
func (l *listener) learn(payload string) {
	var endings []ending
	if err := json.Unmarshal([]byte(payload), &endings); err != nil {
		l.ignore(payload)
		return
	}
	l.cache.learn(endings)
}

// count takes an acknowledgement.
func (l *listener) count(payload string) {
	id, err := strconv.ParseUint(payload, 10, 64)
	if err != nil {
		l.ignore(payload)
		return
	}
	l.cache.awaited.acknowledge(id)
}

func (l *listener) ignore(payload string) {
	l.unreadable.Do(func() {
		slog.DebugContext(context.Background(), "a message about a drop cannot be read", "bytes", len(payload))
	})
}
