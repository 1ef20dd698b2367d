package main_test

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
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// certificate is one for 127.0.0.1 that signs itself, and its key, as PEM.
type certificate struct {
	cert, key string
	pool      *x509.CertPool
}

func issue(t testing.TB, serial int64) certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "gateway"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	c := certificate{
		cert: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert})),
		key:  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})),
		pool: x509.NewCertPool(),
	}
	c.pool.AppendCertsFromPEM([]byte(c.cert))
	return c
}

// overTLS asks over a new connection to whoever has the certificate.
func overTLS(address string, trusted certificate, http2 bool) (*http.Response, string, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted.pool}, ForceAttemptHTTP2: http2, DisableKeepAlives: true}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: patience}
	resp, err := client.Post("https://"+address+"/graphql", "application/json", strings.NewReader(`{"query":"{ viewer { subject } }"}`))
	if err != nil {
		return nil, "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return resp, string(body), err
}

func TestTheGatewaySpeaksTLSAndTakesANewCertificate(t *testing.T) {
	t.Parallel()
	dir, first, second := t.TempDir(), issue(t, 1), issue(t, 2)
	first.place(t, dir)
	write(t, dir, "tributary.yaml", "tls: { certFile: tls.crt, keyFile: tls.key }\n"+sandboxed(vendors(t)))
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	address := p.secureAddress()
	for _, http2 := range []bool{false, true} {
		resp, body, err := overTLS(address, first, http2)
		if err != nil {
			t.Fatal(err)
		}
		if want := map[bool]int{false: 1, true: 2}[http2]; resp.ProtoMajor != want || resp.StatusCode != http.StatusOK || !strings.Contains(body, `"viewer":{"subject"`) {
			t.Errorf("over HTTP/%d: answered %d over %s: %s", want, resp.StatusCode, resp.Proto, body)
		}
		if resp.Header.Get("Strict-Transport-Security") == "" || resp.TLS.Version < tls.VersionTLS12 {
			t.Errorf("over %s it has %v", resp.Proto, resp.Header)
		}
	}

	// Plain HTTP is told what is wrong, and the connection ends.
	connection, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close()
	connection.SetDeadline(time.Now().Add(patience))
	io.WriteString(connection, "POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\n\r\n")
	if said, _ := io.ReadAll(connection); !strings.HasPrefix(string(said), "HTTP/1.0 400 ") || bytes.Contains(said, []byte("data")) {
		t.Errorf("plain HTTP is answered %q", said)
	}
	old := &tls.Config{RootCAs: first.pool, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} // #nosec G402 -- which is refused
	if connection, err := tls.Dial("tcp", address, old); err == nil {
		connection.Close()
		t.Error("TLS 1.1 is spoken")
	}

	second.place(t, dir)
	p.await("the new certificate", func() bool {
		_, _, err := overTLS(address, second, true)
		return err == nil
	})
	if _, _, err := overTLS(address, first, true); err == nil {
		t.Error("the old certificate is still served")
	}
	replace(t, dir+"/tls.crt", "no certificate")
	p.await("the broken file", func() bool {
		if _, _, err := overTLS(address, second, false); err != nil {
			t.Fatalf("beside a broken file: %v", err)
		}
		return strings.Contains(p.log.String(), "no pair of certificate and key")
	})
	if _, _, err := overTLS(address, second, true); err != nil {
		t.Errorf("after a broken edit: %v", err)
	}
}
