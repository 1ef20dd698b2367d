package identity

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"os"
	"strings"
	"time"

	"tributary/access"
	"tributary/config"
)

const (
	// keyPrefix lets scanners of code and logs find keys that got lost there.
	keyPrefix  = "trb_"
	hashPrefix = "sha256:"
)

// NewKey makes an API key and the hash that the configuration knows it by. The
// key is trb_ and 52 characters of A-Z2-7, 260 random bits.
func NewKey() (key, hash string) {
	key = keyPrefix + rand.Text() + rand.Text()
	return key, HashKey(key)
}

// isMade reports the form of a key that NewKey made.
func isMade(key string) bool {
	return len(key) == len(keyPrefix)+52 && strings.HasPrefix(key, keyPrefix)
}

// HashKey is the hash of an API key as the configuration holds it. It is SHA-256
// and not bcrypt or the like: those make guesses slow where people choose the
// secret, and 256 random bits are guessed at no speed. A slow hash would only be
// paid for by each request, and by anyone who sends rubbish.
func HashKey(key string) string {
	digest := sha256.Sum256([]byte(key))
	return hashPrefix + hex.EncodeToString(digest[:])
}

// Keys are the settings of the mode apiKeys.
type Keys struct {
	file string // "" where the configuration itself holds them
	env  config.Env
	ring *ring
}

// holder is one subject and its keys, as it is written.
type holder struct {
	Subject  config.Node `yaml:"subject"`
	Hashes   config.Node `yaml:"hashes"`
	Scopes   []scope     `yaml:"scopes"`
	Accounts config.Node `yaml:"accounts"`
	Expires  instant     `yaml:"expires"`
}

// Validate refuses a subject that could do nothing, or see nobody knows what.
func (h *holder) Validate() error {
	var faults []error
	for _, needed := range []struct {
		key     string
		missing bool
	}{
		{"subject", h.Subject.IsZero()}, {"hashes", h.Hashes.IsZero()},
		{"scopes", len(h.Scopes) == 0}, {"accounts", h.Accounts.IsZero()},
	} {
		if needed.missing {
			faults = append(faults, config.Invalidf(needed.key, "the subject needs %s", needed.key))
		}
	}
	return errors.Join(faults...)
}

// instant is a time of the configuration; the zero one is never.
type instant struct{ time.Time }

// UnmarshalText takes RFC 3339.
func (i *instant) UnmarshalText(text []byte) error {
	at, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		return errors.New("is no time; write it like 2027-01-01T00:00:00Z")
	}
	i.Time = at
	return nil
}

func readKeys(node config.Node, folder string, env config.Env) (*Keys, error) {
	var written struct {
		Mode string      `yaml:"mode"`
		Keys config.Node `yaml:"keys"`
		File string      `yaml:"file"`
	}
	if err := node.Decode(&written); err != nil {
		return nil, err
	}
	k := &Keys{file: within(folder, written.File), env: env}
	var err error
	switch {
	case (k.file == "") == written.Keys.IsZero():
		return nil, node.Problem("", "either keys, a list, or file, the path of one, is needed")
	case k.file != "":
		k.ring, err = k.readFile()
	default:
		k.ring, err = readRing(written.Keys)
	}
	if err != nil {
		return nil, err
	}
	return k, nil
}

func (k *Keys) readFile() (*ring, error) {
	data, err := os.ReadFile(k.file)
	if err != nil {
		return nil, config.Unreadable(k.file, err)
	}
	root, err := config.Read(k.file, data, k.env)
	if err != nil {
		return nil, err
	}
	return readRing(root)
}

func readRing(node config.Node) (*ring, error) {
	items, err := node.Items()
	if err != nil {
		return nil, err
	}
	r := &ring{}
	subjects := map[string]bool{}
	var faults []error
	for _, item := range items {
		var h holder
		if err := item.Decode(&h); err != nil {
			faults = append(faults, err)
			continue
		}
		faults = append(faults, r.add(h, subjects))
	}
	if err := config.Join(faults...); err != nil {
		return nil, err
	}
	return r, nil
}

// add takes a subject and all its keys into the ring.
func (r *ring) add(h holder, subjects map[string]bool) error {
	subject, err := h.Subject.Text()
	switch {
	case err != nil:
	case !isName(subject):
		err = h.Subject.Problem("", "a subject has 1 to %d characters that can be seen", longestName)
	case subjects[subject]:
		err = h.Subject.Problem("", "the subject is there already")
	}
	subjects[subject] = true
	sees, seesErr := readAccounts(h.Accounts)
	hashes, hashesErr := h.Hashes.Items()
	if hashesErr == nil && len(hashes) == 0 {
		hashesErr = h.Hashes.Problem("", "at least one hash is needed")
	}
	faults := []error{err, seesErr, hashesErr}
	owner := &holding{
		caller: &access.Caller{Subject: subject, Scopes: scopesOf(h.Scopes), AllAccounts: sees.all, Accounts: sees.ids},
		until:  h.Expires.Time,
	}
	for _, hash := range hashes {
		digest, err := readHash(hash)
		if err == nil && r.find(digest) != nil {
			err = hash.Problem("", "the hash is there already")
		}
		r.entries, faults = append(r.entries, entry{digest, owner}), append(faults, err)
	}
	return config.Join(faults...)
}

// readHash quotes nothing: what stands there may be the key itself.
func readHash(node config.Node) (digest [sha256.Size]byte, err error) {
	text, err := node.Text()
	if err != nil {
		return digest, err
	}
	text, prefixed := strings.CutPrefix(text, hashPrefix)
	raw, err := hex.DecodeString(text)
	if err != nil {
		raw, err = base64.RawURLEncoding.Strict().DecodeString(strings.TrimRight(text, "="))
	}
	if !prefixed || err != nil || len(raw) != len(digest) {
		return digest, node.Problem("", "a hash is %s and 32 bytes in hexadecimal or base64url, as tributary key prints it", hashPrefix)
	}
	if digest = [sha256.Size]byte(raw); digest == sha256.Sum256(nil) {
		return digest, node.Problem("", "this is the hash of no key at all")
	}
	return digest, nil
}
