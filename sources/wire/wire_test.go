package wire_test

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/sources/wire"
)

func TestInt(t *testing.T) {
	cases := map[string]struct {
		data string
		want wire.Int
	}{
		"a number":                   {`12`, 12},
		"a string, as protojson":     {`"12"`, 12},
		"a whole number with zeros":  {`12.0`, 12},
		"a string with zeros":        {`"12.00"`, 12},
		"an exponent":                {`1.2e1`, 12},
		"an exponent with a plus":    {`12E+0`, 12},
		"a negative number":          {`-12`, -12},
		"minus nothing":              {`-0`, 0},
		"leading zeros in a string":  {`"007"`, 7},
		"the most that fits":         {`"9223372036854775807"`, math.MaxInt64},
		"the least that fits":        {`-9223372036854775808`, math.MinInt64},
		"the most, with a zero":      {`9223372036854775807.0`, math.MaxInt64},
		"past what a float64 counts": {`9007199254740993`, 9007199254740993},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got wire.Int
			if err := wire.Decode([]byte(c.data), &got); err != nil || got != c.want {
				t.Errorf("%s reads as %d, %v; want %d", c.data, got, err, c.want)
			}
		})
	}
	for name, data := range map[string]string{
		"a fraction": `1.5`, "one past the most": `9223372036854775808`, "an empty string": `""`, "a word": `"many"`,
		"a space": `" 1"`, "hexadecimal": `"0x1f"`, "binary": `"0b1"`, "octal": `"0o7"`, "a fraction bar": `"4/2"`,
		"grouped digits": `"1_000"`, "infinity": `"Inf"`, "not a number": `"NaN"`, "true": `true`, "a list": `[1]`, "an object": `{}`,
		"a huge exponent": `1e999999999`, "a tiny exponent": `"1e-999999999"`, "an exponent alone": `"e5"`,
		"an exponent of a fraction": `"1e1.5"`, "more digits than any number has": `"0.` + strings.Repeat("0", 65) + `"`,
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			var got wire.Int
			if err := wire.Decode([]byte(data), &got); err == nil || got != 0 {
				t.Errorf("%s reads as %d, %v", data, got, err)
			}
		})
	}
}

func TestDecimal(t *testing.T) {
	cases := map[string]struct {
		data string
		want wire.Decimal
	}{
		"a number":                      {`12.5`, "12.5"},
		"a string":                      {`"12.5"`, "12.5"},
		"needless zeros go":             {`39.00`, "39"},
		"zeros before the dot stay":     {`100`, "100"},
		"an exponent is written out":    {`1.5e2`, "150"},
		"a small exponent too":          {`"5e-3"`, "0.005"},
		"nothing":                       {`0`, "0"},
		"minus nothing is nothing":      {`-0.0`, "0"},
		"a negative number":             {`-0.10`, "-0.1"},
		"more digits than a float has":  {`0.10000000000000000000000001`, "0.10000000000000000000000001"},
		"a tenth, which no float holds": {`0.1`, "0.1"},
		"the largest exponent":          {`1e30`, "1000000000000000000000000000000"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var got wire.Decimal
			if err := wire.Decode([]byte(c.data), &got); err != nil || got != c.want {
				t.Errorf("%s reads as %q, %v; want %q", c.data, got, err, c.want)
			}
		})
	}
	for name, data := range map[string]string{
		"an empty string": `""`, "a word": `"free"`, "a decimal comma": `"1,5"`, "a fraction bar": `"1/3"`, "binary": `"0b1"`,
		"hexadecimal": `"0x1p-2"`, "infinity": `"Inf"`, "true": `true`, "a list": `[1]`, "past the largest exponent": `1e31`,
		"past the smallest": `1e-31`, "an exponent that fits no integer": `1e99999999999999999999`,
	} {
		t.Run(name+" is refused", func(t *testing.T) {
			var got wire.Decimal
			if err := wire.Decode([]byte(data), &got); err == nil || got != "" {
				t.Errorf("%s reads as %q, %v", data, got, err)
			}
		})
	}
}

