package identity_test

import (
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"tributary/identity"
	"tributary/logtest"
)

// clock stands until it is moved.
type clock struct{ now atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.now.Store(time.Now().UnixNano())
	return c
}

func (c *clock) Now() time.Time        { return time.Unix(0, c.now.Load()) }
func (c *clock) move(by time.Duration) { c.now.Add(int64(by)) }

func TestAnIssuerRotatesItsKeys(t *testing.T) {
	s := show(t, set(public(rsaKey, "old")))
	log := logtest.Listen()
	d := door(t, "", s.auth(""), identity.Options{Log: log.Logger()})
	old := bearer(good(t, rsaKey, "old"))
	admits(t, d, old, "ada")
	s.set(set(public(rsaKey, "old"), public(otherRSA, "new")))
	admits(t, d, bearer(good(t, otherRSA, "new")), "ada")
	admits(t, d, old, "ada")
	s.set(set(public(otherRSA, "new")))
	log.Wait(t, "keys=2")
	if err := d.Reload(); err != nil {
		t.Fatal(err)
	}
	log.Wait(t, "keys=1")
	refuses(t, d, old)
	admits(t, d, bearer(good(t, otherRSA, "new")), "ada")
}

func TestMadeUpKidsCauseOneFetchAMinute(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	c := newClock()
	d := door(t, "", s.auth(""), identity.Options{}.WithClock(c.Now))
	admits(t, d, bearer(good(t, rsaKey, "r")), "ada")
	var tokens []string
	for i := range 80 {
		tokens = append(tokens, good(t, otherRSA, fmt.Sprint("made up ", i)))
	}
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 10 {
				if _, err := d.Authenticate(bearer(tokens[10*i+j])); err == nil {
					t.Error("a made-up kid was taken")
				}
			}
		})
	}
	all.Wait()
	if asked := s.asked.Load(); asked != 2 {
		t.Errorf("the keys were fetched %d times, want 2", asked)
	}
	c.move(time.Minute)
	s.set(set(public(rsaKey, "r"), public(otherRSA, "new")))
	admits(t, d, bearer(good(t, otherRSA, "new")), "ada")
	if asked := s.asked.Load(); asked != 3 {
		t.Errorf("the keys were fetched %d times, want 3", asked)
	}
}

