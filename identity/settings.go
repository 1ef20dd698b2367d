package identity

import (
	"fmt"
	"net"
	"net/netip"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"tributary/access"
	"tributary/config"
)

// Settings are the configuration's key auth. Where both Keys and JWT are nil,
// the mode is none.
type Settings struct {
	Insecure bool // lets the mode none listen beyond this machine
	Keys     *Keys
	JWT      *JWT
}

// Modes are those of auth.mode.
const (
	ModeNone    = "none"
	ModeAPIKeys = "apiKeys"
	ModeJWT     = "jwt"
)

// Mode is the configuration's word for the mode.
func (s Settings) Mode() string {
	switch {
	case s.Keys != nil:
		return ModeAPIKeys
	case s.JWT != nil:
		return ModeJWT
	}
	return ModeNone
}

// Read decodes the value of the key auth, each mode with keys of its own; the
// zero Node is the mode none. Relative paths start at folder, and env fills the
// files that they name. The error is config.Problems.
func Read(node config.Node, folder string, env config.Env) (Settings, error) {
	mode, at, err := modeOf(node)
	if err != nil {
		return Settings{}, err
	}
	switch mode {
	case ModeNone:
		var none struct {
			Mode     string `yaml:"mode"`
			Insecure bool   `yaml:"insecure"`
		}
		if !node.IsZero() {
			err = node.Decode(&none)
		}
		return Settings{Insecure: none.Insecure}, err
	case ModeAPIKeys:
		keys, err := readKeys(node, folder, env)
		return Settings{Keys: keys}, err
	case ModeJWT:
		jwt, err := readJWT(node, folder)
		return Settings{JWT: jwt}, err
	}
	return Settings{}, at.Problem("", "this is no mode; there are %s, %s and %s", ModeNone, ModeAPIKeys, ModeJWT)
}

func modeOf(node config.Node) (mode string, at config.Node, err error) {
	if node.IsZero() {
		return ModeNone, node, nil
	}
	fields, err := node.Fields()
	if err != nil {
		return "", node, err
	}
	for _, field := range fields {
		if field.Name == "mode" {
			mode, err = field.Value.Text()
			return mode, field.Value, err
		}
	}
	return "", node, node.Problem("mode", "the mode is missing; there are %s, %s and %s", ModeNone, ModeAPIKeys, ModeJWT)
}

// CheckListener refuses an address that others can reach where anyone may do
// all, unless the settings say that this is meant.
func (s Settings) CheckListener(addr string) error {
	if s.Mode() != ModeNone || s.Insecure {
		return nil
	}
	if IsLoopback(addr) {
		return nil
	}
	return fmt.Errorf("auth.mode is none, so the gateway would let anyone who reaches %s see and change all; "+
		"set auth.mode, listen on 127.0.0.1, or write auth: { mode: none, insecure: true }", addr)
}

// IsLoopback reports an address, host:port, that this machine alone can reach.
func IsLoopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	return err == nil && isLoopback(host)
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// accounts are the accounts that a caller sees: all of them, or a list.
type accounts struct {
	all bool
	ids []string
}

func readAccounts(node config.Node) (accounts, error) {
	if !node.IsSequence() {
		text, err := node.Text()
		if err == nil && text != "all" {
			err = node.Problem("", "write all, or a list of accounts' ids")
		}
		return accounts{all: err == nil}, err
	}
	items, err := node.Items()
	faults := []error{err}
	var ids []string
	for _, item := range items {
		id, err := item.Text()
		switch {
		case err == nil && !isName(id):
			err = item.Problem("", "an account's id has 1 to %d characters that can be seen", longestName)
		case err == nil && strings.HasPrefix(id, "account/"):
			err = item.Problem("", "write the id as the directory has it, without account/")
		case slices.Contains(ids, id):
			err = item.Problem("", "the account is there already")
		}
		ids, faults = append(ids, id), append(faults, err)
	}
	return accounts{ids: ids}, config.Join(faults...)
}

// longestName bounds subjects and accounts' ids, which go to logs and keys.
const longestName = 256

// isName reports a text that can stand for a subject or an account.
func isName(text string) bool {
	return text != "" && len(text) <= longestName && strings.IndexFunc(text, func(r rune) bool {
		return r == unicode.ReplacementChar || !unicode.IsPrint(r)
	}) < 0
}

// scope reads a word of the configuration as one of access.Scopes.
type scope access.Scope

// UnmarshalText refuses words that name no scope.
func (s *scope) UnmarshalText(text []byte) error {
	*s = scope(text)
	if slices.Contains(access.Scopes, access.Scope(text)) {
		return nil
	}
	known := make([]string, len(access.Scopes))
	for i, one := range access.Scopes {
		known[i] = string(one)
	}
	return fmt.Errorf("is no scope; there are %s", strings.Join(known, ", "))
}

// scopesOf are the scopes, each once.
func scopesOf(read []scope) []access.Scope {
	var scopes []access.Scope
	for _, one := range read {
		if !slices.Contains(scopes, access.Scope(one)) {
			scopes = append(scopes, access.Scope(one))
		}
	}
	return scopes
}

func within(folder, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}
