// Package tlsfiles serves TLS with a certificate and a key out of files, which
// may be replaced while it does.
package tlsfiles

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tributary/config"
)

// Settings are the configuration's key tls.
type Settings struct {
	CertFile     string `yaml:"certFile"`     // PEM: the certificate, then those between it and its root
	KeyFile      string `yaml:"keyFile"`      // PEM, not encrypted
	MinVersion   string `yaml:"minVersion"`   // 1.2 or 1.3
	ClientCAFile string `yaml:"clientCAFile"` // PEM; "" asks no client for a certificate
}

// Defaults fills in what the file need not say.
func (s *Settings) Defaults() { s.MinVersion = "1.2" }

var versions = map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}

// Validate refuses what cannot be served with.
func (s *Settings) Validate() error {
	var faults []error
	if s.CertFile == "" {
		faults = append(faults, config.Invalidf("certFile", "the file of the certificate is missing"))
	}
	if s.KeyFile == "" {
		faults = append(faults, config.Invalidf("keyFile", "the file of the key is missing"))
	}
	if versions[s.MinVersion] == 0 {
		faults = append(faults, config.Invalidf("minVersion", "write 1.2 or 1.3"))
	}
	return errors.Join(faults...)
}

// In is s with paths that start at folder where they are relative.
func (s Settings) In(folder string) Settings {
	for _, path := range []*string{&s.CertFile, &s.KeyFile, &s.ClientCAFile} {
		if *path != "" && !filepath.IsAbs(*path) {
			*path = filepath.Join(folder, *path)
		}
	}
	return s
}

// Files serves the newest good state of its files. It has no goroutine: the
// files are looked at when a client comes, at most once a second. That sees
// every way to replace a file (an editor's, Kubernetes' links, a network drive
// without events) and needs nothing that has to be kept running; a certificate
// matters to nobody between two handshakes.
type Files struct {
	settings Settings
	log      *slog.Logger
	now      func() time.Time
	present  atomic.Pointer[state]
	looked   atomic.Int64 // when the files were last looked at, in nanoseconds

	reading sync.Mutex
	read    []os.FileInfo // of the files when they were last read
}

// state is what was read together.
type state struct {
	config   *tls.Config
	notAfter time.Time
}

// lookEvery bounds how often the files are looked at.
const lookEvery = time.Second

// Load reads the files for the first time. Its error is config.Problems.
func Load(settings Settings, log *slog.Logger) (*Files, error) {
	return load(settings, log, time.Now)
}

func load(settings Settings, log *slog.Logger, now func() time.Time) (*Files, error) {
	f := &Files{settings: settings, log: log, now: now}
	if err := f.take(); err != nil {
		return nil, err
	}
	return f, nil
}

// Config is for a listener, which need not know of later changes.
func (f *Files) Config() *tls.Config {
	served := f.present.Load().config.Clone()
	served.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		f.look()
		return f.present.Load().config, nil
	}
	return served
}

// NotAfter is when the certificate that is served expires.
func (f *Files) NotAfter() time.Time { return f.present.Load().notAfter }

// Reload reads the files again, and keeps the present state where that fails.
// It logs what came of it; its error is config.Problems.
func (f *Files) Reload() error {
	f.reading.Lock()
	defer f.reading.Unlock()
	return f.take()
}

// look reloads where a file is another one than was read. Who comes while
// another looks does not wait.
func (f *Files) look() {
	now, last := f.now().UnixNano(), f.looked.Load()
	if now-last < int64(lookEvery) || !f.looked.CompareAndSwap(last, now) || !f.reading.TryLock() {
		return
	}
	defer f.reading.Unlock()
	if !slices.EqualFunc(f.stat(), f.read, same) {
		// The fault is in the log, and what is served is as it was.
		_ = f.take()
	}
}

// paths are the files, the client authorities last and only where there are some.
func (f *Files) paths() []string {
	paths := []string{f.settings.CertFile, f.settings.KeyFile}
	if f.settings.ClientCAFile != "" {
		paths = append(paths, f.settings.ClientCAFile)
	}
	return paths
}

// stat is nil for each file that is not there.
func (f *Files) stat() []os.FileInfo {
	var all []os.FileInfo
	for _, path := range f.paths() {
		info, _ := os.Stat(path)
		all = append(all, info)
	}
	return all
}

func same(now, was os.FileInfo) bool {
	if now == nil || was == nil {
		return now == was
	}
	return os.SameFile(now, was) && now.ModTime().Equal(was.ModTime()) && now.Size() == was.Size()
}

// take needs the lock.
func (f *Files) take() error {
	// What is written while the files are being read shows as a change later.
	f.read = f.stat()
	next, err := f.readAll()
	if err != nil {
		if f.present.Load() != nil { // at the start, who loads them tells it
			f.log.Error("the TLS files have a fault; what was served before stays", "fault", err)
		}
		return err
	}
	f.present.Store(next)
	log := f.log.Info
	if !f.now().Before(next.notAfter) {
		log = f.log.Warn
	}
	log("the TLS files were read", "certificate", f.settings.CertFile, "notAfter", next.notAfter)
	return nil
}

// largest bounds a file: a chain of certificates has some kilobytes.
const largest = 1 << 20

func read(path string) ([]byte, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, config.Unreadable(path, err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, largest+1))
	switch {
	case err != nil:
		return nil, config.Unreadable(path, err)
	case len(text) > largest:
		return nil, config.Problems{{File: path, Message: "the file is larger than 1MiB"}}
	default:
		return text, nil
	}
}

func (f *Files) readAll() (*state, error) {
	var texts [][]byte
	for _, path := range f.paths() {
		text, err := read(path)
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	pair, err := tls.X509KeyPair(texts[0], texts[1])
	if err != nil {
		return nil, config.Problems{{File: f.settings.CertFile,
			Message: fmt.Sprintf("this and %s are no pair of certificate and key: %s", f.settings.KeyFile, err)}}
	}
	served := &tls.Config{
		MinVersion:   versions[f.settings.MinVersion],
		CipherSuites: suites,
		NextProtos:   []string{"h2", "http/1.1"},
		Certificates: []tls.Certificate{pair},
	}
	if len(texts) > 2 {
		served.ClientCAs = x509.NewCertPool()
		if !served.ClientCAs.AppendCertsFromPEM(bytes.TrimSpace(texts[2])) {
			return nil, config.Problems{{File: f.settings.ClientCAFile, Message: "the file holds no certificate"}}
		}
		served.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return &state{config: served, notAfter: pair.Leaf.NotAfter}, nil
}

// suites are those of TLS 1.2 with forward secrecy and AEAD (RFC 9325, section
// 4.2); TLS 1.3 has no others.
var suites = []uint16{
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
}
