package intercode

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"testing"

	"tributary/billing"
	"tributary/sources/wire"
)

func TestJSONNumber(t *testing.T) {
	cases := map[string]string{ // "" where it is none
		"0": "0", "5": "5", "1000": "1000", "12.50": "12.50", "0.5": "0.5", "10.00": "10.00",
		"+5": "5", "5.": "5", ".5": "0.5", "007": "7", "+007.50": "7.50", "000": "0", "00.10": "0.10", "-.5": "-0.5",
		"-5": "-5", "-005.0": "-5.0", "-0": "0", "-0.00": "0.00", "-.0": "0.0", "0.": "0",
		"": "", ".": "", "+": "", "-": "", "+-5": "", "-+5": "", "--5": "", "+.": "", "1e3": "", "1E3": "", "5..": "", "1.2.3": "",
		" 5": "", "5 ": "", "1,000": "", "0x10": "", "1/2": "", "1_000": "", "NaN": "", "Infinity": "", "５": "", "\x00": "", "5\n": "",
	}
	for decimal, want := range cases {
		if got, ok := jsonNumber(decimal); got != want || ok != (want != "") {
			t.Errorf("%q is %q, %v; want %q", decimal, got, ok, want)
		}
	}
}

func TestNewPrices(t *testing.T) {
	none := func(*Config) {}
	minor := func(currency string) func(*Config) { return func(c *Config) { c.Currency = currency } }
	major := func(currency string) func(*Config) {
		return func(c *Config) { c.Currency, c.AmountScale = currency, "major" }
	}
	cases := []struct {
		name   string
		config func(*Config)
		price  string
		ok     bool
	}{
		{"without a currency, a fraction", none, "10.505", true},
		{"without a currency, below zero", none, "-1", false},
		{"without a currency, below zero by a fraction", none, "-.1", false},
		{"without a currency, a zero with a sign", none, "-0", true},
		{"without a currency, an exponent", none, "1e3", false},
		{"without a currency, words", none, "ten", false},
		{"without a currency, nothing", none, "", false},
		{"without a currency, the most digits", none, "123456789012.345", true},
		{"without a currency, more digits", none, "1234567890123.456", false},
		{"in cents, a whole number", minor("USD"), "1000", true},
		{"in cents, a whole number with a point", minor("USD"), "1000.00", true},
		{"in cents, half of one", minor("USD"), "10.5", false},
		{"in cents, more than any system keeps", minor("USD"), "9999999999999999", false},
		{"in dollars, with cents", major("USD"), "12.50", true},
		{"in dollars, with cents and needless zeros", major("USD"), "12.5000", true},
		{"in dollars, with half a cent", major("USD"), "12.505", false},
		{"in yen, a whole number", major("JPY"), "1200", true},
		{"in yen, with a fraction", major("JPY"), "1200.5", false},
		{"in dinars, with three decimals", major("KWD"), "1.234", true},
		{"in units of account with four decimals, more than fits", major("CLF"), "999999999999999", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			plan := billing.PlanChange{Name: billing.Give("Pro"), Price: billing.Give(c.price)}
			got := idle(t, c.config).CheckNewPlan(plan)
			if c.ok {
				checkFaults(t, got)
				return
			}
			checkFaults(t, got, bad("price")...)
		})
	}
}

var plainDecimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)$`)

// FuzzPrice holds every text to one of two ends: it is no plain decimal, or it
// becomes a JSON number of the same value. A price that CheckNewPlan lets pass
// can be read back, even from a system that keeps it as a double.
func FuzzPrice(f *testing.F) {
	for _, seed := range []string{"0", "+5", "5.", ".5", "007", "-0.0", "1e3", "12.50", "9223372036854775808", "1/2", "", "."} {
		f.Add(seed)
	}
	var sources []*Source
	for _, config := range []Config{{}, {Currency: "USD"}, {Currency: "USD", AmountScale: "major"}, {Currency: "JPY", AmountScale: "major"}, {Currency: "CLF", AmountScale: "major"}} {
		sources = append(sources, idle(f, func(c *Config) { c.Currency, c.AmountScale = config.Currency, config.AmountScale }))
	}
	f.Fuzz(func(t *testing.T, text string) {
		number, ok := jsonNumber(text)
		if ok != plainDecimal.MatchString(text) {
			t.Fatalf("%q: %v", text, ok)
		}
		if !ok {
			return
		}
		if !json.Valid([]byte(number)) {
			t.Fatalf("%q became %q, which is no JSON", text, number)
		}
		if again, ok := jsonNumber(number); !ok || again != number {
			t.Errorf("%q became %q and then %q", text, number, again)
		}
		if len(text) > 1000 {
			return
		}
		before, _ := new(big.Rat).SetString(text)
		after, _ := new(big.Rat).SetString(number)
		if before == nil || after == nil || before.Cmp(after) != 0 {
			t.Errorf("%q became %q", text, number)
		}
		for _, source := range sources {
			if len(source.CheckNewPlan(billing.PlanChange{Name: billing.Give("Pro"), Price: billing.Give(text)})) > 0 {
				continue
			}
			double, err := strconv.ParseFloat(number, 64)
			if err != nil {
				t.Fatal(err)
			}
			for _, kept := range []string{number, strconv.FormatFloat(double, 'g', -1, 64)} {
				var doc []tier
				if err := wire.Decode([]byte(fmt.Sprintf(`[{"id":1,"price":%s}]`, kept)), &doc); err != nil {
					t.Fatalf("%q: %v", kept, err)
				}
				if _, err := normaliseTiers(doc, "src", source.terms); err != nil {
					t.Errorf("%q in %+v: %v", kept, source.terms, err)
				}
			}
		}
	})
}
