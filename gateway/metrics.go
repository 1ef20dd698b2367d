package gateway

import (
	"net/http"
	"net/http/pprof"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"tributary/answers"
	"tributary/billing"
	"tributary/loaders"
	"tributary/persisted"
	"tributary/throttle"
	"tributary/writes"
)

// Metrics counts what operators watch.
type Metrics struct {
	registry  *prometheus.Registry
	requests  *prometheus.CounterVec
	durations prometheus.Histogram
	calls     prometheus.Counter
	hits      prometheus.Counter
	misses    prometheus.Counter
	writes    *prometheus.CounterVec
	refused   *prometheus.CounterVec
	errors    *prometheus.CounterVec
	clients   *clients
}

// NewMetrics makes the gateway's metrics with those of the process.
func NewMetrics() *Metrics {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_cache_answers_total", Help: "Documents that operations needed, by whether a cache had them.",
	}, []string{"result"})
	m := &Metrics{
		hits:     answers.WithLabelValues("hit"),
		misses:   answers.WithLabelValues("miss"),
		registry: prometheus.NewRegistry(),
		clients:  newClients(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tributary_graphql_requests_total", Help: "GraphQL requests, by kind of operation and HTTP status.",
		}, []string{"kind", "status"}),
		durations: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "tributary_graphql_duration_seconds", Help: "Time from a GraphQL request's arrival to its answer.",
			Buckets: prometheus.ExponentialBuckets(0.00025, 2, 16),
		}),
		calls: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "tributary_upstream_calls_total", Help: "Requests sent to sources for a client, retries included.",
		}),
		writes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tributary_writes_total", Help: "Mutations, by source and how they ended: done, unchanged, refused, failed, unknown, replayed.",
		}, []string{"mutation", "source", "outcome"}),
	}
	m.refused = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_refused_credentials_total", Help: "Requests whose sender is not known, by the reason, which clients are not told.",
	}, []string{"reason"})
	m.errors = prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tributary_graphql_errors_total", Help: "Requests whose answer told of an error, by its code and source, each once a request.",
	}, []string{"code", "source"})
	m.registry.MustRegister(m.refused, m.errors, m.requests, m.durations, m.calls, answers, m.writes, m.clients.counter,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

// WatchSources shows each source's health, and how often its states are unknown.
func (m *Metrics) WatchSources(sources []*loaders.Source) {
	value := map[billing.HealthState]float64{billing.Healthy: 1, billing.HealthUnknown: 1, billing.Degraded: 0.5}
	for _, source := range sources {
		m.watchCalls(source)
		m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "tributary_source_health", Help: "1 healthy or not asked yet, 0.5 degraded, 0 down.",
			ConstLabels: prometheus.Labels{"source": source.Name()},
		}, func() float64 { return value[source.Source.Health().State] }))
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tributary_unknown_states_total", Help: "Subscriptions read whose state no table knows.",
			ConstLabels: prometheus.Labels{"source": source.Name()},
		}, func() float64 { return float64(source.Source.Health().UnknownStates) }))
	}
}

// circuits are the states of a circuit as a gauge.
var circuits = map[loaders.CircuitState]float64{loaders.CircuitHalfOpen: 1, loaders.CircuitOpen: 2}

// watchCalls shows what keeps calls to a source back.
func (m *Metrics) watchCalls(source *loaders.Source) {
	labels := prometheus.Labels{"source": source.Name()}
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tributary_source_circuit", ConstLabels: labels,
		Help: "0 closed, 1 half-open, 2 open: the worst of the credentials that were used within the last minute.",
	}, func() float64 { return circuits[source.Health().Circuit()] }))
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "tributary_source_calls_under_way", Help: "Calls that have no answer yet.", ConstLabels: labels,
	}, func() float64 { return float64(source.Source.Health().Calls.UnderWay) }))
	for _, count := range []struct {
		name, help string
		of         func(billing.Calls) int64
	}{
		{"retries", "Reads that were sent again after a fault.", func(c billing.Calls) int64 { return c.Retries }},
		{"hedges", "Slow reads that were sent a second time meanwhile.", func(c billing.Calls) int64 { return c.Hedges }},
		{"rejected_by_circuit", "Calls that were not made, for the source fails.", func(c billing.Calls) int64 { return c.RejectedByCircuit }},
		{"rejected_by_bulkhead", "Calls that were not made, for too many were under way.", func(c billing.Calls) int64 { return c.RejectedByBulkhead }},
		{"rejected_by_quota", "Calls that were not made, for the quota had none left for them.", func(c billing.Calls) int64 { return c.RejectedByQuota }},
		{"rejected_by_deadline", "Calls that were not made, for no answer could come in time.", func(c billing.Calls) int64 { return c.RejectedByDeadline }},
	} {
		m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{
			Name: "tributary_source_" + count.name + "_total", Help: count.help, ConstLabels: labels,
		}, func() float64 { return float64(count.of(source.Source.Health().Calls)) }))
	}
}

