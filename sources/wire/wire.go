// Package wire reads what upstreams send: strict about form, lenient about the
// ways in which systems write one value.
package wire

import (
	"bytes"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tributary/billing"
)

// Int is an integer sent as a JSON number or as a JSON string, as protojson
// does with int64.
type Int int64

// UnmarshalJSONFrom takes 12, 12.0, "12"; anything else is an error, null too:
// where a source may send it, the field is a pointer.
func (i *Int) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	text, ok, err := numeral(dec)
	if err != nil {
		return err
	}
	if !ok {
		return misfit("not an integer")
	}
	n, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		whole, ok := exact(string(text))
		if !ok || !whole.IsInt() || !whole.Num().IsInt64() {
			return misfit("not an integer of 64 bits")
		}
		n = whole.Num().Int64()
	}
	*i = Int(n)
	return nil
}

// numeral is the text of a number, or of a string; false for any other value.
// It is good until dec reads on.
func numeral(dec *jsontext.Decoder) ([]byte, bool, error) {
	value, err := dec.ReadValue()
	if err != nil {
		return nil, false, err
	}
	switch value.Kind() {
	case '0':
		return value, true, nil
	case '"':
		inside := value[1 : len(value)-1]
		if bytes.IndexByte(inside, '\\') < 0 {
			return inside, true, nil
		}
		text, err := jsontext.AppendUnquote(nil, value)
		return text, true, err
	default:
		return nil, false, nil
	}
}

// Decimal is an exact number sent as a JSON number or as a JSON string.
type Decimal string

// UnmarshalJSONFrom keeps the exact value, written without an exponent and
// without needless zeros: 1.50e1 is "15". null is an error, as for Int.
func (d *Decimal) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	text, ok, err := numeral(dec)
	if err != nil {
		return err
	}
	if !ok {
		return misfit("not a decimal number")
	}
	if isPlain(text) {
		*d = Decimal(text)
		return nil
	}
	value, ok := exact(string(text))
	if !ok {
		return misfit("not a decimal number")
	}
	*d = Decimal(plain(value))
	return nil
}

// isPlain reports a decimal that is written as plain would write it; it may
// miss one.
func isPlain(text []byte) bool {
	const longest = 18
	whole, fraction, ok := bytes.Cut(text, []byte("."))
	return len(text) <= longest && areDigits(whole) && (whole[0] != '0' || len(whole) == 1) &&
		(!ok || areDigits(fraction) && fraction[len(fraction)-1] != '0')
}

// areDigits reports one digit or more, and nothing else.
func areDigits(text []byte) bool {
	for _, b := range text {
		if b-'0' > 9 {
			return false
		}
	}
	return len(text) > 0
}

// exact reads a decimal number; its length and exponent are bounded, so that a
// short text cannot make a huge number.
func exact(text string) (*big.Rat, bool) {
	if len(text) == 0 || len(text) > 64 || strings.ContainsAny(text, "/_xXpPbBoO") {
		return nil, false
	}
	if _, exponent, ok := strings.Cut(strings.ToLower(text), "e"); ok {
		if n, err := strconv.Atoi(exponent); err != nil || n > 30 || n < -30 {
			return nil, false
		}
	}
	return new(big.Rat).SetString(text)
}

// plain writes a decimal without an exponent and without needless zeros.
func plain(value *big.Rat) string {
	places, _ := value.FloatPrec()
	return value.FloatString(places)
}

// Reader turns wire values into domain values and remembers what did not fit,
// so that a normaliser reads straight through and asks once at the end.
type Reader struct {
	// Location is the zone of times that name none; UTC where nil.
	Location *time.Location

	faults []string
}

// Fault remembers that a field's value cannot be used.
func (r *Reader) Fault(field, what string) {
	r.faults = append(r.faults, field+" "+what)
}

// Err is nil while everything fitted, else an error that names each field.
func (r *Reader) Err() error {
	if len(r.faults) == 0 {
		return nil
	}
	return errors.New(strings.Join(r.faults[:min(len(r.faults), 5)], "; "))
}

