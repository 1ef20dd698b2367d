package identity

import (
	"net/http"
	"strings"
)

// Reason is why a request has no caller, for the log and a counter alone.
type Reason string

// The reasons.
const (
	Missing        Reason = "missing"         // no credential was sent
	Ambiguous      Reason = "ambiguous"       // more than one was sent
	Malformed      Reason = "malformed"       // it is none by its form
	UnknownKey     Reason = "unknown key"     // no subject has the API key
	Expired        Reason = "expired"         // it was valid once
	NotYet         Reason = "not yet valid"   // nbf or iat is in the future
	WrongAlgorithm Reason = "wrong algorithm" // one that is not pinned
	WrongType      Reason = "wrong type"      // typ is another than is asked for
	NoSuchKey      Reason = "no such key"     // no key of the issuer fits kid and alg
	WrongSignature Reason = "wrong signature" // the key says so
	WrongIssuer    Reason = "wrong issuer"    // iss
	WrongAudience  Reason = "wrong audience"  // aud
	WrongClaims    Reason = "wrong claims"    // one is missing or of another form than is needed
)

// longest bounds a credential, in bytes, before any work is done for it.
const longest = 16 << 10

// bearer is the token of the header Authorization (RFC 6750, section 2.1). The
// form fields and the query parameter of that page are not read: they end in logs.
func bearer(h http.Header) (string, Reason) {
	values := h["Authorization"]
	switch len(values) {
	case 0:
		return "", Missing
	case 1:
	default:
		return "", Ambiguous
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	token = strings.TrimLeft(token, " ")
	if !strings.EqualFold(scheme, "Bearer") || !wellFormed(token) {
		return "", Malformed
	}
	return token, ""
}

// apiKey is the key of the header X-Api-Key, beside which Authorization is left to
// the sources that it is forwarded to; without it, that of Authorization.
func apiKey(h http.Header) (string, Reason) {
	values := h["X-Api-Key"]
	switch {
	case len(values) == 0:
		return bearer(h)
	case len(values) > 1:
		return "", Ambiguous
	case !wellFormed(values[0]):
		return "", Malformed
	}
	return values[0], ""
}

// withoutKey is a header without the API key that it was told by.
func withoutKey(h http.Header) http.Header {
	told := "Authorization"
	if len(h["X-Api-Key"]) > 0 {
		told = "X-Api-Key"
	}
	left := h.Clone()
	delete(left, told)
	return left
}

// wellFormed reports a token68 (RFC 9110, section 11.2) of a bounded length.
func wellFormed(token string) bool {
	if len(token) > longest {
		return false
	}
	bare := strings.TrimRight(token, "=")
	for i := range len(bare) {
		switch c := bare[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("-._~+/", c) >= 0:
		default:
			return false
		}
	}
	return bare != ""
}
