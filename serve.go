package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"tributary/assembly"
	"tributary/config"
	"tributary/identity"
	"tributary/sandbox"
)

type serveCommand struct {
	Config  string  `help:"The configuration, a YAML file." placeholder:"FILE" xor:"what" required:""`
	Sandbox bool    `help:"Serve simulated upstreams with sample accounts instead of a configuration." xor:"what" required:""`
	Listen  address `help:"Listen at this address, whatever the configuration says." placeholder:"ADDR"`
}

// address is where to listen, host:port; "" where it is left to others.
type address string

// Validate refuses what cannot be listened on.
func (a address) Validate() error {
	if a == "" {
		return nil
	}
	return config.CheckListen(string(a))
}

// Run serves until SIGTERM or SIGINT.
func (c serveCommand) Run(to streams) error {
	ends := make(chan os.Signal, 2)
	signal.Notify(ends, syscall.SIGTERM, os.Interrupt)
	defer signal.Stop(ends)
	if c.Sandbox {
		return c.serveSandbox(ends, to)
	}
	settings, err := config.Load(c.Config, os.LookupEnv)
	if err != nil {
		return usageError{err}
	}
	return c.serve(ends, c.Config, settings, nil, to)
}

func (c serveCommand) serveSandbox(ends <-chan os.Signal, to streams) error {
	vendors := sandbox.New(time.Now).Handler()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen for the sandbox: %w", err)
	}
	upstreams := newServer(vendors, usualTimeouts())
	go upstreams.Serve(listener)
	defer upstreams.Close()
	text := sandbox.Configuration("http://" + listener.Addr().String())
	settings, err := config.Parse("sandbox", []byte(text), os.LookupEnv)
	if err != nil {
		return err
	}
	return c.serve(ends, "", settings, vendors, to)
}

// serve runs a gateway of that configuration until one of ends comes, then drains it.
func (c serveCommand) serve(ends <-chan os.Signal, file string, settings *config.Config, vendors http.Handler, to streams) error {
	if c.Listen != "" {
		settings.Listen = string(c.Listen)
	}
	log := newLog(settings.Log, to.err)
	slog.SetDefault(log)
	// From here on: a SIGHUP that comes too early is no reason to die.
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	built, err := assembly.Build(file, settings, sdl, time.Now, log)
	if err != nil {
		return err
	}
	defer built.Close()
	assembly.TuneMemory(settings.Cache)
	built.Gateway.Sandbox = vendors
	listener, err := net.Listen("tcp", settings.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	var running sync.WaitGroup
	defer running.Wait()
	background, cancel := context.WithCancel(context.Background())
	defer cancel()
	running.Go(func() { built.Follow(background, hangups) })
	if settings.Admin.Listen != "" {
		admin, err := net.Listen("tcp", settings.Admin.Listen)
		if err != nil {
			return fmt.Errorf("listen for operators: %w", err)
		}
		if !identity.IsLoopback(admin.Addr().String()) {
			log.Warn("the listener for operators asks nobody who they are, and is not on loopback alone", "listen", admin.Addr().String())
		}
		server := newServer(built.Gateway.Admin(), settings.Timeouts)
		running.Go(func() { server.Serve(admin) })
		defer server.Close()
	}
	handler := &leaving{Handler: built.Gateway.Handler()}
	server := newServer(handler, settings.Timeouts)
	server.MaxHeaderBytes = int(built.Gateway.HTTP.Header)
	failed := make(chan error, 1)
	scheme := "http"
	if server.TLSConfig = built.TLS(); server.TLSConfig != nil {
		scheme = "https"
		running.Go(func() { failed <- server.ServeTLS(listener, "", "") })
	} else {
		running.Go(func() { failed <- server.Serve(listener) })
	}
	if built.Gateway.Identity.IsOpen() {
		log.Warn("auth.mode is none: whoever reaches the gateway may see and change all", "listen", listener.Addr().String())
	}
	greet(to.out, scheme+"://"+listener.Addr().String(), settings.Development.GraphiQL, vendors != nil)
	if built.Gateway.Identity.IsOpen() {
		fmt.Fprintln(to.out, "auth.mode is none: whoever reaches it may see and change all.")
	}
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case end := <-ends:
		d := &drain{built: built, server: server, handler: handler, log: log}
		if d.begin(); end != os.Interrupt {
			d.turnAway(settings.Timeouts.Drain, ends)
		}
		return d.finish()
	}
}

// newServer bounds what a slow or greedy client can hold.
func newServer(handler http.Handler, timeouts config.Timeouts) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: timeouts.Header,
		ReadTimeout:       timeouts.Body,
		WriteTimeout:      timeouts.Write,
		IdleTimeout:       timeouts.Idle,
		MaxHeaderBytes:    64 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: 100},
		ErrorLog:          slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug),
	}
}

func usualTimeouts() config.Timeouts {
	var timeouts config.Timeouts
	timeouts.Defaults()
	return timeouts
}

// greet tells a person where to go.
func greet(out io.Writer, url string, hasGraphiQL, sandboxed bool) {
	fmt.Fprintf(out, "Tributary answers at %s/graphql\n", url)
	if hasGraphiQL {
		fmt.Fprintf(out, "Explore it in a browser: %s/graphiql\n", url)
	}
	if sandboxed {
		fmt.Fprintf(out, "Or ask it:\n  curl -s %s/graphql -H 'Content-Type: application/json' -d '%s'\n", url,
			`{"query":"{ account(id: \"account/acme\") { name subscriptions { nodes { id name status plan { name } } } } }"}`)
	}
}

type sandboxCommand struct {
	Listen address `help:"Where to listen." default:"127.0.0.1:8081" placeholder:"ADDR"`
}

// Run serves the simulated upstreams until SIGTERM or SIGINT.
func (c sandboxCommand) Run(to streams) error {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	listener, err := net.Listen("tcp", string(c.Listen))
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := newServer(sandbox.New(time.Now).Handler(), usualTimeouts())
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	fmt.Fprintf(to.out, "The simulated upstreams answer at http://%s/{focus,frontier,intercode,productive}\n", listener.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
		return server.Close()
	}
}

func newLog(settings config.Log, out io.Writer) *slog.Logger {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	options := &slog.HandlerOptions{Level: levels[settings.Level]}
	if settings.Format == "text" {
		return slog.New(slog.NewTextHandler(out, options))
	}
	return slog.New(slog.NewJSONHandler(out, options))
}
