package identity_test

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tributary/access"
	"tributary/identity"
	"tributary/logtest"
)

func TestATokenIsItsSubject(t *testing.T) {
	s := show(t, set(public(rsaKey, "r"), public(ecKey, "e"), public(edKey, "d")))
	d := door(t, "", s.auth(""), identity.Options{})
	for _, test := range []struct {
		alg jose.SignatureAlgorithm
		key any
		kid string
	}{{jose.RS256, rsaKey, "r"}, {jose.ES256, ecKey, "e"}, {jose.EdDSA, edKey, "d"}, {jose.ES256, ecKey, ""}} {
		caller := admits(t, d, bearer(sign(t, test.alg, test.key, test.kid, nil, claims(nil))), "ada")
		if !slices.Equal(caller.Scopes, []access.Scope{access.Read, access.Write}) || caller.AllAccounts ||
			!slices.Equal(caller.Accounts, []string{"acme", "beta"}) {
			t.Errorf("got %+v", caller)
		}
	}
	refuses(t, d, ask("X-Api-Key", good(t, rsaKey, "r")))
	r := ask()
	r.URL.RawQuery = "access_token=" + good(t, rsaKey, "r")
	refuses(t, d, r)
}

func TestWhatClaimsGrant(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	const named = "claims: { subject: user.name, scopes: 'https://example.com/scopes', accounts: tributary.accounts }\n"
	const granted = "scopes: [read]\naccounts: [house]\n"
	for _, test := range []struct {
		name, settings string
		changes        map[string]any
		want           *access.Caller // nil where it is refused
	}{
		{"an array of scopes", "", map[string]any{"scope": []string{"admin", "read", "read", "x"}},
			&access.Caller{Subject: "ada", Scopes: []access.Scope{access.Read, access.Admin}, Accounts: []string{"acme", "beta"}}},
		{"one account", "", map[string]any{"accounts": "acme"},
			&access.Caller{Subject: "ada", Scopes: []access.Scope{access.Read, access.Write}, Accounts: []string{"acme"}}},
		{"neither claim", "", map[string]any{"accounts": nil, "scope": nil}, &access.Caller{Subject: "ada"}},
		{"neither claim, granted by the settings", granted, map[string]any{"accounts": nil, "scope": nil},
			&access.Caller{Subject: "ada", Scopes: []access.Scope{access.Read}, Accounts: []string{"house"}}},
		{"empty claims over what the settings grant", granted, map[string]any{"accounts": []string{}, "scope": ""}, &access.Caller{Subject: "ada"}},
		{"all accounts by the settings", "accounts: all\n", map[string]any{"accounts": nil, "scope": nil}, &access.Caller{Subject: "ada", AllAccounts: true}},
		{"a star that stands for all", "allAccounts: '*'\n", map[string]any{"accounts": []string{"acme", "*"}, "scope": nil}, &access.Caller{Subject: "ada", AllAccounts: true}},
		{"a star that stands for nothing", "", map[string]any{"accounts": "*", "scope": nil}, &access.Caller{Subject: "ada", Accounts: []string{"*"}}},
		{"an empty account is not all", "", map[string]any{"accounts": "", "scope": nil}, &access.Caller{Subject: "ada", Accounts: []string{""}}},
		{"other names", named, map[string]any{
			"user": map[string]any{"name": "bea"}, "https://example.com/scopes": "plans", "tributary": map[string]any{"accounts": []string{"x"}}},
			&access.Caller{Subject: "bea", Scopes: []access.Scope{access.Plans}, Accounts: []string{"x"}}},
		{"other names that are missing", named, nil, nil},
		{"a path through no object", named, map[string]any{"user": "name"}, nil},
		{"scopes that are a number", "", map[string]any{"scope": 7}, nil},
		{"scopes that are an object", "", map[string]any{"scope": map[string]any{"read": true}}, nil},
		{"accounts with a number", "", map[string]any{"accounts": []any{"acme", 7}}, nil},
		{"accounts that are true", "accounts: all\n", map[string]any{"accounts": true}, nil},
		{"no subject", "", map[string]any{"sub": nil}, nil},
		{"an empty subject", "", map[string]any{"sub": ""}, nil},
		{"a subject with a line break", "", map[string]any{"sub": "a\nb"}, nil},
		{"a long subject", "", map[string]any{"sub": strings.Repeat("a", 257)}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			why := &reasons{}
			d := door(t, "", s.auth(test.settings), identity.Options{Observe: why.observe})
			token := bearer(sign(t, jose.RS256, rsaKey, "r", nil, claims(test.changes)))
			if test.want == nil {
				refuses(t, d, token)
				if got := why.last(); got != identity.WrongClaims {
					t.Errorf("the reason is %q", got)
				}
				return
			}
			got := admits(t, d, token, test.want.Subject)
			if !slices.Equal(got.Scopes, test.want.Scopes) || !slices.Equal(got.Accounts, test.want.Accounts) || got.AllAccounts != test.want.AllAccounts {
				t.Errorf("got %+v, want %+v", got, test.want)
			}
		})
	}
	t.Run("null grants nothing", func(t *testing.T) {
		d := door(t, "", s.auth(granted), identity.Options{})
		all := claims(nil)
		all["scope"] = nil
		refuses(t, d, bearer(sign(t, jose.RS256, rsaKey, "r", nil, all)))
	})
}

