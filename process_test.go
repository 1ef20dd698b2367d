package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// scratch is a folder that lasts as long as the tests of this package.
var scratch string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "tributary-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	scratch = dir
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// binary builds the program once, with the race detector.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "tributary")
	build := exec.Command("go", "build", "-race", "-ldflags", "-X main.version=v0.0.0-test", "-o", path, ".")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the program: %w\n%s", err, out)
	}
	return path, nil
})

// process is the program as an operator runs it.
type process struct {
	t       testing.TB
	command *exec.Cmd
	out     *transcript // what it prints
	log     *transcript // what it writes to stderr
	ended   chan struct{}
}

// patience is how long anything may take on a busy machine.
const patience = time.Minute

// launch starts the program in a folder of its own, or in dir where that is not
// empty, with nothing in its environment but env. When the test ends it is
// asked to stop, and has to.
func launch(t testing.TB, dir string, env []string, args ...string) *process {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	if dir == "" {
		dir = t.TempDir()
	}
	p := &process{t: t, command: exec.Command(path, args...), out: new(transcript), log: new(transcript), ended: make(chan struct{})}
	p.command.Dir = dir
	p.command.Env = append([]string{"PATH=" + os.Getenv("PATH")}, env...)
	p.command.Stdout, p.command.Stderr = p.out, p.log
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(p.ended)
		_ = p.command.Wait() // its code is looked at by exit
	}()
	t.Cleanup(p.finish)
	return p
}

// finish stops what still runs.
func (p *process) finish() {
	select {
	case <-p.ended:
	default:
		_ = p.command.Process.Signal(syscall.SIGTERM) // fails where it has just ended
		if code := p.exit(); code != 0 {
			p.t.Errorf("the program ended with code %d\n%s", code, p.log)
		}
	}
	if strings.Contains(p.log.String(), "DATA RACE") {
		p.t.Errorf("the program has a data race:\n%s", p.log)
	}
}

// exit waits for the end and returns the exit code.
func (p *process) exit() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		_ = p.command.Process.Kill()
		<-p.ended
		p.t.Errorf("the program did not end by itself\n%s", p.log)
	}
	return p.command.ProcessState.ExitCode()
}

func (p *process) signal(signal syscall.Signal) {
	p.t.Helper()
	if err := p.command.Process.Signal(signal); err != nil {
		p.t.Fatalf("send %v: %v", signal, err)
	}
}

var printedURL = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// url waits until the program says where it listens.
func (p *process) url() string {
	p.t.Helper()
	p.await("its address", func() bool { return printedURL.MatchString(p.out.String()) })
	return printedURL.FindString(p.out.String())
}

// await waits until the program has done something.
func (p *process) await(what string, done func() bool) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for !done() {
		select {
		case <-p.ended:
			if done() {
				return
			}
			p.t.Fatalf("the program ended before %s\n%s%s", what, p.out, p.log)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			p.t.Fatalf("waited in vain for %s\n%s%s", what, p.out, p.log)
		}
	}
}

// awaitLog waits for a text in the log.
func (p *process) awaitLog(text string) {
	p.t.Helper()
	p.await(fmt.Sprintf("%q in the log", text), func() bool { return strings.Contains(p.log.String(), text) })
}

// outcome is what a command that has ended left behind.
type outcome struct {
	out, err string
	code     int
}

// command runs the program to its end.
func command(t testing.TB, dir string, env []string, args ...string) outcome {
	t.Helper()
	p := launch(t, dir, env, args...)
	return outcome{code: p.exit(), out: p.out.String(), err: p.log.String()}
}

// transcript is what a process writes, readable meanwhile.
type transcript struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (t *transcript) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.Write(p)
}

func (t *transcript) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.text.String()
}

// answer is an answer over HTTP, with what GraphQL it holds.
type answer struct {
	status int
	header http.Header
	body   string

	Data   map[string]any `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
}

// send sends a request, and fails the test where no answer comes.
func send(t testing.TB, method, url string, header http.Header, body string) *answer {
	t.Helper()
	a, err := attempt(method, url, header, body)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func attempt(method, url string, header http.Header, body string) (*answer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: string(text)}, nil
}

// ask asks the gateway at url, as the caller whose headers are given.
func ask(t testing.TB, url string, header http.Header, query string) *answer {
	t.Helper()
	a, err := tryToAsk(url, header, query)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func tryToAsk(url string, header http.Header, query string) (*answer, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	header = header.Clone()
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/json")
	a, err := attempt(http.MethodPost, url+"/graphql", header, string(body))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal([]byte(a.body), a); err != nil {
		return nil, errors.Join(fmt.Errorf("the answer is no JSON: %s", a.body), err)
	}
	return a, nil
}

// write writes a file into a folder and returns its path.
func write(t testing.TB, dir, name, text string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
