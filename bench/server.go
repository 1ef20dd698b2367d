// Package bench measures what an answer costs the gateway: time, memory,
// processor, and calls to the sources, beside what net/http costs alone.
package bench

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/pprof"
	"sync/atomic"
	"syscall"
	"time"

	"tributary/assembly"
	"tributary/config"
)

// role, in the environment, is the server that a program is to be. It reads
// orders from its standard input, a JSON value each, answers each with a receipt
// on its standard output, and ends when there are no more.
const role = "TRIBUTARY_BENCH_ROLE"

// Become makes the program the server that Start wants it to be, and reports
// whether it was one, until the end. Programs that call Start begin with it.
func Become() bool {
	as := os.Getenv(role)
	if as == "" {
		return false
	}
	if err := serve(as); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %v\n", as, err)
		os.Exit(1)
	}
	return true
}

// The roles. A gateway's first order is its configuration.
const (
	RoleGateway = "gateway"
	RoleBare    = "bare"  // writes bytes that it was given
	RoleProxy   = "proxy" // makes the calls that it was given, and then writes such bytes
)

// Order tells a server what to do. All it names is done.
type Order struct {
	Config  string   // of the gateway
	Memory  int      // bytes of the gateway's own cache; 0 leaves it to Config
	Answer  []byte   // of the bare server and the proxy, from now on
	Calls   [][]byte // of the proxy, from now on: requests as they are on the wire
	Profile string   // where profiles are written from now on, but for how the files' names end
	Stop    bool     // ends the profiles
}

// Receipt is what a server has used since it began, and where it listens.
type Receipt struct {
	Address string
	CPU     time.Duration
	Allocs  uint64
	Bytes   uint64 // allocated
	Fault   string // "" where the order was carried out
}

// serve is the whole life of a server process.
func serve(role string) error {
	orders, receipts := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	var first Order
	if err := orders.Decode(&first); err != nil {
		return fmt.Errorf("read the first order: %w", err)
	}
	proxy := newProxy()
	handler := http.Handler(&proxy.bareHandler)
	switch role {
	case RoleProxy:
		handler = proxy
	case RoleGateway:
		built, err := build(first)
		if err != nil {
			return err
		}
		defer built.Close()
		handler = built.Gateway.Handler()
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	// The times are those of the gateway's own command.
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second, WriteTimeout: 90 * time.Second}
	go server.Serve(listener)
	defer server.Close()
	var profiles profiling
	for next := first; ; {
		done := used()
		done.Address = listener.Addr().String()
		if err := errors.Join(proxy.obey(next), profiles.obey(next)); err != nil {
			done.Fault = err.Error()
		}
		if err := receipts.Encode(done); err != nil {
			return fmt.Errorf("write a receipt: %w", err)
		}
		next = Order{}
		if err := orders.Decode(&next); err == io.EOF {
			return nil
		} else if err != nil {
			return fmt.Errorf("read an order: %w", err)
		}
	}
}

// build makes the gateway as the command does, with a log that nobody reads.
func build(o Order) (*assembly.Assembly, error) {
	settings, err := config.Parse("bench.yaml", []byte(o.Config), nil)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	if o.Memory > 0 {
		// Less than a configuration may say: nothing is to be kept.
		settings.Cache.Memory = config.Size(o.Memory)
	}
	nowhere, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	built, err := assembly.Build("", settings, "", time.Now, slog.New(slog.NewJSONHandler(nowhere, nil)))
	if err == nil {
		assembly.TuneMemory(settings.Cache)
	}
	return built, err
}

// bareHandler is what net/http costs alone.
type bareHandler struct{ answer atomic.Pointer[[]byte] }

func (h *bareHandler) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	w.Write(*h.answer.Load())
}

func (h *bareHandler) obey(o Order) error {
	if o.Answer != nil {
		h.answer.Store(&o.Answer)
	}
	return nil
}

// profiling is the profiles that this process writes.
type profiling struct{ name string }

func (p *profiling) obey(o Order) error {
	if o.Stop {
		pprof.StopCPUProfile()
		return p.writeHeap(".heap.pprof")
	}
	if o.Profile == "" {
		return nil
	}
	p.name = o.Profile
	if err := p.writeHeap(".before.pprof"); err != nil {
		return err
	}
	file, err := os.Create(p.name + ".cpu.pprof")
	if err != nil {
		return err
	}
	return pprof.StartCPUProfile(file)
}

// writeHeap writes what was allocated since the process began and what is in use.
func (p *profiling) writeHeap(ending string) error {
	file, err := os.Create(p.name + ending)
	if err != nil {
		return err
	}
	defer file.Close()
	runtime.GC() // or the latest allocations are not in it
	return pprof.Lookup("heap").WriteTo(file, 0)
}

// used is what this process has used.
func used() Receipt {
	var memory runtime.MemStats
	runtime.ReadMemStats(&memory)
	var usage syscall.Rusage
	// It fails for wrong arguments only.
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return Receipt{
		CPU:    time.Duration(usage.Utime.Nano() + usage.Stime.Nano()),
		Allocs: memory.Mallocs,
		Bytes:  memory.TotalAlloc,
	}
}
