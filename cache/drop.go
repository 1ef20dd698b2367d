package cache

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"time"
)

// acknowledgeWithin bounds how long a Drop waits for the other replicas. One
// that works needs two round trips to Redis and what its queue holds, some tens
// of milliseconds; somebody waits for the write behind the Drop.
const acknowledgeWithin = 500 * time.Millisecond

// Drop forgets subjects in both tiers of this process and of every replica that
// shares its Redis, and returns when they have. For hold from now nothing that
// is fetched about them is kept, on any replica, unless the next Drop of the
// same subject by the same one says otherwise (hold 0 ends it at once); by names
// one write among all that there are. A fetch under way when
// Drop is called still answers those who wait for it but is not kept, anywhere.
//
// It never fails. Where Redis is silent, or a replica does not answer in time,
// it reports false before that is done, and Unacknowledged counts it: a silent
// Redis and those behind it are told when it answers again.
func (c *Cache) Drop(ctx context.Context, subjects []Subject, by string, hold time.Duration) (acknowledged bool) {
	if len(subjects) == 0 {
		return true
	}
	subjects, hold = slices.Clone(subjects), max(0, hold) // a silent Redis is told them later
	c.hold(subjects, by, hold)
	known := c.invalidate(subjects)
	if c.redis == nil {
		return true
	}
	acknowledged = c.dropElsewhere(ctx, subjects, known, by, hold)
	if !acknowledged {
		c.unacknowledged.Add(1)
		slog.WarnContext(ctx, "not every replica has acknowledged that it dropped what was written; it may show it as it was for a while", "subjects", len(subjects))
	}
	// Who looked into Redis meanwhile may have brought the old values back.
	c.invalidate(subjects)
	return acknowledged
}

// Unacknowledged counts the Drops and Purges that returned before Redis and every replica
// had carried them out.
func (c *Cache) Unacknowledged() int64 { return c.unacknowledged.Load() }

// dropElsewhere drops in Redis, then in the replicas, for one of them could put
// back what Redis still has. It reports whether all of them have done it.
func (c *Cache) dropElsewhere(ctx context.Context, subjects []Subject, known []Key, by string, hold time.Duration) bool {
	id := c.awaited.add()
	defer c.awaited.remove(id)
	until := time.Now().Add(hold)
	s := &sweep{subjects: subjects, known: known, channel: dropsChannel, text: func() string {
		n := notice{ID: id, From: c.address, Subjects: subjects, By: by, Hold: hold}
		if hold > 0 {
			n.Hold = time.Until(until) // negative where Redis was silent for so long
		}
		text, _ := json.Marshal(n) // strings and numbers
		return string(text)
	}}
	if !c.redis.await(ctx, c.redis.queueSweep(s)) || s.heard < 0 {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, acknowledgeWithin)
	defer cancel()
	return c.awaited.reach(ctx, id, s.heard)
}

// invalidate forgets subjects in the process, lets nothing in that is under
// way, and returns the keys that there were.
func (c *Cache) invalidate(subjects []Subject) []Key {
	wanted := make(map[Subject]bool, len(subjects))
	for _, subject := range subjects {
		wanted[subject] = true
	}
	// The last of all: nobody may keep what they made of the older answers.
	defer c.tellDropped(subjects)
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.letGo(func(key Key) bool { return wanted[key.Subject()] })
}

// letGo does that with the keys that match. It needs the lock.
func (c *Cache) letGo(matches func(Key) bool) []Key {
	c.drops++
	var known []Key
	for key := range c.memory.Keys() {
		if matches(key) {
			known = append(known, key)
		}
	}
	for _, key := range known {
		c.memory.Invalidate(key)
	}
	for key, f := range c.flights {
		if matches(key) {
			c.overtake(f)
			delete(c.flights, key)
		}
	}
	return known
}

// doubtAll is for when this process may have missed drops. What it keeps is good
// for no more than to be shown where a source fails, when nobody knows better.
func (c *Cache) doubtAll() {
	defer c.tellDropped(nil)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drops++
	for key, e := range c.memory.All() {
		if e.absent {
			c.memory.Invalidate(key)
			continue
		}
		doubted := *e
		doubted.isDoubted = true
		c.memory.Set(key, &doubted)
	}
	for _, f := range c.flights {
		c.overtake(f)
	}
	clear(c.flights)
}

// overtake marks a flight as older than a Drop. Other replicas must not wait for
// it, and it must not wait for theirs. It needs the lock.
func (c *Cache) overtake(f *flight) {
	f.dropped = true
	c.release(f, ending{How: givenUp})
	f.trip.stir()
}

// OnDrop has told called whenever the process forgets what it kept of subjects,
// nil for all of them: after it has, and before anybody is told that it has. What
// was made of answers from before is to be forgotten within told. It is called by
// many at once, and may be called twice for one Drop.
func (c *Cache) OnDrop(told func(subjects []Subject)) { c.onDrop.Store(&told) }

func (c *Cache) tellDropped(subjects []Subject) {
	if told := c.onDrop.Load(); told != nil {
		(*told)(subjects)
	}
}

// IsDeaf reports whether drops of other replicas may be missed at present: there
// is a Redis, and what is told through it is not heard. One that lets nobody
// listen makes nobody deaf: what is kept of it is good for as long as it lives.
func (c *Cache) IsDeaf() bool { return c.deaf.Load() }
