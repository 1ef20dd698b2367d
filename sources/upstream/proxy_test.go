package upstream_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"tributary/sources/upstream"
)

// overheard takes all that a proxy is sent, and opens every tunnel without an end.
func overheard(t *testing.T) (address string, heard func() string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.SetDeadline(time.Now().Add(5 * time.Second))
			reader := bufio.NewReader(io.TeeReader(conn, &all))
			if req, err := http.ReadRequest(reader); err == nil && req.Method == http.MethodConnect {
				io.WriteString(conn, "HTTP/1.1 200 OK\r\n\r\n")
				io.ReadFull(reader, make([]byte, 64)) // of the greeting of TLS
			}
			conn.Close()
		}
	}()
	return "http://" + listener.Addr().String(), func() string {
		listener.Close()
		<-ended
		return all.String()
	}
}

// The environment's proxy is read once in a process, so the client has its own.
func TestAProxySeesNoCredential(t *testing.T) {
	if source := os.Getenv("SOURCE_BEHIND_PROXY"); source != "" {
		client := connect(t, upstream.Config{URL: source, Timeout: 2 * time.Second, Auth: upstream.Auth{
			Bearer: "hunter2", Headers: map[string]string{"X-Auth-Token": "hunter2"},
		}})
		_, err := get(context.Background(), client)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("got %v", err)
		}
		return
	}
	for source, want := range map[string]string{
		"https://source.invalid": "CONNECT source.invalid:443 ",
		"http://source.invalid":  "",
	} {
		proxy, heard := overheard(t)
		command := exec.Command(os.Args[0], "-test.run=^TestAProxySeesNoCredential$")
		command.Env = append(os.Environ(), "SOURCE_BEHIND_PROXY="+source, "HTTP_PROXY="+proxy, "HTTPS_PROXY="+proxy, "NO_PROXY=")
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("%s: %v\n%s", source, err, out)
		}
		got := heard()
		if strings.Contains(got, "hunter2") || strings.Contains(got, "Authorization") || !strings.HasPrefix(got, want) || want == "" && got != "" {
			t.Errorf("%s: the proxy heard %q", source, got)
		}
	}
}