func TestTime(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	noon := time.Date(2026, time.July, 15, 12, 0, 0, 0, time.UTC)
	cases := map[string]struct {
		text string
		in   *time.Location
		want time.Time
	}{
		"RFC 3339":                           {"2026-07-15T12:00:00Z", nil, noon},
		"RFC 3339 with an offset":            {"2026-07-15T14:00:00+02:00", nil, noon},
		"RFC 3339 west of Greenwich":         {"2026-07-15T02:30:00-09:30", nil, noon},
		"an offset goes over the location":   {"2026-07-15T12:00:00Z", berlin, noon},
		"fractions of a second":              {"2026-07-15T12:00:00.123456789Z", nil, noon.Add(123456789)},
		"more fractions than there are":      {"2026-07-15T12:00:00.1234567891Z", nil, noon.Add(123456789)},
		"an offset without a colon":          {"2026-07-15T14:00:00+0200", nil, noon},
		"a space for the T":                  {"2026-07-15 12:00:00Z", nil, noon},
		"a space for the T, with an offset":  {"2026-07-15 14:00:00.5+02:00", nil, noon.Add(time.Second / 2)},
		"no zone is UTC":                     {"2026-07-15 12:00:00", nil, noon},
		"no zone is the location's":          {"2026-07-15 14:00:00", berlin, noon},
		"no zone in winter":                  {"2026-01-15 13:00:00", berlin, time.Date(2026, time.January, 15, 12, 0, 0, 0, time.UTC)},
		"no zone, with a T":                  {"2026-07-15T12:00:00", nil, noon},
		"no zone, with fractions":            {"2026-07-15T12:00:00.25", nil, noon.Add(time.Second / 4)},
		"a date alone":                       {"2026-07-15", nil, noon.Add(-12 * time.Hour)},
		"a date alone begins where it is":    {"2026-07-15", berlin, noon.Add(-14 * time.Hour)},
		"a leap day":                         {"2028-02-29", nil, time.Date(2028, time.February, 29, 0, 0, 0, 0, time.UTC)},
		"the epoch is a time like any other": {"1970-01-01T00:00:00Z", nil, time.Unix(0, 0).UTC()},
		"the last second":                    {"9999-12-31T23:59:59Z", nil, time.Date(9999, time.December, 31, 23, 59, 59, 0, time.UTC)},
		"the second year":                    {"0002-01-01", nil, time.Date(2, time.January, 1, 0, 0, 0, 0, time.UTC)},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := wire.Reader{Location: c.in}
			got := r.Time("at", &c.text)
			if got == nil || *got != c.want || got.Location() != time.UTC {
				t.Errorf("%q reads as %v (%v), want %v", c.text, got, r.Err(), c.want)
			}
			if r.Err() != nil {
				t.Errorf("and as a fault: %v", r.Err())
			}
		})
	}
}

func TestTimesThatStandForNone(t *testing.T) {
	tokyo := time.FixedZone("JST", 9*3600)
	for _, location := range []*time.Location{nil, tokyo, time.FixedZone("HST", -10*3600)} {
		for _, text := range []string{"", "0001-01-01T00:00:00Z", "0001-01-01 00:00:00", "0001-01-01", "0001-01-01T00:00:00+09:00"} {
			r := wire.Reader{Location: location}
			if got := r.Time("at", &text); got != nil || r.Err() != nil {
				t.Errorf("%q in %v reads as %v, %v; want nil and no fault", text, location, got, r.Err())
			}
		}
	}
	var r wire.Reader
	if got := r.Time("at", nil); got != nil || r.Err() != nil {
		t.Errorf("nil reads as %v, %v", got, r.Err())
	}
}

