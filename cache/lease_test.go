package cache_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"tributary/billing"
	"tributary/cache"
	"tributary/redistest"
)

// three makes three processes' caches over one Redis.
func three(t testing.TB, server *redistest.Server) []*cache.Cache {
	t.Helper()
	caches := []*cache.Cache{replica(t, server.URL(), nil), replica(t, server.URL(), nil), replica(t, server.URL(), nil)}
	awaitHearing(t, caches...)
	return caches
}

// lookingAt looks at a key and hands over the answer.
func lookingAt(c *cache.Cache, s *source, k cache.Key) <-chan cache.Answer[*billing.Subscription] {
	answer := make(chan cache.Answer[*billing.Subscription], 1)
	go func() { answer <- look(c, policy, s, k) }()
	return answer
}

// awaitWaiting waits until a replica waits for the holder of a key's lease.
func awaitWaiting(t testing.TB, client *redis.Client, k cache.Key) {
	t.Helper()
	eventually(t, "another replica waits", func() bool {
		held := client.Get(context.Background(), cache.Lease(k)).Val()
		return held != "" && held[len(held)-1] == '+'
	})
}

func expectNoLease(t testing.TB, client *redis.Client, k cache.Key) {
	t.Helper()
	eventually(t, "the lease is given back", func() bool {
		return client.Exists(context.Background(), cache.Lease(k)).Val() == 0
	})
}

func TestManyMissesOfOneKeyOnManyReplicasAreOneFetch(t *testing.T) {
	server, s := redistest.Start(t), &source{}
	caches := three(t, server)
	release := make(chan struct{})
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-release
		return billing.Outcome[*billing.Subscription]{Value: small("Acme")}
	})
	var looking sync.WaitGroup
	var answered atomic.Int64
	for _, c := range caches {
		for range 100 {
			looking.Go(func() {
				got := look(c, policy, s, key("1"))
				if got.Err != nil || *got.Value.Name != "Acme" || got.Provenance.Freshness != billing.Fresh {
					t.Errorf("got %q", told(got))
				}
				answered.Add(1)
			})
		}
	}
	awaitWaiting(t, reader(t, server), key("1"))
	if n := answered.Load(); n != 0 {
		t.Errorf("%d were answered before the source", n)
	}
	close(release)
	begun := time.Now()
	looking.Wait()
	if s.asked() != 1 {
		t.Errorf("300 misses on three replicas made %d fetches", s.asked())
	}
	if took := time.Since(begun); took > cache.LeaseTime {
		t.Errorf("it took %v, so nobody was told", took)
	}
	expectNoLease(t, reader(t, server), key("1"))
}

// A source that answers at once lands while others are between looking and
// asking for the lease; they must find its answer.
func TestAFetchElsewhereThatLandedWhileOthersLookedIsNotRepeated(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	caches := three(t, server)
	const rounds = 100
	for round := range rounds {
		var looking sync.WaitGroup
		for _, c := range caches {
			for range 3 {
				looking.Go(func() { look(c, policy, s, key(fmt.Sprint(round))) })
			}
		}
		looking.Wait()
	}
	if s.asked() != rounds {
		t.Errorf("%d keys made %d fetches", rounds, s.asked())
	}
}

func TestABatchThatIsPartlyFetchedElsewhereFetchesTheRestAtOnce(t *testing.T) {
	server, slow, s := redistest.Start(t), slowSource("Slow"), has("Fast")
	one, other := replicas(t, server)
	first := lookingAt(one, slow.source, key("1"))
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	batch := make(chan map[cache.Key]cache.Answer[*billing.Subscription])
	go func() {
		batch <- cache.Through(context.Background(), other, codec, policy, []cache.Key{key("1"), key("2"), key("3")}, s.fetch)
	}()
	client := reader(t, server)
	awaitKept(t, client, key("2"))
	awaitKept(t, client, key("3"))
	close(slow.release)
	answers := <-batch
	expect(t, answers[key("1")], "Slow FRESH MISS")
	expect(t, answers[key("2")], "Fast FRESH MISS")
	expect(t, answers[key("3")], "Fast FRESH MISS")
	got := <-first
	if got.Provenance != answers[key("1")].Provenance || !got.FreshUntil.Equal(answers[key("1")].FreshUntil) {
		t.Errorf("one says %+v, the other %+v", got, answers[key("1")])
	}
	if s.asked() != 1 {
		t.Errorf("the rest took %d fetches", s.asked())
	}
	expect(t, look(other, policy, s, key("1")), "Slow FRESH HIT")
}

