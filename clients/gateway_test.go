package clients_test

import (
	"log/slog"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"tributary/assembly"
	"tributary/config"
	"tributary/logtest"
	"tributary/sandbox"
)

// edge is a gateway over a sandbox of its own.
type edge struct {
	url   string
	log   *logtest.Log
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
	log := logtest.Listen()
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
