package quota

import (
	"time"

	"tributary/sources/upstream"
)

const (
	// cuts is the number of slices that a window is counted in.
	cuts = 30
	// kept is how many slices count. The present one has only begun, so a whole
	// window needs one more than its own; another is for calls that are longer
	// on their way than those after them, since the source counts arrivals.
	kept = cuts + 2
)

// window counts calls in a window that slides, so that no window of that length
// has more of them, whenever it begins.
type window struct {
	upstream.Window
	width time.Duration // of a slice

	counts [kept]int // by slice, modulo kept
	newest int64     // slice
	live   int       // sum of counts

	underway int // counted here, and being asked of Redis
	owed     int // counted here, and not in Redis, which did not answer
}

func newWindow(of upstream.Window) window {
	return window{Window: of, width: max(1, (of.Per+cuts-1)/cuts)}
}

// advance forgets the slices that count no longer.
func (w *window) advance(at time.Duration) {
	for now := int64(at / w.width); w.newest < now; {
		if w.live == 0 {
			w.newest = now
			return
		}
		w.newest++
		forgotten := &w.counts[w.newest%kept]
		w.live -= *forgotten
		*forgotten = 0
	}
}

// count adds to the slice of a time, or takes away.
func (w *window) count(at time.Duration, n int) {
	w.advance(at)
	slice := int64(at / w.width)
	if slice <= w.newest-kept {
		return // it counts no longer
	}
	w.counts[slice%kept] += n
	w.live += n
}

// shown is the window as a call finds it that leaves reserve alone.
func (w *window) shown(at time.Duration, reserve float64) limit {
	w.advance(at)
	l := limit{left: w.Calls - w.live, floor: floor(reserve, w.Calls), ends: w.width * kept, free: w.width * kept}
	missing := l.floor + 1 - l.left
	first := true
	for slice := max(0, w.newest-kept+1); slice <= w.newest; slice++ {
		n := w.counts[slice%kept]
		if n == 0 {
			continue
		}
		out := time.Duration(slice+kept)*w.width - at
		if first {
			l.ends, first = out, false
		}
		if missing -= n; missing <= 0 {
			l.free = out
			break
		}
	}
	return l
}
