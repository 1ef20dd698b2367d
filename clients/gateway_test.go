package clients_test

import (
	"bytes"
	"log/slog"
	"net/http/httptest"
	"os"
	"sync"
	"testing"
	"time"

	"tributary/assembly"
	"tributary/config"
	"tributary/sandbox"
)

// edge is a gateway over a sandbox of its own.
type edge struct {
	url   string
	log   *transcript
	built *assembly.Assembly
}

// metrics is what operators read.
func (e *edge) metrics() string {
	scraped := httptest.NewRecorder()
	e.built.Gateway.Metrics.Admin().ServeHTTP(scraped, httptest.NewRequest("GET", "/metrics", nil))
	return scraped.Body.String()
}

// start starts a gateway, whose configuration is the sandbox's and more.
func start(t *testing.T, more string) *edge {
	t.Helper()
	vendors := sandbox.New(time.Now).Handler()
	upstreams := httptest.NewServer(vendors)
	t.Cleanup(upstreams.Close)
	settings, err := config.Parse("clients.yaml", []byte(sandbox.Configuration(upstreams.URL)+more), nil)
	if err != nil {
		t.Fatal(err)
	}
	schema, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	log := new(transcript)
	built, err := assembly.Build("", settings, string(schema), time.Now, slog.New(slog.NewTextHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	built.Gateway.Sandbox = vendors
	server := httptest.NewServer(built.Gateway.Handler())
	t.Cleanup(func() {
		server.Close()
		built.Close()
	})
	return &edge{url: server.URL, log: log, built: built}
}

// transcript is what was logged, readable meanwhile.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}
