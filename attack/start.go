package main

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"syscall"
	"time"

	"tributary/sandbox"
)

// start runs simulated upstreams and a gateway over them that faces the public:
// callers are known by keys, and nothing that is for development is on.
func (o options) start() (t *target, end func(), err error) {
	folder, err := os.MkdirTemp("", "attack-")
	if err != nil {
		return nil, nil, err
	}
	ends := []func(){func() { os.RemoveAll(folder) }}
	stop := func() {
		for i := len(ends) - 1; i >= 0; i-- {
			ends[i]()
		}
	}
	defer func() {
		if err != nil {
			stop()
		}
	}()
	binary := o.Binary
	if binary == "" {
		binary = filepath.Join(folder, "tributary")
		if out, err := exec.Command("go", "build", "-o", binary, "tributary").CombinedOutput(); err != nil {
			return nil, nil, fmt.Errorf("build the gateway: %w\n%s", err, out)
		}
	}
	upstreams, err := launch(binary, "sandbox", "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	ends = append(ends, upstreams.stop)
	t = &target{key: newKey(), otherKey: newKey(), sandbox: "http://" + upstreams.at.Host}
	admin, err := freeAddress()
	if err != nil {
		return nil, nil, err
	}
	t.admin = "http://" + admin
	file := filepath.Join(folder, "tributary.yaml")
	if err := os.WriteFile(file, []byte(t.configuration(admin)), 0o600); err != nil {
		return nil, nil, err
	}
	gateway, err := launch(binary, "serve", "--config", file, "--listen", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	ends = append(ends, gateway.stop)
	t.url, t.pid = gateway.at, gateway.command.Process.Pid
	return t, stop, nil
}

// configuration is that of the sandbox, with two callers.
func (t *target) configuration(admin string) string {
	return sandbox.Upstreams(t.sandbox) + fmt.Sprintf(`
admin: { listen: %q }
auth:
  mode: apiKeys
  keys:
    - { subject: acme, hashes: [%q], scopes: [read, write], accounts: [acme] }
    - { subject: globex, hashes: [%q], scopes: [read, write], accounts: [globex] }
`, admin, hashOf(t.key), hashOf(t.otherKey))
}

func newKey() string { return "trb_" + rand.Text() + rand.Text() }

func hashOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// freeAddress is one that nobody listens at.
func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

// process is a program that said where it listens.
type process struct {
	command *exec.Cmd
	at      *url.URL
}

var address = regexp.MustCompile(`http://[^/\s]+(/graphql)?`)

func launch(binary string, arguments ...string) (*process, error) {
	p := &process{command: exec.CommandContext(context.Background(), binary, arguments...)}
	log := new(bytes.Buffer)
	p.command.Stderr = log
	out, err := p.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := p.command.Start(); err != nil {
		return nil, err
	}
	lines := bufio.NewReader(out)
	line, err := lines.ReadString('\n')
	if err != nil {
		ended := p.command.Wait()
		return nil, fmt.Errorf("%s %s ended before it listened: %w\n%s", binary, arguments[0], ended, log)
	}
	go io.Copy(io.Discard, lines)
	if p.at, err = url.Parse(address.FindString(line)); err != nil || p.at.Host == "" {
		p.stop()
		return nil, fmt.Errorf("%s %s says %q, and no address", binary, arguments[0], line)
	}
	return p, nil
}

// stop ends the process, by force where it takes its time.
func (p *process) stop() {
	p.command.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(5*time.Second, func() { p.command.Process.Kill() })
	defer timer.Stop()
	p.command.Wait()
}
