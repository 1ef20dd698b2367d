package intercode

import (
	"bytes"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/fxamacker/cbor/v2"

	"tributary/billing"
	"tributary/sources/sourcetest"
	"tributary/sources/upstream"
	"tributary/sources/wire"
)

func TestEveryStatus(t *testing.T) {
	cases := map[string]billing.Status{
		"active": billing.StatusActive, "Active": billing.StatusActive, " ACTIVE ": billing.StatusActive,
		"trialing": billing.StatusTrialing, "past_due": billing.StatusPastDue, "unpaid": billing.StatusUnpaid,
		"canceled": billing.StatusCanceled, "cancelled": billing.StatusCanceled, "incomplete": billing.StatusIncomplete,
		"incomplete_expired": billing.StatusExpired, "paused": billing.StatusPaused,
		"ended": billing.StatusUnknown, "": billing.StatusUnknown, "past due": billing.StatusUnknown,
		"On_Hold": billing.StatusPaused, "trial": billing.StatusTrialing,
	}
	for word, want := range cases {
		source, _ := serve(t, `{"status":"`+word+`"}`, func(c *Config) {
			c.States = map[string]string{"on_hold": "PAUSED", "TRIAL": "TRIALING"}
		})
		sub, err := sourcetest.Get(t, source, ref)
		if err != nil {
			t.Fatal(err)
		}
		if sub.Status != want {
			t.Errorf("%q is %s, want %s", word, sub.Status, want)
		}
		if word == "" && sub.SourceStatus != nil || word != "" && *sub.SourceStatus != word {
			t.Errorf("%q is shown as %v, want it verbatim", word, sub.SourceStatus)
		}
	}
}

func TestAConfiguredStateWinsOverTheTable(t *testing.T) {
	source, _ := serve(t, `{"status":"paused"}`, func(c *Config) { c.States = map[string]string{"paused": "UNPAID"} })
	sub, err := sourcetest.Get(t, source, ref)
	if err != nil || sub.Status != billing.StatusUnpaid {
		t.Errorf("got %v, %v", sub, err)
	}
}

func TestAnUnknownStateIsLoggedOnce(t *testing.T) {
	var log bytes.Buffer
	before := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&log, nil)))
	defer slog.SetDefault(before)
	source, _ := serve(t, `{"status":"grandfathered"}`, nil)
	for range 3 {
		if _, err := sourcetest.Get(t, source, ref); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(log.String(), "grandfathered"); n != 1 {
		t.Errorf("logged %d times, want once:\n%s", n, log.String())
	}
}

