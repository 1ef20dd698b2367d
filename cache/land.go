package cache

import (
	"errors"
	"log/slog"
	"time"

	"tributary/billing"
)

// land keeps a flight's answer, unless a Drop overtook it or holds its subject,
// and lets go those who wait.
func (c *Cache) land(f *flight) {
	defer close(f.done)
	var plain []byte
	keep := time.Duration(0)
	if f.err == nil {
		keep = f.trip.policy.keep(f.entry.absent)
	}
	if keep > 0 && !f.entry.absent {
		var err error
		if plain, err = f.trip.codec.marshal(f.entry.value); err != nil {
			slog.Error("an answer cannot be kept", "error", err)
			keep = 0
		}
		f.entry.size = len(plain)
	}
	if c.settle(f, plain, keep) {
		c.tellDropped([]Subject{f.key.Subject()})
	}
}

// settle does with the cache what the end of a flight asks for, and reports
// whether an older answer was let go.
func (c *Cache) settle(f *flight, plain []byte, keep time.Duration) (forgotten bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.dropped {
		return false
	}
	delete(c.flights, f.key)
	switch {
	case errors.Is(f.err, billing.ErrUnwanted): // nothing was learnt
	case keep > 0 && f.unkept:
	case keep > 0:
		f.kept = true
		c.memory.Set(f.key, f.entry)
		// Who hears of no drop can't take back what it stores.
		if c.redis != nil && !c.deaf.Load() {
			c.redis.store(f.key, f.entry, plain, keep)
		}
	case f.err == nil || isRefused(f.err):
		c.forget(f.key)
		forgotten = true
	case canBeStale(f.err) && !(f.trip.refresh && isHeldBack(f.err)):
		c.pause(f.key, f.err)
	}
	return forgotten
}

// forget lets go an older answer that the source has taken back.
func (c *Cache) forget(key Key) {
	c.drops++
	c.memory.Invalidate(key)
	if c.redis == nil || c.redis.forget(key) {
		return
	}
	source := key.Subject().Source
	c.redis.suspect(source, c.newPurge(Scope{Source: source}, c.epochs.Load().next(), unheeded))
}

// pause lets a kept answer stand for a while after its refresh failed.
func (c *Cache) pause(key Key, err error) {
	old, ok := c.memory.GetIfPresent(key)
	if !ok || old.absent {
		return
	}
	paused := *old
	paused.pausedUntil = c.now().Add(errorPause)
	paused.pauseErr = err
	c.memory.Set(key, &paused)
}
