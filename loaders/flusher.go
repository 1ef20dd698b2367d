package loaders

import (
	"runtime"
	"sync/atomic"
)

// flusher sends off the batches when the executor is quiet: nobody who is about
// to ask for more holds it back, and giving way to all other goroutines a few
// times over has queued nothing new. No timer runs on a query's way; under load,
// giving way takes as long as the others need.
type flusher struct {
	send    func() // sends off all batches
	queued  atomic.Int64
	sent    atomic.Int64 // how many were queued when batches were last sent off
	holds   atomic.Int64
	running atomic.Bool
}

// calm is how often in a row giving way must have queued nothing.
const calm = 3

// hold keeps batches from leaving until release.
func (f *flusher) hold() { f.holds.Add(1) }

func (f *flusher) release() {
	if f.holds.Add(-1) == 0 {
		f.start()
	}
}

func (f *flusher) notice() {
	f.queued.Add(1)
	f.start()
}

// start has the batches sent off, unless somebody holds them back: whoever lets
// go last starts it again.
func (f *flusher) start() {
	if f.isDue() && f.running.CompareAndSwap(false, true) {
		go f.run()
	}
}

func (f *flusher) isDue() bool { return f.holds.Load() == 0 && f.queued.Load() != f.sent.Load() }

func (f *flusher) run() {
	for {
		if seen, ok := f.quiet(); ok {
			f.sent.Store(seen)
			f.send()
		}
		f.running.Store(false)
		// What was queued or let go before the line above has started no
		// flusher of its own.
		if !f.isDue() || !f.running.CompareAndSwap(false, true) {
			return
		}
	}
}

// quiet returns when nothing more is queued for now, with the number of keys
// that were queued till then, or when somebody holds the batches back.
func (f *flusher) quiet() (seen int64, ok bool) {
	seen = f.queued.Load()
	for quiet := 0; quiet < calm; quiet++ {
		runtime.Gosched()
		if f.holds.Load() > 0 {
			return 0, false
		}
		if now := f.queued.Load(); now != seen {
			seen, quiet = now, -1
		}
	}
	return seen, true
}
