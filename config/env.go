package config

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// Env looks a variable up in the environment, as os.LookupEnv does; nil is an
// empty environment.
type Env func(name string) (string, bool)

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)

// fill replaces ${VAR} and ${VAR:-default} in text. A default stands in for a
// variable that is unset or empty, as in a shell, and ends at the first brace.
// $$ is one dollar sign, and a dollar sign before anything else is itself.
func (env Env) fill(text string) (string, error) {
	if !strings.Contains(text, "$") {
		return text, nil
	}
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(text, "$")
		b.WriteString(before)
		switch {
		case !found:
			return b.String(), nil
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			text = rest[1:]
		case strings.HasPrefix(rest, "{"):
			reference, after, closed := strings.Cut(rest[1:], "}")
			if !closed {
				return "", fmt.Errorf("a ${ has no closing brace; a dollar sign and a brace as they are, are written $${")
			}
			value, err := env.look(reference)
			if err != nil {
				return "", err
			}
			b.WriteString(value)
			text = after
		default:
			b.WriteByte('$')
			text = rest
		}
	}
}

func (env Env) look(reference string) (string, error) {
	name, otherwise, hasDefault := strings.Cut(reference, ":-")
	if !envName.MatchString(name) {
		return "", fmt.Errorf("a reference to the environment looks like ${VAR} or ${VAR:-default}")
	}
	value, set := "", false
	if env != nil {
		value, set = env(name)
	}
	switch {
	case hasDefault && value == "":
		return otherwise, nil
	case !set:
		return "", fmt.Errorf("the environment variable %s is not set; set it or write ${%s:-default}", name, name)
	}
	return value, nil
}

// override takes what the environment says over the file.
func override(c *Config, env Env) error {
	set := func(name string, take func(value string) error) error {
		if env == nil {
			return nil
		}
		value, _ := env(name)
		if value == "" {
			return nil
		}
		if err := take(value); err != nil {
			return Problem{Path: name, Message: err.Error()}
		}
		return nil
	}
	return Join(
		set("TRIBUTARY_LISTEN", func(value string) error {
			c.Listen = value
			return CheckListen(value)
		}),
		set("TRIBUTARY_REDIS_URL", func(value string) error {
			if c.Redis == nil {
				c.Redis = &Redis{Timeout: redisTimeout}
			}
			c.Redis.URL, c.Redis.Addrs, c.Redis.Master = value, nil, ""
			return checkRedisURL(value)
		}),
		set("TRIBUTARY_LOG_LEVEL", func(value string) error {
			c.Log.Level = value
			return checkWord("level", value, logLevels)
		}),
	)
}

const redisTimeout = 50 * time.Millisecond
