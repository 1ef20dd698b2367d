package billing

import (
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"
)

// Ref names one subscription: a source's name in the configuration, and the
// parts of its key there. It is comparable, so it serves as a map key.
//
// Frontier's key has two parts, the organisation and the subscription; the
// others have one. A Frontier Ref without a Key names all that Org holds.
type Ref struct {
	Source string
	Org    string // Focus and Productive organisation, Intercode team, Frontier organisation
	Key    string // Frontier subscription id; "" for the other kinds

	// Billing is the Frontier billing account that the directory names for the
	// organisation; "" lets Frontier resolve it. It is no part of the id.
	Billing string
}

// ID is the global id of the subscription: subscription/<source>/<part>[/<part>].
func (r Ref) ID() string {
	if r.Key == "" {
		return GlobalID("subscription", r.Source, r.Org)
	}
	return GlobalID("subscription", r.Source, r.Org, r.Key)
}

// LocalKey is the key within the source, verbatim, its parts joined by a slash.
// A part may hold a slash itself, so what must tell all keys apart uses ID.
func (r Ref) LocalKey() string {
	if r.Key == "" {
		return r.Org
	}
	return r.Org + "/" + r.Key
}

// GlobalID joins a type and its key parts, each part URL-path-escaped.
func GlobalID(kind string, parts ...string) string {
	var b strings.Builder
	size := len(kind)
	for _, part := range parts {
		size += 1 + len(part)
	}
	b.Grow(size)
	b.WriteString(kind)
	for _, part := range parts {
		b.WriteByte('/')
		b.WriteString(url.PathEscape(part))
	}
	return b.String()
}

// ParseGlobalID splits an id made by GlobalID. It refuses an empty part, a bad
// escape, a part that is not UTF-8 and any spelling that GlobalID would not have
// written, so that one thing has one id. Its error is for clients and holds
// nothing of the id.
func ParseGlobalID(id string) (kind string, parts []string, err error) {
	const longest = 1024
	if len(id) > longest {
		return "", nil, fmt.Errorf("the id is %d bytes long, at most %d are allowed", len(id), longest)
	}
	pieces := strings.Split(id, "/")
	if len(pieces) < 2 || pieces[0] == "" {
		return "", nil, fmt.Errorf("an id looks like subscription/<source>/<key>")
	}
	parts = make([]string, len(pieces)-1)
	for i, piece := range pieces[1:] {
		part, err := url.PathUnescape(piece)
		if err != nil {
			return "", nil, fmt.Errorf("part %d of the id has a bad escape", i+2)
		}
		if part == "" {
			return "", nil, fmt.Errorf("part %d of the id is empty", i+2)
		}
		if !utf8.ValidString(part) {
			return "", nil, fmt.Errorf("part %d of the id is not UTF-8", i+2)
		}
		parts[i] = part
	}
	if GlobalID(pieces[0], parts...) != id {
		return "", nil, fmt.Errorf("the id is not written the way the gateway writes ids")
	}
	return pieces[0], parts, nil
}
