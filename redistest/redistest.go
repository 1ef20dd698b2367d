// Package redistest gives a test a Redis of its own, one server, a Cluster or a
// master under Sentinels, that can be killed, brought back and made to fail.
package redistest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Owner is whom a Redis belongs to and ends with: a test, or a program that has
// these of a test's methods. What fails ends it, through Fatal or Fatalf.
type Owner interface {
	Helper()
	Cleanup(func())
	TempDir() string
	Fatal(args ...any)
	Fatalf(format string, args ...any)
}

// Server is a redis-server process that listens on a port of 127.0.0.1 and
// keeps no data on disk. Its methods fail the test where they fail.
type Server struct {
	t         Owner
	binary    string
	dir       string
	addr      string
	arguments []string // beyond where it listens

	mu      sync.Mutex
	running *process // nil while killed
}

// process is one run of redis-server.
type process struct {
	command *exec.Cmd
	output  bytes.Buffer
	ended   chan struct{} // closed when it has ended
}

// patience is how long a server may take to answer at first.
const patience = 10 * time.Second

// Start starts a server, waits until it answers, and stops it when the test
// ends. Where redis-server is missing it installs it through apt-get if that
// is there and the user may, and otherwise fails the test.
func Start(t Owner) *Server {
	t.Helper()
	return start(t, func(string) []string { return withoutDisk })
}

// withoutDisk has a server keep its data in memory alone.
var withoutDisk = []string{"--save", "", "--appendonly", "no"}

// start starts a server whose arguments are made anew for each port that is
// tried.
func start(t Owner, arguments func(dir string) []string) *Server {
	t.Helper()
	s := &Server{t: t, binary: binary(t), dir: t.TempDir()}
	t.Cleanup(s.stop)
	// Between finding a port free and listening on it another process may take it.
	for range 5 {
		s.addr, s.arguments = freeAddr(t), arguments(s.dir)
		output, err := s.run()
		if err == nil {
			return s
		}
		if !strings.Contains(output, "Address already in use") {
			t.Fatalf("start redis-server on %s: %v\n%s", s.addr, err, output)
		}
	}
	t.Fatal("start redis-server: each free port was taken before it could listen")
	return nil
}

// Addr is host:port, the same through Kill and Restart.
func (s *Server) Addr() string { return s.addr }

// URL is the server's redis:// URL.
func (s *Server) URL() string { return "redis://" + s.addr }

// Kill ends the server at once, as a power cut does: what it kept is lost.
func (s *Server) Kill() {
	s.t.Helper()
	if !s.kill() {
		s.t.Fatal("redis-server was killed twice")
	}
}

// Restart brings a killed server back, empty and on the same address, and waits
// until it answers.
func (s *Server) Restart() {
	s.t.Helper()
	if output, err := s.run(); err != nil {
		s.t.Fatalf("restart redis-server on %s: %v\n%s", s.addr, err, output)
	}
}

// Pause makes the server hang: connections stand, nothing is answered.
func (s *Server) Pause() { s.t.Helper(); s.signal(syscall.SIGSTOP) }

// Resume ends a Pause; what was sent meanwhile is answered.
func (s *Server) Resume() { s.t.Helper(); s.signal(syscall.SIGCONT) }

// run starts the process and waits until it answers; where it does not, it
// returns what the process wrote.
func (s *Server) run() (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running != nil {
		return "", errors.New("it runs already")
	}
	_, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return "", err
	}
	arguments := slices.Concat(s.arguments, []string{"--bind", "127.0.0.1", "--port", port, "--dir", s.dir})
	p := &process{ended: make(chan struct{}), command: exec.Command(s.binary, arguments...)}
	p.command.Stdout, p.command.Stderr = &p.output, &p.output
	if err := p.command.Start(); err != nil {
		return "", err
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // killed or failed: either way it has ended
	}()
	if err := p.await(s.addr); err != nil {
		p.end()
		return p.output.String(), err
	}
	s.running = p
	return "", nil
}

// await returns when the server answers.
func (p *process) await(addr string) error {
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(5 * time.Millisecond)
	defer again.Stop()
	for {
		err := ping(addr)
		if err == nil {
			return nil
		}
		select {
		case <-p.ended:
			return errors.New("it ended")
		case <-deadline.C:
			return err
		case <-again.C:
		}
	}
}

// end kills the process, paused or not, and waits until it is gone.
func (p *process) end() {
	_ = p.command.Process.Kill() // an error says that it has ended
	<-p.ended
}

func (s *Server) stop() { s.kill() }

// kill reports whether there was a process to kill.
func (s *Server) kill() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return false
	}
	s.running.end()
	s.running = nil
	return true
}

func (s *Server) signal(signal syscall.Signal) {
	s.t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		s.t.Fatalf("send %v: redis-server is not running", signal)
	}
	if err := s.running.command.Process.Signal(signal); err != nil {
		s.t.Fatalf("send %v to redis-server: %v", signal, err)
	}
}

func ping(addr string) error {
	conn, err := net.DialTimeout("tcp", addr, time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(time.Second)); err != nil {
		return err
	}
	if _, err := io.WriteString(conn, "PING\r\n"); err != nil {
		return err
	}
	const pong = "+PONG\r\n"
	answer := make([]byte, len(pong))
	if _, err := io.ReadFull(conn, answer); err != nil {
		return err
	}
	if string(answer) != pong {
		return errors.New("it answered something else to PING")
	}
	return nil
}

func freeAddr(t Owner) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("find a free port: %v", err)
	}
	defer listener.Close()
	return listener.Addr().String()
}
