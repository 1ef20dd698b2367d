package identity

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	lru "github.com/hashicorp/golang-lru/v2"

	"tributary/access"
)

// keySet is an issuer's keys at one time. It is not changed, and goes with all
// that was verified by it.
type keySet struct {
	keys     []verifier
	skipped  []string // why keys of the document are not used
	verified *lru.Cache[[sha256.Size]byte, verified]
}

// verifier is one key and the algorithms that it may be used with.
type verifier struct {
	kid        string
	key        any
	algorithms []jose.SignatureAlgorithm
}

// verified is what a token was found to say, without the token.
type verified struct {
	caller *access.Caller
	until  time.Time // it need not be looked at again
}

const (
	mostKeys     = 100
	mostVerified = 4096
	leastRSA     = 2048 // bits (RFC 7518, section 3.3)
)

// parseKeySet takes the keys of a JWK Set (RFC 7517) that can verify one of the
// algorithms. It passes over the others, as section 5 says, and refuses a set
// without any left, which is a fault more likely than an issuer who gave up.
func parseKeySet(data []byte, algorithms []jose.SignatureAlgorithm) (*keySet, error) {
	var document struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(data, &document); err != nil {
		return nil, errors.New("this is no JWK Set")
	}
	if len(document.Keys) > mostKeys {
		return nil, fmt.Errorf("the JWK Set holds %d keys; at most %d are taken", len(document.Keys), mostKeys)
	}
	set := &keySet{}
	set.verified, _ = lru.New[[sha256.Size]byte, verified](mostVerified) // fails for a size below 1 alone
	for i, raw := range document.Keys {
		key, err := readKey(raw, algorithms)
		if err != nil {
			set.skipped = append(set.skipped, fmt.Sprintf("number %d %s", i+1, err))
			continue
		}
		set.keys = append(set.keys, key)
	}
	if len(set.keys) == 0 {
		return nil, errors.New(strings.Join(append([]string{"the JWK Set holds no key that can be used"}, set.skipped...), "; "))
	}
	return set, nil
}

// readKey never quotes the library's errors, which hold parts of the key.
func readKey(raw json.RawMessage, pinned []jose.SignatureAlgorithm) (verifier, error) {
	var key jose.JSONWebKey
	var uses struct {
		Operations []string `json:"key_ops"`
	}
	switch {
	case key.UnmarshalJSON(raw) != nil || json.Unmarshal(raw, &uses) != nil:
		return verifier{}, errors.New("is of a kind that is not known, or broken")
	case !key.IsPublic():
		return verifier{}, errors.New("is no public key")
	case key.Use != "" && key.Use != "sig" || len(uses.Operations) > 0 && !slices.Contains(uses.Operations, "verify"):
		return verifier{}, errors.New("is not for signatures")
	}
	may := algorithmsOf(key.Key)
	if len(may) == 0 {
		return verifier{}, fmt.Errorf("is weak; an RSA key has %d bits or more", leastRSA)
	}
	v := verifier{kid: key.KeyID, key: key.Key}
	for _, algorithm := range may {
		if slices.Contains(pinned, algorithm) && (key.Algorithm == "" || key.Algorithm == string(algorithm)) {
			v.algorithms = append(v.algorithms, algorithm)
		}
	}
	if len(v.algorithms) == 0 {
		return verifier{}, errors.New("is for none of the algorithms that are taken")
	}
	return v, nil
}

// algorithmsOf are those that a key is made for; none for a weak key.
func algorithmsOf(key any) []jose.SignatureAlgorithm {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() >= leastRSA {
			return []jose.SignatureAlgorithm{jose.RS256, jose.RS384, jose.RS512, jose.PS256, jose.PS384, jose.PS512}
		}
	case *ecdsa.PublicKey:
		switch key.Curve.Params().BitSize {
		case 256:
			return []jose.SignatureAlgorithm{jose.ES256}
		case 384:
			return []jose.SignatureAlgorithm{jose.ES384}
		case 521:
			return []jose.SignatureAlgorithm{jose.ES512}
		}
	case ed25519.PublicKey:
		return []jose.SignatureAlgorithm{jose.EdDSA}
	}
	return nil
}

// fitting are the keys that a token of this header may be signed with. A token
// without a kid fits only where there is no choice.
func (s *keySet) fitting(kid, algorithm string) []verifier {
	if s == nil {
		return nil
	}
	var fits []verifier
	for _, key := range s.keys {
		if (kid == "" || key.kid == kid) && slices.Contains(key.algorithms, jose.SignatureAlgorithm(algorithm)) {
			fits = append(fits, key)
		}
	}
	if kid == "" && len(fits) > 1 {
		return nil
	}
	return fits
}

// known is the caller of a token that was verified a moment ago; nil where
// none was.
func (s *keySet) known(digest [sha256.Size]byte, now time.Time) *access.Caller {
	if s == nil {
		return nil
	}
	if was, ok := s.verified.Get(digest); ok && now.Before(was.until) {
		return was.caller
	}
	return nil
}