func TestTheLastGoodKeysServeWhileTheURLHasNone(t *testing.T) {
	elsewhere := show(t, set(public(otherRSA, "new")))
	t.Cleanup(func() {
		if elsewhere.asked.Load() != 0 {
			t.Error("the redirect was followed")
		}
	})
	small := must(rsa.GenerateKey(rand.Reader, 1024))
	shared := []byte("a secret that is shared with all")
	for _, test := range []struct {
		name   string
		answer http.HandlerFunc
		fault  string
	}{
		{"an error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, "status 500"},
		{"garbage", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }, "no JWK Set"},
		{"no keys", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "{}") }, "no key that can be used"},
		{"too much", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, strings.Repeat(" ", 1<<20+1)) }, "longer than"},
		{"without an end", func(w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				fmt.Fprint(w, strings.Repeat(" ", 1<<16))
			}
		}, "longer than"},
		{"too many keys", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"keys":[`+strings.Repeat(`{},`, 100)+`{}]}`)
		}, "101 keys"},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere.URL, http.StatusFound)
		}, "status 302"},
		{"cut off", func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }, "EOF"},
		{"a weak key", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, set(public(small, "new"))) }, "is weak"},
		{"a secret", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, set(jose.JSONWebKey{Key: shared, KeyID: "new"}))
		}, "is no public key"},
		{"a private key", func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, set(jose.JSONWebKey{Key: otherRSA, KeyID: "new"}))
		}, "is no public key"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := show(t, set(public(rsaKey, "r")))
			log := logtest.Listen()
			d := door(t, "", s.auth(""), identity.Options{Log: log.Logger()})
			admits(t, d, bearer(good(t, rsaKey, "r")), "ada")
			s.handle(test.answer)
			refuses(t, d, bearer(good(t, otherRSA, "new")))
			if line := log.Wait(t, "could not be fetched"); !strings.Contains(line, test.fault) {
				t.Errorf("the log says %s", line)
			}
			admits(t, d, bearer(good(t, rsaKey, "r")), "ada")
			s.set(set(public(otherRSA, "new")))
			log.Wait(t, "were fetched") // by itself, soon
			admits(t, d, bearer(good(t, otherRSA, "new")), "ada")
		})
	}
}

func TestASlowURLHoldsUpNoKnownToken(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	log := logtest.Listen()
	d := door(t, "", s.auth(""), identity.Options{Log: log.Logger()})
	fine := bearer(good(t, rsaKey, "r"))
	admits(t, d, fine, "ada")
	s.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	waited := make(chan error)
	go func() {
		_, err := d.Authenticate(bearer(good(t, otherRSA, "new")))
		waited <- err
	}()
	for s.asked.Load() < 2 {
		time.Sleep(time.Millisecond)
	}
	admits(t, d, fine, "ada")
	admits(t, d, bearer(sign(t, jose.RS256, rsaKey, "r", nil, claims(map[string]any{"jti": "another"}))), "ada")
	select {
	case err := <-waited:
		t.Errorf("the unknown kid did not wait: %v", err)
	default:
	}
	if err := <-waited; err != identity.ErrRefused {
		t.Errorf("got %v", err)
	}
	log.Wait(t, "could not be fetched")
}

func TestASlowURLHoldsUpABoundedNumberOfRequests(t *testing.T) {
	s := show(t, "")
	release := make(chan struct{})
	s.handle(func(w http.ResponseWriter, _ *http.Request) {
		<-release
		fmt.Fprint(w, set(public(rsaKey, "r")))
	})
	d := door(t, "", s.auth(""), identity.Options{})
	token := good(t, rsaKey, "r")
	answers := make(chan error)
	for range 150 {
		go func() {
			_, err := d.Authenticate(bearer(token))
			answers <- err
		}()
	}
	for range 118 {
		if err := <-answers; err != identity.ErrRefused {
			t.Errorf("one too many waited: %v", err)
		}
	}
	close(release)
	for range 32 {
		if err := <-answers; err != nil {
			t.Errorf("one that waited was refused: %v", err)
		}
	}
}

func TestTheGatewayStartsWithoutTheURL(t *testing.T) {
	s := show(t, "")
	s.handle(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusServiceUnavailable) })
	log := logtest.Listen()
	why := &reasons{}
	d := door(t, "", s.auth(""), identity.Options{Log: log.Logger(), Observe: why.observe})
	refuses(t, d, bearer(good(t, rsaKey, "r")))
	if got := why.last(); got != identity.NoSuchKey {
		t.Errorf("the reason is %q", got)
	}
	if line := log.Wait(t, "could not be fetched"); !strings.Contains(line, "any=false") {
		t.Errorf("the log says %s", line)
	}
	s.set(set(public(rsaKey, "r")))
	log.Wait(t, "were fetched")
	admits(t, d, bearer(good(t, rsaKey, "r")), "ada")
}

func TestADoorClosesWhileKeysAreFetched(t *testing.T) {
	s := show(t, "")
	s.handle(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	d := door(t, "", s.auth(""), identity.Options{})
	for s.asked.Load() == 0 {
		time.Sleep(time.Millisecond)
	}
	d.Close()
}

func TestKeysThatCannotBeUsedAreNamedInTheLog(t *testing.T) {
	p256 := public(ecKey, "e")
	p256.Use = "enc"
	s := show(t, `{"keys":[{"kty":"OKP","crv":"X25519","x":"AA"},{"kty":"future"},7,`+
		`{"kty":"RSA","n":"AQAB","e":"AQAB","key_ops":["encrypt"]},`+strings.TrimPrefix(set(p256, public(p384Key, "p"), public(rsaKey, "r")), `{"keys":[`))
	log := logtest.Listen()
	d := door(t, "", s.auth(""), identity.Options{Log: log.Logger()})
	line := log.Wait(t, "were fetched")
	for _, part := range []string{"keys=1", "number 1 is of a kind", "number 2 is of a kind", "number 3 is of a kind",
		"number 4 is not for signatures", "number 5 is not for signatures", "number 6 is for none of the algorithms"} {
		if !strings.Contains(line, part) {
			t.Errorf("%q is not in %s", part, line)
		}
	}
	admits(t, d, bearer(good(t, rsaKey, "r")), "ada")
	admits(t, d, bearer(good(t, rsaKey, "")), "ada")
}

func TestATokenWithoutAKidFitsWhereThereIsNoChoice(t *testing.T) {
	s := show(t, set(public(rsaKey, "a"), public(otherRSA, "b")))
	why := &reasons{}
	d := door(t, "", s.auth(""), identity.Options{Observe: why.observe})
	refuses(t, d, bearer(good(t, rsaKey, "")))
	if got := why.last(); got != identity.NoSuchKey {
		t.Errorf("the reason is %q", got)
	}
}

func TestTwoKeysOfOneKidAreBothTried(t *testing.T) {
	s := show(t, set(public(otherRSA, "r"), public(rsaKey, "r")))
	d := door(t, "", s.auth(""), identity.Options{})
	admits(t, d, bearer(good(t, rsaKey, "r")), "ada")
	admits(t, d, bearer(good(t, otherRSA, "r")), "ada")
}

func TestTokensAreToldWhileKeysAreReloaded(t *testing.T) {
	s := show(t, set(public(rsaKey, "r")))
	d := door(t, "", s.auth(""), identity.Options{})
	token := good(t, rsaKey, "r")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 32 {
				if _, err := d.Authenticate(bearer(token)); err != nil {
					t.Error(err)
				}
				_ = d.Reload()
			}
		})
	}
	all.Wait()
}

func TestAURLOverHTTPSIsAskedWithItsCertificateChecked(t *testing.T) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, set(public(rsaKey, "r")))
	}))
	s.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.StartTLS()
	defer s.Close()
	log := logtest.Listen()
	d := door(t, "", "mode: jwt\nissuer: "+issuer+"\naudience: [tributary]\njwks: { url: '"+s.URL+"' }\n", identity.Options{Log: log.Logger()})
	if line := log.Wait(t, "could not be fetched"); !strings.Contains(line, "certificate") {
		t.Errorf("the log says %s", line)
	}
	refuses(t, d, bearer(good(t, rsaKey, "r")))
}
