package web

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var printedAddress = regexp.MustCompile(`http://127\.0\.0\.1:\d+`)

// startGateway builds the gateway, starts it over the sandbox on a free port
// and returns its address, such as http://127.0.0.1:40123, as the gateway
// prints it. With TRIBUTARY_URL set, the gateway that already runs there is
// taken instead. At the test's end the gateway is asked to stop, and has to.
func startGateway(t *testing.T) string {
	t.Helper()
	if address := os.Getenv("TRIBUTARY_URL"); address != "" {
		return strings.TrimSuffix(address, "/")
	}
	binary := filepath.Join(t.TempDir(), "tributary")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, ".")
	build.Dir = ".."
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the gateway: %v\n%s", err, out)
	}

	gateway := exec.Command(binary, "serve", "--sandbox", "--listen", "127.0.0.1:0")
	gateway.Dir = t.TempDir()
	reader, writer := io.Pipe()
	gateway.Stdout, gateway.Stderr = writer, writer
	if err := gateway.Start(); err != nil {
		t.Fatal(err)
	}

	output := &transcript{address: make(chan string, 1)}
	var reading sync.WaitGroup
	reading.Go(func() { output.read(reader) })
	exited := make(chan error, 1)
	reading.Go(func() {
		exited <- gateway.Wait()
		writer.Close()
	})
	t.Cleanup(func() {
		defer reading.Wait()
		if err := gateway.Process.Signal(syscall.SIGTERM); err != nil {
			t.Errorf("stop the gateway: %v\n%s", err, output.text())
			return
		}
		select {
		case err := <-exited:
			if err != nil {
				t.Errorf("the gateway ended with %v\n%s", err, output.text())
			}
		case <-time.After(15 * time.Second):
			gateway.Process.Kill()
			t.Errorf("the gateway did not stop within 15 s\n%s", output.text())
		}
	})

	select {
	case address := <-output.address:
		return address
	case <-time.After(30 * time.Second):
		t.Fatalf("the gateway printed no address within 30 s:\n%s", output.text())
	}
	return ""
}

// transcript keeps what the gateway prints and picks the first address of it.
type transcript struct {
	address chan string

	mu    sync.Mutex
	lines strings.Builder
}

func (o *transcript) read(from io.Reader) {
	found := false
	lines := bufio.NewScanner(from)
	for lines.Scan() {
		o.mu.Lock()
		o.lines.WriteString(lines.Text() + "\n")
		o.mu.Unlock()
		if address := printedAddress.FindString(lines.Text()); address != "" && !found {
			found = true
			o.address <- address
		}
	}
	// A line too long for the scanner must not block the gateway's writing.
	io.Copy(io.Discard, from)
}

func (o *transcript) text() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lines.String()
}
