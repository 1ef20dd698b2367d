package cache_test

import (
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
)

func TestAPeekShowsWhatIsFreshInMemoryAndNothingElse(t *testing.T) {
	clock, s := newClock(), has("Acme")
	c := newCache(t, cache.Options{Now: clock.Now})
	peek := func(id string) string {
		answer, ok := cache.Peek[*billing.Subscription](c, policy, key(id))
		if !ok {
			return "nothing"
		}
		return told(answer)
	}
	same := func(got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("it shows %s, want %s", got, want)
		}
	}
	same(peek("1"), "nothing")
	look(c, policy, s, key("1"))
	clock.advance(policy.TTL)
	same(peek("1"), "Acme FRESH HIT")
	if _, ok := cache.Peek[*billing.Subscription](c, policy, tenantKey("other", "1")); ok {
		t.Error("another tenant sees it")
	}
	clock.advance(time.Millisecond)
	same(peek("1"), "nothing") // a stale answer starts a refresh, and a peek starts nothing
	s.fails(nil)
	look(c, policy, s, key("2"))
	same(peek("2"), "none FRESH HIT")
	clock.advance(policy.NegativeTTL + time.Millisecond)
	same(peek("2"), "nothing")
	s.set("Acme")
	look(c, policy, s, key("3"))
	drop(c, "3", 0)
	same(peek("3"), "nothing")
}
