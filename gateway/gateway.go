// Package gateway is the HTTP edge: it takes GraphQL over HTTP, gives each
// request an id, a deadline and a line in the log, and shows errors to clients.
package gateway

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
	"tributary/graph"
	"tributary/loaders"
	"tributary/portfolio"
	"tributary/resolvers"
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

	inputs inputs
}

// The bounds of a request.
const (
	requestTime   = 30 * time.Second
	largestBody   = 1 << 20
	knownDocs     = 1000 // parsed documents that are kept
	LargestHeader = 64 << 10
)

// Handler serves all of the gateway's endpoints.
func (g *Gateway) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", g.logged(g.graphQL()))
	mux.Handle("/graphiql", g.GraphiQL)
	mux.Handle("/graphiql/", g.GraphiQL)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "/graphiql", http.StatusFound)
	})
	mux.HandleFunc("GET /schema.graphqls", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		fmt.Fprint(w, g.SDL)
	})
	mux.HandleFunc("GET /healthz", g.Ready.alive)
	mux.HandleFunc("GET /readyz", g.Ready.ready)
	if g.Sandbox != nil {
		mux.Handle("/_sandbox/", g.Sandbox)
	}
	return withRequestID(mux)
}

// graphQL executes GraphQL over HTTP.
func (g *Gateway) graphQL() http.Handler {
	schema := graph.NewExecutableSchema(graph.Config{
		Resolvers:  resolvers.Root{Portfolio: g.Portfolio, Writes: g.Writes},
		Directives: graph.DirectiveRoot{Requires: resolvers.Requires},
	})
	g.inputs = inputs{schema.Schema()}
	server := handler.New(schema)
	server.AddTransport(overHTTP{})
	server.SetQueryCache(lru.New[*ast.QueryDocument](knownDocs))
	server.Use(extension.Introspection{})
	server.SetErrorPresenter(g.present)
	server.SetRecoverFunc(g.recover)
	server.AroundOperations(g.operation)
	server.AroundRootFields(visit)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodPost {
			w.Header().Set("Allow", "GET, POST")
			writeError(w, r, http.StatusMethodNotAllowed, billing.Errorf(billing.CodeBadUserInput, "GraphQL is asked with POST or GET"))
			return
		}
		ctx, cancel := context.WithTimeout(r.Context(), requestTime)
		defer cancel()
		r.Body = http.MaxBytesReader(w, r.Body, largestBody)
		server.ServeHTTP(w, r.WithContext(ctx))
	})
}

// operation gives an operation its loaders, and refuses live ones.
func (g *Gateway) operation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	request := graphql.GetOperationContext(ctx)
	if request.Operation.Operation == ast.Subscription {
		err := billing.Errorf(billing.CodeNotSupported, "this version of the gateway has no live operations")
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{g.present(ctx, err)}})
	}
	if err := mayExecute(ctx, request); err != nil {
		return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{g.present(ctx, err)}})
	}
	if request.Operation.Operation == ast.Mutation {
		if err := g.inputs.check(request); err != nil {
			return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{g.present(ctx, err)}})
		}
	}
	ctx, op := g.Portfolio.Sources.Begin(ctx, rootFields(request))
	if entry := entryOf(ctx); entry != nil {
		entry.operation = request.Operation.Name
		entry.kind = string(request.Operation.Operation)
		entry.loads = op
	}
	return next(ctx)
}

// rootFields counts the fields that visit will see at the same time: those of
// a query; a mutation's run one after the other.
func rootFields(request *graphql.OperationContext) int {
	if request.Operation.Operation != ast.Query {
		return 0
	}
	count := 0
	for _, field := range graphql.CollectFields(request, request.Operation.SelectionSet, []string{"Query"}) {
		if !isIntrospection(field.Name) {
			count++
		}
	}
	return count
}

// visit tells the loaders when a root field of a query begins and ends.
func visit(ctx context.Context, next graphql.RootResolver) graphql.Marshaler {
	isQuery := graphql.GetOperationContext(ctx).Operation.Operation == ast.Query
	if !isQuery || isIntrospection(graphql.GetRootFieldContext(ctx).Field.Name) {
		return next(ctx)
	}
	ctx, done := loaders.From(ctx).Visit(ctx)
	defer done()
	return next(ctx)
}

// rootTypes are the types that operations begin at.
var rootTypes = map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "SubscriptionRoot"}

func isIntrospection(field string) bool { return strings.HasPrefix(field, "__") }

// recover turns a panic into an error that tells nothing; the log has it all.
func (g *Gateway) recover(ctx context.Context, fault any) error {
	g.Log.Error("a resolver panicked", "panic", fmt.Sprint(fault), "requestId", RequestID(ctx), "stack", string(debug.Stack()))
	return &billing.Error{Code: billing.CodeInternal}
}
