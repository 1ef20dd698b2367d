// Package gateway is the HTTP edge: it lets callers in, judges what they ask
// before any of it is executed, gives each request an id, a deadline and a line in
// the log, and shows errors to clients.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"tributary/answers"
	"tributary/billing"
	"tributary/config"
	"tributary/document"
	"tributary/graphqlhttp"
	"tributary/identity"
	"tributary/persisted"
	"tributary/portfolio"
	"tributary/throttle"
	"tributary/writes"
)

// Gateway is the edge of one process. Its fields are set before Handler is
// called.
type Gateway struct {
	Portfolio *portfolio.Portfolio
	Writes    *writes.Writer
	SDL       string
	GraphiQL  http.Handler
	Ready     *Readiness
	Metrics   *Metrics
	Log       *slog.Logger
	// Sandbox, where set, is mounted at /_sandbox/ to steer the simulated
	// upstreams.
	Sandbox http.Handler

	Identity    *identity.Door
	HTTP        graphqlhttp.Settings
	CORS        graphqlhttp.CORS
	Documents   *document.Documents
	Persisted   *persisted.Documents
	Arriving    *throttle.Gate // requests whose caller is not known yet, by address
	Callers     *throttle.Gate // requests by caller
	Failures    *throttle.Failures
	Budgets     *throttle.Limiter
	Sending     *throttle.Weights // bytes of answers that are being sent
	Answers     *answers.Cache    // nil where whole answers are not kept
	Vary        []string          // the header of that name; see graphqlhttp.Varying
	RequestTime time.Duration     // from a request's arrival to its answer
	Development config.Development

	settling sync.WaitGroup
}

// Wait waits for what goes on after an answer.
func (g *Gateway) Wait() { g.settling.Wait() }

// Handler serves all of the gateway's endpoints.
func (g *Gateway) Handler() http.Handler {
	open, err := g.CORS.Wrap(g.logged(g.graphQL()))
	if err != nil {
		panic(err) // settings that were read are valid
	}
	mux := http.NewServeMux()
	mux.Handle("/graphql", open)
	if g.Development.GraphiQL {
		mux.Handle("/graphiql", g.GraphiQL)
		mux.Handle("/graphiql/", g.GraphiQL)
		mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/graphiql", http.StatusFound)
		})
	}
	if g.Development.Introspection {
		mux.HandleFunc("GET /schema.graphqls", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/plain; charset=utf-8")
			fmt.Fprint(w, g.SDL)
		})
	}
	mux.HandleFunc("GET /healthz", g.Ready.alive)
	mux.HandleFunc("GET /readyz", g.Ready.ready)
	if g.Sandbox != nil {
		mux.Handle("/_sandbox/", g.Sandbox)
	}
	return withRequestID(guarded(mux))
}

// guarded tells browsers to do as little as possible with what they get; pages
// say for themselves what they need.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		header := w.Header()
		for _, guard := range guards {
			header[guard.name] = guard.value
		}
		if r.TLS != nil {
			header.Set("Strict-Transport-Security", "max-age=31536000")
		}
		next.ServeHTTP(w, r)
	})
}

// guards are shared by all answers: who wants another value puts another list.
var guards = []struct {
	name  string
	value []string
}{
	{"X-Content-Type-Options", []string{"nosniff"}},
	{"Content-Security-Policy", []string{"default-src 'none'; frame-ancestors 'none'"}},
	{"Cross-Origin-Resource-Policy", []string{"same-origin"}},
	{"Referrer-Policy", []string{"no-referrer"}},
}

// panicked turns a panic into an error that tells nothing; the log has it all.
func (g *Gateway) panicked(ctx context.Context, fault any) *billing.Error {
	g.Log.Error("the gateway panicked", "panic", fmt.Sprint(fault), "requestId", RequestID(ctx), "stack", string(debug.Stack()))
	return &billing.Error{Code: billing.CodeInternal}
}

// recover makes a panic cost its field alone.
func (g *Gateway) recover(ctx context.Context, fault any) error { return g.panicked(ctx, fault) }