func TestAHolderThatDiesIsSucceededByOne(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	caches, client := three(t, server), reader(t, server)
	const left = 300 * time.Millisecond
	client.Set(t.Context(), cache.Lease(key("1")), "a process that died", left)
	begun := time.Now()
	var answers []<-chan cache.Answer[*billing.Subscription]
	for _, c := range caches {
		answers = append(answers, lookingAt(c, s, key("1")))
	}
	for _, answer := range answers {
		expect(t, <-answer, "Acme FRESH MISS")
	}
	if took := time.Since(begun); took > left+generous {
		t.Errorf("they waited %v", took)
	}
	if s.asked() != 1 {
		t.Errorf("%d fetches", s.asked())
	}
}

func TestAFetchThatTakesLongerThanALeaseKeepsIt(t *testing.T) {
	server, slow, s := redistest.Start(t), slowSource("Acme"), has("Other")
	one, other := replicas(t, server)
	begun := time.Now()
	first := lookingAt(one, slow.source, key("1"))
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	second := lookingAt(other, s, key("1"))
	eventually(t, "a lease would have ended", func() bool { return time.Since(begun) > cache.LeaseTime+cache.LeaseTime/3 })
	close(slow.release)
	expect(t, <-first, "Acme FRESH MISS")
	expect(t, <-second, "Acme FRESH MISS")
	if s.asked() != 0 {
		t.Error("the other asked, too")
	}
}

func TestWhatTheSourceSaidToTheHolderIsTheAnswerOfAll(t *testing.T) {
	for _, code := range []billing.Code{billing.CodeSourceUnavailable, billing.CodeSourceRateLimited, billing.CodeNotFound, billing.CodeForbidden} {
		t.Run(string(code), func(t *testing.T) {
			server, slow, s := redistest.Start(t), slowSource(""), has("Acme")
			one, other := replicas(t, server)
			again := time.Now().Add(time.Minute).UTC()
			slow.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
				<-slow.release
				return billing.Outcome[*billing.Subscription]{Err: &billing.Error{Code: code, Source: "psa", RetryAfter: again}}
			})
			first := lookingAt(one, slow.source, key("1"))
			eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
			second := lookingAt(other, s, key("1"))
			awaitWaiting(t, reader(t, server), key("1"))
			close(slow.release)
			expect(t, <-first, "error "+string(code))
			got := <-second
			expect(t, got, "error "+string(code))
			if fault, ok := got.Err.(*billing.Error); !ok || !fault.RetryAfter.Equal(again) || fault.Source != "psa" {
				t.Errorf("the other got %#v", got.Err)
			}
			if s.asked() != 0 {
				t.Error("the other asked, too")
			}
			expectNoLease(t, reader(t, server), key("1"))
			// It is not kept: who asks anew asks the source.
			expect(t, look(one, policy, s, key("1")), "Acme FRESH MISS")
		})
	}
}

