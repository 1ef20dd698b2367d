// Package throttle bounds what callers may ask for over time and at once.
package throttle

import (
	"errors"
	"time"

	"tributary/config"
)

// Settings are the part of the configuration that is called throttle.
type Settings struct {
	Rate        Rate        `yaml:"rate"`
	Concurrency Concurrency `yaml:"concurrency"`
	Failures    Failing     `yaml:"failures"`
}

// Rate is a caller's budget over time: a bucket that holds Burst and gets Cost
// back every Per.
type Rate struct {
	Cost  int           `yaml:"cost"` // 0 turns the budget off
	Per   time.Duration `yaml:"per"`
	Burst int           `yaml:"burst"` // 0 takes Cost
}

// most bounds numbers so that a bucket can be counted in a float.
const most = 1_000_000_000

// Defaults allow a thousand calls to sources a second.
func (r *Rate) Defaults() { r.Cost, r.Per = 60_000, time.Minute }

// Validate refuses a bucket that would never be refilled.
func (r *Rate) Validate() error {
	var faults []error
	if r.Cost < 0 || r.Cost > most {
		faults = append(faults, config.Invalidf("cost", "a budget is between 0 (off) and %d", most))
	}
	if r.Burst < 0 || r.Burst > most {
		faults = append(faults, config.Invalidf("burst", "a burst is between 0 (as much as the cost) and %d", most))
	}
	if r.Per < time.Second || r.Per > 24*time.Hour {
		faults = append(faults, config.Invalidf("per", "the time is between 1s and 24h"))
	}
	return errors.Join(faults...)
}

// holds is what a full bucket holds.
func (r Rate) holds() int {
	if r.Burst == 0 {
		return r.Cost
	}
	return r.Burst
}

// Concurrency bounds requests under way; 0 leaves one unbounded.
type Concurrency struct {
	Requests   int `yaml:"requests"`   // of all callers, and again of those who are not known yet
	PerCaller  int `yaml:"perCaller"`  // of one caller
	PerAddress int `yaml:"perAddress"` // of one address, until its caller is known
}

// Defaults leave room for eight busy callers.
func (c *Concurrency) Defaults() { c.Requests, c.PerCaller, c.PerAddress = 512, 64, 64 }

// Validate refuses bounds below zero.
func (c *Concurrency) Validate() error {
	var faults []error
	for key, bound := range map[string]int{"requests": c.Requests, "perCaller": c.PerCaller, "perAddress": c.PerAddress} {
		if bound < 0 || bound > most {
			faults = append(faults, config.Invalidf(key, "a bound is between 0 (none) and %d", most))
		}
	}
	return errors.Join(faults...)
}

// Failing bounds the failed authentications of one address.
type Failing struct {
	PerMinute int `yaml:"perMinute"` // 0 turns it off
}

// Validate refuses a bound below zero.
func (f *Failing) Validate() error {
	if f.PerMinute < 0 || f.PerMinute > most {
		return config.Invalidf("perMinute", "a bound is between 0 (none) and %d", most)
	}
	return nil
}
