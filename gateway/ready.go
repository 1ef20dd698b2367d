package gateway

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/go-json-experiment/json"

	"tributary/loaders"
)

// Readiness answers whether the process lives and whether it wants traffic.
type Readiness struct {
	Sources []*loaders.Source
	// PingRedis is nil where there is no Redis.
	PingRedis func(context.Context) error

	draining atomic.Bool
}

// Drain makes the process unready, so that no new traffic is sent to it.
func (r *Readiness) Drain() { r.draining.Store(true) }

func (r *Readiness) alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(`{"status":"alive"}` + "\n"))
}

// dependency is one line of /readyz.
type dependency struct {
	Dependency string `json:"dependency"`
	State      string `json:"state"`
	Error      string `json:"error,omitempty"`
}

// ready writes a line for the gateway and each dependency. Only draining makes
// it unready: the gateway answers what it can without a source or Redis.
func (r *Readiness) ready(w http.ResponseWriter, req *http.Request) {
	w.Header().Set("Content-Type", "application/jsonl")
	gateway := dependency{Dependency: "gateway", State: "ready"}
	if r.draining.Load() {
		gateway.State = "draining"
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	lines := []dependency{gateway}
	if r.PingRedis != nil {
		redis := dependency{Dependency: "redis", State: "up"}
		if r.PingRedis(req.Context()) != nil {
			redis.State = "down"
		}
		lines = append(lines, redis)
	}
	for _, source := range r.Sources {
		health := source.Source.Health()
		line := dependency{Dependency: source.ID(), State: string(health.State)}
		if health.LastError != nil && health.State != "HEALTHY" {
			line.Error = string(health.LastError.Code)
		}
		lines = append(lines, line)
	}
	for _, line := range lines {
		text, err := json.Marshal(line)
		if err != nil {
			continue
		}
		w.Write(append(text, '\n'))
	}
}
