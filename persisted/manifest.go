package persisted

import (
	"encoding/hex"
	"strings"
)

// manifest holds the trusted documents.
type manifest struct {
	byID     map[string]string // without the prefix of ids
	byDigest map[digest]string
}

// prefix may stand in front of an id, as the proposal for persisted documents
// of GraphQL over HTTP has it.
const prefix = "sha256:"

// named is the document of an id, or of a SHA-256 whatever its id is. A nil
// manifest has none.
func (m *manifest) named(id string) (string, bool) {
	if m == nil {
		return "", false
	}
	id = strings.TrimPrefix(id, prefix)
	if text, ok := m.byID[id]; ok {
		return text, true
	}
	sum, ok := parseDigest(id)
	if !ok {
		return "", false
	}
	text, ok := m.byDigest[sum]
	return text, ok
}

// holds reports whether a text is that of a trusted document, to the byte.
func (m *manifest) holds(text string) bool {
	if m == nil {
		return false
	}
	_, ok := m.byDigest[digestOf(text)]
	return ok
}

func (m *manifest) size() int {
	if m == nil {
		return 0
	}
	return len(m.byID)
}

func parseDigest(text string) (digest, bool) {
	var d digest
	if len(text) != hex.EncodedLen(len(d)) {
		return d, false
	}
	_, err := hex.Decode(d[:], []byte(text))
	return d, err == nil
}
