// Package sources is the registry: which kinds of source there are.
package sources

import (
	"errors"
	"reflect"
	"strings"
	"time"

	"tributary/billing"
	"tributary/cache"
	"tributary/config"
	"tributary/sources/focus"
	"tributary/sources/frontier"
	"tributary/sources/intercode"
	"tributary/sources/productive"
	"tributary/sources/upstream"
)

// kinds has a line for each kind: its name in the configuration, how one is
// opened, and the types that its documents keep in Details.
var kinds = []kind{
	{"focus", opener(focus.New), []any{focus.Details{}, focus.Trial{}}},
	{"frontier", opener(frontier.New), []any{frontier.Details{}, frontier.Plan{}, frontier.BillingAccount{}}},
	{"intercode", opener(intercode.New), []any{intercode.Details{}}},
	{"productive", opener(productive.New), []any{productive.Details{}}},
}

type kind struct {
	name    string
	open    func(config.Source, upstream.Options) (billing.Source, cache.Policy, error)
	details []any
}

// Open makes the source that the configuration describes, and the policy for
// its answers. Its error is config.Problems.
func Open(source config.Source, options upstream.Options) (billing.Source, cache.Policy, error) {
	names := make([]string, len(kinds))
	for i, kind := range kinds {
		if kind.name == source.Kind {
			return kind.open(source, options)
		}
		names[i] = kind.name
	}
	if near := config.Nearest(source.Kind, names); near != "" {
		return nil, cache.Policy{}, source.Node.Problem("kind", "unknown kind %q, did you mean %q?", source.Kind, near)
	}
	return nil, cache.Policy{}, source.Node.Problem("kind", "unknown kind %q; there are %s", source.Kind, strings.Join(names, ", "))
}

// DetailsTypes lists what the Details of documents may point to, in a fixed order.
func DetailsTypes() []reflect.Type {
	var types []reflect.Type
	for _, kind := range kinds {
		for _, details := range kind.details {
			types = append(types, reflect.TypeOf(details))
		}
	}
	return types
}

// settings are a source's part of the configuration.
type settings[C any] struct {
	Cache   caching `yaml:"cache"`
	Adapter C       `yaml:",inline"`
}

// opener makes the registry's function of an adapter's New.
func opener[C any, S billing.Source](open func(string, C, upstream.Options) (S, error)) func(config.Source, upstream.Options) (billing.Source, cache.Policy, error) {
	return func(source config.Source, options upstream.Options) (billing.Source, cache.Policy, error) {
		var written settings[C]
		if err := source.Node.Decode(&written); err != nil {
			return nil, cache.Policy{}, err
		}
		opened, err := open(source.Name, written.Adapter, options)
		if err != nil {
			key, message := "", err.Error()
			var setting interface{ Setting() (key, message string) }
			if errors.As(err, &setting) {
				key, message = setting.Setting()
			}
			return nil, cache.Policy{}, source.Node.Problem(key, "%s", message)
		}
		return opened, cache.Policy(written.Cache), nil
	}
}

// caching is cache.Policy as the configuration writes it.
type caching struct {
	TTL          time.Duration `yaml:"ttl"`
	Stale        time.Duration `yaml:"stale"`
	StaleIfError time.Duration `yaml:"staleIfError"`
	NegativeTTL  time.Duration `yaml:"negativeTtl"`
	Jitter       float64       `yaml:"jitter"`
}

// Defaults fills in what the configuration leaves out.
func (c *caching) Defaults() { *c = caching(cache.DefaultPolicy) }

// Validate refuses times that lie in the past and jitter that is no share.
func (c *caching) Validate() error {
	for key, value := range map[string]time.Duration{"ttl": c.TTL, "stale": c.Stale, "staleIfError": c.StaleIfError, "negativeTtl": c.NegativeTTL} {
		if value < 0 {
			return config.Invalidf(key, "is %v; a duration of 0s or more is needed", value)
		}
	}
	if c.Jitter < 0 || c.Jitter > 1 {
		return config.Invalidf("jitter", "is %v; a share between 0 and 1 is needed", c.Jitter)
	}
	return nil
}
