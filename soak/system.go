package main

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"tributary/assembly"
	"tributary/config"
	"tributary/redistest"
	"tributary/sandbox"
)

// Answers are fresh for a short time, so that sources are asked all the time, and
// kept for longer than any run, absences too.
const (
	ttl   = time.Second
	stale = time.Second
	// perSource are the settings of each source: short enough for a fault of a
	// second to show all that there is of it.
	perSource = `    timeout: 1s
    cache: { ttl: 1s, stale: 1s, staleIfError: 24h, negativeTtl: 24h }
    circuit: { open: 1s }
    hedge: { after: 300ms }
`
)

// unlisted are holdings of the sandbox's that have a quota of their own, which no
// run may use up.
var unlisted = []string{
	"      - { source: focus, organization: 4725 }\n",
	"      - { source: psa, id: 699 }\n",
}

// system is what is under load: all of it in this process, but for Redis.
type system struct {
	upstreams string // the sandbox's URL
	redis     *redistest.Server
	network   *redistest.Proxy
	plain     *gateway // without Redis, which says what is true
	gateways  []*gateway
	log       *log

	redisIsIll atomic.Bool
	redisWell  atomic.Int64 // since when, in Unix nanoseconds
}

// gateway is one of them.
type gateway struct {
	name, url string
	built     *assembly.Assembly
}

// ends is what is to be ended when the program ends.
type ends struct{ redistest.Ends }

func (e *ends) start() *system {
	s := &system{log: new(log)}
	former := slog.Default()
	slog.SetDefault(slog.New(s.log))
	e.Cleanup(func() { slog.SetDefault(former) })
	s.upstreams = e.serve(sandbox.New(time.Now).Handler())
	s.redis = redistest.Start(e)
	s.network = redistest.StartProxy(e, s.redis.Addr())
	text := sandbox.Configuration(s.upstreams)
	for _, holding := range unlisted {
		text = strings.Replace(text, holding, "", 1)
	}
	s.plain = e.gateway("plain", text, s.log)
	text = strings.ReplaceAll(text, "    auth:", perSource+"    auth:") +
		fmt.Sprintf("redis: { url: '%s' }\nsecret: a secret of this run alone\n", s.network.URL())
	for _, name := range []string{"a", "b"} {
		s.gateways = append(s.gateways, e.gateway(name, text, s.log))
	}
	return s
}

func (e *ends) gateway(name, text string, log *log) *gateway {
	settings, err := config.Parse(name+".yaml", []byte(text), nil)
	if err != nil {
		e.Fatal(err)
	}
	built, err := assembly.Build("", settings, "", time.Now, slog.New(log))
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(built.Close)
	ctx, cancel := context.WithCancel(context.Background())
	var following sync.WaitGroup
	following.Go(func() { built.Follow(ctx, make(chan os.Signal)) })
	e.Cleanup(func() {
		cancel()
		following.Wait()
	})
	return &gateway{name: name, url: e.serve(built.Gateway.Handler()), built: built}
}

// serve listens until the end, and returns the URL.
func (e *ends) serve(handler http.Handler) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: patience}
	var serving sync.WaitGroup
	serving.Go(func() { server.Serve(listener) })
	e.Cleanup(func() {
		server.Close()
		serving.Wait()
	})
	return "http://" + listener.Addr().String()
}

// log is the log of the gateways: what it tells of that answers do not.
type log struct {
	forgotten atomic.Int64 // how often a gateway let go all that it kept
	panics    atomic.Int64
	// deaf is when a replica may last have missed a write, in Unix nanoseconds: a
	// busy machine makes a Redis silent too.
	deaf atomic.Int64
}

// Enabled and the others are those of slog.Handler.
func (*log) Enabled(context.Context, slog.Level) bool { return true }

func (l *log) Handle(_ context.Context, record slog.Record) error {
	switch {
	case strings.HasPrefix(record.Message, "redis does not answer"), strings.HasPrefix(record.Message, "not every replica has acknowledged"):
		l.deaf.Store(time.Now().UnixNano())
	case record.Message == "what other replicas drop is heard of again":
		l.forgotten.Add(1)
		l.deaf.Store(time.Now().UnixNano())
	case strings.Contains(record.Message, "panic"):
		l.panics.Add(1)
	}
	return nil
}

func (l *log) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *log) WithGroup(string) slog.Handler      { return l }

// usage is what the process holds.
type usage struct {
	goroutines int
	heap       int64
}

// using is what the process holds when what is idle is closed and collected.
func (s *system) using() usage {
	http.DefaultClient.CloseIdleConnections()
	var least usage
	for i := range 20 {
		runtime.GC()
		var memory runtime.MemStats
		runtime.ReadMemStats(&memory)
		now := usage{runtime.NumGoroutine(), int64(memory.HeapAlloc)} // #nosec G115 -- no heap is that large
		if i == 0 {
			least = now
		}
		least.goroutines, least.heap = min(least.goroutines, now.goroutines), min(least.heap, now.heap)
		<-time.After(50 * time.Millisecond)
	}
	return least
}
