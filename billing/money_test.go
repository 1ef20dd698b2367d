package billing_test

import (
	"math"
	"strings"
	"testing"

	"tributary/billing"
)

func TestMajorAndDecimalRoundTripInEveryScale(t *testing.T) {
	cases := map[string]struct {
		amount, currency string
		minor            int64
		decimal          string
	}{
		"dollars have two decimals":                 {"39", "USD", 3900, "39.00"},
		"a lower-case code is the same currency":    {"12.5", "usd", 1250, "12.50"},
		"needless zeros are no finer amount":        {"1.5000", "EUR", 150, "1.50"},
		"less than one unit keeps its zero":         {"0.05", "EUR", 5, "0.05"},
		"nothing":                                   {"0", "EUR", 0, "0.00"},
		"a negative amount":                         {"-0.05", "EUR", -5, "-0.05"},
		"yen have no decimals":                      {"1200", "JPY", 1200, "1200"},
		"yen written with decimals that are zero":   {"1200.00", "JPY", 1200, "1200"},
		"dinars have three":                         {"1.234", "KWD", 1234, "1.234"},
		"a thousandth of a dinar":                   {"0.001", "BHD", 1, "0.001"},
		"Chilean units of account have four":        {"1.2345", "CLF", 12345, "1.2345"},
		"a code that no list has counts hundredths": {"2", "XYZ", 200, "2.00"},
		"the most that fits":                        {"92233720368547758.07", "USD", math.MaxInt64, "92233720368547758.07"},
		"the least that fits":                       {"-92233720368547758.08", "USD", math.MinInt64, "-92233720368547758.08"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			money := billing.Major(c.amount, c.currency)
			if money == nil {
				t.Fatalf("Major(%q, %q) is nil", c.amount, c.currency)
			}
			if want := (billing.Money{Minor: c.minor, Currency: strings.ToUpper(c.currency)}); *money != want {
				t.Errorf("Major(%q, %q) = %v, want %v", c.amount, c.currency, *money, want)
			}
			if got := money.Decimal(); got != c.decimal {
				t.Errorf("Decimal is %q, want %q", got, c.decimal)
			}
			again := billing.Major(money.Decimal(), money.Currency)
			if again == nil || *again != *money {
				t.Errorf("%q reads back as %v, want %v", money.Decimal(), again, *money)
			}
			if minor := billing.Minor(c.minor, c.currency); minor == nil || *minor != *money {
				t.Errorf("Minor(%d, %q) = %v, want %v", c.minor, c.currency, minor, *money)
			}
		})
	}
}

func TestMajorRefusesWhatIsNoExactAmount(t *testing.T) {
	cases := map[string][2]string{
		"finer than a cent":                  {"1.005", "USD"},
		"half a yen":                         {"0.5", "JPY"},
		"finer than a fils":                  {"1.2345", "KWD"},
		"one past the most":                  {"92233720368547758.08", "USD"},
		"no digits":                          {"", "USD"},
		"a dot alone":                        {".", "USD"},
		"a word":                             {"free", "USD"},
		"infinity":                           {"Inf", "USD"},
		"a fraction":                         {"1/2", "USD"},
		"an exponent":                        {"1e2", "USD"},
		"binary":                             {"0b11", "USD"},
		"octal":                              {"0o17", "USD"},
		"hexadecimal":                        {"0x1f", "USD"},
		"grouped digits":                     {"1_000", "USD"},
		"a decimal comma":                    {"1,50", "USD"},
		"space around":                       {" 1", "USD"},
		"two signs":                          {"+-1", "USD"},
		"more digits than any amount has":    {strings.Repeat("0", 65), "USD"},
		"no currency":                        {"1", ""},
		"a currency of two letters":          {"1", "US"},
		"a currency with a digit":            {"1", "US1"},
		"a symbol of three bytes":            {"1", "€"},
		"a long s, whose capital is shorter": {"1", "ſa"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			if got := billing.Major(c[0], c[1]); got != nil {
				t.Errorf("Major(%q, %q) = %v, want nil", c[0], c[1], *got)
			}
		})
	}
}

