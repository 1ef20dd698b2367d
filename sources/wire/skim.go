package wire

import (
	"hash/maphash"
	"slices"
	"strconv"
	"sync"
	"unicode/utf8"
)

// skim reads a document for its form alone. It passes only what Decode takes:
// where it is not sure, such as with an escape in a key, it says no, and the
// library judges. Nearly all of what the library takes for finding a duplicate
// key is saved so, and what is cut out is not read again.
type skim struct {
	data   []byte
	at     int
	depth  int
	names  []uint64 // hashes of the keys of the objects that are open, innermost last
	beyond bool     // there are bytes beyond ASCII

	cut   Cut
	cuts  int
	rest  []byte // data up to taken, with numbers in place of what was cut out
	taken int
}

// Cut says which values of a document are read by other means: those of the
// member Name, of objects that are reached from the top by members in Path
// alone, where Read takes them.
type Cut struct {
	Path []string
	Name string

	// Read reads the value that data begins with and gives its length, or 0 if
	// it does not take it. What it takes is in the form that Decode asks for. It
	// is asked once for each value, in the document's order.
	Read func(data []byte) int
}

// deepest is how far values may nest for a skim to be sure.
const deepest = 64

var skims = sync.Pool{New: func() any { return new(skim) }}

// skimmed starts a skim of data. It is given back by end.
func skimmed(data []byte, cut Cut) *skim {
	s := skims.Get().(*skim)
	s.data, s.cut = data, cut
	return s
}

// end lets go of everything but the buffers, and of those too where one
// document made them larger than others need.
func (s *skim) end() {
	const large = 64 << 10
	if cap(s.rest) > large || cap(s.names) > large/8 {
		return
	}
	*s = skim{names: s.names[:0], rest: s.rest[:0]}
	skims.Put(s)
}

// document reports whether the data is one document in good form.
func (s *skim) document() bool {
	if !s.value(s.cut.Name != "") {
		return false
	}
	s.space()
	return s.at == len(s.data) && (!s.beyond || utf8.Valid(s.data))
}

// remaining is the document without its parts.
func (s *skim) remaining() []byte {
	if s.cuts == 0 {
		return s.data
	}
	s.rest = append(s.rest, s.data[s.taken:]...)
	return s.rest
}

func (s *skim) space() {
	for s.at < len(s.data) && isSpace(s.data[s.at]) {
		s.at++
	}
}

func isSpace(b byte) bool { return b == ' ' || b == '\n' || b == '\t' || b == '\r' }

// next is the next byte after white space, 0 at the end.
func (s *skim) next() byte {
	if s.at < len(s.data) && s.data[s.at] > ' ' {
		return s.data[s.at]
	}
	s.space()
	if s.at == len(s.data) {
		return 0
	}
	return s.data[s.at]
}

// value passes over a value; onPath says that a cut may be below.
func (s *skim) value(onPath bool) bool {
	switch s.next() {
	case '"':
		_, ok := s.text()
		return ok
	case '{':
		return s.object(onPath)
	case '[':
		return s.array(onPath)
	case 't':
		return s.word("true")
	case 'f':
		return s.word("false")
	case 'n':
		return s.word("null")
	default:
		return s.number()
	}
}

func (s *skim) array(onPath bool) bool {
	if s.depth++; s.depth > deepest {
		return false
	}
	s.at++
	if s.next() == ']' {
		s.at++
		s.depth--
		return true
	}
	for {
		if !s.value(onPath) {
			return false
		}
		switch s.next() {
		case ',':
			s.at++
		case ']':
			s.at++
			s.depth--
			return true
		default:
			return false
		}
	}
}

// seed makes the hashes of keys such that nobody can have them collide.
var seed = maphash.MakeSeed()

// hashOf is the same for keys that the library may take for one where it is
// told to ignore case, and with it dashes and underscores. It is false where
// that takes a closer look.
func hashOf(name []byte) (uint64, bool) {
	const longest = 64
	if len(name) > longest {
		return 0, false
	}
	var folded [longest]byte
	n := 0
	for _, b := range name {
		switch {
		case b == '\\' || b >= utf8.RuneSelf:
			return 0, false
		case b != '_' && b != '-':
			folded[n] = b | 0x20
			n++
		}
	}
	return maphash.Bytes(seed, folded[:n]), true
}

func (s *skim) object(onPath bool) bool {
	if s.depth++; s.depth > deepest {
		return false
	}
	mark := len(s.names)
	s.at++
	if s.next() == '}' {
		s.at++
		s.depth--
		return true
	}
	for {
		if s.next() != '"' {
			return false
		}
		name, ok := s.text()
		if !ok || s.next() != ':' {
			return false
		}
		s.at++
		hash, ok := hashOf(name)
		if !ok {
			return false
		}
		s.names = append(s.names, hash)
		if !s.member(name, onPath) {
			return false
		}
		switch s.next() {
		case ',':
			s.at++
		case '}':
			s.at++
			s.depth--
			distinct := areDistinct(s.names[mark:])
			s.names = s.names[:mark]
			return distinct
		default:
			return false
		}
	}
}

// member passes over the value of a member, and cuts it out where it is to be.
func (s *skim) member(name []byte, onPath bool) bool {
	if !onPath {
		return s.value(false)
	}
	if string(name) != s.cut.Name {
		return s.value(slices.Contains(s.cut.Path, string(name)))
	}
	if s.next() == 0 {
		return false
	}
	length := s.cut.Read(s.data[s.at:])
	if length == 0 {
		// A number there would be taken for what was cut out.
		return s.data[s.at] != '-' && s.data[s.at]-'0' > 9 && s.value(false)
	}
	s.rest = append(s.rest, s.data[s.taken:s.at]...)
	s.rest = strconv.AppendInt(s.rest, int64(s.cuts), 10)
	s.cuts++
	s.at += length
	s.taken = s.at
	return true
}

// areDistinct reports whether no two of the hashes are the same. It reorders them.
func areDistinct(hashes []uint64) bool {
	const few = 12
	if len(hashes) > few {
		slices.Sort(hashes)
		for i := 1; i < len(hashes); i++ {
			if hashes[i] == hashes[i-1] {
				return false
			}
		}
		return true
	}
	for i, hash := range hashes {
		for _, other := range hashes[:i] {
			if hash == other {
				return false
			}
		}
	}
	return true
}
