// Package upstream is the HTTP client that all sources share: credentials,
// deadlines, bounded bodies, careful retries, circuits, and health from real outcomes.
package upstream

import (
	"fmt"
	"maps"
	"net/http"
	"net/textproto"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Config is the part of a source's configuration that all kinds share.
type Config struct {
	URL     string        `yaml:"url"`     // the part before the API's own paths
	Auth    Auth          `yaml:"auth"`    // none where empty
	Timeout time.Duration `yaml:"timeout"` // of one call, its retries included; 5 s where 0

	// What keeps a source that is slow, limited or out of order from being made
	// worse, and its callers from waiting for it. Nil has the defaults.
	Retry    *Retry    `yaml:"retry"`
	Circuit  *Circuit  `yaml:"circuit"`
	Bulkhead *Bulkhead `yaml:"bulkhead"`
	Hedge    Hedge     `yaml:"hedge"`
	Quota    *Quota    `yaml:"quota"`
}

// Auth is how a source knows the gateway, or the gateway's caller. Bearer,
// Basic and Forward exclude each other; Headers go with any of them.
type Auth struct {
	Bearer  string            `yaml:"bearer"`
	Basic   *Basic            `yaml:"basic"`
	Headers map[string]string `yaml:"headers"`
	Forward []string          `yaml:"forward"` // names of the caller's headers that are passed on
}

// Basic is a user name and password.
type Basic struct {
	Username string `yaml:"username"`
	Password string `yaml:"password"`
}

// Invalid is a setting that cannot be used. Field is its path in the source's
// configuration, parts joined by dots.
type Invalid struct {
	Field   string
	Message string
}

func (e *Invalid) Error() string { return e.Field + ": " + e.Message }

// Setting lets the configuration point at the place.
func (e *Invalid) Setting() (key, message string) { return e.Field, e.Message }

// DefaultTimeout bounds a call where the configuration does not.
const DefaultTimeout = 5 * time.Second

// Validate returns the first *Invalid setting, or nil.
func (c *Config) Validate() error {
	if c.URL == "" {
		return &Invalid{"url", "is missing, such as https://api.example.com"}
	}
	base, err := url.Parse(c.URL)
	switch {
	case err != nil:
		return &Invalid{"url", "is not a URL"}
	case base.Scheme != "http" && base.Scheme != "https":
		return &Invalid{"url", "needs to begin with https:// or http://"}
	case base.Hostname() == "":
		return &Invalid{"url", "names no host"}
	case base.User != nil:
		return &Invalid{"url", "holds credentials, which belong under auth"}
	case base.RawQuery != "" || base.ForceQuery || base.Fragment != "":
		return &Invalid{"url", "may not have a query or fragment"}
	}
	if c.Timeout < 0 || c.Timeout > 5*time.Minute {
		return &Invalid{"timeout", "must lie between 0s and 5m"}
	}
	if err := c.validateResilience(); err != nil {
		return err
	}
	return c.Auth.validate()
}

func (a *Auth) validate() error {
	forms := 0
	for _, used := range []bool{a.Bearer != "", a.Basic != nil, len(a.Forward) > 0} {
		if used {
			forms++
		}
	}
	if forms > 1 {
		return &Invalid{"auth", "takes one of bearer, basic and forward"}
	}
	if !sendable(a.Bearer) {
		return &Invalid{"auth.bearer", "holds a character that no header can carry"}
	}
	if a.Basic != nil && strings.Contains(a.Basic.Username, ":") {
		return &Invalid{"auth.basic.username", "holds a colon, behind which the password would begin"}
	}
	fixed := make(map[string]bool)
	for _, name := range slices.Sorted(maps.Keys(a.Headers)) {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !token(name) || !sendable(a.Headers[name]) || slices.Contains(ofTheConnection, canonical):
			return &Invalid{"auth.headers", fmt.Sprintf("%q is no header that can be sent", name)}
		case fixed[canonical]:
			return &Invalid{"auth.headers", fmt.Sprintf("%q is there twice", name)}
		case canonical == "Authorization" && (a.Bearer != "" || a.Basic != nil):
			return &Invalid{"auth.headers", fmt.Sprintf("%q is what bearer and basic send", name)}
		}
		fixed[canonical] = true
	}
	for _, name := range a.Forward {
		canonical := textproto.CanonicalMIMEHeaderKey(name)
		switch {
		case !token(name) || slices.Contains(ofTheConnection, canonical) || slices.Contains(ofTheRequest, canonical):
			return &Invalid{"auth.forward", fmt.Sprintf("%q is no header that can be passed on", name)}
		case fixed[canonical]:
			return &Invalid{"auth.forward", fmt.Sprintf("%q is under auth.headers too", name)}
		}
	}
	return nil
}

// ofTheConnection are headers that net/http sets by itself, or that would keep
// it from reading the answer.
var ofTheConnection = []string{
	"Host", "Connection", "Keep-Alive", "Proxy-Connection", "Content-Length", "Content-Encoding",
	"Transfer-Encoding", "Te", "Trailer", "Upgrade", "Accept-Encoding", "Expect", "Range",
}

// ofTheRequest are headers that say what the caller asked of the gateway, not
// what the gateway asks of the source.
var ofTheRequest = []string{
	"Accept", "Content-Type", "Proxy-Authorization", "If-Match", "If-None-Match",
	"If-Modified-Since", "If-Unmodified-Since", "If-Range",
}

// token reports whether name is a header name.
func token(name string) bool {
	return name != "" && !strings.ContainsFunc(name, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("!#$%&'*+-.^_`|~", r))
	})
}

// sendable reports whether a header can hold value.
func sendable(value string) bool {
	return !strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f })
}

// apply sets the credentials of one request.
func (a *Auth) apply(header http.Header, forwarded http.Header) {
	for name, value := range a.Headers {
		header.Set(name, value)
	}
	if a.Bearer != "" {
		header.Set("Authorization", "Bearer "+a.Bearer)
	}
	for _, name := range a.Forward {
		if values := forwarded.Values(name); len(values) > 0 {
			header[textproto.CanonicalMIMEHeaderKey(name)] = slices.Clone(values)
		}
	}
}