// encode is a part of a token.
func encode(value any) string { return base64.RawURLEncoding.EncodeToString(must(json.Marshal(value))) }

func TestATamperedTokenIsRefused(t *testing.T) {
	weak := public(rsaKey, "for encryption")
	weak.Use = "enc"
	only := public(rsaKey, "for RS512")
	only.Algorithm = "RS512"
	s := show(t, set(public(rsaKey, "r"), public(ecKey, "e"), public(p384Key, "p"), weak, only))
	why := &reasons{}
	log := logtest.Listen()
	d := door(t, "", s.auth(""), identity.Options{Log: log.Logger(), Observe: why.observe})
	fine := good(t, rsaKey, "r")
	admits(t, d, bearer(fine), "ada")
	parts := strings.Split(fine, ".")
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).Unix() }
	change := func(changes map[string]any) string { return sign(t, jose.RS256, rsaKey, "r", nil, claims(changes)) }
	header := func(headers map[jose.HeaderKey]any) string {
		return sign(t, jose.RS256, otherRSA, "r", headers, claims(nil))
	}
	publicPEM := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: must(x509.MarshalPKIXPublicKey(rsaKey.Public()))})
	flipped := []byte(parts[2])
	if middle := &flipped[len(flipped)/2]; *middle == 'A' {
		*middle = 'B'
	} else {
		*middle = 'A'
	}
	for _, test := range []struct {
		name, token string
		reason      identity.Reason
	}{
		{"no algorithm", encode(map[string]any{"alg": "none", "kid": "r"}) + "." + parts[1] + ".", identity.WrongAlgorithm},
		{"no algorithm, in other letters", encode(map[string]any{"alg": "nOnE", "kid": "r"}) + "." + parts[1] + ".", identity.WrongAlgorithm},
		{"no algorithm and a signature", encode(map[string]any{"alg": "none", "kid": "r"}) + "." + parts[1] + "." + parts[2], identity.WrongAlgorithm},
		{"no signature", parts[0] + "." + parts[1] + ".", identity.WrongSignature},
		{"the public key as the secret of HS256", sign(t, jose.HS256, publicPEM, "r", nil, claims(nil)), identity.WrongAlgorithm},
		{"an algorithm that is not pinned", sign(t, jose.PS256, rsaKey, "r", nil, claims(nil)), identity.WrongAlgorithm},
		{"a key of another kind", sign(t, jose.ES256, ecKey, "r", nil, claims(nil)), identity.NoSuchKey},
		{"another curve than the algorithm's", sign(t, jose.RS256, rsaKey, "p", nil, claims(nil)), identity.NoSuchKey},
		{"a key for encryption", sign(t, jose.RS256, rsaKey, "for encryption", nil, claims(nil)), identity.NoSuchKey},
		{"a key for another algorithm", sign(t, jose.RS256, rsaKey, "for RS512", nil, claims(nil)), identity.NoSuchKey},
		{"a kid that is a path", good(t, rsaKey, "../../../dev/null"), identity.NoSuchKey},
		{"a kid that is SQL", good(t, rsaKey, "r' UNION SELECT 'x"), identity.NoSuchKey},
		{"a kid that is no text", encode(map[string]any{"alg": "RS256", "kid": []string{"r"}}) + "." + parts[1] + "." + parts[2], identity.Malformed},
		{"another's signature", good(t, otherRSA, "r"), identity.WrongSignature},
		{"a key of its own", header(map[jose.HeaderKey]any{"jwk": public(otherRSA, "r")}), identity.WrongSignature},
		{"a URL of keys of its own", header(map[jose.HeaderKey]any{"jku": "https://evil.example.com/keys"}), identity.WrongSignature},
		{"a URL of certificates of its own", header(map[jose.HeaderKey]any{"x5u": "https://evil.example.com/cert"}), identity.WrongSignature},
		{"an extension that is critical", sign(t, jose.RS256, rsaKey, "r", map[jose.HeaderKey]any{"crit": []string{"x"}, "x": 1}, claims(nil)), identity.Malformed},
		{"an empty list of extensions", sign(t, jose.RS256, rsaKey, "r", map[jose.HeaderKey]any{"crit": []string{}}, claims(nil)), identity.Malformed},
		{"a flipped bit", parts[0] + "." + parts[1] + "." + string(flipped), identity.WrongSignature},
		{"other claims", parts[0] + "." + encode(claims(map[string]any{"sub": "eve"})) + "." + parts[2], identity.WrongSignature},
		{"four parts", fine + ".x", identity.Malformed},
		{"two parts", parts[0] + "." + parts[1], identity.Malformed},
		{"five parts, an encrypted token", "a.b.c.d.e", identity.Malformed},
		{"no JSON", "e30.e30.e30", identity.WrongAlgorithm},
		{"a header twice", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"RS256","kid":"x","kid":"r"}`)) + "." + parts[1] + "." + parts[2], identity.Malformed},
		{"the JSON form", `{"payload":"` + parts[1] + `"}`, identity.Malformed},
		{"too long", strings.Repeat("a", 16<<10+1), identity.Malformed},
		{"another issuer", change(map[string]any{"iss": "https://issuer.example.com"}), identity.WrongIssuer},
		{"no issuer", change(map[string]any{"iss": nil}), identity.WrongIssuer},
		{"another audience", change(map[string]any{"aud": []string{"x", "tributary "}}), identity.WrongAudience},
		{"no audience", change(map[string]any{"aud": nil}), identity.WrongAudience},
		{"an empty audience", change(map[string]any{"aud": []string{}}), identity.WrongAudience},
		{"an end long ago", change(map[string]any{"exp": ago(time.Hour)}), identity.Expired},
		{"no end", change(map[string]any{"exp": nil}), identity.WrongClaims},
		{"an end that is text", change(map[string]any{"exp": "9999999999"}), identity.WrongClaims},
		{"an end past all numbers", change(map[string]any{"exp": 1e300}), identity.WrongClaims},
		{"a start to come", change(map[string]any{"nbf": ago(-time.Hour)}), identity.NotYet},
		{"made in the future", change(map[string]any{"iat": ago(-time.Hour)}), identity.NotYet},
		{"claims that are a list", sign(t, jose.RS256, rsaKey, "r", nil, []string{"x"}), identity.WrongClaims},
		{"claims that are null", sign(t, jose.RS256, rsaKey, "r", nil, nil), identity.WrongClaims},
		{"a claim twice", sign(t, jose.RS256, rsaKey, "r", nil, json.RawMessage(
			`{"iss":"`+issuer+`","aud":"tributary","sub":"ada","sub":"eve","exp":9999999999}`)), identity.WrongClaims},
		{"a claim in other letters", sign(t, jose.RS256, rsaKey, "r", nil, json.RawMessage(
			`{"iss":"`+issuer+`","aud":"tributary","Sub":"ada","exp":9999999999}`)), identity.WrongClaims},
	} {
		t.Run(test.name, func(t *testing.T) {
			refuses(t, d, bearer(test.token))
			if got := why.last(); got != test.reason {
				t.Errorf("the reason is %q, want %q", got, test.reason)
			}
			for part := range strings.SplitSeq(test.token, ".") {
				if len(part) > 8 && strings.Contains(log.Text(), part) {
					t.Errorf("the log holds %q", part)
				}
			}
		})
	}
	admits(t, d, bearer(fine), "ada")
}

func TestClocksMayDifferByTheSkew(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	now := time.Unix(1_800_000_000, 0)
	at := func(d time.Duration) int64 { return now.Add(d).Unix() }
	d := door(t, "", s.auth("clockSkew: 30s\n"), identity.Options{}.WithClock(func() time.Time { return now }))
	for _, test := range []struct {
		name    string
		changes map[string]any
		in      bool
	}{
		{"ended within it", map[string]any{"exp": at(-29 * time.Second)}, true},
		{"ended before it", map[string]any{"exp": at(-31 * time.Second)}, false},
		{"starts within it", map[string]any{"exp": at(time.Hour), "nbf": at(29 * time.Second)}, true},
		{"starts after it", map[string]any{"exp": at(time.Hour), "nbf": at(31 * time.Second)}, false},
		{"made within it", map[string]any{"exp": at(time.Hour), "iat": at(29 * time.Second)}, true},
		{"made after it", map[string]any{"exp": at(time.Hour), "iat": at(31 * time.Second)}, false},
		{"with a fraction", map[string]any{"exp": float64(at(time.Hour)) + 0.5}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			token := bearer(sign(t, jose.RS256, rsaKey, "r", nil, claims(test.changes)))
			if test.in {
				admits(t, d, token, "ada")
				return
			}
			refuses(t, d, token)
		})
	}
}

func TestATypeIsAskedForWhereTheSettingsNameOne(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	why := &reasons{}
	d := door(t, "", s.auth("typ: at+jwt\n"), identity.Options{Observe: why.observe})
	for typ, in := range map[string]bool{"at+jwt": true, "AT+JWT": true, "application/at+jwt": true, "JWT": false, "": false, "application/": false} {
		token := bearer(sign(t, jose.RS256, rsaKey, "r", map[jose.HeaderKey]any{"typ": typ}, claims(nil)))
		if in {
			admits(t, d, token, "ada")
			continue
		}
		refuses(t, d, token)
		if got := why.last(); got != identity.WrongType {
			t.Errorf("%q: the reason is %q", typ, got)
		}
	}
}

func TestAVerifiedTokenIsTakenUntilItEnds(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	now := time.Now().Truncate(time.Second)
	d := door(t, "", s.auth("clockSkew: 0s\n"), identity.Options{}.WithClock(func() time.Time { return now }))
	token := bearer(sign(t, jose.RS256, rsaKey, "r", nil, claims(map[string]any{"exp": now.Add(20 * time.Second).Unix()})))
	first := admits(t, d, token, "ada")
	now = now.Add(19 * time.Second)
	if admits(t, d, token, "ada") != first {
		t.Error("it was verified again")
	}
	now = now.Add(2 * time.Second)
	refuses(t, d, token)

	long := bearer(sign(t, jose.RS256, rsaKey, "r", nil, claims(map[string]any{"exp": now.Add(time.Hour).Unix()})))
	first = admits(t, d, long, "ada")
	now = now.Add(time.Minute)
	if admits(t, d, long, "ada") == first {
		t.Error("it was not verified again after a minute")
	}
}
