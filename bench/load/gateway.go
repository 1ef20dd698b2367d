package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"
)

// gateway is a process of the program, whose log nobody reads.
type gateway struct {
	address string
	command *exec.Cmd
	ended   chan struct{}
}

var address = regexp.MustCompile(`http://(127\.0\.0\.1:\d+)`)

// gateway starts one of a configuration.
func (s *stage) gateway(configuration string) (*gateway, error) {
	file := filepath.Join(s.folder, "tributary.yaml")
	if err := os.WriteFile(file, []byte(configuration), 0o600); err != nil {
		return nil, err
	}
	g := &gateway{command: exec.Command(s.Binary, "serve", "--config", file, "--listen", "127.0.0.1:0"), ended: make(chan struct{})}
	out, err := g.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := g.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	go func() {
		defer close(g.ended)
		io.Copy(io.Discard, lines)
		g.command.Wait()
	}()
	found := address.FindStringSubmatch(line)
	if found == nil {
		g.stop()
		return nil, fmt.Errorf("the gateway says %q (%v), and no address: try %s serve --config with\n%s", line, err, s.Binary, configuration)
	}
	g.address = found[1]
	return g, nil
}

func (g *gateway) id() int { return g.command.Process.Pid }

// stop ends the process, by force where it takes its time.
func (g *gateway) stop() {
	g.command.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(5*time.Second, func() { g.command.Process.Kill() })
	defer timer.Stop()
	<-g.ended
}
