package intercode

import (
	"strings"

	"tributary/billing"
	"tributary/sources/wire"
)

// jsonNumber writes a plain decimal as a JSON number of the same digits, which
// has no sign but a minus, no needless zeros before, and a digit on each side of
// a point. false where the text is none: an exponent stands for digits that
// nobody wrote.
func jsonNumber(decimal string) (string, bool) {
	unsigned := strings.TrimPrefix(decimal, "-")
	negative := unsigned != decimal
	if !negative {
		unsigned = strings.TrimPrefix(decimal, "+")
	}
	whole, fraction, _ := strings.Cut(unsigned, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return "", false
	}
	number := strings.TrimLeft(whole, "0")
	if number == "" {
		number = "0"
	}
	if fraction != "" {
		number += "." + fraction
	}
	if negative && strings.Trim(number, "0.") != "" {
		number = "-" + number
	}
	return number, true
}

// mostDigits is how many digits every double keeps, which is what a JSON number
// becomes in the kit. With more, a price could come back as one that has too
// many decimals or does not fit.
const mostDigits = 15

// price finds fault with a price that is none, or that would make the catalogue
// unreadable for everybody once it is in it.
func (f *faults) price(price billing.Optional[string], t terms) {
	if price.Value == nil {
		return
	}
	field := []string{"price"}
	number, ok := jsonNumber(*price.Value)
	switch {
	case !ok:
		f.Input(field, "price is a plain decimal number, such as 12.50")
	case number[0] == '-':
		f.Input(field, "price is not below zero")
	case digits(number) > mostDigits:
		f.Input(field, "price has at most %d digits", mostDigits)
	case t.readable(number):
	case t.scale == majorUnits:
		f.Input(field, "price is an amount of %s that has at most %d decimals and is not too large", *t.currency, billing.Exponent(*t.currency))
	default:
		f.Input(field, "price is a whole number, of the minor units of %s", *t.currency)
	}
}

func digits(number string) int { return len(strings.ReplaceAll(number, ".", "")) }

// readable reports whether a tier of that price can be read.
func (t terms) readable(number string) bool {
	_, err := t.money(number)
	return err == nil
}

// money is what reading a tier makes of a price; nil where no currency is
// configured.
func (t terms) money(number string) (*billing.Money, error) {
	var price wire.Decimal
	if err := wire.Decode([]byte(number), &price); err != nil {
		return nil, err
	}
	var r wire.Reader
	amount := t.amount(&r, "price", &price)
	return amount, r.Err()
}
