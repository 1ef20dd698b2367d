// Package sealing encrypts what is kept outside of the process, so that whoever
// holds it can neither read it nor change it nor move it to another place.
package sealing

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
)

// A sealed value is a mark, the length of the key's id, the id, a nonce of 12
// bytes, the encrypted value and a tag of 16. The mark begins no CBOR and no entry
// of the cache, so that who has no keys takes a sealed value for damaged.
const mark = 0xFF

// KeySize is the bytes of a key.
const KeySize = 32

// Key is one of a Ring's, by its id, which sealed values show.
type Key struct {
	ID     string
	Secret []byte // KeySize bytes
}

var keyID = regexp.MustCompile(`^[A-Za-z0-9._-]{1,32}$`)

// ParseKey reads a key: KeySize bytes in base64 or hex. Its error does not hold
// the text.
func ParseKey(id, text string) (Key, error) {
	if !keyID.MatchString(id) {
		return Key{}, errors.New("the id of a key has 1 to 32 letters, digits, dots, _ and -")
	}
	secret, err := hex.DecodeString(text)
	if err != nil || len(secret) != KeySize {
		secret, err = base64.StdEncoding.DecodeString(text)
	}
	if err != nil || len(secret) != KeySize {
		return Key{}, fmt.Errorf("a key is %d bytes in base64 or hex; openssl rand -base64 %d makes one", KeySize, KeySize)
	}
	for _, b := range secret {
		if b != secret[0] {
			return Key{ID: id, Secret: secret}, nil
		}
	}
	return Key{}, errors.New("a key that repeats one byte can be guessed")
}

// Ring holds keys: the first seals, all open. A nil Ring leaves values as they
// are. It is safe for concurrent use.
type Ring struct {
	first string
	keys  map[string]cipher.AEAD
}

// NewRing makes a Ring; nil of no keys.
func NewRing(keys ...Key) (*Ring, error) {
	if len(keys) == 0 {
		return nil, nil
	}
	r := &Ring{first: keys[0].ID, keys: make(map[string]cipher.AEAD, len(keys))}
	for _, key := range keys {
		if _, ok := r.keys[key.ID]; ok {
			return nil, fmt.Errorf("two keys have the id %q", key.ID)
		}
		block, err := aes.NewCipher(key.Secret)
		if err != nil || len(key.Secret) != KeySize {
			return nil, fmt.Errorf("the key %q has %d bytes, not %d", key.ID, len(key.Secret), KeySize)
		}
		if r.keys[key.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// Seal encrypts a value for a place, which is the name that it is kept under.
func (r *Ring) Seal(value []byte, place string) []byte {
	if r == nil {
		return value
	}
	head := append([]byte{mark, byte(len(r.first))}, r.first...) // #nosec G115 -- an id is short
	aead := r.keys[r.first]
	out := make([]byte, len(head), len(head)+len(value)+aead.Overhead())
	copy(out, head)
	return aead.Seal(out, nil, value, bound(head, place)) // #nosec G407 -- it throws a nonce of its own, and takes none
}

// Why a value cannot be opened.
var (
	ErrUnsealed   = errors.New("the value is not encrypted, and redis.encryption takes no others")
	ErrUnknownKey = errors.New("the value is encrypted with a key that redis.encryption does not have")
	ErrDamaged    = errors.New("the encrypted value is damaged, or another's")
)

// Open is the value that Seal was given for that place. A value that was not
// sealed is an error too: else whoever can write could choose what is read.
func (r *Ring) Open(data []byte, place string) ([]byte, error) {
	if r == nil {
		return data, nil
	}
	if len(data) < 2 || data[0] != mark {
		return nil, ErrUnsealed
	}
	end := 2 + int(data[1])
	if len(data) < end {
		return nil, ErrDamaged
	}
	aead, ok := r.keys[string(data[2:end])]
	if !ok {
		return nil, ErrUnknownKey
	}
	value, err := aead.Open(nil, nil, data[end:], bound(data[:end], place))
	if err != nil {
		return nil, ErrDamaged
	}
	return value, nil
}

// IsSealed reports whether a value looks as if Seal had made it.
func IsSealed(data []byte) bool { return len(data) > 1 && data[0] == mark }

// bound is what a value is sealed to. The head says its own length.
func bound(head []byte, place string) []byte {
	return append(append(make([]byte, 0, len(head)+len(place)), head...), place...)
}
