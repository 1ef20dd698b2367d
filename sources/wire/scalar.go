package wire

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"unicode/utf8"
)

func (s *skim) word(word string) bool {
	if len(s.data)-s.at < len(word) || string(s.data[s.at:s.at+len(word)]) != word {
		return false
	}
	s.at += len(word)
	return true
}

func (s *skim) number() bool {
	if s.at < len(s.data) && s.data[s.at] == '-' {
		s.at++
	}
	first := s.at
	if !s.digits() || s.data[first] == '0' && s.at > first+1 {
		return false
	}
	if s.at < len(s.data) && s.data[s.at] == '.' {
		s.at++
		if !s.digits() {
			return false
		}
	}
	if s.at < len(s.data) && s.data[s.at]|0x20 == 'e' {
		s.at++
		if s.at < len(s.data) && (s.data[s.at] == '+' || s.data[s.at] == '-') {
			s.at++
		}
		return s.digits()
	}
	return true
}

// digits passes over one digit or more.
func (s *skim) digits() bool {
	first := s.at
	for s.at < len(s.data) && s.data[s.at]-'0' <= 9 {
		s.at++
	}
	return s.at > first
}

// text passes over a string and gives what is between its quotes.
func (s *skim) text() ([]byte, bool) {
	first := s.at + 1
	for at := first; ; {
		at = plainUpTo(s.data, at)
		if at == len(s.data) {
			return nil, false
		}
		switch b := s.data[at]; {
		case b == '"':
			s.at = at + 1
			return s.data[first:at], true
		case b >= utf8.RuneSelf:
			s.beyond = true
			at++
		case b == '\\':
			length := escapeLength(s.data[at:])
			if length == 0 {
				return nil, false
			}
			at += length
		default:
			return nil, false
		}
	}
}

// plainUpTo is where the next byte is that means something in a string: a
// quote, a backslash, a control character or one beyond ASCII. It looks at
// eight bytes at a time: a subtraction borrows from the top bit of each byte
// that is less.
func plainUpTo(data []byte, at int) int {
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	for at+8 <= len(data) {
		eight := binary.LittleEndian.Uint64(data[at:])
		quote, backslash := eight^'"'*ones, eight^'\\'*ones
		special := ((quote-ones)&^quote | (backslash-ones)&^backslash | (eight - ' '*ones) | eight) & tops
		if special != 0 {
			return at + bits.TrailingZeros64(special)/8
		}
		at += 8
	}
	for at < len(data) && data[at] >= ' ' && data[at] != '"' && data[at] != '\\' && data[at] < utf8.RuneSelf {
		at++
	}
	return at
}

// escapeLength is how long the escape is that text begins with; 0 where that
// is not for sure one. Halves of surrogate pairs are left to the library.
func escapeLength(text []byte) int {
	if len(text) < 2 {
		return 0
	}
	if text[1] != 'u' {
		if bytes.IndexByte([]byte(`"\/bfnrt`), text[1]) < 0 {
			return 0
		}
		return 2
	}
	if len(text) < 6 || text[2]|0x20 == 'd' {
		return 0
	}
	for _, b := range text[2:6] {
		if b-'0' > 9 && (b|0x20)-'a' > 5 {
			return 0
		}
	}
	return 6
}
