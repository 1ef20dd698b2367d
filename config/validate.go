package config

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"time"

	"tributary/sealing"
)

// Redis is the store that replicas share. Exactly one of URL and Addrs is set.
type Redis struct {
	URL      string        `yaml:"url"`    // redis:// or rediss://, with user, password and database
	Addrs    []string      `yaml:"addrs"`  // host:port of a Cluster's nodes, or of the Sentinels where Master is set
	Master   string        `yaml:"master"` // the name that the Sentinels watch
	Username string        `yaml:"username"`
	Password string        `yaml:"password"`
	TLS      *TLS          `yaml:"tls"`     // nil where the URL's scheme alone decides
	Timeout  time.Duration `yaml:"timeout"` // of one command, above zero

	Encryption Encryption `yaml:"encryption"`
}

// Encryption is how values in Redis are encrypted: not at all without keys.
type Encryption struct {
	Keys []EncryptionKey `yaml:"keys"` // the first encrypts, all decrypt
	Ring *sealing.Ring   // of Keys
}

// EncryptionKey is a key as it is written.
type EncryptionKey struct {
	ID  string `yaml:"id"`  // stands before what the key encrypted
	Key string `yaml:"key"` // 32 bytes in base64 or hex, or file:PATH
}

// TLS is how the peer of a connection is known.
type TLS struct {
	CAFile             string `yaml:"caFile"`     // PEM; "" takes the system's authorities
	ServerName         string `yaml:"serverName"` // "" takes the host that is dialled
	InsecureSkipVerify bool   `yaml:"insecureSkipVerify"`
}

// Defaults fills in what the file need not say.
func (r *Redis) Defaults() { r.Timeout = redisTimeout }

// Validate refuses what cannot be connected to.
func (r *Redis) Validate() error {
	var faults []error
	switch {
	case r.URL == "" && len(r.Addrs) == 0 && r.Master != "":
		faults = append(faults, Invalidf("master", "a master needs addrs, the addresses of its Sentinels"))
	case r.URL == "" && len(r.Addrs) == 0:
		faults = append(faults, Invalidf("", "either url or addrs is needed"))
	case r.URL != "" && len(r.Addrs) > 0:
		faults = append(faults, Invalidf("addrs", "url and addrs exclude each other"))
	case r.URL != "" && r.Master != "":
		faults = append(faults, Invalidf("master", "a master needs addrs instead of url"))
	}
	if r.URL != "" {
		if err := checkRedisURL(r.URL); err != nil {
			faults = append(faults, Invalidf("url", "%s", err))
		}
	}
	for i, addr := range r.Addrs {
		if err := checkAddr(addr); err != nil {
			faults = append(faults, Invalidf("addrs", "number %d %s", i+1, err))
		}
	}
	if r.Timeout <= 0 {
		faults = append(faults, Invalidf("timeout", "a timeout is longer than 0s"))
	}
	return errors.Join(faults...)
}

// checkRedisURL quotes nothing of the URL but its scheme: it holds a password.
func checkRedisURL(text string) error {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return errors.New("this is no URL; write it like redis://127.0.0.1:6379/0")
	case u.Scheme != "redis" && u.Scheme != "rediss":
		return errors.New("the URL starts with redis:// or, for TLS, rediss://")
	case u.Hostname() == "":
		return errors.New("the URL names no host; write it like redis://127.0.0.1:6379/0")
	}
	return nil
}

// Validate refuses an address that cannot be listened on.
func (a *Admin) Validate() error {
	if a.Listen == "" {
		return nil
	}
	return at("listen", CheckListen(a.Listen))
}

// Validate refuses a cache that could hold nothing.
func (c *Cache) Validate() error {
	const least = 1 << 20
	if c.Memory < least {
		return Invalidf("memory", "%s is too small; at least %s is needed", c.Memory, Size(least))
	}
	if c.Answers.Enabled && c.Answers.Memory < least {
		return Invalidf("answers.memory", "%s is too small; at least %s is needed, or enabled: false", c.Answers.Memory, Size(least))
	}
	return nil
}

// Validate refuses a bound that would keep every list empty.
func (l *Lists) Validate() error {
	const most = 100_000
	if l.ScanLimit < 1 || l.ScanLimit > most {
		return Invalidf("scanLimit", "from 1 to %d subscriptions can be looked at", most)
	}
	return nil
}

var (
	logLevels  = []string{"debug", "info", "warn", "error"}
	logFormats = []string{"json", "text"}
)

// Validate refuses words that name no level or format.
func (l *Log) Validate() error {
	return errors.Join(
		at("level", checkWord("level", l.Level, logLevels)),
		at("format", checkWord("format", l.Format, logFormats)),
	)
}

// Defaults fills in what the file need not say.
func (t *Timeouts) Defaults() {
	*t = Timeouts{Header: 5 * time.Second, Body: 30 * time.Second, Request: 30 * time.Second, Write: 90 * time.Second, Idle: 2 * time.Minute, Drain: 2 * time.Second}
}

// Validate refuses times that would end every request, or none.
func (t *Timeouts) Validate() error {
	var faults []error
	for _, timeout := range []struct {
		key  string
		time time.Duration
	}{{"header", t.Header}, {"body", t.Body}, {"request", t.Request}, {"write", t.Write}, {"idle", t.Idle}} {
		if timeout.time <= 0 {
			faults = append(faults, Invalidf(timeout.key, "a timeout is longer than 0s"))
		}
	}
	if t.Write < t.Request {
		faults = append(faults, Invalidf("write", "an answer may take %s to be made (request), so sending it may not take less", t.Request))
	}
	return errors.Join(faults...)
}

// Validate refuses an address that cannot be listened on.
func (f *file) Validate() error { return at("listen", CheckListen(f.Listen)) }

func at(key string, err error) error {
	if err == nil {
		return nil
	}
	return Invalid{Key: key, Message: err.Error()}
}

func checkWord(what, word string, known []string) error {
	if slices.Contains(known, word) {
		return nil
	}
	return errors.New(unknown(what, word, known))
}

// CheckListen refuses an address that cannot be listened on: host:port, or :port
// for all hosts.
func CheckListen(addr string) error {
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		return fmt.Errorf("%q is no address; write it like 127.0.0.1:8080 or :8080", addr)
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("the port %q is no number up to 65535", port)
	}
	return nil
}

func checkAddr(addr string) error {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || host == "" {
		return errors.New("is no host:port")
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return errors.New("has no port between 1 and 65535")
	}
	return nil
}
