// Package scalar reads and writes the schema's own scalars.
package scalar

import (
	"encoding/json"
	"io"
	"math/big"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"

	"tributary/billing"
)

// wrong is a value that a client has to mend.
func wrong(format string, args ...any) error {
	return billing.Errorf(billing.CodeBadUserInput, format, args...)
}

// MarshalDateTime writes an instant in UTC with milliseconds, as the scalar's
// specification asks: 2026-03-01T12:00:00.000Z.
func MarshalDateTime(t time.Time) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { w.Write(AppendDateTime(make([]byte, 0, 32), t)) })
}

// AppendDateTime appends what MarshalDateTime writes.
func AppendDateTime(b []byte, t time.Time) []byte {
	return append(t.UTC().AppendFormat(append(b, '"'), "2006-01-02T15:04:05.000Z"), '"')
}

// UnmarshalDateTime takes RFC 3339 with any offset.
func UnmarshalDateTime(v any) (time.Time, error) {
	text, ok := v.(string)
	if !ok {
		return time.Time{}, wrong("a DateTime is a string such as 2026-03-01T12:00:00.000Z")
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil || t.UTC().Year() < 1 || t.UTC().Year() > 9999 {
		return time.Time{}, wrong("a DateTime looks like 2026-03-01T12:00:00.000Z, with a date that exists and an offset")
	}
	return t.UTC(), nil
}

// MarshalInt writes an integer.
func MarshalInt(n int) graphql.Marshaler { return graphql.MarshalInt(n) }

// AppendInt appends what MarshalInt writes.
func AppendInt(b []byte, n int) []byte { return strconv.AppendInt(b, int64(n), 10) }

// UnmarshalInt takes an integer of 32 bits, which is what the specification of
// GraphQL allows, and no string of one.
func UnmarshalInt(v any) (int, error) {
	var text string
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case int64:
		text = strconv.FormatInt(v, 10)
	case int:
		text = strconv.Itoa(v)
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, wrong("an Int is a whole number between -2147483648 and 2147483647")
	}
	return int(n), nil
}

// MarshalBigInt writes an integer as a string, which no client rounds.
func MarshalBigInt(n int64) graphql.Marshaler {
	return graphql.WriterFunc(func(w io.Writer) { w.Write(AppendBigInt(make([]byte, 0, 24), n)) })
}

// AppendBigInt appends what MarshalBigInt writes.
func AppendBigInt(b []byte, n int64) []byte {
	return append(strconv.AppendInt(append(b, '"'), n, 10), '"')
}

// UnmarshalBigInt takes a JSON integer or a string of one.
func UnmarshalBigInt(v any) (int64, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case int64:
		return v, nil
	case int:
		return int64(v), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		return 0, wrong("a BigInt is an integer of up to 64 bits, as a string or a JSON integer")
	}
	return n, nil
}

// MarshalDecimal writes an exact decimal number as a string.
func MarshalDecimal(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalDecimal takes a decimal number as a string, or a JSON integer.
func UnmarshalDecimal(v any) (string, error) {
	var text string
	switch v := v.(type) {
	case string:
		text = v
	case json.Number:
		text = v.String()
	case int64:
		text = strconv.FormatInt(v, 10)
	}
	if !isPlain(text) {
		return "", wrong("a Decimal is a number such as \"12.50\", as a string of at most 64 characters")
	}
	return text, nil
}

// isPlain takes no exponent: a few characters of one make a number that fills
// the memory.
func isPlain(number string) bool {
	if len(number) > 64 || strings.Trim(number, "-0123456789.") != "" {
		return false
	}
	_, ok := new(big.Rat).SetString(number)
	return ok
}

// MarshalCurrencyCode writes an ISO 4217 code.
func MarshalCurrencyCode(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalCurrencyCode takes three letters in any case.
func UnmarshalCurrencyCode(v any) (string, error) {
	text, _ := v.(string)
	code, ok := billing.CurrencyCode(text)
	if !ok {
		return "", wrong("a CurrencyCode has three letters, such as EUR")
	}
	return code, nil
}

// MarshalURL writes an address.
func MarshalURL(s string) graphql.Marshaler { return graphql.MarshalString(s) }

// UnmarshalURL takes an absolute address.
func UnmarshalURL(v any) (string, error) {
	text, _ := v.(string)
	address, err := url.Parse(text)
	if err != nil || !address.IsAbs() {
		return "", wrong("a URL is absolute, such as https://example.com/")
	}
	return text, nil
}

// MarshalJSON writes a source's own JSON as it is.
func MarshalJSON(raw json.RawMessage) graphql.Marshaler {
	if len(raw) == 0 {
		return graphql.Null
	}
	return graphql.WriterFunc(func(w io.Writer) { w.Write(raw) })
}

// UnmarshalJSON takes any JSON value.
func UnmarshalJSON(v any) (json.RawMessage, error) { return json.Marshal(v) }