func TestCurrencyCodeTakesThreeLettersOfAnyCase(t *testing.T) {
	for code, want := range map[string]string{"usd": "USD", "EUR": "EUR", "kWd": "KWD", "azz": "AZZ"} {
		if got, ok := billing.CurrencyCode(code); !ok || got != want {
			t.Errorf("CurrencyCode(%q) = %q, %t; want %q", code, got, ok, want)
		}
	}
	for _, code := range []string{"", "US", "USDT", "U D", "US@", "US[", "us`", "us{", "12A", "ſa", "aſ", "ı1", "€"} {
		if got, ok := billing.CurrencyCode(code); ok || got != "" {
			t.Errorf("CurrencyCode(%q) = %q, %t; want it refused", code, got, ok)
		}
	}
	if billing.Minor(1, "??") != nil {
		t.Error("an amount in no currency is no money")
	}
}

func TestExponents(t *testing.T) {
	for currency, want := range map[string]int{"USD": 2, "JPY": 0, "KRW": 0, "ISK": 0, "KWD": 3, "TND": 3, "CLF": 4, "UYW": 4, "HUF": 2} {
		if got := billing.Exponent(currency); got != want {
			t.Errorf("Exponent(%s) = %d, want %d", currency, got, want)
		}
		if got := (billing.Money{Currency: currency}).Exponent(); got != want {
			t.Errorf("Money in %s has the exponent %d, want %d", currency, got, want)
		}
	}
}

func TestArithmeticRefusesWhatDoesNotFit(t *testing.T) {
	usd := func(n int64) billing.Money { return billing.Money{Minor: n, Currency: "USD"} }
	sums := map[string]struct {
		a, b billing.Money
		want int64
		ok   bool
	}{
		"two amounts":                    {usd(3), usd(4), 7, true},
		"nothing added":                  {usd(3), usd(0), 3, true},
		"nothing added to the most":      {usd(math.MaxInt64), usd(0), math.MaxInt64, true},
		"a negative amount":              {usd(3), usd(-4), -1, true},
		"the extremes cancel out":        {usd(math.MaxInt64), usd(math.MinInt64), -1, true},
		"one past the most":              {usd(math.MaxInt64), usd(1), 0, false},
		"one past the least":             {usd(math.MinInt64), usd(-1), 0, false},
		"two currencies are never added": {usd(1), billing.Money{Minor: 1, Currency: "EUR"}, 0, false},
	}
	for name, c := range sums {
		t.Run(name, func(t *testing.T) {
			got, ok := c.a.Add(c.b)
			if ok != c.ok || ok && got != usd(c.want) || !ok && got != (billing.Money{}) {
				t.Errorf("%v + %v = %v, %t; want %d, %t", c.a, c.b, got, ok, c.want, c.ok)
			}
		})
	}
	if got, ok := usd(-7).Times(6); !ok || got != usd(-42) {
		t.Errorf("-7 times 6 is %v, %t", got, ok)
	}
	for _, c := range [][2]int64{{math.MaxInt64, 2}, {math.MinInt64, -1}, {1 << 32, 1 << 31}} {
		if got, ok := usd(c[0]).Times(c[1]); ok {
			t.Errorf("%d times %d is %v, want it refused", c[0], c[1], got)
		}
	}
}

func TestIntervals(t *testing.T) {
	for months, want := range map[int]string{1: "P1M", 3: "P3M", 11: "P11M", 12: "P1Y", 18: "P18M", 24: "P2Y"} {
		got := billing.Months(months)
		if got == nil || got.ISO8601() != want {
			t.Errorf("Months(%d) is %v, want %s", months, got, want)
		}
	}
	for _, months := range []int{0, -1, -12} {
		if got := billing.Months(months); got != nil {
			t.Errorf("Months(%d) = %v, want nil", months, *got)
		}
	}
	written := map[billing.Interval]string{
		{Unit: billing.Day, Count: 10}:  "P10D",
		{Unit: billing.Week, Count: 2}:  "P2W",
		{Unit: billing.Month, Count: 1}: "P1M",
		{Unit: billing.Year, Count: 1}:  "P1Y",
		{}:                              "",
		{Unit: "DECADE", Count: 1}:      "",
		{Unit: billing.Month}:           "",
	}
	for interval, want := range written {
		if got := interval.ISO8601(); got != want {
			t.Errorf("%v is written %q, want %q", interval, got, want)
		}
	}
}
