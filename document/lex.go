package document

import (
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"

	"tributary/billing"
)

// lex counts the tokens of a text and the brackets they open, and reads no
// further than the limits allow. The parser recurses once a bracket, so what
// passes here cannot exhaust its stack.
func (l *Limits) lex(text string) (tokens int, err error) {
	if len(text) > int(l.Bytes) {
		return 0, exceeded(int(l.Bytes), "the document has %d bytes", len(text))
	}
	reader := lexer.New(&ast.Source{Input: text})
	open := 0
	for {
		token, err := reader.ReadToken()
		if err != nil {
			return 0, syntax(err)
		}
		switch token.Kind {
		case lexer.EOF:
			return tokens, nil
		case lexer.BraceL, lexer.BracketL, lexer.ParenL:
			open++
		case lexer.BraceR, lexer.BracketR, lexer.ParenR:
			open--
		case lexer.String:
			if strings.Contains(token.Value, "\uFFFD") && hasHalf(text[token.Pos.Start:token.Pos.End]) {
				return 0, billing.Errorf(billing.CodeBadUserInput, "a text in line %d of the document holds half of a surrogate pair", token.Pos.Line)
			}
		case lexer.Name:
			if len(token.Value) > int(l.NameLength) {
				return 0, exceeded(int(l.NameLength), "a name in the document has %d bytes", len(token.Value))
			}
		}
		if tokens++; tokens > l.Tokens {
			return 0, exceeded(l.Tokens, "the document has %d tokens or more", tokens)
		}
		if open > l.Nesting {
			return 0, exceeded(l.Nesting, "the document opens %d brackets or more within each other", open)
		}
	}
}

// hasHalf reports an escape in the source of a text that is one half of a
// surrogate pair without the other: the lexer puts U+FFFD in its place, and the
// text would be another than was sent.
func hasHalf(source string) bool {
	inHigh := false
	for i := 0; i < len(source); i++ {
		size, half := 1, rune(0)
		if source[i] == '\\' {
			size = 2
			if code, err := strconv.ParseUint(source[min(i+2, len(source)):min(i+6, len(source))], 16, 16); err == nil && source[i+1] == 'u' {
				size, half = 6, rune(code)
			}
		}
		isLow := half >= 0xDC00 && half <= 0xDFFF
		if inHigh != isLow {
			return true
		}
		inHigh = half >= 0xD800 && half <= 0xDBFF
		i += size - 1
	}
	return inHigh
}

// The longest pieces of a document that a message repeats, in bytes.
const (
	longestWord    = 64
	longestMessage = 300
)

// shorten cuts the words of a message and then the whole to a bounded length.
func shorten(message string) string {
	if len(message) <= longestWord {
		return message
	}
	var short strings.Builder
	for word := range strings.SplitAfterSeq(message, " ") {
		if len(word) > longestWord {
			word = cut(word, longestWord) + " "
		}
		short.WriteString(word)
		if short.Len() > longestMessage {
			return cut(short.String(), longestMessage)
		}
	}
	return strings.TrimSuffix(short.String(), " ")
}

func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
