package document

import (
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/lexer"
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