func TestWhatSaysNothingOfTheSourceIsTriedByAnother(t *testing.T) {
	for name, err := range map[string]error{
		"a fault of our own":    fault(billing.CodeInternal),
		"it was not sent":       &billing.Error{Code: billing.CodeSourceUnavailable, Unsent: true},
		"nobody waits any more": &billing.Error{Code: billing.CodeSourceTimeout, Err: billing.ErrUnwanted},
	} {
		t.Run(name, func(t *testing.T) {
			server, slow, s := redistest.Start(t), slowSource(""), has("Acme")
			caches := three(t, server)
			slow.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
				<-slow.release
				return billing.Outcome[*billing.Subscription]{Err: err}
			})
			ctx, leave := context.WithCancel(context.Background())
			defer leave()
			go cache.Through(ctx, caches[0], codec, policy, []cache.Key{key("1")}, slow.fetch)
			eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
			second, third := lookingAt(caches[1], s, key("1")), lookingAt(caches[2], s, key("1"))
			awaitWaiting(t, reader(t, server), key("1"))
			leave()
			close(slow.release)
			expect(t, <-second, "Acme FRESH MISS")
			if got := <-third; got.Err != nil || *got.Value.Name != "Acme" {
				t.Errorf("the third got %q", told(got))
			}
			if s.asked() != 1 {
				t.Errorf("the others made %d fetches", s.asked())
			}
		})
	}
}

func TestAnAnswerThatIsNotKeptIsAskedForByEach(t *testing.T) {
	server, slow, s := redistest.Start(t), slowSource(""), &source{}
	one, other := replicas(t, server)
	none := func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		<-slow.release
		return billing.Outcome[*billing.Subscription]{}
	}
	slow.will(none)
	s.will(none)
	forgets := policy
	forgets.NegativeTTL = 0
	answers := make(chan cache.Answer[*billing.Subscription], 2)
	go func() { answers <- look(one, forgets, slow.source, key("1")) }()
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	go func() { answers <- look(other, forgets, s, key("1")) }()
	client := reader(t, server)
	awaitWaiting(t, client, key("1"))
	close(slow.release)
	for range 2 {
		got := <-answers
		expect(t, got, "none FRESH MISS")
		if !got.FreshUntil.IsZero() {
			t.Errorf("it is fresh until %v", got.FreshUntil)
		}
	}
	if s.asked() != 1 {
		t.Errorf("the other asked %d times", s.asked())
	}
	expectNoLease(t, client, key("1"))
}

func TestCloseGivesLeasesBack(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	r := openRedis(t, server.URL(), patient)
	closing, other := cache.New(cache.Options{Redis: r}), replica(t, server.URL(), nil)
	awaitHearing(t, closing, other)
	hanging := &source{}
	hanging.will(func(ctx context.Context, _ cache.Key) billing.Outcome[*billing.Subscription] {
		<-ctx.Done()
		return billing.Outcome[*billing.Subscription]{Err: &billing.Error{Code: billing.CodeSourceTimeout, Err: ctx.Err()}}
	})
	first := lookingAt(closing, hanging, key("1"))
	eventually(t, "the source is asked", func() bool { return hanging.asked() == 1 })
	second := lookingAt(other, s, key("1"))
	awaitWaiting(t, reader(t, server), key("1"))
	begun := time.Now()
	closing.Close()
	expect(t, <-first, "error SOURCE_TIMEOUT")
	expect(t, <-second, "Acme FRESH MISS")
	if took := time.Since(begun); took > cache.LeaseTime/2 {
		t.Errorf("the other waited %v", took)
	}
	// Who waits when it is closed waits no longer.
	slow := slowSource("Acme")
	third := replica(t, server.URL(), nil)
	fourth := cache.New(cache.Options{Redis: openRedis(t, server.URL(), patient)})
	awaitHearing(t, third, fourth)
	held := lookingAt(third, slow.source, key("2"))
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	waits := lookingAt(fourth, s, key("2"))
	awaitWaiting(t, reader(t, server), key("2"))
	fourth.Close()
	expect(t, <-waits, "error SOURCE_TIMEOUT")
	close(slow.release)
	expect(t, <-held, "Acme FRESH MISS")
}

