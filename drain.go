package main

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"os"
	"sync/atomic"
	"time"

	"tributary/assembly"
)

// drainTime is how long a request that is under way may take to finish. A write,
// which would be in doubt if it were cut off, may take writeDrainTime more.
const (
	drainTime      = 10 * time.Second
	writeDrainTime = 35 * time.Second
)

// drain ends a server.
type drain struct {
	built   *assembly.Assembly
	server  *http.Server
	handler *leaving
	log     *slog.Logger
}

// leaving asks clients to close their connections once it is told to. A server
// that closes them itself meets the next request of some halfway.
type leaving struct {
	http.Handler
	told atomic.Bool
}

func (l *leaving) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if l.told.Load() {
		w.Header().Set("Connection", "close")
	}
	l.Handler.ServeHTTP(w, r)
}

// begin is not ready any more, asks clients to leave, and answers them all the same.
func (d *drain) begin() {
	d.log.Info("draining", "atMost", drainTime, "writesAtMost", drainTime+writeDrainTime)
	d.built.Drain()
	d.handler.told.Store(true)
}

// turnAway waits until a balancer that asks now and then has noticed. Another
// signal cuts that short.
func (d *drain) turnAway(within time.Duration, hurry <-chan os.Signal) {
	select {
	case <-hurry:
	case <-time.After(within):
	}
}

// finish stops accepting and lets what runs finish.
func (d *drain) finish() error {
	err := d.shutDown(drainTime)
	end := time.Now().Add(writeDrainTime)
	for errors.Is(err, context.DeadlineExceeded) && time.Now().Before(end) && d.built.Gateway.Writes.Wait(time.Until(end)) {
		err = d.shutDown(time.Second) // for the answers to get out, or the next write of a document to begin
	}
	if errors.Is(err, context.DeadlineExceeded) {
		d.log.Warn("requests were still running at the end of the drain and are cut off")
		err = d.server.Close()
	}
	d.log.Info("stopped")
	return err
}

func (d *drain) shutDown(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return d.server.Shutdown(ctx)
}