// The ways in which an instant is written. A layout that does not fit costs
// more than one that does.
var (
	layouts = []string{
		time.RFC3339Nano,
		"2006-01-02T15:04:05.999999999",
		"2006-01-02 15:04:05.999999999",
		"2006-01-02 15:04:05.999999999Z07:00",
		"2006-01-02T15:04:05.999999999Z0700",
		time.DateOnly,
	}
	spacedLayouts = []string{layouts[2], layouts[3]}
	dateLayouts   = []string{time.DateOnly}
)

// layoutsOf are those that can fit a text of that length and with that byte
// behind the date.
func layoutsOf(text string) []string {
	switch {
	case len(text) == len(time.DateOnly):
		return dateLayouts
	case len(text) > len(time.DateOnly) && text[len(time.DateOnly)] == ' ':
		return spacedLayouts
	default:
		return layouts
	}
}

// Time reads an instant: RFC 3339 with any offset, without a zone, or a date
// alone. nil, "" and Go's zero time, which some upstreams send for "unset",
// are nil. The answer is in UTC.
func (r *Reader) Time(field string, value *string) *time.Time {
	if value == nil || *value == "" {
		return nil
	}
	location := r.Location
	if location == nil {
		location = time.UTC
	}
	for _, layout := range layoutsOf(*value) {
		t, err := time.ParseInLocation(layout, *value, location)
		if err != nil {
			continue
		}
		// In the year's own zone too: east of UTC, Go's zero time is still in year 0 there.
		unset := t.Year() == 1
		t = t.UTC()
		if unset || t.Year() == 1 {
			return nil
		}
		if t.Year() < 1 || t.Year() > 9999 {
			break
		}
		return &t
	}
	r.Fault(field, "is no date between the years 1 and 9999")
	return nil
}

// MinorMoney is an amount in minor units; nil where the amount or currency is
// missing or is no currency code. A negative amount is a fault.
func (r *Reader) MinorMoney(field string, amount *Int, currency *string) *billing.Money {
	if amount == nil || currency == nil {
		return nil
	}
	if *amount < 0 {
		r.Fault(field, "is negative")
		return nil
	}
	return billing.Minor(int64(*amount), *currency)
}

// MajorMoney is MinorMoney for an amount in major units. An amount finer than
// the currency's minor unit is a fault.
func (r *Reader) MajorMoney(field string, amount *Decimal, currency *string) *billing.Money {
	if amount == nil || currency == nil {
		return nil
	}
	if strings.HasPrefix(string(*amount), "-") {
		r.Fault(field, "is negative")
		return nil
	}
	if _, ok := billing.CurrencyCode(*currency); !ok {
		return nil
	}
	money := billing.Major(string(*amount), *currency)
	if money == nil {
		r.Fault(field, "is finer than the currency's minor unit, or too large")
	}
	return money
}

// Count is a number of things, such as seats: nil stays nil, negative or past
// 31 bits (the reach of a GraphQL Int) is a fault.
func (r *Reader) Count(field string, value *Int) *int {
	if value == nil {
		return nil
	}
	if *value < 0 || *value > math.MaxInt32 {
		r.Fault(field, "is no count of things")
		return nil
	}
	n := int(*value)
	return &n
}

// Number is Count for an integer that may be negative, such as a rank.
func (r *Reader) Number(field string, value *Int) *int {
	if value == nil {
		return nil
	}
	if *value < math.MinInt32 || *value > math.MaxInt32 {
		r.Fault(field, "does not fit 32 bits")
		return nil
	}
	n := int(*value)
	return &n
}

// Int64 is value as a plain pointer.
func Int64(value *Int) *int64 {
	if value == nil {
		return nil
	}
	n := int64(*value)
	return &n
}

// String is value as a plain pointer.
func String(value *Decimal) *string {
	if value == nil {
		return nil
	}
	s := string(*value)
	return &s
}
