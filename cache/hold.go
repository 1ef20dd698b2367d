package cache

import "time"

// hold is what a Drop leaves behind for its subject, by the real clock, for
// that is what writes go by.
type hold struct {
	fetches map[string]time.Time // by whose hold it is: what is asked for until then is not kept
	lookups time.Time            // nothing of it is looked up in Redis until then
}

// keeps reports whether what is fetched at now may be kept.
func (h hold) keeps(now time.Time) bool {
	for _, until := range h.fetches {
		if now.Before(until) {
			return false
		}
	}
	return true
}

// settled is how long after a drop a replica may still put the old value into
// Redis: until it has carried it out, and for that it is not waited for longer.
const settled = 2 * acknowledgeWithin

// hold sets for how long from now fetches of subjects are not kept on account
// of by, and leaves the holds of others as they are; a negative time leaves its
// own, too.
func (c *Cache) hold(subjects []Subject, by string, fetches time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for subject, h := range c.holds {
		if h.keeps(now) && now.After(h.lookups) {
			delete(c.holds, subject)
		}
	}
	for _, subject := range subjects {
		h := c.holds[subject]
		switch {
		case fetches == 0:
			delete(h.fetches, by)
		case fetches > 0:
			if h.fetches == nil {
				h.fetches = map[string]time.Time{}
			}
			h.fetches[by] = now.Add(fetches)
		}
		h.lookups = now.Add(settled)
		c.holds[subject] = h
	}
}

// isHeld reports whether what is fetched now is not kept. It needs the lock.
func (c *Cache) isHeld(key Key) bool {
	return len(c.holds) > 0 && !c.holds[key.Subject()].keeps(time.Now()) || !c.epochs.Load().has(key)
}

// inDoubt reports whether Redis may hold a value from before a drop or a purge.
// It needs the lock.
func (c *Cache) inDoubt(key Key) bool {
	if !c.learnt.Load() || !c.epochs.Load().has(key) {
		return true
	}
	if len(c.holds) == 0 {
		return false
	}
	h, now := c.holds[key.Subject()], time.Now()
	return now.Before(h.lookups) || !h.keeps(now)
}