func TestPrices(t *testing.T) {
	cases := []struct {
		name   string
		price  string
		change func(*Config)
		want   string // "" for no amount, "fault" for SOURCE_BAD_DATA
	}{
		{"minor units by default", `1000`, func(c *Config) { c.Currency = "usd" }, "10.00 USD"},
		{"major units", `39.9`, func(c *Config) { c.Currency, c.AmountScale = "EUR", "major" }, "39.90 EUR"},
		{"a currency without decimals", `1000`, func(c *Config) { c.Currency = "JPY" }, "1000 JPY"},
		{"a currency of three decimals", `1000`, func(c *Config) { c.Currency = "KWD" }, "1.000 KWD"},
		{"digits in a string", `"1000"`, func(c *Config) { c.Currency = "USD" }, "10.00 USD"},
		{"nothing to pay", `0`, func(c *Config) { c.Currency = "USD" }, "0.00 USD"},
		{"no currency", `1000`, nil, ""},
		{"no price", `null`, func(c *Config) { c.Currency = "USD" }, ""},
		{"half a cent without a currency", `10.5`, nil, ""},
		{"half a cent", `10.5`, func(c *Config) { c.Currency = "USD" }, "fault"},
		{"a tenth of a cent in major units", `10.001`, func(c *Config) { c.Currency, c.AmountScale = "USD", "major" }, "fault"},
		{"past 64 bits", `9223372036854775808`, func(c *Config) { c.Currency = "USD" }, "fault"},
		{"a negative price", `-1`, func(c *Config) { c.Currency = "USD" }, "fault"},
		{"a negative price without a currency", `-0.01`, nil, "fault"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			source, _ := serve(t, `{"status":"active","price":`+c.price+`}`, c.change)
			sub, err := sourcetest.Get(t, source, ref)
			if c.want == "fault" {
				if billing.CodeOf(err) != billing.CodeSourceBadData {
					t.Errorf("got %v, %v; want SOURCE_BAD_DATA", sub, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := amountText(sub.Price); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

func amountText(price *billing.Price) string {
	if price == nil || price.Amount == nil {
		return ""
	}
	return price.Amount.Decimal() + " " + price.Amount.Currency
}

func TestWhatIsConfiguredAboutPrices(t *testing.T) {
	body := `{"status":"active","price":12000}`
	plain, _ := serve(t, body, func(c *Config) { c.Currency = "USD" })
	sub, err := sourcetest.Get(t, plain, ref)
	if err != nil {
		t.Fatal(err)
	}
	if sub.Interval != nil || sub.Price.Per != billing.PerUnknown || sub.Price.Scheme != billing.SchemeUnknown || sub.MonthlyRecurring() != nil {
		t.Errorf("claims to know what the API does not say: %+v", sub.Price)
	}
	told, _ := serve(t, body, func(c *Config) { c.Currency, c.PriceBasis, c.Interval = "USD", "total", "year" })
	sub, err = sourcetest.Get(t, told, ref)
	if err != nil {
		t.Fatal(err)
	}
	if got := sub.MonthlyRecurring(); got == nil || got.Decimal() != "10.00" {
		t.Errorf("12,000 cents a year are %v a month", got)
	}
}

func TestDocumentsThatCannotBeUsed(t *testing.T) {
	cases := map[string]string{
		"another team's document":   `{"teamId":"team_2","status":"active"}`,
		"a date in the year 10000":  `{"endDate":"10000-01-01T00:00:00Z"}`,
		"a date that is none":       `{"endDate":"soon"}`,
		"a limit of half a user":    `{"usersLimit":1.5}`,
		"a limit past 32 bits":      `{"usersLimit":4294967296}`,
		"a status that is a number": `{"status":1}`,
		"an array":                  `[]`,
	}
	for name, body := range cases {
		t.Run(name, func(t *testing.T) {
			source, _ := serve(t, body, nil)
			sub, err := sourcetest.Get(t, source, ref)
			if sub != nil || billing.CodeOf(err) != billing.CodeSourceBadData {
				t.Errorf("got %v, %v; want SOURCE_BAD_DATA", sub, err)
			}
		})
	}
}

func TestSettings(t *testing.T) {
	cases := []struct {
		name   string
		change func(*Config)
		field  string // "" where the setting is right
	}{
		{"defaults", func(*Config) {}, ""},
		{"everything", func(c *Config) {
			c.Currency, c.AmountScale, c.PriceBasis, c.Interval = "usd", "major", "seat", "P3M"
			c.States = map[string]string{"On hold": "PAUSED"}
		}, ""},
		{"no URL", func(c *Config) { c.URL = "" }, "url"},
		{"a symbol for a currency", func(c *Config) { c.Currency = "$" }, "currency"},
		{"an unknown scale", func(c *Config) { c.AmountScale = "cents" }, "amountScale"},
		{"an unknown basis", func(c *Config) { c.PriceBasis = "team" }, "priceBasis"},
		{"an interval of nothing", func(c *Config) { c.Interval = "P0M" }, "interval"},
		{"an interval of two units", func(c *Config) { c.Interval = "P1Y6M" }, "interval"},
		{"a status that is none", func(c *Config) { c.States = map[string]string{"on": "ON"} }, "states.on"},
		{"one word twice", func(c *Config) { c.States = map[string]string{"on": "ACTIVE", "ON": "PAUSED"} }, "states"},
		{"a word of nothing", func(c *Config) { c.States = map[string]string{" ": "ACTIVE"} }, "states"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			config := Config{Config: upstream.Config{URL: "https://app.example.com/api"}}
			c.change(&config)
			err := config.Validate()
			_, made := New("src", config, sourcetest.Options())
			if c.field == "" {
				if err != nil || made != nil {
					t.Fatal(err, made)
				}
				return
			}
			for _, err := range []error{err, made} {
				var invalid *upstream.Invalid
				if !errors.As(err, &invalid) || invalid.Field != c.field {
					t.Errorf("got %v, want a fault of %s", err, c.field)
				}
			}
		})
	}
}

func TestIntervals(t *testing.T) {
	for text, want := range map[string]string{"month": "P1M", "year": "P1Y", "P1M": "P1M", "P12M": "P1Y", "P3M": "P3M", "P2Y": "P2Y", "P2W": "P2W", "P30D": "P30D"} {
		interval, ok := parseInterval(text)
		if !ok || interval.ISO8601() != want {
			t.Errorf("%q is %v, want %s", text, interval, want)
		}
	}
}

func TestDetailsSurviveTheCache(t *testing.T) {
	source, _ := serve(t, `{"subscriptionId":"","endDate":"2026-05-01T00:00:00.5+02:00","price":"12.50","tier":null,"status":"active","usersLimit":3}`, nil)
	sub, err := sourcetest.Get(t, source, ref)
	if err != nil {
		t.Fatal(err)
	}
	mode, err := cbor.EncOptions{Time: cbor.TimeRFC3339Nano}.EncMode()
	if err != nil {
		t.Fatal(err)
	}
	data, err := mode.Marshal(sub.Details)
	if err != nil {
		t.Fatal(err)
	}
	var again Details
	if err := cbor.Unmarshal(data, &again); err != nil {
		t.Fatal(err)
	}
	before := *sub.Details.(*Details)
	if !again.EndDate.Equal(*before.EndDate) || *again.SubscriptionID != "" || again.Tier != nil || *again.Price != "12.5" ||
		*again.Status != "active" || *again.UsersLimit != 3 || again.TeamsLimit != nil || again.TeamID != "team_1" {
		t.Errorf("came back as %+v, was %+v", again, before)
	}
}

func FuzzNormalise(f *testing.F) {
	paths, err := filepath.Glob("testdata/*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range paths {
		document, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(document)
	}
	f.Add([]byte(`{"price":1e30,"endDate":"0001-01-01T00:00:00Z","usersLimit":"7"}`))
	config := Config{Config: upstream.Config{URL: "http://localhost"}, Currency: "KWD", AmountScale: "major", PriceBasis: "seat", Interval: "year"}
	terms, err := config.terms()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		var doc teamSubscription
		if wire.Decode(body, &doc) == nil {
			if sub, err := normalise(doc, ref, terms); err == nil {
				sourcetest.CheckTotal(t, sub)
			}
		}
		var tiers []tier
		if wire.Decode(body, &tiers) != nil {
			return
		}
		plans, err := normaliseTiers(tiers, "src", terms)
		if err != nil {
			return
		}
		for _, plan := range plans {
			if plan.ExternalID == "" || !utf8.ValidString(plan.ID()) {
				t.Errorf("a plan has the id %q", plan.ID())
			}
		}
	})
}
