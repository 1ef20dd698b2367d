package redistest_test

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"tributary/redistest"
)

// ask sends one command and returns the first line of the answer.
func ask(addr, command string, patience time.Duration) (string, error) {
	conn, err := net.DialTimeout("tcp", addr, patience)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
		return "", err
	}
	if _, err := fmt.Fprintf(conn, "%s\r\n", command); err != nil {
		return "", err
	}
	return bufio.NewReader(conn).ReadString('\n')
}

func TestAServerLivesAsLongAsItsTest(t *testing.T) {
	var addr string
	t.Run("while it runs", func(t *testing.T) {
		server := redistest.Start(t)
		addr = server.Addr()
		if got, err := ask(addr, "PING", time.Second); err != nil || got != "+PONG\r\n" {
			t.Errorf("it answers %q, %v", got, err)
		}
		if want := "redis://" + addr; server.URL() != want {
			t.Errorf("its URL is %s, want %s", server.URL(), want)
		}
	})
	if got, err := ask(addr, "PING", time.Second); err == nil {
		t.Errorf("it answers %q after its test", got)
	}
}

func TestTwoServersAreApart(t *testing.T) {
	one, other := redistest.Start(t), redistest.Start(t)
	if _, err := ask(one.Addr(), "SET k v", time.Second); err != nil {
		t.Fatal(err)
	}
	if got, err := ask(other.Addr(), "GET k", time.Second); err != nil || got != "$-1\r\n" {
		t.Errorf("the other answers %q, %v", got, err)
	}
}

func TestAKilledServerComesBackEmptyAtItsAddress(t *testing.T) {
	server := redistest.Start(t)
	addr := server.Addr()
	if _, err := ask(addr, "SET k v", time.Second); err != nil {
		t.Fatal(err)
	}
	server.Kill()
	if got, err := ask(addr, "PING", time.Second); err == nil {
		t.Errorf("killed, it answers %q", got)
	}
	server.Restart()
	if server.Addr() != addr {
		t.Errorf("it moved from %s to %s", addr, server.Addr())
	}
	if got, err := ask(addr, "GET k", time.Second); err != nil || got != "$-1\r\n" {
		t.Errorf("after the restart it answers %q, %v", got, err)
	}
}

func TestAPausedServerHangsUntilItResumes(t *testing.T) {
	server := redistest.Start(t)
	server.Pause()
	var timeout net.Error
	if got, err := ask(server.Addr(), "PING", 100*time.Millisecond); !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("paused, it answers %q, %v", got, err)
	}
	server.Resume()
	if got, err := ask(server.Addr(), "PING", 5*time.Second); err != nil || got != "+PONG\r\n" {
		t.Errorf("resumed, it answers %q, %v", got, err)
	}
}

// TestAMissingServerIsInstalled runs with an apt-get of its own, which writes
// down what it is asked and installs a link.
func TestAMissingServerIsInstalled(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may install")
	}
	redistest.Start(t) // so that there is one to link to
	real, err := exec.LookPath("redis-server")
	if err != nil {
		t.Fatal(err)
	}
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	link, err := exec.LookPath("ln")
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	script := fmt.Sprintf("#!%s\necho \"$1 $RUNLEVEL\" >> %[2]s/asked\n[ $1 = update ] || %[3]s -s %[4]s %[2]s/redis-server\n", shell, bin, link, real)
	if err := os.WriteFile(filepath.Join(bin, "apt-get"), []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin)
	t.Setenv("TMPDIR", t.TempDir())
	for range 2 {
		server := redistest.Start(t)
		if got, err := ask(server.Addr(), "PING", time.Second); err != nil || got != "+PONG\r\n" {
			t.Errorf("it answers %q, %v", got, err)
		}
	}
	asked, err := os.ReadFile(filepath.Join(bin, "asked"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "update 1\ninstall 1\n"; string(asked) != want {
		t.Errorf("apt-get was asked %q, want %q", asked, want)
	}
}
