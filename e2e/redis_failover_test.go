package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/redistest"
)

// groups are the ways in which Redis has a replica take over: where tells the
// configuration of it, failover kills a master and waits until that is done.
var groups = []struct {
	name  string
	start func(t *testing.T) (where string, failover func())
}{
	{"a Cluster", func(t *testing.T) (string, func()) {
		cluster := redistest.StartCluster(t)
		// The one that tells of drops.
		return fmt.Sprintf("addrs: [%s]", strings.Join(cluster.Addrs(), ", ")), func() { cluster.Failover("tributary:{drops}") }
	}},
	{"Sentinels", func(t *testing.T) (string, func()) {
		group := redistest.StartSentinel(t)
		return fmt.Sprintf("addrs: [%s], master: %s", strings.Join(group.Addrs(), ", "), group.Master()), group.Failover
	}},
}

func TestTwoGatewaysGoOnThroughAFailover(t *testing.T) {
	const document = `query Kept { viewer { __typename } }`
	sum := sha256.Sum256([]byte(document))
	registered := map[string]any{"persistedQuery": map[string]any{"version": 1, "sha256Hash": hex.EncodeToString(sum[:])}}
	for _, group := range groups {
		t.Run(group.name, func(t *testing.T) {
			where, failover := group.start(t)
			l := startLoaded(t, 2, where)
			one, other := l.asked[0], l.asked[1]
			eventually(t, func() bool { return one.readiness("redis") == "up" && other.readiness("redis") == "up" })
			var first *answer
			eventually(t, func() bool {
				first = one.ask(buySeats(47, keyed("before the failover")), nil)
				return first.ending("changeSubscription") == ""
			})
			if a := one.postAs(nil, map[string]any{"query": document, "extensions": registered}); len(a.Errors) > 0 {
				t.Fatalf("a document is not registered: %s", a.raw)
			}
			normal := l.rounds(loadRounds) // time enough for the replicas to have it all
			writes := one.writes()

			var failing sync.WaitGroup
			over := make(chan struct{})
			failing.Go(func() {
				defer close(over)
				failover()
			})
			during := new(figures)
			for isOver := false; !isOver; {
				select {
				case <-over:
					isOver = true
				default:
				}
				l.round(during)
			}
			failing.Wait()
			during.sort()
			t.Logf("| failover of %s | %d | %v | %v | %v | %v | %v |", group.name, len(during.queries),
				ms(normal.p50()), ms(normal.p99()), ms(during.p50()), ms(during.p99()), ms(during.slowest()))
			if during.p99() > 2*normal.p99()+100*time.Millisecond+busy {
				t.Errorf("the 99th percentile was %v, and is %v", normal.p99(), during.p99())
			}

			// What was kept before is kept, whoever is asked for it.
			made := len(during.writes)
			eventually(t, func() bool {
				again := other.ask(buySeats(47, keyed("before the failover")), nil)
				if again.ending("changeSubscription") == "" && string(again.raw) != string(first.raw) {
					t.Fatalf("a repetition is answered %s, the first was %s", again.raw, first.raw)
				}
				return again.ending("changeSubscription") == ""
			})
			if got := one.writes() - writes; got != made {
				t.Errorf("%d writes and a repetition made %d", made, got)
			}
			eventually(t, func() bool { return len(other.postAs(nil, map[string]any{"extensions": registered}).Errors) == 0 })
			l.expectSharing(other)
			// The other forgets at once what is written through the one.
			eventually(t, func() bool {
				l.seats++
				other.mustAsk(purchased, nil)
				one.mustAsk(buySeats(l.seats, ""), nil)
				return strings.Count(string(other.mustAsk(purchased, nil).raw), fmt.Sprintf(`"purchased":%d}`, l.seats)) == 2
			})
		})
	}
}
