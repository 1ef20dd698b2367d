package graphqlhttp

import (
	stdjson "encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// more reports whether the object or array that dec is in goes on.
func more(dec *jsontext.Decoder) bool {
	kind := dec.PeekKind()
	return kind != '}' && kind != ']' && kind != jsontext.KindInvalid
}

func ended(what string, dec *jsontext.Decoder) *Refusal {
	if _, err := dec.ReadToken(); err != io.EOF {
		return malformed("%s goes on after its JSON, at byte %d", what, dec.InputOffset())
	}
	return nil
}

func parseString(what, key string, dec *jsontext.Decoder, into *string) *Refusal {
	kind := dec.PeekKind()
	switch kind {
	case '"', 'n', jsontext.KindInvalid:
	default:
		return malformed("%s is a string or null, and here it is %s", key, nameOf(kind))
	}
	token, err := dec.ReadToken()
	if err != nil {
		return syntax(what, err)
	}
	if kind == '"' {
		*into = token.String()
	}
	return nil
}

func parseObject(what, key string, dec *jsontext.Decoder, into *map[string]any) *Refusal {
	switch kind := dec.PeekKind(); kind {
	case '{', 'n', jsontext.KindInvalid:
	default:
		return malformed("%s is an object or null, and here it is %s", key, nameOf(kind))
	}
	if err := json.UnmarshalDecode(dec, into, exactNumbers); err != nil {
		return syntax(what, err)
	}
	return nil
}

// exactNumbers keeps the digits of numbers, which the executor reads by the
// types of the schema.
var exactNumbers = json.WithUnmarshalers(json.UnmarshalFromFunc(func(dec *jsontext.Decoder, into *any) error {
	if dec.PeekKind() != '0' {
		return errors.ErrUnsupported
	}
	number, err := dec.ReadValue()
	*into = stdjson.Number(number.Clone())
	return err
}))

func nameOf(kind jsontext.Kind) string {
	switch kind {
	case 'n':
		return "null"
	case 't', 'f':
		return "a boolean"
	case '"':
		return "a string"
	case '0':
		return "a number"
	case '[':
		return "an array"
	default:
		return "an object"
	}
}

// syntax is the refusal of what is no strict JSON. Of the text it tells no more
// than one of keys.
func syntax(what string, err error) *Refusal {
	var fault *jsontext.SyntacticError
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), !errors.As(err, &fault):
		return malformed("%s ends before its JSON does", what)
	case !errors.Is(err, jsontext.ErrDuplicateName):
		return malformed("%s is no valid JSON at byte %d", what, fault.ByteOffset)
	}
	if key := fault.JSONPointer.LastToken(); slices.Contains(keys, key) {
		return malformed("%s has the key %s twice in one object, at byte %d", what, key, fault.ByteOffset)
	}
	return malformed("%s has a key twice in one object, at byte %d", what, fault.ByteOffset)
}

// measure bounds what a text costs to parse, and wants UTF-8. It need not be
// JSON.
func (s *Settings) measure(what string, text []byte) *Refusal {
	depth, values, quoted := 0, 1, false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"':
			quoted = !quoted
		case quoted && c == '\\':
			i++
		case quoted:
		case c == '{', c == '[':
			depth++
			values++
		case c == '}', c == ']':
			depth--
		case c == ',':
			values++
		}
		if depth > s.Nesting {
			return refuse(http.StatusBadRequest, billing.CodeLimitExceeded,
				"%s is nested deeper than the %d levels that it may be (limit nesting)", what, s.Nesting)
		}
		if values > s.Values {
			return refuse(http.StatusBadRequest, billing.CodeLimitExceeded,
				"%s holds more than the %d values that it may hold (limit values)", what, s.Values)
		}
	}
	if !utf8.Valid(text) {
		return malformed("%s is not UTF-8", what)
	}
	return nil
}
