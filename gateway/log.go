package gateway

import (
	"context"
	"crypto/rand"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"tributary/billing"
	"tributary/document"
	"tributary/loaders"
	"tributary/sources/upstream"
)

type requestIDKey struct{}

// RequestID is the id of the request that ctx belongs to; "" outside one.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestIDKey{}).(string)
	return id
}

// withRequestID gives each request an id: the caller's own, where it is one
// that may stand in a header and a log, else a new one.
func withRequestID(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get("X-Request-Id")
		if !isPlain(id) {
			id = rand.Text()
		}
		w.Header().Set("X-Request-Id", id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestIDKey{}, id)))
	})
}

func isPlain(id string) bool {
	if id == "" || len(id) > 128 {
		return false
	}
	for _, c := range []byte(id) {
		ok := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.'
		if !ok {
			return false
		}
	}
	return true
}

// entry gathers what the line of one GraphQL request says.
type entry struct {
	caller    string // "" for nobody that is known
	client    client
	operation string
	kind      string
	told      []told // errors, each kind once
	begun     time.Time
	executing time.Time // since when; zero where nothing is executed
	executed  time.Time
	isKept    bool // the answer was kept from before
	loads     *loaders.Operation
	meter     upstream.Meter
	status    int
}

// note takes down what is asked.
func (e *entry) note(operation *document.Operation) {
	e.operation, e.kind = operation.Definition.Name, string(operation.Definition.Operation)
}

// told is a kind of error that clients are told of.
type told struct {
	code   billing.Code
	source string // "" for none
}

func (t told) String() string {
	if t.source == "" {
		return string(t.code)
	}
	return t.source + ":" + string(t.code)
}

// noteErrors takes down what errors a client is told of.
func (e *entry) noteErrors(list gqlerror.List) {
	for _, one := range list {
		var kind told
		kind.code, _ = one.Extensions["code"].(billing.Code)
		kind.source, _ = one.Extensions["source"].(string)
		if !slices.Contains(e.told, kind) {
			e.told = append(e.told, kind)
		}
	}
}

// noteBatch says instead that several were asked at once.
func (e *entry) noteBatch() { e.operation, e.kind = "", "batch" }

// errors are the kinds that were told, as words.
func (e *entry) errors() string {
	words := make([]string, len(e.told))
	for i, kind := range e.told {
		words[i] = kind.String()
	}
	return strings.Join(words, " ")
}

type entryKey struct{}

func entryOf(ctx context.Context) *entry {
	e, _ := ctx.Value(entryKey{}).(*entry)
	return e
}

// logged writes one line a request, with no value that a client sent but the
// operation's name and its own.
func (g *Gateway) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e := &entry{begun: time.Now(), status: http.StatusOK, client: clientOf(r.Header)}
		ctx := context.WithValue(r.Context(), entryKey{}, e)
		ctx = upstream.WithMeter(ctx, &e.meter)
		next.ServeHTTP(&statusWriter{ResponseWriter: w, entry: e}, r.WithContext(ctx))
		g.finish(ctx, e, time.Since(e.begun))
	})
}

func (g *Gateway) finish(ctx context.Context, e *entry, took time.Duration) {
	var hits, misses int64
	if e.loads != nil {
		hits, misses = e.loads.CacheHits(), e.loads.CacheMisses()
	}
	g.Metrics.observe(e, took, hits, misses)
	if !g.Log.Enabled(ctx, slog.LevelInfo) {
		return
	}
	// Made by hand, for the logger would look up where in the program this is.
	line := slog.NewRecord(time.Now(), slog.LevelInfo, "graphql", 0)
	line.AddAttrs(
		slog.String("requestId", RequestID(ctx)),
		slog.String("caller", e.caller),
		slog.String("client", e.client.name),
		slog.String("clientVersion", e.client.version),
		slog.String("operation", shorten(e.operation)),
		slog.String("kind", e.kind),
		slog.Int("status", e.status),
		slog.String("errors", e.errors()),
		slog.Duration("duration", took),
		slog.Int64("upstreamCalls", e.meter.Calls()),
		slog.Bool("answerKept", e.isKept),
		slog.Int64("cacheHits", hits),
		slog.Int64("cacheMisses", misses),
	)
	// Nobody could be told of a log that fails.
	_ = g.Log.Handler().Handle(ctx, line)
}

func shorten(name string) string { return name[:min(len(name), 100)] }

// statusWriter remembers the status for the log.
type statusWriter struct {
	http.ResponseWriter
	entry *entry
}

func (w *statusWriter) WriteHeader(status int) {
	w.entry.status = status
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap serves http.ResponseController.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
