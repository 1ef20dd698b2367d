package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"tributary/redistest"
	"tributary/sandbox"
)

// ends is what is to be ended when the program ends.
type ends struct{ redistest.Ends }

// system is what is under load.
type system struct {
	redis    *redistest.Cluster
	sandbox  string // its URL
	plain    *replica
	replicas []*replica
}

// replica is a process of the gateway.
type replica struct {
	name    string
	url     string
	process *process
	leaving atomic.Bool // takes no new requests
	killed  atomic.Bool
}

// start starts a Redis Cluster, the sandbox, three replicas over both, and one
// gateway without Redis that says what is true.
func (e *ends) start(binary string) *system {
	s := &system{redis: redistest.StartCluster(e)}
	s.sandbox = e.launch(binary, "sandbox", "--listen", "127.0.0.1:0").url
	s.plain = e.replica(binary, "plain", "", s.sandbox)
	redis := fmt.Sprintf("redis: { addrs: [%s] }\n", strings.Join(s.redis.Addrs(), ", "))
	for _, name := range []string{"a", "b", "c"} {
		s.replicas = append(s.replicas, e.replica(binary, name, redis, s.sandbox))
	}
	return s
}

func (e *ends) replica(binary, name, redis, upstreams string) *replica {
	file := filepath.Join(e.TempDir(), name+".yaml")
	text := sandbox.Configuration(upstreams) + redis + "secret: a secret of this run alone\n" +
		fmt.Sprintf("listen: 127.0.0.1:0\nadmin: { listen: %q }\n", e.freeAddress())
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		e.Fatal(err)
	}
	p := e.launch(binary, "serve", "--config", file)
	return &replica{name: name, url: p.url, process: p}
}

func (e *ends) freeAddress() string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		e.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// process is a program that said where it listens.
type process struct {
	command *exec.Cmd
	url     string
	ended   chan struct{}
}

var address = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

func (e *ends) launch(binary string, arguments ...string) *process {
	p := &process{command: exec.Command(binary, arguments...), ended: make(chan struct{})}
	log := new(bytes.Buffer)
	p.command.Stderr = log
	out, err := p.command.StdoutPipe()
	if err != nil {
		e.Fatal(err)
	}
	if err := p.command.Start(); err != nil {
		e.Fatal(err)
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() {
		defer close(p.ended)
		io.Copy(io.Discard, lines)
		p.command.Wait()
	}()
	e.Cleanup(p.stop)
	if p.url = address.FindString(line); p.url == "" {
		p.stop()
		e.Fatalf("%s %s says %q (%v), and no address\n%s", binary, arguments[0], line, err, log)
	}
	return p
}

// stop ends the process, by force where it takes its time.
func (p *process) stop() {
	p.command.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(10*time.Second, func() { p.command.Process.Kill() })
	defer timer.Stop()
	<-p.ended
}