func TestTimesThatAreNone(t *testing.T) {
	for name, text := range map[string]string{
		"a word": "hunter2", "year 10000": "10000-01-01T00:00:00Z", "year 10000 in UTC": "9999-12-31T23:59:59-01:00",
		"year 0": "0000-06-01T00:00:00Z", "a month 13": "2026-13-01", "29 February of a common year": "2026-02-29",
		"hour 25": "2026-07-15T25:00:00Z", "no date at all": "0000-00-00 00:00:00", "white space": " ",
		"a Unix time": "1784116800", "something behind": "2026-07-15T12:00:00Z hunter2", "a negative year": "-0001-01-01",
	} {
		t.Run(name, func(t *testing.T) {
			var r wire.Reader
			if got := r.Time("endDate", &text); got != nil {
				t.Errorf("%q reads as %v", text, got)
			}
			err := r.Err()
			if err == nil || !strings.HasPrefix(err.Error(), "endDate ") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the fault is %v", err)
			}
		})
	}
}

func TestMoney(t *testing.T) {
	n := func(n wire.Int) *wire.Int { return &n }
	d := func(d wire.Decimal) *wire.Decimal { return &d }
	usd, kwd, jpy, none := "usd", "KWD", "JPY", ""
	money := func(minor int64, currency string) *billing.Money {
		return &billing.Money{Minor: minor, Currency: currency}
	}
	cases := map[string]struct {
		read  func(*wire.Reader) *billing.Money
		want  *billing.Money
		fault string
	}{
		"minor units":                       {func(r *wire.Reader) *billing.Money { return r.MinorMoney("price", n(3900), &usd) }, money(3900, "USD"), ""},
		"minor units of nothing":            {func(r *wire.Reader) *billing.Money { return r.MinorMoney("price", n(0), &usd) }, money(0, "USD"), ""},
		"no minor amount":                   {func(r *wire.Reader) *billing.Money { return r.MinorMoney("price", nil, &usd) }, nil, ""},
		"no currency":                       {func(r *wire.Reader) *billing.Money { return r.MinorMoney("price", n(1), nil) }, nil, ""},
		"a currency left empty":             {func(r *wire.Reader) *billing.Money { return r.MinorMoney("price", n(1), &none) }, nil, ""},
		"negative minor units":              {func(r *wire.Reader) *billing.Money { return r.MinorMoney("price", n(-1), &usd) }, nil, "price is negative"},
		"major units":                       {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("39"), &usd) }, money(3900, "USD"), ""},
		"major units of dinars":             {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("1.234"), &kwd) }, money(1234, "KWD"), ""},
		"major units of yen":                {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("500"), &jpy) }, money(500, "JPY"), ""},
		"no major amount":                   {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", nil, &usd) }, nil, ""},
		"a major amount in no currency":     {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("1"), nil) }, nil, ""},
		"a major amount in an empty one":    {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("1"), &none) }, nil, ""},
		"negative major units":              {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("-1"), &usd) }, nil, "price is negative"},
		"an amount finer than a cent":       {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("1.005"), &usd) }, nil, "price is finer"},
		"an amount finer than a yen":        {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("0.5"), &jpy) }, nil, "price is finer"},
		"an amount that fits no 64 bits":    {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("92233720368547758.08"), &usd) }, nil, "or too large"},
		"the least yen that fit no 64 bits": {func(r *wire.Reader) *billing.Money { return r.MajorMoney("price", d("9223372036854775808"), &jpy) }, nil, "or too large"},
		"an amount of more digits than fits": {func(r *wire.Reader) *billing.Money {
			return r.MajorMoney("price", d(wire.Decimal(strings.Repeat("9", 90))), &usd)
		}, nil, "or too large"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			var r wire.Reader
			got := c.read(&r)
			if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
			checkFault(t, &r, c.fault)
		})
	}
}

func checkFault(t *testing.T, r *wire.Reader, want string) {
	t.Helper()
	err := r.Err()
	if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
		t.Errorf("the fault is %v, want %q", err, want)
	}
}

