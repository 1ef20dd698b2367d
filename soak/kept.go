package main

import (
	"sync"
	"time"
)

// kept knows which queries a gateway has answered and could answer again.
type kept struct {
	log     *log
	mu      sync.Mutex
	answers map[string]record
}

type record struct {
	at        time.Time
	forgotten int64 // how often gateways had let go all, then
}

// note takes in that a query was answered in full, which was asked when all had
// been let go so often.
func (k *kept) note(g *gateway, q query, was int64) {
	k.mu.Lock()
	defer k.mu.Unlock()
	name := g.name + q.text
	if old, ok := k.answers[name]; ok && old.forgotten == k.log.forgotten.Load() {
		return // what counts is the first since all was let go
	}
	// Where all was let go after it was asked, nothing of it may be left.
	if forgotten := k.log.forgotten.Load(); forgotten == was {
		k.answers[name] = record{time.Now(), forgotten}
	}
}

// has reports whether a query that was asked at begun had been answered before,
// and whether what it was answered with is still kept.
func (k *kept) has(g *gateway, q query, begun time.Time) (was, is bool) {
	<-time.After(100 * time.Millisecond) // until it is in the log that all was let go
	k.mu.Lock()
	defer k.mu.Unlock()
	old, ok := k.answers[g.name+q.text]
	was = ok && old.at.Before(begun)
	return was, was && old.forgotten == k.log.forgotten.Load()
}
