package identity

import (
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tributary/config"
)

// JWT are the settings of the mode jwt.
type JWT struct {
	Mode       string        `yaml:"mode"`
	Issuer     string        `yaml:"issuer"`   // iss, to the letter
	Audience   []string      `yaml:"audience"` // aud holds one of them
	Algorithms []string      `yaml:"algorithms"`
	JWKS       JWKS          `yaml:"jwks"`
	Refresh    time.Duration `yaml:"refresh"` // of the keys behind a URL
	ClockSkew  time.Duration `yaml:"clockSkew"`
	Type       string        `yaml:"typ"` // at+jwt (RFC 9068); "" takes any
	Claims     Claims        `yaml:"claims"`
	Scopes     []scope       `yaml:"scopes"`   // of a token without that claim
	Accounts   config.Node   `yaml:"accounts"` // of a token without that claim
	All        string        `yaml:"allAccounts"`

	accounts accounts
	keys     *keySet // of the file; nil for a URL
}

// JWKS says where the issuer's keys are: in one of the two.
type JWKS struct {
	URL  string `yaml:"url"`
	File string `yaml:"file"`
}

// Claims name the claims of a token. A name is taken as it stands and, where
// there is no such claim, as a path with dots.
type Claims struct {
	Subject  string `yaml:"subject"`
	Scopes   string `yaml:"scopes"`
	Accounts string `yaml:"accounts"`
}

// Defaults fills in what the file need not say.
func (j *JWT) Defaults() {
	j.Algorithms = []string{string(jose.RS256), string(jose.ES256), string(jose.EdDSA)}
	j.Refresh, j.ClockSkew = 15*time.Minute, 30*time.Second
	j.Claims = Claims{Subject: "sub", Scopes: "scope", Accounts: "accounts"}
}

// algorithms are the ones that a verifier cannot use to sign. HS256 and its kin
// are not among them: whoever checks such a token can forge one, and a public
// key taken for their secret is the oldest attack on JWT (RFC 8725, section 2.1).
var algorithms = []string{
	string(jose.RS256), string(jose.RS384), string(jose.RS512), string(jose.PS256), string(jose.PS384), string(jose.PS512),
	string(jose.ES256), string(jose.ES384), string(jose.ES512), string(jose.EdDSA),
}

// Validate refuses what would let in tokens that were not meant for here.
func (j *JWT) Validate() error {
	var faults []error
	refuse := func(bad bool, key, format string, args ...any) {
		if bad {
			faults = append(faults, config.Invalidf(key, format, args...))
		}
	}
	refuse(j.Issuer == "", "issuer", "the issuer is missing; it is the claim iss of its tokens")
	refuse(len(j.Audience) == 0 || slices.Contains(j.Audience, ""), "audience",
		"at least one audience is needed, or tokens for other services would do here")
	refuse(len(j.Algorithms) == 0, "algorithms", "at least one algorithm is needed")
	for i, name := range j.Algorithms {
		refuse(!slices.Contains(algorithms, name), "algorithms", "number %d is none that is taken; there are %s",
			i+1, strings.Join(algorithms, ", "))
	}
	refuse((j.JWKS.URL == "") == (j.JWKS.File == ""), "jwks", "either url or file is needed, for the keys of the issuer")
	refuse(j.JWKS.URL != "" && !isSafe(j.JWKS.URL), "jwks.url", "the URL starts with https://; http:// will do on this machine alone")
	refuse(j.Refresh < time.Minute || j.Refresh > 24*time.Hour, "refresh", "keys are fetched every 1m to 24h")
	refuse(j.ClockSkew > 5*time.Minute, "clockSkew", "clocks differ by 5m at most")
	refuse(j.Claims.Subject == "", "claims.subject", "the name of the claim is missing")
	refuse(j.Claims.Scopes == "", "claims.scopes", "the name of the claim is missing")
	refuse(j.Claims.Accounts == "", "claims.accounts", "the name of the claim is missing")
	return errors.Join(faults...)
}

// isSafe reports a URL whose answer nobody on the way can replace.
func isSafe(text string) bool {
	u, err := url.Parse(text)
	return err == nil && u.Hostname() != "" && (u.Scheme == "https" || u.Scheme == "http" && isLoopback(u.Hostname()))
}

func readJWT(node config.Node, folder string) (*JWT, error) {
	var j JWT
	err := node.Decode(&j)
	if !j.Accounts.IsZero() {
		var accountsErr error
		j.accounts, accountsErr = readAccounts(j.Accounts)
		err = config.Join(err, accountsErr)
	}
	if err != nil {
		return nil, err
	}
	if j.JWKS.File != "" {
		j.JWKS.File = within(folder, j.JWKS.File)
		if j.keys, err = j.readFile(); err != nil {
			return nil, err
		}
	}
	return &j, nil
}

func (j *JWT) readFile() (*keySet, error) {
	data, err := os.ReadFile(j.JWKS.File)
	if err != nil {
		return nil, config.Unreadable(j.JWKS.File, err)
	}
	set, err := parseKeySet(data, j.algorithms())
	if err != nil {
		return nil, config.Problems{{File: j.JWKS.File, Message: err.Error()}}
	}
	return set, nil
}

func (j *JWT) algorithms() []jose.SignatureAlgorithm {
	pinned := make([]jose.SignatureAlgorithm, len(j.Algorithms))
	for i, name := range j.Algorithms {
		pinned[i] = jose.SignatureAlgorithm(name)
	}
	return pinned
}
