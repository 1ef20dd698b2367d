package cache

import (
	"maps"
	"slices"
)

// forget has a key deleted after all that was handed over before. A silent Redis
// is told when it answers again, before anything is read from it. It reports
// false where too many wait: then the source is to be purged.
func (r *Redis) forget(key Key) bool {
	defer r.nudge()
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	switch {
	case r.writes.deletions[key] || r.writes.suspects[key.Subject().Source]:
		return true
	case len(r.writes.deletions) >= crowd:
		return false
	}
	r.writes.add(write{kind: deleting, key: key})
	return true
}

// suspect has all of a source left behind, in place of the deletions that wait.
func (r *Redis) suspect(source string, p *purge) {
	defer r.nudge()
	r.writes.mu.Lock()
	defer r.writes.mu.Unlock()
	r.writes.queue = slices.DeleteFunc(r.writes.queue, func(w write) bool {
		return w.kind == deleting && w.key.Subject().Source == source
	})
	maps.DeleteFunc(r.writes.deletions, func(key Key, _ bool) bool { return key.Subject().Source == source })
	r.writes.add(write{kind: purging, purge: p, suspect: source})
}

// add queues a deletion or a purge. It needs the lock.
func (w *writes) add(added write) {
	w.queue = append(w.queue, added)
	w.mark(added)
}

// mark notes that a write waits. It needs the lock.
func (w *writes) mark(waits write) {
	switch {
	case waits.kind == deleting:
		if w.deletions == nil {
			w.deletions = map[Key]bool{}
		}
		w.deletions[waits.key] = true
	case waits.suspect != "":
		if w.suspects == nil {
			w.suspects = map[string]bool{}
		}
		w.suspects[waits.suspect] = true
	}
}

// unmark notes that writes wait no longer. It needs the lock.
func (w *writes) unmark(taken []write) {
	for _, one := range taken {
		delete(w.deletions, one.key)
		delete(w.suspects, one.suspect)
	}
}
