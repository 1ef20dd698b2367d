package upstream

import (
	"sync"
	"time"
)

// latencies remembers how long the answers of late took: those of the present
// span and of the one before. What is older says nothing, or a source that was
// slow once would be taken for slow until a call is made, and none would be.
type latencies struct {
	mu              sync.Mutex
	began           time.Time
	present, before extremes
}

type extremes struct{ shortest, longest time.Duration } // 0 where none is known

const latencySpan = 10 * time.Second

func (l *latencies) observe(took time.Duration, now time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	l.present.longest = max(l.present.longest, took)
	if l.present.shortest == 0 || took < l.present.shortest {
		l.present.shortest = took
	}
}

// recent are the shortest and the longest of late.
func (l *latencies) recent(now time.Time) extremes {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.turn(now)
	of := extremes{l.present.shortest, max(l.present.longest, l.before.longest)}
	if of.shortest == 0 || l.before.shortest != 0 && l.before.shortest < of.shortest {
		of.shortest = l.before.shortest
	}
	return of
}

func (l *latencies) turn(now time.Time) {
	switch age := now.Sub(l.began); {
	case age < latencySpan:
	case age < 2*latencySpan:
		l.before, l.present, l.began = l.present, extremes{}, now
	default:
		l.before, l.present, l.began = extremes{}, extremes{}, now
	}
}

// isPatient reports a call that was given the time that one may take, so that a
// deadline which it missed is the source's fault.
func (l *latencies) isPatient(given, timeout time.Duration, now time.Time) bool {
	return given >= timeout || given >= max(time.Second, 2*l.recent(now).longest)
}
