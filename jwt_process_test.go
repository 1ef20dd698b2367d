package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-json-experiment/json"

	"tributary/sandbox"
)

// issuer is a server of keys, with one that it signs with.
type issuer struct {
	*httptest.Server
	t     testing.TB
	shown atomic.Pointer[string]
}

const issuerName = "https://issuer.example.com/"

func startIssuer(t testing.TB) *issuer {
	i := &issuer{t: t}
	i.show()
	i.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write([]byte(*i.shown.Load()))
	}))
	t.Cleanup(i.Close)
	return i
}

// signer is a key with its name.
type signer struct {
	kid string
	key *ecdsa.PrivateKey
}

func newSigner(t testing.TB, kid string) signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return signer{kid, key}
}

// show makes the keys of signers those of the issuer.
func (i *issuer) show(signers ...signer) {
	i.t.Helper()
	set := jose.JSONWebKeySet{Keys: []jose.JSONWebKey{}}
	for _, s := range signers {
		set.Keys = append(set.Keys, jose.JSONWebKey{Key: s.key.Public(), KeyID: s.kid, Algorithm: string(jose.ES256), Use: "sig"})
	}
	text, err := json.Marshal(set)
	if err != nil {
		i.t.Fatal(err)
	}
	shown := string(text)
	i.shown.Store(&shown)
}

// token is one that is good for a caller with these claims besides.
func (s signer) token(t testing.TB, claims map[string]any) string {
	t.Helper()
	all := map[string]any{"iss": issuerName, "aud": "tributary", "sub": "ada", "exp": time.Now().Add(time.Hour).Unix(), "scope": "read"}
	for name, value := range claims {
		all[name] = value
	}
	body, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	by, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.ES256, Key: jose.JSONWebKey{Key: s.key, KeyID: s.kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := by.Sign(body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestTokensOfAnIssuerAreLetIn(t *testing.T) {
	t.Parallel()
	first, second, stranger := newSigner(t, "1"), newSigner(t, "2"), newSigner(t, "1")
	i := startIssuer(t)
	i.show(first)
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "listen: 127.0.0.1:0\n"+sandbox.Upstreams(vendors(t))+
		"auth: { mode: jwt, issuer: '"+issuerName+"', audience: [tributary], algorithms: [ES256], jwks: { url: '"+i.URL+"/keys' } }\n")
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	with := func(token string) string { return sees(t, p.url(), http.Header{"Authorization": {"Bearer " + token}}) }
	const nobody = "401 UNAUTHENTICATED"
	one := map[string]any{"accounts": []string{"acme"}}
	good := first.token(t, one)
	p.await("the issuer's keys", func() bool { return with(good) == "Acme" })
	for _, c := range []struct{ name, token, sees string }{
		{"two accounts", first.token(t, map[string]any{"accounts": []string{"acme", "globex"}}), "Acme, Globex"},
		{"no account", first.token(t, map[string]any{"accounts": []string{}}), ""},
		{"no claim of accounts", first.token(t, nil), ""},
		{"an account that there is not", first.token(t, map[string]any{"accounts": []string{"nowhere"}}), ""},
		{"no scope", first.token(t, map[string]any{"accounts": []string{"acme"}, "scope": ""}), "403 FORBIDDEN"},
		{"another issuer", first.token(t, map[string]any{"iss": "https://elsewhere.example/"}), nobody},
		{"another audience", first.token(t, map[string]any{"aud": "others"}), nobody},
		{"a time that is over", first.token(t, map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), nobody},
		{"a time that has not begun", first.token(t, map[string]any{"nbf": time.Now().Add(time.Hour).Unix()}), nobody},
		{"no end", first.token(t, map[string]any{"exp": nil}), nobody},
		{"a stranger's signature", stranger.token(t, one), nobody},
		{"no signature", good[:strings.LastIndex(good, ".")+1], nobody},
		{"the signature of another token", good[:strings.LastIndex(good, ".")] + first.token(t, nil)[strings.LastIndex(first.token(t, nil), "."):], nobody},
		{"no token", "garbage", nobody},
		{"three parts of nothing", "a.b.c", nobody},
		{"an algorithm called none", "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEiLCJzY29wZSI6ImFkbWluIn0.", nobody},
	} {
		if got := with(c.token); got != c.sees {
			t.Errorf("%s: sees %q, want %q", c.name, got, c.sees)
		}
	}

	i.show(first, second)
	young := second.token(t, one)
	p.await("the new key", func() bool { return with(young) == "Acme" })
	if got := with(good); got != "Acme" {
		t.Errorf("beside the new key a token of the old one sees %s", got)
	}
	i.show(second)
	p.signal(syscall.SIGHUP)
	p.await("the old key's end", func() bool { return with(good) == nobody })
	if got := with(young); got != "Acme" {
		t.Errorf("with the new key alone its token sees %s", got)
	}
	i.show()
	p.signal(syscall.SIGHUP)
	p.awaitLog("the issuer's keys could not be fetched")
	if got := with(young); got != "Acme" {
		t.Errorf("while the issuer shows no key, a token sees %s", got)
	}
	for _, token := range []string{good, young} {
		if log := p.log.String(); strings.Contains(log, token) || strings.Contains(log, token[strings.LastIndex(token, ".")+1:]) {
			t.Error("the log holds a token")
		}
	}
}
