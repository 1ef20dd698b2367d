package billing

import "time"

// Outcome is what became of one key of a batch: a value, nothing (the zero
// value, where the source says there is none) or an error.
type Outcome[V any] struct {
	Value V
	Err   error
}

// Freshness says how an answer relates to its source's present state.
type Freshness string

// Fresh is within its time; the stale ones were kept past it, because a newer
// one is on its way or because the source failed.
const (
	Fresh             Freshness = "FRESH"
	StaleRevalidating Freshness = "STALE_REVALIDATING"
	StaleSourceDown   Freshness = "STALE_SOURCE_DOWN"
)

// CacheStatus says which way an answer came.
type CacheStatus string

// From a cache, from the source, kept past its time, or with no cache at all.
const (
	CacheHit    CacheStatus = "HIT"
	CacheMiss   CacheStatus = "MISS"
	CacheStale  CacheStatus = "STALE"
	CacheBypass CacheStatus = "BYPASS"
)

// Provenance says where an answer came from and how old it is.
type Provenance struct {
	FetchedAt time.Time // when the source said it
	Freshness Freshness
	Cache     CacheStatus
	Degraded  Code // why the source could not be asked; "" where it could
	// Confirmation, in the answer to a write, says whether this shows it; ""
	// elsewhere.
	Confirmation Confirmation
}

// Merge is the provenance of an answer made of two parts: the older time, and
// the worse of the two in all else. The zero Provenance adds nothing, so that
// parts can be merged one by one from it.
func (p Provenance) Merge(o Provenance) Provenance {
	if p == (Provenance{}) {
		return o
	}
	if o == (Provenance{}) {
		return p
	}
	if o.FetchedAt.Before(p.FetchedAt) {
		p.FetchedAt = o.FetchedAt
	}
	if staleness[o.Freshness] > staleness[p.Freshness] {
		p.Freshness = o.Freshness
	}
	if distance[o.Cache] > distance[p.Cache] {
		p.Cache = o.Cache
	}
	if p.Degraded == "" {
		p.Degraded = o.Degraded
	}
	if p.Confirmation == "" {
		p.Confirmation = o.Confirmation
	}
	return p
}

var (
	staleness = map[Freshness]int{Fresh: 0, StaleRevalidating: 1, StaleSourceDown: 2}
	distance  = map[CacheStatus]int{CacheHit: 0, CacheMiss: 1, CacheBypass: 2, CacheStale: 3}
)
