package intercode

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"tributary/billing"
	"tributary/sources/upstream"
)

// Config is one Intercode deployment. The API names no currency, scale, basis
// or interval with its prices, so whoever runs the gateway does.
type Config struct {
	upstream.Config `yaml:",inline"`

	Currency    string `yaml:"currency"`    // ISO 4217 of every price; without it there are no amounts
	AmountScale string `yaml:"amountScale"` // of the prices: minor (the default) or major units
	PriceBasis  string `yaml:"priceBasis"`  // what a price buys: unknown (the default), seat or total
	Interval    string `yaml:"interval"`    // how often it is charged: month, year, P3M, P2W; not known where empty

	// States maps a deployment's own status words, in any case, to statuses of
	// the schema. They win over the built-in table.
	States map[string]string `yaml:"states"`

	// TierKey says how the deployment tells which tier an update is about: by
	// its name (the default), which is a guess, for the vendor documents no key.
	// none turns updating off.
	TierKey string `yaml:"tierKey"`
}

// Validate returns the first *upstream.Invalid setting, or nil.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if _, err := c.updatesTiers(); err != nil {
		return err
	}
	_, err := c.terms()
	return err
}

// updatesTiers is whether tiers can be updated.
func (c *Config) updatesTiers() (bool, error) {
	switch c.TierKey {
	case "", "name":
		return true, nil
	case "none":
		return false, nil
	default:
		return false, &upstream.Invalid{Field: "tierKey", Message: fmt.Sprintf("%q is neither name nor none", c.TierKey)}
	}
}

// The scales a price can have.
const (
	minorUnits = "minor"
	majorUnits = "major"
)

// terms are what the configuration says about every price and status.
type terms struct {
	currency *string
	scale    string
	basis    billing.PriceBasis
	scheme   billing.PricingScheme
	interval *billing.Interval
	states   map[string]billing.Status // by lower-case word
}

func (c *Config) terms() (terms, error) {
	t := terms{scale: c.AmountScale}
	if c.Currency != "" {
		code, ok := billing.CurrencyCode(c.Currency)
		if !ok {
			return t, &upstream.Invalid{Field: "currency", Message: fmt.Sprintf("%q is no currency code, such as USD", c.Currency)}
		}
		t.currency = &code
	}
	switch c.AmountScale {
	case "":
		t.scale = minorUnits
	case minorUnits, majorUnits:
	default:
		return t, &upstream.Invalid{Field: "amountScale", Message: fmt.Sprintf("%q is neither minor nor major", c.AmountScale)}
	}
	switch c.PriceBasis {
	case "", "unknown":
		t.basis, t.scheme = billing.PerUnknown, billing.SchemeUnknown
	case "seat":
		t.basis, t.scheme = billing.PerSeat, billing.SchemePerUnit
	case "total":
		t.basis, t.scheme = billing.PerTotal, billing.SchemeFlat
	default:
		return t, &upstream.Invalid{Field: "priceBasis", Message: fmt.Sprintf("%q is none of unknown, seat and total", c.PriceBasis)}
	}
	interval, ok := parseInterval(c.Interval)
	if !ok {
		return t, &upstream.Invalid{Field: "interval", Message: fmt.Sprintf("%q is no interval, such as month, year, P3M or P2W", c.Interval)}
	}
	t.interval = interval
	states, err := parseStates(c.States)
	t.states = states
	return t, err
}

var duration = regexp.MustCompile(`^P([1-9][0-9]{0,3})([DWMY])$`)

// parseInterval reads a word or an ISO 8601 duration of one unit; nil for "".
func parseInterval(text string) (*billing.Interval, bool) {
	switch text {
	case "":
		return nil, true
	case "month":
		return billing.Months(1), true
	case "year":
		return billing.Months(12), true
	}
	parts := duration.FindStringSubmatch(text)
	if parts == nil {
		return nil, false
	}
	count, err := strconv.Atoi(parts[1])
	if err != nil {
		return nil, false
	}
	switch parts[2] {
	case "D":
		return &billing.Interval{Unit: billing.Day, Count: count}, true
	case "W":
		return &billing.Interval{Unit: billing.Week, Count: count}, true
	case "M":
		return billing.Months(count), true
	default:
		return billing.Months(12 * count), true
	}
}

func parseStates(configured map[string]string) (map[string]billing.Status, error) {
	states := make(map[string]billing.Status, len(configured))
	for word, status := range configured {
		key := foldStatus(word)
		if _, twice := states[key]; twice || key == "" {
			return nil, &upstream.Invalid{Field: "states", Message: fmt.Sprintf("%q is empty or there twice", word)}
		}
		if !slices.Contains(billing.Statuses, billing.Status(status)) {
			return nil, &upstream.Invalid{
				Field:   "states." + word,
				Message: fmt.Sprintf("%q is none of %s", status, joinStatuses()),
			}
		}
		states[key] = billing.Status(status)
	}
	return states, nil
}

func joinStatuses() string {
	words := make([]string, len(billing.Statuses))
	for i, status := range billing.Statuses {
		words[i] = string(status)
	}
	return strings.Join(words, ", ")
}
