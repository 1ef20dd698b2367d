package tlsfiles_test

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tributary/config"
	"tributary/tlsfiles"
)

func TestHTTP2IsNegotiatedAndHTTP1Served(t *testing.T) {
	pair := issue(t, later)
	s := serve(t, pair, nil)
	if proto, err := s.get(pair, nil); err != nil || proto != "HTTP/2.0" {
		t.Errorf("got %q and %v", proto, err)
	}
	connection, err := tls.Dial("tcp", s.addr, &tls.Config{RootCAs: pair.pool(), NextProtos: []string{"http/1.1"}})
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	if state := connection.ConnectionState(); state.NegotiatedProtocol != "http/1.1" || state.Version != tls.VersionTLS13 {
		t.Errorf("got %q and %x", state.NegotiatedProtocol, state.Version)
	}
	if !s.NotAfter().Equal(later) {
		t.Errorf("it expires at %s, want %s", s.NotAfter(), later)
	}
}

func TestOldProtocolsAndCiphersAreRefused(t *testing.T) {
	pair := issue(t, later)
	for _, test := range []struct {
		name    string
		least   string
		version uint16
		suite   uint16
		in      bool
	}{
		{"TLS 1.3", "1.2", tls.VersionTLS13, 0, true},
		{"TLS 1.2 with AEAD", "1.2", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, true},
		{"TLS 1.2 with CBC", "1.2", tls.VersionTLS12, tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA, false},
		{"TLS 1.2 where 1.3 is the least", "1.3", tls.VersionTLS12, 0, false},
		{"TLS 1.1", "1.2", tls.VersionTLS11, 0, false},
		{"TLS 1.0", "1.2", tls.VersionTLS10, 0, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, pair, func(s *tlsfiles.Settings) { s.MinVersion = test.least })
			_, err := s.get(pair, func(c *tls.Config) {
				c.MinVersion, c.MaxVersion = test.version, test.version
				if test.suite != 0 {
					c.CipherSuites = []uint16{test.suite}
				}
			})
			if (err == nil) != test.in {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestACertificateIsReplacedWithoutARestart(t *testing.T) {
	old, fresh := issue(t, later), issue(t, later.Add(time.Hour))
	s := serve(t, old, nil)
	s.shows(t, old)
	s.put(t, fresh)
	s.shows(t, old) // looked at less than a second ago
	s.moved.Add(int64(time.Second))
	s.shows(t, fresh)
	if !s.NotAfter().Equal(later.Add(time.Hour)) {
		t.Errorf("it expires at %s", s.NotAfter())
	}
	s.put(t, old)
	if err := s.Reload(); err != nil {
		t.Fatal(err)
	}
	s.shows(t, old)
}

func TestACertificateBehindALinkIsReplaced(t *testing.T) {
	old, fresh := issue(t, later), issue(t, later)
	folder := t.TempDir()
	for name, pair := range map[string]issued{"..0": old, "..1": fresh} {
		if err := os.Mkdir(filepath.Join(folder, name), 0o700); err != nil {
			t.Fatal(err)
		}
		place(t, filepath.Join(folder, name, "tls.crt"), pair.cert)
		place(t, filepath.Join(folder, name, "tls.key"), pair.key)
	}
	link := func(target string) {
		if err := os.Symlink(target, filepath.Join(folder, "new")); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(filepath.Join(folder, "new"), filepath.Join(folder, "..data")); err != nil {
			t.Fatal(err)
		}
	}
	link("..0")
	s := serve(t, old, func(s *tlsfiles.Settings) {
		s.CertFile, s.KeyFile = filepath.Join(folder, "..data", "tls.crt"), filepath.Join(folder, "..data", "tls.key")
	})
	s.shows(t, old)
	link("..1")
	s.moved.Add(int64(time.Second))
	s.shows(t, fresh)
}

func TestABrokenEditLeavesTheCertificateInForce(t *testing.T) {
	old, fresh := issue(t, later), issue(t, later)
	for _, test := range []struct {
		name      string
		cert, key []byte
		fault     string
	}{
		{"another's key", old.cert, fresh.key, "no pair of certificate and key"},
		{"no certificate", []byte("none"), old.key, "no pair of certificate and key"},
		{"an empty key", old.cert, []byte{}, "no pair of certificate and key"},
		{"half a certificate", old.cert[:100], old.key, "no pair of certificate and key"},
		{"a key that is gone", old.cert, nil, "cannot be read"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := serve(t, old, nil)
			s.shows(t, old)
			place(t, s.settings.CertFile, test.cert)
			place(t, s.settings.KeyFile, test.key)
			s.moved.Add(int64(time.Second))
			s.shows(t, old)
			if log := s.logged(); !strings.Contains(log, "level=ERROR") || !strings.Contains(log, test.fault) || strings.Contains(log, "PRIVATE") {
				t.Errorf("the log says %s", log)
			}
			if err := s.Reload(); err == nil {
				t.Error("the fault was not said")
			}
			s.moved.Add(int64(time.Second))
			before := s.logged()
			s.shows(t, old)
			if s.logged() != before {
				t.Error("the same fault was logged at each handshake")
			}
			s.put(t, fresh)
			s.moved.Add(int64(time.Second))
			s.shows(t, fresh)
		})
	}
}

func TestAnExpiredCertificateIsServedAndSaid(t *testing.T) {
	pair := issue(t, time.Now().Add(-time.Hour))
	s := serve(t, pair, nil)
	if _, err := s.get(pair, nil); err == nil || !strings.Contains(err.Error(), "expired") {
		t.Errorf("got %v", err)
	}
	if !strings.Contains(s.logged(), "level=WARN") || s.NotAfter().After(time.Now()) {
		t.Errorf("it expires at %s and the log says %s", s.NotAfter(), s.logged())
	}
}

func TestClientsShowACertificateWhereOneIsAskedFor(t *testing.T) {
	pair, client, other := issue(t, later), issue(t, later), issue(t, later)
	authorities := filepath.Join(t.TempDir(), "clients.pem")
	place(t, authorities, client.cert)
	s := serve(t, pair, func(s *tlsfiles.Settings) { s.ClientCAFile = authorities })
	as := func(who issued) func(*tls.Config) {
		return func(c *tls.Config) {
			shown, err := tls.X509KeyPair(who.cert, who.key)
			if err != nil {
				t.Error(err)
			}
			c.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &shown, nil }
		}
	}
	if _, err := s.get(pair, nil); err == nil {
		t.Error("a client without a certificate was served")
	}
	if _, err := s.get(pair, as(other)); err == nil {
		t.Error("another's client was served")
	}
	if _, err := s.get(pair, as(client)); err != nil {
		t.Error(err)
	}
	place(t, authorities, other.cert)
	s.moved.Add(int64(time.Second))
	if _, err := s.get(pair, as(client)); err == nil {
		t.Error("a client of an authority that is gone was served")
	}
	if _, err := s.get(pair, as(other)); err != nil {
		t.Error(err)
	}
	place(t, authorities, []byte("none"))
	if err := s.Reload(); err == nil || !strings.Contains(err.Error(), "no certificate") {
		t.Errorf("got %v", err)
	}
}

func TestClientsAreServedWhileFilesAreReplaced(t *testing.T) {
	pair := issue(t, later)
	s := serve(t, pair, nil)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				if _, err := s.get(pair, nil); err != nil {
					t.Error(err)
				}
				s.moved.Add(int64(time.Second))
			}
		})
	}
	for range 20 {
		s.put(t, pair)
		_ = s.Reload()
	}
	all.Wait()
}

func TestFaultsOfTheSettingsAreSaidWithTheirPlace(t *testing.T) {
	for text, fault := range map[string]string{
		"certFile: c": "c.yaml:1:1: keyFile: the file of the key is missing",
		"keyFile: k":  "c.yaml:1:1: certFile: the file of the certificate is missing",
		"{ certFile: c, keyFile: k, minVersion: '1.1' }": "c.yaml:1:40: minVersion: write 1.2 or 1.3",
		"{ certFile: c, keyFile: k, ciphers: [] }":       `unknown key "ciphers"`,
	} {
		node, err := config.Read("c.yaml", []byte(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		var settings tlsfiles.Settings
		if err := node.Decode(&settings); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: got %v", text, err)
		}
	}
	_, err := tlsfiles.Load(tlsfiles.Settings{CertFile: "none", KeyFile: "none"}, slog.New(slog.DiscardHandler))
	if err == nil || !strings.Contains(err.Error(), "none: the file cannot be read") {
		t.Errorf("got %v", err)
	}
}
