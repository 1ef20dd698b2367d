package cache_test

import (
	"fmt"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

func TestRefusalsDuringASilenceAreRememberedWithinBounds(t *testing.T) {
	for name, refused := range map[string]int{"each by its key": 50, "or else its source as a whole": 3 * cache.Crowd} {
		t.Run(name, func(t *testing.T) {
			server, clock, s := redistest.Start(t), newClock(), has("Old")
			network, client := redistest.StartProxy(t, server.Addr()), reader(t, server)
			r := openRedis(t, network.URL(), brisk)
			c := newCache(t, cache.Options{Redis: r, Now: clock.Now})
			awaitHearing(t, c)
			look(c, policy, s, key("1"))
			awaitKept(t, client, key("1"))
			network.Lose()
			eventually(t, "the silence is noticed", func() bool {
				look(c, policy, s, key("another"))
				return r.Faults() > 0
			})
			s.fails(fault(billing.CodeForbidden))
			clock.advance(policy.TTL + policy.Stale + time.Millisecond)
			before := cache.Queued(r)
			for range 50 {
				look(c, policy, s, key("1"))
				look(c, policy, s, key("one more"))
			}
			if n := cache.Queued(r) - before; n > 2 {
				t.Errorf("%d deletions of two keys wait", n)
			}
			for i := range refused {
				look(c, policy, s, key(fmt.Sprint("refused ", i)))
			}
			if n := cache.Queued(r) - before; n > cache.Crowd+1 {
				t.Errorf("%d deletions wait", n)
			}
			network.Mend()
			fresh := func() cache.Key {
				other := newCache(t, cache.Options{Redis: openRedis(t, server.URL(), patient)})
				return must(other.Key(codec.Version(), "psa", "tenant", "subscription", "1"))
			}
			eventually(t, "nobody finds it", func() bool { return !holds(client, fresh()) })
		})
	}
}