func TestWhoNoLongerHearsFetchesByItself(t *testing.T) {
	server, slow, s := redistest.Start(t), slowSource("Slow"), has("Acme")
	one, other := replicas(t, server)
	first := lookingAt(one, slow.source, key("1"))
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	second := lookingAt(other, s, key("1"))
	client := reader(t, server)
	awaitWaiting(t, client, key("1"))
	lockOut(t, client, one, other)
	expect(t, <-second, "Acme FRESH MISS")
	expect(t, look(other, policy, s, key("2")), "Acme FRESH MISS")
	if client.Exists(t.Context(), cache.Lease(key("2"))).Val() != 0 {
		t.Error("it took a lease")
	}
	client.ConfigSet(t.Context(), "maxclients", "1000")
	close(slow.release)
	expect(t, <-first, "Slow FRESH MISS")
	awaitHearing(t, one, other) // before the server ends
}

func TestWhatIsDroppedIsNotWaitedForElsewhere(t *testing.T) {
	server, slow, s := redistest.Start(t), slowSource("Old"), has("New")
	caches, client := three(t, server), reader(t, server)
	first := lookingAt(caches[0], slow.source, key("1"))
	eventually(t, "the source is asked", func() bool { return slow.asked() == 1 })
	second := lookingAt(caches[1], s, key("1"))
	awaitWaiting(t, client, key("1"))
	drop(caches[2], "1", 0)
	// Who waited does not wait for the old answer any more, and who comes now neither.
	expect(t, <-second, "New FRESH MISS")
	for _, c := range caches {
		expect(t, look(c, policy, s, key("1")), "New FRESH MISS")
	}
	expectNoLease(t, client, key("1"))
	close(slow.release)
	got := <-first
	expect(t, got, "Old FRESH MISS")
	if !got.FreshUntil.IsZero() {
		t.Errorf("what a drop overtook is fresh until %v", got.FreshUntil)
	}
	for _, c := range caches {
		expect(t, look(c, policy, s, key("1")), "New FRESH HIT")
	}
	expectAcknowledged(t, caches[2], 0)
}

// One replica fetches, others wait for it, and a third drops, in all orders: what
// was written before a Drop is what every replica shows after it.
func TestNoReplicaShowsWhatIsOlderThanADropThatIsDone(t *testing.T) {
	server, s := redistest.Start(t), &source{}
	caches := three(t, server)
	var written atomic.Value
	written.Store("Old")
	s.will(func(context.Context, cache.Key) billing.Outcome[*billing.Subscription] {
		name := written.Load().(string)
		<-time.After(2 * time.Millisecond) // the way of the answer
		return billing.Outcome[*billing.Subscription]{Value: small(name)}
	})
	checked := 0
	for round := range 100 {
		id := fmt.Sprint(round)
		written.Store("Old")
		var looking sync.WaitGroup
		for _, c := range caches {
			looking.Go(func() { look(c, policy, s, key(id)) })
		}
		<-time.After(time.Duration(round%10) * 500 * time.Microsecond)
		written.Store("New")
		c := caches[round%len(caches)]
		before := c.Unacknowledged()
		drop(c, id, 0)
		acknowledged := c.Unacknowledged() == before
		if acknowledged {
			checked++
			for range 2 {
				for _, c := range caches {
					if got := look(c, policy, s, key(id)); got.Err != nil || *got.Value.Name != "New" {
						t.Errorf("after the drop of %s came %q", id, told(got))
					}
				}
			}
		}
		looking.Wait()
		for _, c := range caches {
			if got := look(c, policy, s, key(id)); acknowledged && *got.Value.Name != "New" {
				t.Errorf("when all of %s had landed came %q", id, told(got))
			}
		}
	}
	if checked < 50 {
		t.Errorf("only %d drops were acknowledged", checked)
	}
}

func TestAFaultOfRedisCostsALeaseOneTimeout(t *testing.T) {
	server, s := redistest.Start(t), has("Acme")
	network := redistest.StartProxy(t, server.Addr())
	r := openRedis(t, network.URL(), brisk)
	c := newCache(t, cache.Options{Redis: r})
	awaitHearing(t, c)
	look(c, policy, s, key("warm"))
	awaitKept(t, reader(t, server), key("warm"))
	network.Lose()
	expectNoWaits(t, c, r, s, "cut ")
	network.Mend()
	expectUse(t, c, s, reader(t, server), "after ")
}
