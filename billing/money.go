package billing

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// Money is an amount in a currency's minor units. The zero Currency is not
// allowed: an amount whose currency is unknown is no Money but a nil *Money.
type Money struct {
	Minor    int64
	Currency string // ISO 4217, upper case
}

// exponents are the ISO 4217 currencies whose minor unit is not a hundredth.
var exponents = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0,
	"UGX": 0, "UYI": 0, "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
	"BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
	"CLF": 4, "UYW": 4,
}

// Exponent is the number of decimals of a currency's minor unit: 2 for USD,
// 0 for JPY, 3 for KWD (ISO 4217 list one).
func Exponent(currency string) int {
	if e, ok := exponents[currency]; ok {
		return e
	}
	return 2
}

// Exponent is the number of decimals of m's currency.
func (m Money) Exponent() int { return Exponent(m.Currency) }

// Decimal is the exact amount in major units, with the currency's decimals: "39.00".
func (m Money) Decimal() string {
	e := m.Exponent()
	if e == 0 {
		return strconv.FormatInt(m.Minor, 10)
	}
	digits, sign := strconv.FormatInt(m.Minor, 10), ""
	if digits[0] == '-' {
		sign, digits = "-", digits[1:]
	}
	if len(digits) <= e {
		digits = strings.Repeat("0", e+1-len(digits)) + digits
	}
	return sign + digits[:len(digits)-e] + "." + digits[len(digits)-e:]
}

// Minor makes Money of minor units and a currency code in any case; nil where
// the code is not three letters, for then the amount means nothing.
func Minor(amount int64, currency string) *Money {
	code, ok := CurrencyCode(currency)
	if !ok {
		return nil
	}
	return &Money{Minor: amount, Currency: code}
}

// Major makes Money of an exact decimal in major units ("39", "12.5"); nil
// where the code is no currency code or the amount has more decimals than the
// currency, or does not fit.
func Major(amount, currency string) *Money {
	code, ok := CurrencyCode(currency)
	if !ok || len(amount) > 64 || strings.Trim(amount, "+-.0123456789") != "" {
		return nil
	}
	if minor, ok := shift(amount, Exponent(code)); ok {
		return &Money{Minor: minor, Currency: code}
	}
	value, ok := new(big.Rat).SetString(amount)
	if !ok {
		return nil
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(Exponent(code))), nil)
	value.Mul(value, new(big.Rat).SetInt(scale))
	if !value.IsInt() || !value.Num().IsInt64() {
		return nil
	}
	return &Money{Minor: value.Num().Int64(), Currency: code}
}

// shift multiplies a decimal by a power of ten; false where it is written in
// any other way than digits with or without a point between them, or where the
// product may be no whole number of 64 bits.
func shift(decimal string, places int) (int64, bool) {
	const most = 14 // digits that have room for four more
	whole, fraction, pointed := strings.Cut(decimal, ".")
	if whole == "" || pointed && fraction == "" || len(decimal) > most || len(fraction) > places {
		return 0, false
	}
	product := int64(0)
	for _, digits := range [2]string{whole, fraction} {
		for i := range len(digits) {
			if digits[i] < '0' || digits[i] > '9' {
				return 0, false
			}
			product = product*10 + int64(digits[i]-'0')
		}
	}
	for range places - len(fraction) {
		product *= 10
	}
	return product, true
}

// CurrencyCode is the upper-case form of a three-letter code.
func CurrencyCode(code string) (string, bool) {
	if len(code) != 3 {
		return "", false
	}
	for i := range len(code) {
		if letter := code[i] &^ 0x20; letter < 'A' || letter > 'Z' {
			return "", false
		}
	}
	return strings.ToUpper(code), true
}

// Times is m multiplied by n; false where it does not fit.
func (m Money) Times(n int64) (Money, bool) {
	product := new(big.Int).Mul(big.NewInt(m.Minor), big.NewInt(n))
	if !product.IsInt64() {
		return Money{}, false
	}
	return Money{Minor: product.Int64(), Currency: m.Currency}, true
}

// Add is the sum of two amounts of one currency; false where they differ or
// the sum does not fit.
func (m Money) Add(o Money) (Money, bool) {
	sum := m.Minor + o.Minor
	if m.Currency != o.Currency || (sum > m.Minor) != (o.Minor > 0) {
		return Money{}, false
	}
	return Money{Minor: sum, Currency: m.Currency}, true
}

// Interval is how often a subscription is charged.
type Interval struct {
	Unit  IntervalUnit
	Count int
}

// IntervalUnit is a calendar unit.
type IntervalUnit string

// The calendar units of a billing interval.
const (
	Day   IntervalUnit = "DAY"
	Week  IntervalUnit = "WEEK"
	Month IntervalUnit = "MONTH"
	Year  IntervalUnit = "YEAR"
)

// ISO8601 is the interval as an ISO 8601 duration: P1M, P2W, P1Y; "" where the
// unit is none of the four or the count is not positive.
func (i Interval) ISO8601() string {
	if i.Count <= 0 || !slices.Contains([]IntervalUnit{Day, Week, Month, Year}, i.Unit) {
		return ""
	}
	return fmt.Sprintf("P%d%c", i.Count, i.Unit[0])
}

// Months makes the interval of a number of months, in years where it divides;
// nil for zero and below.
func Months(n int) *Interval {
	switch {
	case n <= 0:
		return nil
	case n%12 == 0:
		return &Interval{Unit: Year, Count: n / 12}
	default:
		return &Interval{Unit: Month, Count: n}
	}
}
