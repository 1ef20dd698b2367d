package cache

import (
	"maps"
	"strconv"
	"strings"
	"time"
)

// Scope is what a purge lets go of. The zero Scope is everything.
type Scope struct {
	Source string // "" for all; a Tenant is then no part of the scope
	Tenant string // the fingerprint of the credentials at Source; "" for all
}

// covers reports whether a scope is within this one.
func (s Scope) covers(other Scope) bool {
	return (s.Source == "" || s.Source == other.Source) && (s.Tenant == "" || s.Tenant == other.Tenant)
}

// epochs are when scopes were purged last. A key holds the latest of those that
// it is in, so that a purge leaves all keys of its scope behind without a look at
// any. An epoch is the time in milliseconds or, where that is not the case with
// it, later than every one before: what was left behind once stays so. A set of
// epochs is never changed.
type epochs struct {
	last    uint64 // the greatest that there was
	all     epoch
	sources map[string]epoch
	tenants map[Scope]epoch
}

type epoch struct {
	number uint64
	text   string // as keys hold it; "" of the zero epoch
}

// epochMark stands between a key's version and its epoch.
const epochMark = "@"

func newEpoch(number uint64) epoch {
	return epoch{number, epochMark + strconv.FormatUint(number, 36)}
}

func later(a, b epoch) epoch {
	if b.number > a.number {
		return b
	}
	return a
}

// at is the epoch of what a tenant sees at a source.
func (e *epochs) at(source, tenant string) epoch {
	found := e.all
	if len(e.sources) > 0 {
		found = later(found, e.sources[source])
	}
	if len(e.tenants) > 0 {
		found = later(found, e.tenants[Scope{source, tenant}])
	}
	return found
}

// of is the epoch of a scope as a whole.
func (e *epochs) of(scope Scope) epoch { return e.at(scope.Source, scope.Tenant) }

// has reports whether a key is of the present epoch.
func (e *epochs) has(key Key) bool {
	_, rest, _ := strings.Cut(key.text, ":")
	version, rest, _ := strings.Cut(rest, ":")
	source, rest, _ := strings.Cut(rest, ":")
	tenant, _, _ := strings.Cut(rest, ":")
	text := ""
	if i := strings.Index(version, epochMark); i >= 0 {
		text = version[i:]
	}
	return text == e.at(source, tenant).text
}

// raised are the epochs with that of a scope at number, where it is not beyond
// that already.
func (e *epochs) raised(scope Scope, number uint64) *epochs {
	if number <= e.of(scope).number {
		return e
	}
	r := &epochs{last: max(e.last, number), all: e.all, sources: maps.Clone(e.sources), tenants: maps.Clone(e.tenants)}
	switch {
	case scope.Source == "":
		r.all = newEpoch(number)
	case scope.Tenant == "":
		if r.sources == nil {
			r.sources = map[string]epoch{}
		}
		r.sources[scope.Source] = newEpoch(number)
	default:
		if r.tenants == nil {
			r.tenants = map[Scope]epoch{}
		}
		r.tenants[scope] = newEpoch(number)
	}
	// What a wider scope is beyond need not be remembered.
	maps.DeleteFunc(r.sources, func(_ string, own epoch) bool { return own.number < r.all.number })
	maps.DeleteFunc(r.tenants, func(tenant Scope, own epoch) bool {
		return own.number < max(r.all.number, r.sources[tenant.Source].number)
	})
	return r
}

// next is an epoch beyond all of them.
func (e *epochs) next() uint64 {
	return max(uint64(time.Now().UnixMilli()), e.last+1) // #nosec G115 -- after 1970
}

// isBeyond reports whether keys of a scope are of a later epoch than number: what
// they hold may have been fetched before a purge of that epoch was.
func (e *epochs) isBeyond(scope Scope, number uint64) bool {
	beyond := e.of(scope).number > number
	e.each(func(own Scope, epoch uint64) { beyond = beyond || epoch > number && scope.covers(own) })
	return beyond
}

// each calls do for every epoch there is.
func (e *epochs) each(do func(Scope, uint64)) {
	if e.all.number > 0 {
		do(Scope{}, e.all.number)
	}
	for source, own := range e.sources {
		do(Scope{Source: source}, own.number)
	}
	for tenant, own := range e.tenants {
		do(tenant, own.number)
	}
}

// Key is the key of an entity of a source as one tenant sees it, in the present
// epoch: a purge that comes later leaves it behind. tenant is the fingerprint of
// the credentials that the source is asked with; entity is the kind of document,
// id the rest. Only id may be empty.
func (c *Cache) Key(version, source, tenant, entity, id string) (Key, error) {
	return newKey(version, c.epochs.Load().at(source, tenant).text, source, tenant, entity, id)
}

// raise takes in epochs, and lets go of all that they leave behind: what is kept
// in the process, and what fetches under way bring.
func (c *Cache) raise(take func(*epochs) *epochs) {
	if c.hasRaised(take) {
		c.tellDropped(nil)
	}
}

func (c *Cache) hasRaised(take func(*epochs) *epochs) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	before := c.epochs.Load()
	after := take(before)
	if after == before {
		return false
	}
	c.epochs.Store(after)
	c.letGo(func(key Key) bool { return !after.has(key) })
	return true
}
