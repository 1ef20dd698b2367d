// Package frontier reads, cancels and changes the billing subscriptions of
// Raystack Frontier, over its REST API (up to v0.90.0) or its Connect API (from
// v0.91.0).
package frontier

import "tributary/sources/upstream"

// Config is the configuration of a Frontier source. The URL is the part before
// /v1beta1 or /raystack.frontier.v1beta1.FrontierService.
type Config struct {
	upstream.Config `yaml:",inline"`

	// Protocol is what the server speaks: "rest", the default, or "connect".
	// No release of Frontier speaks both.
	Protocol string `yaml:"protocol"`
}

// The protocols of Config.
const (
	REST    = "rest"
	Connect = "connect"
)

// Validate returns the first *upstream.Invalid setting, or nil.
func (c *Config) Validate() error {
	if err := c.Config.Validate(); err != nil {
		return err
	}
	switch c.Protocol {
	case "", REST, Connect:
		return nil
	}
	return &upstream.Invalid{Field: "protocol", Message: "must be rest (servers up to v0.90.0) or connect (from v0.91.0)"}
}
