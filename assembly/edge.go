package assembly

import (
	"log/slog"
	"net/textproto"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/config"
	"tributary/document"
	"tributary/gateway"
	"tributary/graphqlhttp"
	"tributary/identity"
	"tributary/persisted"
	"tributary/throttle"
	"tributary/tlsfiles"
)

// edge is what stands between the socket and the resolvers.
type edge struct {
	tls       *tlsfiles.Files // nil for plain HTTP
	identity  *identity.Door
	persisted *persisted.Documents
}

func (e *edge) close() {
	if e.identity != nil {
		e.identity.Close()
	}
}

// reload reads the files of the edge again. What came of it is in the log.
func (e *edge) reload() {
	_ = e.identity.Reload()
	_ = e.persisted.Reload()
	if e.tls != nil {
		_ = e.tls.Reload()
	}
}

// written are the settings of the edge that nothing but the configuration decides.
type written struct {
	tls       tlsfiles.Settings
	identity  identity.Settings
	limits    document.Limits
	persisted persisted.Settings
	throttle  throttle.Settings
}

// openEdge gives g its edge; its error is of the configuration. file is the
// configuration's, "" for none.
func (a *Assembly) openEdge(g *gateway.Gateway, file string, settings *config.Config, schema *ast.Schema, log *slog.Logger) error {
	var w written
	var err error
	nodes, folder := settings.Edge, filepath.Dir(file)
	w.identity, err = identity.Read(nodes.Auth, folder, os.LookupEnv)
	if err == nil {
		err = placed(w.identity.CheckListener(settings.Listen), file, nodes.Auth)
	}
	if err := config.Join(err,
		nodes.HTTP.Decode(&g.HTTP), nodes.CORS.Decode(&g.CORS), nodes.Limits.Decode(&w.limits),
		nodes.Documents.Decode(&w.persisted), nodes.Throttle.Decode(&w.throttle),
	); err != nil {
		return err
	}
	if !nodes.TLS.IsZero() {
		if err := nodes.TLS.Decode(&w.tls); err != nil {
			return err
		}
		if a.edge.tls, err = tlsfiles.Load(w.tls.In(folder), log); err != nil {
			return nodes.TLS.Problem("", "%s", err)
		}
		g.Metrics.WatchGauge("tributary_tls_certificate_expires_seconds", "When the certificate that is served ends, as a Unix time.",
			func() float64 { return float64(a.edge.tls.NotAfter().Unix()) })
	}
	a.edge.identity = identity.New(w.identity, identity.Options{
		Log: log, Observe: g.Metrics.ObserveRefusedCredential, RequestID: gateway.RequestID,
	})
	g.Identity = a.edge.identity
	for _, id := range a.edge.identity.Accounts() {
		if a.Directory.Current().Get(id) == nil {
			log.Warn("an API key names an account that the directory does not have", "account", id)
		}
	}
	g.Documents = document.New(schema, document.Options{
		Limits: w.limits, Suggestions: settings.Development.Suggestions, Introspection: settings.Development.Introspection,
		Cached: 1000, CachedMemory: 16 << 20,
	})
	if w.persisted.Manifest != "" && !filepath.IsAbs(w.persisted.Manifest) {
		w.persisted.Manifest = filepath.Join(folder, w.persisted.Manifest)
	}
	a.edge.persisted, err = persisted.New(w.persisted, persisted.Options{
		Check: func(text string) error {
			_, err := g.Documents.Prepare(text)
			return err
		},
		Redis: a.asked, Timeout: redisWait, Log: log,
	})
	if err != nil {
		return err
	}
	g.Persisted = a.edge.persisted
	// Without identities all callers are one, and would share one budget and one
	// bound: only where the file asks for that.
	if w.identity.Mode() == identity.ModeNone {
		if !nodes.Throttle.Has("rate") {
			w.throttle.Rate.Cost = 0
		}
		if !nodes.Throttle.Has("concurrency") {
			w.throttle.Concurrency.PerCaller, w.throttle.Concurrency.PerAddress = 0, 0
		}
	}
	most := w.throttle.Concurrency
	g.Arriving, g.Callers = throttle.NewGate(most.Requests, most.PerAddress), throttle.NewGate(most.Requests, most.PerCaller)
	g.Sending = throttle.NewWeights(int64(g.HTTP.Answers), int64(g.HTTP.Answers)/4)
	g.Failures = throttle.NewFailures(w.throttle.Failures)
	g.Budgets = throttle.NewLimiter(w.throttle.Rate, a.asked, redisWait)
	g.Metrics.WatchEdge(g.Callers, g.Arriving, g.Sending, g.Budgets, g.Persisted)
	g.Vary = varying(settings.Sources)
	g.RequestTime, g.Development = settings.Timeouts.Request, settings.Development
	return nil
}

// varying are the headers of requests that answers follow: those that tell the
// caller, and those that sources are passed on.
func varying(sources []config.Source) []string {
	names := []string{"Authorization", "X-Api-Key"}
	for _, source := range sources {
		var shared struct {
			Auth struct {
				Forward []string `yaml:"forward"`
			} `yaml:"auth"`
		}
		// Of its other keys, which are faults here, the source has read all.
		_ = source.Node.Decode(&shared)
		for _, name := range shared.Auth.Forward {
			if name = textproto.CanonicalMIMEHeaderKey(name); !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return graphqlhttp.Varying(names...)
}

// placed says where a fault of auth.mode stands.
func placed(fault error, file string, auth config.Node) error {
	switch {
	case fault == nil:
		return nil
	case auth.IsZero():
		return config.Problems{{File: file, Path: "auth.mode", Message: fault.Error()}}
	default:
		return auth.Problem("mode", "%s", fault)
	}
}

// redisWait bounds each wait for Redis on an operation's way.
const redisWait = 50 * time.Millisecond
