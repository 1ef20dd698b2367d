package assembly

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"tributary/config"
)

func tlsOf(settings *config.TLS) (*tls.Config, error) {
	// #nosec G402 -- the operator turns it off by name, for a test
	transport := &tls.Config{ServerName: settings.ServerName, InsecureSkipVerify: settings.InsecureSkipVerify, MinVersion: tls.VersionTLS12}
	if settings.CAFile == "" {
		return transport, nil
	}
	pem, err := os.ReadFile(settings.CAFile)
	if err != nil {
		return nil, fmt.Errorf("read redis.tls.caFile: %w", err)
	}
	transport.RootCAs = x509.NewCertPool()
	if !transport.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("redis.tls.caFile holds no certificate in PEM form")
	}
	return transport, nil
}
