package e2e

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/redistest"
)

// redisFaults are what can be wrong with a Redis. docs/faults.md has a row for
// each.
var redisFaults = []struct {
	name  string
	how   behaviour
	begin func(*redistest.Server, *redistest.Proxy) (end func())
}{
	{"absent at the start", behaviour{absent: true, silent: true}, killed},
	{"killed", behaviour{silent: true}, killed},
	{"paused", behaviour{silent: true}, func(store *redistest.Server, _ *redistest.Proxy) func() {
		store.Pause()
		return store.Resume
	}},
	{"full", behaviour{}, func(store *redistest.Server, _ *redistest.Proxy) func() {
		store.Fill()
		return func() { store.SetMaxMemory(0) }
	}},
	{"read-only", behaviour{}, func(store *redistest.Server, _ *redistest.Proxy) func() {
		store.MakeReadOnly()
		return store.MakeWritable
	}},
	{"flushed again and again", behaviour{refused: "CONFLICT"}, func(store *redistest.Server, _ *redistest.Proxy) func() {
		return again(store.Flush)
	}},
	{"refuses every command", behaviour{}, func(store *redistest.Server, _ *redistest.Proxy) func() {
		store.Forbid()
		return store.Allow
	}},
	{"busy with a script", behaviour{silent: true}, func(store *redistest.Server, _ *redistest.Proxy) func() {
		store.Occupy()
		return store.Relieve
	}},
	{"200 ms away", behaviour{silent: true}, func(_ *redistest.Server, network *redistest.Proxy) func() {
		network.Delay(200 * time.Millisecond)
		return network.Mend
	}},
	{"loses what it is sent", behaviour{silent: true}, func(_ *redistest.Server, network *redistest.Proxy) func() {
		network.Lose()
		return network.Mend
	}},
	{"answers garbage", behaviour{}, func(_ *redistest.Server, network *redistest.Proxy) func() {
		network.Garble()
		return network.Mend
	}},
	{"cuts connections again and again", behaviour{}, func(_ *redistest.Server, network *redistest.Proxy) func() {
		return again(network.HangUp)
	}},
}

// behaviour is what is to be expected of a fault.
type behaviour struct {
	absent  bool   // when the gateways start
	silent  bool   // Redis answers no question that says whether it is there
	refused string // the code of a write that lost its lease and was not made; "" where all are made
}

func killed(store *redistest.Server, _ *redistest.Proxy) func() {
	store.Kill()
	return store.Restart
}

// again does something every 20 ms until it is ended.
func again(do func()) (end func()) {
	stop := make(chan struct{})
	var doing sync.WaitGroup
	doing.Go(func() {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				return
			case <-tick.C:
				do()
			}
		}
	})
	return func() {
		close(stop)
		doing.Wait()
	}
}

const (
	loadRounds = 4
	// busy is what a machine that does other things too may add to the 99th
	// percentile, over the 100 ms that are promised. That nobody waits for a
	// silent Redis is held by counting the questions to it.
	busy = 250 * time.Millisecond
	// handful is how many questions find out that Redis does not answer: those
	// under way when it stops, and those of the worker behind them.
	handful = 4 * clients
	// growth is what may be held during a fault and not before.
	growth = 32 << 20
)

func TestNoQueryFailsOrWaitsForAFaultOfRedis(t *testing.T) {
	t.Logf("| fault | queries | p50 normal | p99 normal | p50 | p99 | slowest | questions that failed | slowest write | goroutines | heap |")
	for _, fault := range redisFaults {
		t.Run(fault.name, func(t *testing.T) {
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { // after the gateways and servers are closed
				goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("github.com/redis/go-redis/v9/internal/pool.(*ConnPool).tryDial"))
			})
			store := redistest.Start(t)
			network := redistest.StartProxy(t, store.Addr())
			where := fmt.Sprintf("url: '%s'", network.URL())
			end := func() {}
			if fault.how.absent {
				end = fault.begin(store, network)
			}
			l := startLoaded(t, 1, where)
			witness := l.asked[0].beside(overRedis(where, redisTimeout))
			l.rounds(1) // warms it up
			normal := l.rounds(loadRounds)
			had, failed := using(), l.asked[0].built.Redis.Faults()
			if !fault.how.absent {
				l.expectSharing(witness) // a busy machine may have left Redis alone
				end = fault.begin(store, network)
			}
			l.refused = fault.how.refused
			during := l.rounds(loadRounds)
			has := using()
			failed = l.asked[0].built.Redis.Faults() - failed
			end()
			l.refused = ""
			l.expectSharing(witness)
			if fault.how.absent {
				normal = l.rounds(loadRounds)
			}
			t.Logf("| %s | %d | %v | %v | %v | %v | %v | %d | %v | %+d | %+.1f MB |", fault.name, len(during.queries),
				ms(normal.p50()), ms(normal.p99()), ms(during.p50()), ms(during.p99()), ms(during.slowest()), failed,
				ms(during.writes[len(during.writes)-1]), has.goroutines-had.goroutines, float64(has.heap-had.heap)/1e6)
			if during.p99() > 2*normal.p99()+busy {
				t.Errorf("the 99th percentile was %v, and is %v", normal.p99(), during.p99())
			}
			if fault.how.silent && failed > handful {
				t.Errorf("%d questions to a silent Redis were waited for, by %d queries", failed, len(during.queries))
			}
			if has.goroutines > had.goroutines+50 || has.heap > had.heap+growth {
				t.Errorf("it took %+v, and takes %+v", had, has)
			}
		})
	}
}

func ms(d time.Duration) time.Duration { return d.Round(100 * time.Microsecond) }

// usage is what the process holds.
type usage struct {
	goroutines int
	heap       int64
}

func using() usage {
	runtime.GC()
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	return usage{runtime.NumGoroutine(), int64(memory.HeapAlloc)}
}
