package main_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"tributary/identity"
	"tributary/sandbox"
)

// holder is one caller in a configuration or a file of keys, with the account
// that it sees.
func holder(subject, account string, hashes ...string) string {
	return fmt.Sprintf("- { subject: %s, hashes: ['%s'], scopes: [read], accounts: [%s] }\n", subject, strings.Join(hashes, "', '"), account)
}

// sees is the names of the accounts that a caller sees, or the code of the
// refusal.
func sees(t testing.TB, url string, header http.Header) string {
	t.Helper()
	a := ask(t, url, header, `{ accounts { nodes { name } } }`)
	if len(a.Errors) > 0 {
		return fmt.Sprint(a.status, " ", a.Errors[0].Extensions["code"])
	}
	var names []string
	for _, node := range a.Data["accounts"].(map[string]any)["nodes"].([]any) {
		names = append(names, node.(map[string]any)["name"].(string))
	}
	return strings.Join(names, ", ")
}

func TestKeysInAFileAreRotatedWithoutARestart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	old, oldHash := identity.NewKey()
	young, youngHash := identity.NewKey()
	file := write(t, dir, "keys.yaml", holder("ada", "acme", oldHash))
	write(t, dir, "tributary.yaml", "listen: 127.0.0.1:0\n"+sandbox.Upstreams(vendors(t))+"auth: { mode: apiKeys, file: keys.yaml }\n")
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	with := func(key string) string { return sees(t, p.url(), http.Header{"X-Api-Key": {key}}) }
	const nobody = "401 UNAUTHENTICATED"
	if a, b := with(old), with(young); a != "Acme" || b != nobody {
		t.Fatalf("the key sees %s, and one that is not there yet %s", a, b)
	}
	replace(t, file, holder("ada", "acme", oldHash, youngHash))
	p.await("the new key", func() bool { return with(young) == "Acme" })
	if got := with(old); got != "Acme" {
		t.Errorf("beside the new key the old one sees %s", got)
	}
	replace(t, file, holder("ada", "globex", youngHash))
	p.await("the old key's end", func() bool { return with(old) == nobody })
	if got := with(young); got != "Globex" {
		t.Errorf("with another account the key sees %s", got)
	}
	replace(t, file, "- { subject: ada, hashes: ['"+young+"'], scopes: [read], accounts: all }\n")
	p.awaitLog("32 bytes in hexadecimal")
	if got := with(young); got != "Globex" {
		t.Errorf("after a broken edit the key sees %s", got)
	}
	for _, key := range []string{old, young} {
		if strings.Contains(p.log.String(), key) {
			t.Error("the log holds a key")
		}
	}
}

// inTime is a gateway that gives its clients little time.
func inTime(t *testing.T) *process {
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "timeouts: { header: 400ms, body: 800ms, request: 5s, write: 6s, idle: 400ms }\n"+sandboxed(vendors(t)))
	return launch(t, dir, nil, "serve", "--config", "tributary.yaml")
}

func TestASlowClientIsCutOffInTime(t *testing.T) {
	t.Parallel()
	address := strings.TrimPrefix(inTime(t).url(), "http://")
	const head = "POST /graphql HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\n"
	const body = `{"query":"{ viewer { subject } }"}`
	for _, c := range []struct {
		name, begins string
		drips        string // again and again, until the connection ends
		says         string // before it hangs up
	}{
		{"nothing", "", "", ""},
		{"half a header", head, "", ""},
		{"a header that never ends", head, "X-Slow: 1\r\n", ""},
		{"half a body", head + "Content-Length: 1000\r\n\r\n{", "", "HTTP/1.1 408 "},
		{"a body that never ends", head + "Content-Length: 1000000\r\n\r\n", " ", "HTTP/1.1 408 "},
		{"a body of pieces that never ends", head + "Transfer-Encoding: chunked\r\n\r\n", "1\r\n \r\n", "HTTP/1.1 408 "},
		{"a request, and then no other", head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body), body), "", "HTTP/1.1 200 "},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			connection, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer connection.Close()
			begun := time.Now()
			connection.SetDeadline(begun.Add(patience))
			io.WriteString(connection, c.begins)
			if c.drips != "" {
				go func() {
					for every := time.NewTicker(20 * time.Millisecond); ; <-every.C {
						if _, err := io.WriteString(connection, c.drips); err != nil {
							every.Stop()
							return
						}
					}
				}()
			}
			// It ends the connection; a reset is an end too, where more was sent.
			said, err := io.ReadAll(bufio.NewReader(connection))
			if os.IsTimeout(err) {
				t.Fatal("the gateway never hung up")
			}
			if took := time.Since(begun); took < 300*time.Millisecond {
				t.Errorf("it hung up after %v", took)
			}
			if !strings.HasPrefix(string(said), c.says) || c.says == "" && len(said) > 0 && !strings.HasPrefix(string(said), "HTTP/1.1 408 ") {
				t.Errorf("it said %q", said)
			}
			if c.says == "HTTP/1.1 408 " && !strings.Contains(string(said), `"code":"LIMIT_EXCEEDED"`) {
				t.Errorf("it said %q", said)
			}
		})
	}
}

var printedHTTPS = regexp.MustCompile(`https://(127\.0\.0\.1:\d+)/graphql`)

// secureAddress waits until the program says where it listens for TLS.
func (p *process) secureAddress() string {
	p.t.Helper()
	p.await("its address", func() bool { return printedHTTPS.MatchString(p.out.String()) })
	return printedHTTPS.FindStringSubmatch(p.out.String())[1]
}

// place puts both files of a certificate in the place of the present ones.
func (c certificate) place(t testing.TB, dir string) {
	t.Helper()
	replace(t, filepath.Join(dir, "tls.key"), c.key)
	replace(t, filepath.Join(dir, "tls.crt"), c.cert)
}
