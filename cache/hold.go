package cache

import "time"

// hold is what a Drop leaves behind for its subject, by the real clock, for
// that is what writes go by.
type hold struct {
	fetches time.Time // what is asked for until then is not kept
	lookups time.Time // nothing of it is looked up in Redis until then
}

// settled is how long after a drop a replica may still put the old value into
// Redis: until it has carried it out, and for that it is not waited for longer.
const settled = 2 * acknowledgeWithin

// hold sets for how long from now fetches of subjects are not kept; a negative
// time leaves that as it is.
func (c *Cache) hold(subjects []Subject, fetches time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	for subject, h := range c.holds {
		if now.After(h.fetches) && now.After(h.lookups) {
			delete(c.holds, subject)
		}
	}
	for _, subject := range subjects {
		h := c.holds[subject]
		if fetches >= 0 {
			h.fetches = now.Add(fetches)
		}
		h.lookups = now.Add(settled)
		c.holds[subject] = h
	}
}

// isHeld reports whether what is fetched now is not kept. It needs the lock.
func (c *Cache) isHeld(key Key) bool {
	return len(c.holds) > 0 && time.Now().Before(c.holds[key.Subject()].fetches)
}

// inDoubt reports whether Redis may hold a value from before a drop. It needs
// the lock.
func (c *Cache) inDoubt(key Key) bool {
	if len(c.holds) == 0 {
		return false
	}
	h, now := c.holds[key.Subject()], time.Now()
	return now.Before(h.lookups) || now.Before(h.fetches)
}
