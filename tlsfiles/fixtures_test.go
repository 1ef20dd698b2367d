package tlsfiles_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/tlsfiles"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// issued is a certificate that signs itself, and its key, as PEM.
type issued struct{ cert, key []byte }

var serial atomic.Int64

// issue makes one that ends at notAfter.
func issue(t testing.TB, notAfter time.Time) issued {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial.Add(1)), Subject: pkix.Name{CommonName: "gateway"},
		NotBefore: notAfter.Add(-48 * time.Hour), NotAfter: notAfter, DNSNames: []string{"localhost"},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return issued{
		pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}),
	}
}

func (i issued) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(i.cert)
	return pool
}

// place puts a text in the place of a file by a rename, or removes the file for nil.
func place(t testing.TB, path string, text []byte) {
	t.Helper()
	if text == nil {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		return
	}
	if err := os.WriteFile(path+".new", text, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".new", path); err != nil {
		t.Fatal(err)
	}
}

// served is a real server of files whose clock stands until it is moved.
type served struct {
	*tlsfiles.Files
	settings tlsfiles.Settings
	addr     string
	log      *bytes.Buffer
	mu       sync.Mutex
	moved    atomic.Int64
}

func (s *served) Write(line []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(line)
}

func (s *served) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

func (s *served) put(t testing.TB, pair issued) {
	t.Helper()
	place(t, s.settings.CertFile, pair.cert)
	place(t, s.settings.KeyFile, pair.key)
}

func serve(t testing.TB, pair issued, change func(*tlsfiles.Settings)) *served {
	t.Helper()
	s := &served{log: &bytes.Buffer{}}
	s.settings.Defaults()
	s.settings.CertFile, s.settings.KeyFile = "tls.crt", "tls.key"
	s.settings = s.settings.In(t.TempDir())
	if change != nil {
		change(&s.settings)
	}
	if err := s.settings.Validate(); err != nil {
		t.Fatal(err)
	}
	s.put(t, pair)
	start := time.Now()
	var err error
	s.Files, err = tlsfiles.LoadBy(s.settings, slog.New(slog.NewTextHandler(s, nil)), func() time.Time {
		return start.Add(time.Duration(s.moved.Load()))
	})
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.addr = listener.Addr().String()
	server := &http.Server{
		TLSConfig: s.Config(), ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError),
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.WriteString(w, r.Proto) }),
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.ServeTLS(listener, "", "")
	}()
	t.Cleanup(func() {
		_ = server.Close()
		<-done
	})
	return s
}

// get is the protocol of an answer to a client that trusts pair.
func (s *served) get(pair issued, change func(*tls.Config)) (string, error) {
	transport := &http.Transport{ForceAttemptHTTP2: true, DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: pair.pool()}}
	if change != nil {
		change(transport.TLSClientConfig)
	}
	client := &http.Client{Transport: transport, Timeout: 20 * time.Second}
	answer, err := client.Get("https://" + s.addr)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	return string(body), err
}

// shows expects pair's certificate.
func (s *served) shows(t *testing.T, pair issued) {
	t.Helper()
	if _, err := s.get(pair, nil); err != nil {
		t.Fatal(err)
	}
}

var later = time.Now().Add(time.Hour).Truncate(time.Second).UTC()
