package identity_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"go.uber.org/goleak"

	"tributary/access"
	"tributary/config"
	"tributary/identity"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// door opens what the text of a configuration says under auth.
func door(t testing.TB, folder, text string, options identity.Options) *identity.Door {
	t.Helper()
	node, err := config.Read(filepath.Join(folder, "config.yaml"), []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	settings, err := identity.Read(node, folder, nil)
	if err != nil {
		t.Fatal(err)
	}
	if options.Log == nil {
		options.Log = slog.New(slog.DiscardHandler)
	}
	d := identity.New(settings, options)
	t.Cleanup(d.Close)
	return d
}

// ask is a request with headers, name and value in turn.
func ask(headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/graphql", nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func bearer(token string) *http.Request { return ask("Authorization", "Bearer "+token) }

// admits expects a caller of that subject.
func admits(t testing.TB, d *identity.Door, r *http.Request, subject string) *access.Caller {
	t.Helper()
	caller, err := d.Authenticate(r)
	if err != nil || caller.Subject != subject {
		t.Fatalf("got %+v and %v, want %s", caller, err, subject)
	}
	return caller
}

// refuses expects none, and the one error.
func refuses(t testing.TB, d *identity.Door, r *http.Request) {
	t.Helper()
	if caller, err := d.Authenticate(r); caller != nil || err != identity.ErrRefused {
		t.Fatalf("got %+v and %v", caller, err)
	}
}

// reasons hears why credentials were refused.
type reasons struct {
	mu  sync.Mutex
	all []string
}

func (r *reasons) observe(reason string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, reason)
}

// last is the last reason, and forgets it.
func (r *reasons) last() identity.Reason {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) == 0 {
		return ""
	}
	last := r.all[len(r.all)-1]
	r.all = nil
	return identity.Reason(last)
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace puts a file in the place of another, as editors do.
func replace(t testing.TB, path, text string) {
	t.Helper()
	write(t, path+".new", text)
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// Keys that are made once, since RSA keys take long.
var (
	rsaKey   = must(rsa.GenerateKey(rand.Reader, 2048))
	otherRSA = must(rsa.GenerateKey(rand.Reader, 2048))
	ecKey    = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	p384Key  = must(ecdsa.GenerateKey(elliptic.P384(), rand.Reader))
	edKey    = edOnly(ed25519.GenerateKey(rand.Reader))
)

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func edOnly(_ ed25519.PublicKey, key ed25519.PrivateKey, err error) ed25519.PrivateKey {
	return must(key, err)
}

// public is a key as an issuer shows it.
func public(key crypto.Signer, kid string) jose.JSONWebKey {
	return jose.JSONWebKey{Key: key.Public(), KeyID: kid}
}

func set(keys ...jose.JSONWebKey) string {
	return string(must(json.Marshal(jose.JSONWebKeySet{Keys: keys})))
}

// sign is a token of claims, with headers beside alg and kid.
func sign(t testing.TB, alg jose.SignatureAlgorithm, key any, kid string, headers map[jose.HeaderKey]any, claims any) string {
	t.Helper()
	all := map[jose.HeaderKey]any{}
	if kid != "" {
		all["kid"] = kid
	}
	maps.Copy(all, headers)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: key}, &jose.SignerOptions{ExtraHeaders: all})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(must(json.Marshal(claims)))
	if err != nil {
		t.Fatal(err)
	}
	return must(signed.CompactSerialize())
}

const issuer = "https://issuer.example.com/"

// claims are good ones, with changes; a nil takes one away.
func claims(changes map[string]any) map[string]any {
	all := map[string]any{
		"iss": issuer, "aud": "tributary", "sub": "ada", "exp": time.Now().Add(time.Hour).Unix(), "scope": "read openid write",
		"accounts": []string{"acme", "beta"},
	}
	for name, value := range changes {
		if all[name] = value; value == nil {
			delete(all, name)
		}
	}
	return all
}

// good is a token that is let in.
func good(t testing.TB, key crypto.Signer, kid string) string {
	t.Helper()
	return sign(t, jose.RS256, key, kid, nil, claims(nil))
}

// shown is a server of keys, whose answer can be changed.
type shown struct {
	*httptest.Server
	asked  atomic.Int64
	answer atomic.Pointer[http.HandlerFunc]
}

func show(t testing.TB, document string) *shown {
	s := &shown{}
	s.set(document)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		(*s.answer.Load())(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *shown) set(document string) {
	s.handle(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(document)) })
}

func (s *shown) handle(answer http.HandlerFunc) { s.answer.Store(&answer) }

// auth is a configuration of tokens whose keys are at the URL of s.
func (s *shown) auth(more string) string {
	return "mode: jwt\nissuer: " + issuer + "\naudience: [tributary, other]\njwks: { url: '" + s.URL + "/keys' }\n" + more
}
