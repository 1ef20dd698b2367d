package productive

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"time"

	"tributary/billing"
	"tributary/sources/upstream"
)

// Config is one Productive organisation's credentials and the facts that
// Productive does not publish. Its url is the part before /api/v2.
type Config struct {
	upstream.Config `yaml:",inline"`

	// Timezone is the IANA zone of times that name none; UTC where empty. A
	// wrong one moves billing dates by up to a day.
	Timezone string `yaml:"timezone"`

	// States reads subscription_state_id as a status of the schema. It comes
	// before the built-in table: 2 and 7 ACTIVE, 6 CANCELED, and 1 TRIALING
	// while trial_ends_at lies ahead. An id in neither is UNKNOWN.
	States map[int]string `yaml:"states"`

	// Cycles gives a plan_cycle its length as an ISO 8601 duration, such as
	// P2Y. month, quarter and year are known; biannual has none by default,
	// for the word means half-yearly while the prices seen are of two years.
	Cycles map[string]string `yaml:"cycles"`
}

// published are Productive's limits: of a token, and of an organisation, which may
// have several of those.
var published = []upstream.Window{{Calls: 100, Per: 10 * time.Second}, {Calls: 4000, Per: 30 * time.Minute}}

// Validate returns the first *upstream.Invalid setting, or nil.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	_, err := c.rules("")
	return err
}

// rules are the configuration in the form that normalising needs.
func (c *Config) rules(source string) (rules, error) {
	location, err := c.location()
	if err != nil {
		return rules{}, err
	}
	states, err := c.states()
	if err != nil {
		return rules{}, err
	}
	cycles, err := c.cycles()
	if err != nil {
		return rules{}, err
	}
	return rules{source: source, location: location, states: states, cycles: cycles}, nil
}

func (c *Config) location() (*time.Location, error) {
	location, err := time.LoadLocation(c.Timezone)
	if err != nil || c.Timezone == "Local" {
		return nil, &upstream.Invalid{
			Field:   "timezone",
			Message: fmt.Sprintf("%q is no IANA zone, such as UTC or Europe/Zagreb", c.Timezone),
		}
	}
	return location, nil
}

func (c *Config) states() (map[int64]billing.Status, error) {
	states := map[int64]billing.Status{
		2: billing.StatusActive,
		6: billing.StatusCanceled,
		7: billing.StatusActive,
	}
	for _, id := range slices.Sorted(maps.Keys(c.States)) {
		status := billing.Status(c.States[id])
		if !slices.Contains(billing.Statuses, status) {
			return nil, &upstream.Invalid{
				Field:   "states." + strconv.Itoa(id),
				Message: fmt.Sprintf("%q is no status, which are %v", status, billing.Statuses),
			}
		}
		states[int64(id)] = status
	}
	return states, nil
}

var duration = regexp.MustCompile(`^P([1-9][0-9]{0,2})([DWMY])$`)

var durationUnits = map[string]billing.IntervalUnit{
	"D": billing.Day, "W": billing.Week, "M": billing.Month, "Y": billing.Year,
}

func (c *Config) cycles() (map[string]billing.Interval, error) {
	cycles := map[string]billing.Interval{
		cycleMonth:   {Unit: billing.Month, Count: 1},
		cycleQuarter: {Unit: billing.Month, Count: 3},
		cycleYear:    {Unit: billing.Year, Count: 1},
	}
	for _, cycle := range slices.Sorted(maps.Keys(c.Cycles)) {
		parts := duration.FindStringSubmatch(c.Cycles[cycle])
		if parts == nil {
			return nil, &upstream.Invalid{
				Field:   "cycles." + cycle,
				Message: fmt.Sprintf("%q is no length of a cycle, such as P6M or P2Y", c.Cycles[cycle]),
			}
		}
		count, err := strconv.Atoi(parts[1])
		if err != nil {
			return nil, &upstream.Invalid{Field: "cycles." + cycle, Message: "has no usable count"}
		}
		cycles[cycle] = billing.Interval{Unit: durationUnits[parts[2]], Count: count}
	}
	return cycles, nil
}
