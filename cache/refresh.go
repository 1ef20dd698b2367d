package cache

import "context"

// refreshing bounds the trips that nobody waits for.
type refreshing struct {
	limit    int
	underWay int  // under Cache.mu
	stopped  bool // under Cache.mu
}

// StopRefreshing begins no more refreshes of what is stale: the process is about
// to end, and others will do it. Those under way go on.
func (c *Cache) StopRefreshing() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh.stopped = true
}

// refreshAll begins to fetch keys anew, but for those that a flight is for. Where
// as many refreshes are under way as may be, it leaves them to a later look.
func (c *Cache) refreshAll(ctx context.Context, own *trip, keys []Key) {
	own.refresh = true
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed || c.refresh.stopped || c.refresh.underWay >= c.refresh.limit {
		return
	}
	var mine []*flight
	for _, key := range keys {
		if c.underWay(own.policy, key) == nil {
			mine = append(mine, c.add(own, key))
		}
	}
	if len(mine) > 0 {
		c.refresh.underWay++
		c.start(ctx, own, mine)
	}
}

// refreshed follows the end of a refresh.
func (c *Cache) refreshed() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.refresh.underWay--
}