func TestCountsAndNumbers(t *testing.T) {
	cases := []struct {
		value             wire.Int
		isCount, isNumber bool
	}{
		{0, true, true}, {1, true, true}, {math.MaxInt32, true, true}, {-1, false, true}, {math.MinInt32, false, true},
		{math.MaxInt32 + 1, false, false}, {math.MinInt32 - 1, false, false}, {math.MaxInt64, false, false},
	}
	for _, c := range cases {
		var counts, numbers wire.Reader
		if got := counts.Count("seats", &c.value); (got != nil) != c.isCount || got != nil && *got != int(c.value) || (counts.Err() == nil) != c.isCount {
			t.Errorf("Count of %d is %v, fault %v", c.value, got, counts.Err())
		}
		if got := numbers.Number("rank", &c.value); (got != nil) != c.isNumber || got != nil && *got != int(c.value) || (numbers.Err() == nil) != c.isNumber {
			t.Errorf("Number of %d is %v, fault %v", c.value, got, numbers.Err())
		}
	}
	var r wire.Reader
	if r.Count("seats", nil) != nil || r.Number("rank", nil) != nil || r.Err() != nil {
		t.Errorf("nil is no number and no fault: %v", r.Err())
	}
}

func TestPlainPointers(t *testing.T) {
	n, d := wire.Int(math.MaxInt64), wire.Decimal("12.5")
	if got := wire.Int64(&n); got == nil || *got != math.MaxInt64 {
		t.Errorf("Int64 is %v", got)
	}
	if got := wire.String(&d); got == nil || *got != "12.5" {
		t.Errorf("String is %v", got)
	}
	if wire.Int64(nil) != nil || wire.String(nil) != nil {
		t.Error("nil stays nil")
	}
}

func TestReaderNamesTheFirstFiveFaults(t *testing.T) {
	var r wire.Reader
	if r.Err() != nil {
		t.Errorf("before the first: %v", r.Err())
	}
	for i := range 1000 {
		r.Fault(fmt.Sprint("field", i), "is odd")
	}
	if want := "field0 is odd; field1 is odd; field2 is odd; field3 is odd; field4 is odd"; r.Err() == nil || r.Err().Error() != want {
		t.Errorf("got %v, want %q", r.Err(), want)
	}
}

func FuzzNumbers(f *testing.F) {
	for _, seed := range []string{"1", "-0", `"12.50"`, "1e30", "1e-30", `"0b1"`, `"9223372036854775808"`, "1e31", `"."`, `"1."`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var n wire.Int
		var d wire.Decimal
		errInt, errDecimal := wire.Decode([]byte(text), &n), wire.Decode([]byte(text), &d)
		if errInt == nil && errDecimal == nil && fmt.Sprint(n) != string(d) {
			t.Fatalf("%s is the integer %d and the decimal %s", text, n, d)
		}
		if errDecimal != nil {
			return
		}
		var again wire.Decimal
		if value, ok := new(big.Rat).SetString(string(d)); !ok || strings.ContainsAny(string(d), "eE/_") || value.Sign() == 0 && d != "0" {
			t.Fatalf("%s reads as %q", text, d)
		}
		if len(d) <= 64 && (wire.Decode([]byte(`"`+string(d)+`"`), &again) != nil || again != d) {
			t.Fatalf("%q reads again as %q", d, again)
		}
		currency := "USD"
		var r wire.Reader
		if money := r.MajorMoney("price", &d, &currency); money == nil && r.Err() == nil {
			t.Fatalf("%s is neither money nor a fault", d)
		}
	})
}

func FuzzTime(f *testing.F) {
	for _, seed := range []string{"2026-07-15T12:00:00Z", "2026-07-15 12:00:00", "2026-07-15", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"} {
		f.Add(seed, 3600)
	}
	f.Fuzz(func(t *testing.T, text string, offset int) {
		r := wire.Reader{Location: time.FixedZone("", offset%(14*3600))}
		got := r.Time("at", &text)
		if got == nil {
			return
		}
		if r.Err() != nil || got.Location() != time.UTC || got.Year() < 2 || got.Year() > 9999 {
			t.Fatalf("%q reads as %v, %v", text, got, r.Err())
		}
		written := got.Format(time.RFC3339Nano)
		if again := r.Time("at", &written); again == nil || !again.Equal(*got) {
			t.Fatalf("%q is written %q and read again as %v", text, written, again)
		}
	})
}