// WatchCounter shows a count that another package keeps.
func (m *Metrics) WatchCounter(name, help string, count func() int64) {
	m.registry.MustRegister(prometheus.NewCounterFunc(prometheus.CounterOpts{Name: name, Help: help},
		func() float64 { return float64(count()) }))
}

// WatchGauge shows a figure that another package keeps.
func (m *Metrics) WatchGauge(name, help string, value func() float64) {
	m.registry.MustRegister(prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value))
}

// WatchEdge shows how full the gateway is and what its callers name.
func (m *Metrics) WatchEdge(callers, arriving *throttle.Gate, sending *throttle.Weights, budgets *throttle.Limiter, documents *persisted.Documents) {
	m.WatchGauge("tributary_requests_under_way", "GraphQL requests of known callers that are not over.",
		func() float64 { return float64(callers.Stats().Inside) })
	m.WatchGauge("tributary_answer_bytes_being_sent", "Bytes of answers that clients have not read yet.", func() float64 { return float64(sending.Held()) })
	m.WatchCounter("tributary_requests_shed_total", "GraphQL requests that there was no room for.", func() int64 {
		known, unknown := callers.Stats(), arriving.Stats()
		return known.ShedAll + known.ShedEach + unknown.ShedAll + unknown.ShedEach
	})
	m.WatchCounter("tributary_budget_redis_faults_total", "Questions about budgets that Redis did not answer.", budgets.Faults)
	m.WatchGauge("tributary_trusted_documents", "Documents in the manifest.", func() float64 { return float64(documents.Stats().Trusted) })
	m.WatchCounter("tributary_persisted_found_total", "Documents that a request named and that are known.", func() int64 { return documents.Stats().Found })
	m.WatchCounter("tributary_persisted_missed_total", "Documents that a request named and that nobody knows.", func() int64 { return documents.Stats().Missed })
	m.WatchCounter("tributary_persisted_registered_total", "Documents that clients registered.", func() int64 { return documents.Stats().Registered })
	m.WatchCounter("tributary_persisted_redis_faults_total", "Documents that Redis did not answer for, or had wrong.", func() int64 { return documents.Stats().Faults })
	m.WatchCounter("tributary_untrusted_documents_total", "Documents that were executed without being trusted, where that is counted.", func() int64 { return documents.Stats().Untrusted })
}

// WatchAnswers shows how often a whole answer was kept.
func (m *Metrics) WatchAnswers(kept *answers.Cache) {
	m.WatchCounter("tributary_answers_hits_total", "Queries that were given an answer that was kept.", func() int64 { return kept.Stats().Hits })
	m.WatchCounter("tributary_answers_misses_total", "Requests that no answer was kept for.", func() int64 { return kept.Stats().Misses })
	m.WatchCounter("tributary_answers_stored_total", "Answers that were kept.", func() int64 { return kept.Stats().Stored })
}

// ObserveRefusedCredential counts a caller that was not let in.
func (m *Metrics) ObserveRefusedCredential(reason string) { m.refused.WithLabelValues(reason).Inc() }

// ObserveWrite counts a mutation.
func (m *Metrics) ObserveWrite(mutation, source string, ending writes.Ending) {
	m.writes.WithLabelValues(mutation, source, string(ending)).Inc()
}

func (m *Metrics) observe(e *entry, took time.Duration, hits, misses int64) {
	kind := e.kind
	if kind == "" {
		kind = "refused"
	}
	m.requests.WithLabelValues(kind, strconv.Itoa(e.status)).Inc()
	if e.caller != "" {
		m.clients.count(e.client)
	}
	for _, kind := range e.told {
		m.errors.WithLabelValues(string(kind.code), kind.source).Inc()
	}
	m.durations.Observe(took.Seconds())
	m.calls.Add(float64(e.meter.Calls()))
	m.hits.Add(float64(hits))
	m.misses.Add(float64(misses))
}

// Admin serves what operators look at: /metrics and /debug/pprof.
func (m *Metrics) Admin() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{}))
	mux.HandleFunc("/debug/pprof/", pprof.Index)
	mux.HandleFunc("/debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("/debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("/debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("/debug/pprof/trace", pprof.Trace)
	return mux
}
