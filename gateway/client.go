package gateway

import (
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// client is the program that asks, as it calls itself.
type client struct{ name, version string }

// The headers by which clients tell their name and version, in the form that
// http.Header keeps them in: any other would be rewritten at each look.
var (
	clientNames    = []string{"Graphql-Client-Name", "X-Graphql-Client-Name", "Apollographql-Client-Name"}
	clientVersions = []string{"Graphql-Client-Version", "X-Graphql-Client-Version", "Apollographql-Client-Version"}
)

func clientOf(header http.Header) client {
	return client{firstPlain(header, clientNames), firstPlain(header, clientVersions)}
}

// firstPlain is the first of some headers that may stand in a log.
func firstPlain(header http.Header, names []string) string {
	const longest = 64
	for _, name := range names {
		if value := header.Get(name); value != "" && len(value) <= longest && isPrintable(value) {
			return value
		}
	}
	return ""
}

func isPrintable(text string) bool {
	for _, c := range []byte(text) {
		if c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// clients counts requests by client. The names are the callers' to choose, so
// only the first ones have a count of their own.
type clients struct {
	counter *prometheus.CounterVec
	mu      sync.Mutex
	known   map[client]prometheus.Counter
}

const mostClients = 100

func newClients() *clients {
	return &clients{known: map[client]prometheus.Counter{}, counter: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_client_requests_total",
		Help: "GraphQL requests of known callers, by the client's name and version; other for all past the first 100.",
	}, []string{"client", "version"})}
}

func (c *clients) count(of client) {
	c.mu.Lock()
	counter, ok := c.known[of]
	if !ok {
		if len(c.known) >= mostClients {
			of = client{name: "other"}
		}
		counter = c.counter.WithLabelValues(of.name, of.version)
		c.known[of] = counter
	}
	c.mu.Unlock()
	counter.Inc()
}
