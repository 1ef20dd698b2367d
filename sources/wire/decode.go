package wire

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Decode reads one JSON document. It refuses a duplicate key, invalid UTF-8,
// trailing data, nesting past 10,000 and a bare null; unknown keys are passed
// over. Its error names the place and the fault, never a value.
func Decode(data []byte, into any) error {
	_, err := DecodeAround(data, into, Cut{})
	return err
}

// DecodeAround is Decode of a document whose bulk is better read by other
// means. In place of each value that cut.Read reads it decodes a number, which
// counts them from 0, and cuts is how many there are. Where anything is wrong
// or out of the ordinary nothing is cut: then cuts is 0, and what cut.Read has
// read is not to be used.
func DecodeAround(data []byte, into any, cut Cut) (cuts int, err error) {
	s := skimmed(data, cut)
	defer s.end()
	if s.document() && !isNull(data) && (&plainly{data: s.remaining()}).read(into) {
		return s.cuts, nil
	}
	reflect.ValueOf(into).Elem().SetZero()
	return 0, decode(data, into)
}

// known are the checks that a skim has made already.
var known = json.JoinOptions(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))

func isNull(data []byte) bool { return string(bytes.Trim(data, " \t\r\n")) == "null" }

// decode is Decode by the library alone.
func decode(data []byte, into any) error {
	if isNull(data) {
		return errors.New("the document is null")
	}
	err := json.Unmarshal(data, into)
	if err == nil {
		return nil
	}
	var syntax *jsontext.SyntacticError
	if errors.As(err, &syntax) {
		return fmt.Errorf("at byte %d: %w", syntax.ByteOffset, form(syntax.Err))
	}
	var semantic *json.SemanticError
	if errors.As(err, &semantic) {
		return fmt.Errorf("at %s: %s does not fit: %w", place(semantic.JSONPointer), kind(semantic.JSONKind), content(semantic.Err))
	}
	return errors.New("the document does not fit")
}

// form says what is wrong with the writing of a document. The library's own
// words hold one character of it at most, but for escapes.
func form(err error) error {
	switch {
	case err == nil:
		return errors.New("no JSON")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the document ends too early")
	case strings.Contains(err.Error(), "escape sequence"), strings.Contains(err.Error(), "surrogate pair"):
		return errors.New("invalid escape in a string")
	default:
		return err
	}
}

// misfit is a fault of a value, in words that do not hold the value.
type misfit string

func (m misfit) Error() string { return string(m) }

// content says why a value does not fit. Only this package's own words are
// known to hold nothing of it: those of strconv, time and others quote it.
func content(err error) error {
	var known misfit
	if errors.As(err, &known) {
		return known
	}
	return errors.New("unexpected value")
}

// place is a pointer to a value, cut where keys are longer than any of an API.
func place(p jsontext.Pointer) string {
	const longest = 120
	switch {
	case p == "":
		return "the top"
	case len(p) > longest:
		return strings.ToValidUTF8(string(p[:longest]), "") + "..."
	default:
		return string(p)
	}
}

func kind(k jsontext.Kind) string {
	switch k {
	case jsontext.KindNull, jsontext.KindString, jsontext.KindNumber:
		return "a JSON " + k.String()
	case jsontext.KindFalse, jsontext.KindTrue:
		return "a JSON boolean"
	case jsontext.KindBeginObject:
		return "a JSON object"
	case jsontext.KindBeginArray:
		return "a JSON array"
	default:
		return "the value"
	}
}
