package wire

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// peek is the next byte after white space, 0 at the end.
func (p *plainly) peek() byte {
	for p.at < len(p.data) && isSpace(p.data[p.at]) {
		p.at++
	}
	if p.at == len(p.data) {
		return 0
	}
	return p.data[p.at]
}

func (p *plainly) take(b byte) bool {
	if p.peek() != b {
		return false
	}
	p.at++
	return true
}

func (p *plainly) null() bool {
	if p.peek() != 'n' {
		return false
	}
	p.at += len("null")
	return true
}

// text is what a string holds; false where something else comes.
func (p *plainly) text() ([]byte, bool) {
	if p.peek() != '"' {
		return nil, false
	}
	first := p.at
	if isEscaped := p.passText(); isEscaped {
		text, err := jsontext.AppendUnquote(nil, p.data[first:p.at])
		return text, err == nil
	}
	return p.data[first+1 : p.at-1], true
}

func (p *plainly) passText() (isEscaped bool) {
	for at := p.at + 1; ; at++ {
		at = plainUpTo(p.data, at)
		switch p.data[at] {
		case '"':
			p.at = at + 1
			return isEscaped
		case '\\':
			isEscaped = true
			at++
		}
	}
}

// numeral is the text of a number or a string; empty for any other value.
func (p *plainly) numeral() []byte {
	switch b := p.peek(); {
	case b == '"':
		text, _ := p.text()
		return text
	case b == '-' || b-'0' <= 9:
		return p.raw()
	default:
		return nil
	}
}

// raw passes over a value and gives it as it is written.
func (p *plainly) raw() []byte {
	p.peek()
	first := p.at
	for depth := 0; p.at < len(p.data); {
		switch b := p.data[p.at]; {
		case b == '"':
			p.passText()
		case b == '{' || b == '[':
			depth++
			p.at++
			continue
		case b == '}' || b == ']':
			depth--
			p.at++
		case depth == 0:
			for p.at < len(p.data) && !isSpace(p.data[p.at]) && !strings.ContainsRune(",]}", rune(p.data[p.at])) {
				p.at++
			}
		default:
			p.at++
			continue
		}
		if depth == 0 {
			return p.data[first:p.at]
		}
	}
	return p.data[first:p.at]
}
