package identity_test

import (
	"encoding/base64"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"tributary/identity"
)

// FuzzHeaders sends what no key was handed out for: there is never a caller,
// nor another error than the one.
func FuzzHeaders(f *testing.F) {
	_, hash := identity.NewKey()
	folder := f.TempDir()
	write(f, filepath.Join(folder, "jwks.json"), set(public(rsaKey, "r"), public(ecKey, "e"), public(edKey, "d")))
	doors := []*identity.Door{
		door(f, folder, "mode: apiKeys\nkeys:\n"+subject("a", hash), identity.Options{}),
		door(f, folder, "mode: jwt\nissuer: "+issuer+"\naudience: [tributary]\njwks: { file: jwks.json }\n", identity.Options{}),
	}
	forged := sign(f, jose.RS256, otherRSA, "r", nil, claims(nil))
	for _, seed := range [][2]string{
		{"Bearer " + forged, ""}, {"bearer a.b.c", "x"}, {"Basic eDp5", ""}, {"Bearer", "Bearer"}, {"", hash}, {"Bearer  \t", " "},
		{"Bearer trb_A, Bearer trb_B", "trb_A"}, {"Bearer e30.e30.", ""}, {"Bearer =", "="}, {"\x00", "\xff"},
	} {
		f.Add(seed[0], seed[1], true)
	}
	f.Fuzz(func(t *testing.T, authorization, key string, both bool) {
		r := &http.Request{Header: http.Header{"Authorization": {authorization}, "X-Api-Key": {key}}}
		if !both {
			delete(r.Header, "X-Api-Key")
		}
		for _, d := range doors {
			refuses(t, d, r)
		}
	})
}

// FuzzToken sends any header and claims with a signature of nobody's.
func FuzzToken(f *testing.F) {
	folder := f.TempDir()
	write(f, filepath.Join(folder, "jwks.json"), set(public(rsaKey, "r"), public(ecKey, "e"), public(edKey, "d")))
	d := door(f, folder, "mode: jwt\nissuer: "+issuer+"\naudience: [tributary]\njwks: { file: jwks.json }\n", identity.Options{})
	parts := strings.Split(sign(f, jose.RS256, otherRSA, "r", nil, claims(nil)), ".")
	signature := must(base64.RawURLEncoding.DecodeString(parts[2]))
	body := must(base64.RawURLEncoding.DecodeString(parts[1]))
	for _, header := range []string{
		`{"alg":"RS256","kid":"r"}`, `{"alg":"none"}`, `{"alg":"ES256","kid":"e"}`, `{"alg":"EdDSA","kid":"d"}`, `{"alg":"HS256","kid":"r"}`,
		`{"alg":"RS256","jwk":{"kty":"RSA","n":"AQAB","e":"AQAB"}}`, `{"alg":"RS256","x5c":["AA=="],"x5u":":"}`, `{"alg":"RS256","crit":["b64"],"b64":false}`, `[]`,
	} {
		f.Add([]byte(header), body, signature)
	}
	f.Fuzz(func(t *testing.T, header, body, signature []byte) {
		part := base64.RawURLEncoding.EncodeToString
		refuses(t, d, bearer(part(header)+"."+part(body)+"."+part(signature)))
	})
}

// FuzzKeySet reads what an issuer may show: nothing panics, and what is taken
// lets nobody in whose token it did not sign.
func FuzzKeySet(f *testing.F) {
	folder := f.TempDir()
	path := filepath.Join(folder, "jwks.json")
	write(f, path, set(public(rsaKey, "r")))
	d := door(f, folder, "mode: jwt\nissuer: "+issuer+"\naudience: [tributary]\njwks: { file: jwks.json }\n", identity.Options{})
	forged := bearer(good(f, otherRSA, "r"))
	for _, seed := range []string{
		set(public(rsaKey, "r"), public(ecKey, "e"), public(edKey, "d")), `{}`, `{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA"}]}`,
		`{"keys":[{"kty":"RSA","n":"AQAB","e":"AA"},null,7,{"kty":"oct","k":"AA"}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, document string) {
		write(t, path, document)
		_ = d.Reload()
		refuses(t, d, forged)
	})
}
