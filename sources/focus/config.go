// Package focus reads Toggl Focus: the one current subscription of an
// organisation, its running trial and the plans it is offered. The one thing
// that it can ask Focus to change is to start a trial.
package focus

import (
	"fmt"
	"slices"
	"strings"

	"tributary/billing"
	"tributary/sources/upstream"
)

// Config is a Focus source's part of the configuration. The url is what comes
// before /organizations: https://focus.toggl.com/api.
type Config struct {
	upstream.Config `yaml:",inline"`

	// PriceBasis says what cost_in_cents buys, which Focus does not document:
	// unknown (also where empty), seat or total.
	PriceBasis string `yaml:"priceBasis"`

	// States maps words of subscription.state, in any case, to statuses of the
	// schema. It comes before the built-in table. Focus documents no vocabulary.
	States map[string]string `yaml:"states"`
}

var bases = map[string]billing.PriceBasis{
	"":        billing.PerUnknown,
	"unknown": billing.PerUnknown,
	"seat":    billing.PerSeat,
	"total":   billing.PerTotal,
}

// Validate returns the first *upstream.Invalid setting, or nil.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	if _, ok := bases[c.PriceBasis]; !ok {
		return &upstream.Invalid{Field: "priceBasis", Message: fmt.Sprintf("is %q, needs to be unknown, seat or total", c.PriceBasis)}
	}
	return c.validateStates()
}

func (c *Config) validateStates() error {
	words := make([]string, 0, len(c.States))
	for word := range c.States {
		words = append(words, word)
	}
	slices.Sort(words)
	seen := make(map[string]bool, len(words))
	for _, word := range words {
		status := billing.Status(c.States[word])
		switch {
		case fold(word) == "":
			return &upstream.Invalid{Field: "states", Message: "names the empty state, which no word stands for"}
		case seen[fold(word)]:
			return &upstream.Invalid{Field: "states." + word, Message: "is there twice, in different case"}
		case !slices.Contains(billing.Statuses, status):
			return &upstream.Invalid{Field: "states." + word, Message: fmt.Sprintf("is %q, needs to be one of %v", status, billing.Statuses)}
		}
		seen[fold(word)] = true
	}
	return nil
}

// rules are what the configuration decides about normalising.
type rules struct {
	basis  billing.PriceBasis
	states map[string]billing.Status // by folded word
}

func (c *Config) rules() rules {
	states := make(map[string]billing.Status, len(c.States))
	for word, status := range c.States {
		states[fold(word)] = billing.Status(status)
	}
	return rules{basis: bases[c.PriceBasis], states: states}
}

// fold makes words that differ in case or outer spaces one.
func fold(word string) string { return strings.ToLower(strings.TrimSpace(word)) }
