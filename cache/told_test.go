package cache_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

// notes are what a cache has told of drops.
type notes struct {
	mu       sync.Mutex
	subjects []cache.Subject
	all      int
}

func (n *notes) take(subjects []cache.Subject) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if subjects == nil {
		n.all++
	}
	n.subjects = append(n.subjects, subjects...)
}

func (n *notes) has(id string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Contains(n.subjects, subject(id))
}

func TestADropIsToldOnEveryReplicaBeforeItIsDone(t *testing.T) {
	server, s := redistest.Start(t), has("Old")
	one, other := replicas(t, server)
	var here, there notes
	one.OnDrop(here.take)
	other.OnDrop(func(subjects []cache.Subject) {
		// By now nobody can be shown the older answer.
		if got := told(look(other, policy, has("New"), key("1"))); got == "Old FRESH HIT" {
			t.Errorf("when it is told there is %q", got)
		}
		there.take(subjects)
	})
	look(one, policy, s, key("1"))
	look(other, policy, s, key("1"))
	drop(one, "1", 0)
	if !here.has("1") || !there.has("1") {
		t.Errorf("here %v, there %v", here.subjects, there.subjects)
	}
	if here.has("2") || there.all != 0 {
		t.Errorf("of something else it was told, too: %v, all %d times", here.subjects, there.all)
	}
	expectAcknowledged(t, one, 0)
}

func TestThatAllIsForgottenIsTold(t *testing.T) {
	server := redistest.Start(t)
	c, client := replica(t, server.URL(), nil), reader(t, server)
	var told notes
	c.OnDrop(told.take)
	awaitHearing(t, c)
	killSubscriptions(t, client)
	eventually(t, "it is told", func() bool {
		told.mu.Lock()
		defer told.mu.Unlock()
		return told.all == 1
	})
}

func TestWhatTheSourceTakesBackIsToldBeforeItsAnswer(t *testing.T) {
	for name, err := range map[string]error{"absent, and no absence is kept": nil, "refused": fault(billing.CodeForbidden)} {
		t.Run(name, func(t *testing.T) {
			c, s := newCache(t, cache.Options{}), &source{}
			var told notes
			c.OnDrop(told.take)
			s.fails(err)
			forgets := policy
			forgets.NegativeTTL = 0
			look(c, forgets, s, key("1"))
			if !told.has("1") {
				t.Error("it was not told")
			}
			s.set("Acme")
			look(c, policy, s, key("2"))
			if told.has("2") {
				t.Error("an answer was told as a drop")
			}
		})
	}
}

func TestAFreshAnswerSaysUntilWhenItIs(t *testing.T) {
	clock, s := newClock(), has("Acme")
	c := newCache(t, cache.Options{Now: clock.Now})
	jittery := policy
	jittery.Jitter = 0.5
	untils := map[time.Time]bool{}
	for i := range 10 {
		k := key(fmt.Sprint(i))
		landed := look(c, jittery, s, k)
		hit := look(c, jittery, s, k)
		expect(t, hit, "Acme FRESH HIT")
		if !landed.FreshUntil.Equal(hit.FreshUntil) {
			t.Errorf("landed it is fresh until %v, later until %v", landed.FreshUntil, hit.FreshUntil)
		}
		untils[hit.FreshUntil] = true
		clock.advance(hit.FreshUntil.Sub(clock.Now()))
		expect(t, look(c, jittery, s, k), "Acme FRESH HIT")
		clock.advance(time.Nanosecond)
		got := look(c, jittery, slowlyNever(t), k)
		expect(t, got, "Acme STALE_REVALIDATING STALE")
		if !got.FreshUntil.IsZero() {
			t.Errorf("a stale answer is fresh until %v", got.FreshUntil)
		}
	}
	if len(untils) < 8 {
		t.Errorf("ten keys have %d times", len(untils))
	}
	s.fails(nil)
	for range 2 {
		if got, want := look(c, policy, s, key("none")).FreshUntil, clock.Now().UTC().Truncate(time.Millisecond).Add(policy.NegativeTTL); !got.Equal(want) {
			t.Errorf("an absence is fresh until %v, want %v", got, want)
		}
	}
}

func TestWhatIsNotKeptDoesNotSayUntilWhenItIsFresh(t *testing.T) {
	c, s := newCache(t, cache.Options{}), has("Acme")
	off := policy
	off.TTL = 0
	drop(c, "held", time.Hour)
	bypassed, held := look(c, off, s, key("1")), look(c, policy, s, key("held"))
	s.fails(fault(billing.CodeSourceUnavailable))
	for name, got := range map[string]cache.Answer[*billing.Subscription]{
		"bypassed": bypassed, "held": held, "failed": look(c, policy, s, key("2")),
	} {
		if !got.FreshUntil.IsZero() {
			t.Errorf("%s: fresh until %v", name, got.FreshUntil)
		}
	}
}

// slowlyNever is a source that answers when the test is over.
func slowlyNever(t *testing.T) *source {
	slow := slowSource("New")
	t.Cleanup(func() { close(slow.release) })
	return slow.source
}
