// Package cache keeps what sources answered: in the process and, where there is
// one, in Redis. It decides what is fresh, what may still be shown, and that
// one question is asked once.
package cache

import (
	"errors"
	"strings"
)

// Key names one cached answer. The zero Key names nothing; only Cache.Key makes
// others, so that no key lacks its source and its tenant.
type Key struct {
	text string
}

func newKey(version, epoch, source, tenant, entity, id string) (Key, error) {
	for _, part := range []string{version, source, tenant, entity} {
		if part == "" || strings.ContainsRune(part, ':') {
			return Key{}, errors.New("a cache key needs a version, a source, a tenant and an entity, none with a colon")
		}
	}
	if strings.Contains(version, epochMark) {
		return Key{}, errors.New("the version of a cache key has no " + epochMark)
	}
	return Key{text: "tributary:" + version + epoch + ":" + source + ":" + tenant + ":" + entity + ":" + id}, nil
}

// String is the key as Redis holds it.
func (k Key) String() string { return k.text }

// Subject is what a source holds, whoever asked for it (any tenant), in
// whatever shape it is kept (any version of a codec). ID is a key's up to its
// first '?', behind which stands which variant of the thing was asked for.
type Subject struct{ Source, Entity, ID string }

// Subject is what the key is about; that of the zero Key is the zero Subject.
func (k Key) Subject() Subject {
	_, rest, _ := strings.Cut(k.text, ":") // the program's name
	_, rest, _ = strings.Cut(rest, ":")    // the version and the epoch
	source, rest, _ := strings.Cut(rest, ":")
	_, rest, _ = strings.Cut(rest, ":") // the tenant
	entity, id, _ := strings.Cut(rest, ":")
	id, _, _ = strings.Cut(id, "?")
	return Subject{Source: source, Entity: entity, ID: id}
}
