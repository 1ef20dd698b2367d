package loaders

import (
	"sync"
	"time"

	"tributary/billing"
	"tributary/cache"
)

// Basis is what the answer of an operation rests on.
type Basis struct {
	// Subjects are what it was read from, each once.
	Subjects []cache.Subject
	// Tenants are the credentials it was read with, each once.
	Tenants []Tenant
	// FetchedAt is when the oldest of it was fetched; zero where nothing was.
	FetchedAt time.Time
	// Until is the first instant at which something of it may be another: a part is
	// no longer fresh, or something is told that follows from the time. Zero for no
	// such instant.
	Until time.Time
	// Ages are what was told as an age, which is another each second, by when it
	// began; see Age.
	Ages []time.Time
	// IsFleeting marks an answer that would not be given a second time: it holds
	// something stale, or missing, or tells how it was come by.
	IsFleeting bool
}

// Tenant is the credentials with which a source was asked about an organisation,
// as a fingerprint.
type Tenant struct {
	Source *Source
	Org    string
	Print  string
}

// basis gathers a Basis.
type basis struct {
	mu       sync.Mutex
	value    Basis
	subjects lookup[cache.Subject, struct{}]
	tenants  lookup[Tenant, struct{}]
}

// Basis is what the operation has read so far.
func (op *batches) Basis() Basis {
	op.basis.mu.Lock()
	defer op.basis.mu.Unlock()
	return op.basis.value
}

// rest notes an answer of the cache on its way into the operation. Every answer
// comes by here, once.
func (op *batches) rest(key cache.Key, freshUntil time.Time, provenance billing.Provenance) {
	op.count(provenance)
	b, subject := &op.basis, key.Subject()
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.subjects.get(subject); !known {
		b.subjects.put(subject, struct{}{})
		b.value.Subjects = append(b.value.Subjects, subject)
	}
	if freshUntil.IsZero() || provenance.Freshness != billing.Fresh {
		b.value.IsFleeting = true
		return
	}
	b.until(freshUntil)
	if b.value.FetchedAt.IsZero() || provenance.FetchedAt.Before(b.value.FetchedAt) {
		b.value.FetchedAt = provenance.FetchedAt
	}
}

// asked notes with which credentials a source is asked. Of several organisations
// that share them one is enough.
func (b *basis) asked(source *Source, org, print string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	one := Tenant{Source: source, Print: print}
	if _, known := b.tenants.get(one); known {
		return
	}
	b.tenants.put(one, struct{}{})
	one.Org = org
	b.value.Tenants = append(b.value.Tenants, one)
}

// until needs the lock.
func (b *basis) until(t time.Time) {
	if b.value.Until.IsZero() || t.Before(b.value.Until) {
		b.value.Until = t
	}
}

// ChangesAt notes that something told as of now will be another from t on.
func (op *batches) ChangesAt(t time.Time) {
	op.basis.mu.Lock()
	defer op.basis.mu.Unlock()
	if t.After(op.now) {
		op.basis.until(t)
	}
}

// Fleeting notes that the answer would not be given a second time.
func (op *batches) Fleeting() {
	op.basis.mu.Lock()
	defer op.basis.mu.Unlock()
	op.basis.value.IsFleeting = true
}

// day is how often the days of a trial that are left change.
const day = 24 * time.Hour

// Turns notes that the operation tells something of the subscription that follows
// from the time.
func (s *Subscription) Turns() {
	if s.turns.Swap(true) {
		return
	}
	s.op.ChangesAt(s.NextInstant(s.op.now))
	if trial := s.Subscription.Trial; trial != nil && trial.EndsAt != nil {
		if left := trial.EndsAt.Sub(s.op.now); left > 0 {
			s.op.ChangesAt(s.op.now.Add((left-1)%day + 1))
		}
	}
}
