package main_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

const psa = `{ subscription(id: "subscription/psa/682") { status } }`

// asked waits until the sandbox behind the gateway has got a request for psa.
func (p *process) asked() {
	p.t.Helper()
	p.await("a question to the source", func() bool {
		var counts struct {
			Calls map[string]int `json:"calls"`
		}
		answer := send(p.t, http.MethodGet, p.url()+"/_sandbox/calls", nil, "")
		if err := json.Unmarshal([]byte(answer.body), &counts); err != nil {
			p.t.Fatal(err)
		}
		return counts.Calls["productive"] > 0
	})
}

// underWay asks and returns at once; the answer or the fault comes later.
func underWay(url string) (<-chan *answer, <-chan error) {
	answers, faults := make(chan *answer, 1), make(chan error, 1)
	go func() {
		a, err := tryToAsk(url, nil, psa)
		if err != nil {
			faults <- err
			return
		}
		answers <- a
	}()
	return answers, faults
}

func (p *process) fault(body string) {
	p.t.Helper()
	if got := send(p.t, http.MethodPost, p.url()+"/_sandbox/faults", nil, body); got.status != http.StatusCreated {
		p.t.Fatalf("the sandbox refused the fault: %s", got.body)
	}
}

func TestATermSignalFinishesWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	p := launch(t, "", nil, "serve", "--sandbox", "--listen", "127.0.0.1:0")
	url := p.url()
	p.fault(`{"source":"psa","delay":"3s"}`)
	answers, faults := underWay(url)
	p.asked()
	p.signal(syscall.SIGTERM)
	p.awaitLog("draining")
	p.await("closed doors", func() bool {
		late, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err == nil {
			late.Close()
		}
		return err != nil
	})
	select {
	case a := <-answers:
		if a.status != http.StatusOK || len(a.Errors) > 0 || a.Data["subscription"] == nil {
			t.Errorf("the query under way was answered with %d %s", a.status, a.body)
		}
	case err := <-faults:
		t.Errorf("the query under way was cut: %v", err)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

func TestAQueryThatHangsIsCutAtTheEndOfTheDrain(t *testing.T) {
	t.Parallel()
	upstreams := vendors(t)
	if got := send(t, http.MethodPost, upstreams+"/_sandbox/faults", nil, `{"source":"psa","hang":true}`); got.status != http.StatusCreated {
		t.Fatal(got.body)
	}
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", strings.Replace(sandboxed(upstreams), "timezone: UTC", "timezone: UTC\n    timeout: 1m", 1))
	p := launch(t, dir, nil, "serve", "--config", "tributary.yaml")
	answers, faults := underWay(p.url())
	p.await("a question to the source", func() bool {
		return strings.Contains(send(t, http.MethodGet, upstreams+"/_sandbox/calls", nil, "").body, `"productive":1`)
	})
	begun := time.Now()
	p.signal(syscall.SIGTERM)
	select {
	case <-faults:
	case a := <-answers:
		t.Errorf("the query was answered with %d %s", a.status, a.body)
	}
	if took := time.Since(begun); took < 9*time.Second {
		t.Errorf("the query was cut after %v, and had ten seconds", took)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	p.awaitLog("cut off")
}

func TestAnInterruptEndsAnIdleGatewayAtOnce(t *testing.T) {
	t.Parallel()
	for _, args := range []string{"serve --sandbox --listen 127.0.0.1:0", "sandbox --listen 127.0.0.1:0"} {
		for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
			p := launch(t, "", nil, strings.Fields(args)...)
			send(t, http.MethodGet, p.url()+"/", nil, "") // which leaves a connection open
			begun := time.Now()
			p.signal(signal)
			if code := p.exit(); code != 0 {
				t.Errorf("%s ends with code %d on %v", args, code, signal)
			}
			if took := time.Since(begun); took > 8*time.Second {
				t.Errorf("%s with nothing to do took %v to end on %v", args, took, signal)
			}
		}
	}
}

// account is the name of an account; "" where there is none.
func (p *process) account(id string) string {
	p.t.Helper()
	a := ask(p.t, p.url(), nil, fmt.Sprintf(`{ account(id: "account/%s") { name } }`, id))
	account, _ := a.Data["account"].(map[string]any)
	name, _ := account["name"].(string)
	return name
}

// replace writes a file as editors do: a new one in place of the old.
func replace(t testing.TB, path, text string) {
	t.Helper()
	fresh := write(t, filepath.Dir(path), "fresh", text)
	if err := os.Rename(fresh, path); err != nil {
		t.Fatal(err)
	}
}

const ofAccounts = "- { id: acme, name: %s, subscriptions: [{ source: psa, id: 682 }] }\n"

// split is small with its accounts in a file of their own.
func split(dir, file string) string {
	head, _, _ := strings.Cut(small, "accounts:")
	return head + "accounts: { file: " + filepath.Join(dir, file) + " }\n"
}

func TestAnEditOfTheAccountsIsSeen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, first := range map[string]string{"in a file of their own": fmt.Sprintf(ofAccounts, "First"), "in the configuration": ""} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"))
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			text := func(account string) string { return fmt.Sprintf(ofAccounts, account) }
			path := filepath.Join(dir, "accounts.yaml")
			if first == "" {
				path = filepath.Join(dir, "tributary.yaml")
				text = func(account string) string {
					return strings.Replace(small, "- id: acme", "- id: acme\n    name: "+account, 1)
				}
			} else {
				write(t, dir, "tributary.yaml", split(dir, "accounts.yaml"))
			}
			replace(t, path, text("First"))
			p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
			if got := p.account("acme"); got != "First" {
				t.Fatalf("the account is %q", got)
			}
			replace(t, path, text("Second"))
			p.await("the edit", func() bool { return p.account("acme") == "Second" })

			broken := strings.Replace(text("Third"), "source: psa", "source: pas", 1)
			replace(t, path, broken)
			p.awaitLog("did you mean")
			at := fmt.Sprintf("%s:%d:%d", filepath.Base(path), 1+strings.Count(broken[:strings.Index(broken, "pas")], "\n"), columnOf(broken, "pas"))
			if !strings.Contains(p.log.String(), at) {
				t.Errorf("the log does not point at %s:\n%s", at, p.log)
			}
			if got := p.account("acme"); got != "Second" {
				t.Errorf("after a broken edit the account is %q", got)
			}
			replace(t, path, text("Fourth"))
			p.await("the mended edit", func() bool { return p.account("acme") == "Fourth" })
		})
	}
}

// columnOf is where a word of a text begins in its line, counted from 1.
func columnOf(text, word string) int {
	at := strings.Index(text, word)
	return at - strings.LastIndex(text[:at], "\n")
}

func TestAHangupReadsTheAccountsAgain(t *testing.T) {
	t.Parallel()
	dir, elsewhere := t.TempDir(), t.TempDir()
	// A link into another folder is not watched.
	path := write(t, elsewhere, "accounts.yaml", fmt.Sprintf(ofAccounts, "First"))
	if err := os.Symlink(path, filepath.Join(dir, "accounts.yaml")); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "tributary.yaml", split(dir, "accounts.yaml"))
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	p.url()
	for range 20 { // however early and often they come
		p.signal(syscall.SIGHUP)
	}
	if got := p.account("acme"); got != "First" {
		t.Fatalf("the account is %q", got)
	}
	replace(t, path, fmt.Sprintf(ofAccounts, "Second"))
	p.signal(syscall.SIGHUP)
	p.await("the other accounts", func() bool { return p.account("acme") == "Second" })
	replace(t, path, "- { id: acme, nam: Third }\n")
	p.signal(syscall.SIGHUP)
	p.awaitLog(`accounts.yaml:1:15`)
	if got := p.account("acme"); got != "Second" {
		t.Errorf("after a broken edit the account is %q", got)
	}
}

func TestAGatewayWhoseAccountsFolderIsGoneStillEnds(t *testing.T) {
	t.Parallel()
	dir, accounts := t.TempDir(), filepath.Join(t.TempDir(), "accounts")
	if err := os.Mkdir(accounts, 0o700); err != nil {
		t.Fatal(err)
	}
	// A FIFO holds the start until it is read, and by then its folder is gone.
	fifo := filepath.Join(accounts, "accounts.yaml")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "tributary.yaml", split(accounts, "accounts.yaml"))
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	feed, err := os.OpenFile(fifo, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(accounts); err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(feed, ofAccounts, "First")
	feed.Close()
	p.awaitLog("SIGHUP reloads them")
	if got := p.account("acme"); got != "First" {
		t.Errorf("the account is %q", got)
	}
	p.signal(syscall.SIGTERM)
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}

// A write that is under way at the end of the drain is seen through and told.
func TestAWriteOutlivesTheDrain(t *testing.T) {
	t.Parallel()
	p := launch(t, "", nil, "serve", "--sandbox", "--listen", "127.0.0.1:0")
	url := p.url()
	p.fault(`{"source":"teams","method":"POST","delay":"4s"}`)
	answers := make(chan *answer, 1)
	go func() {
		a, err := tryToAsk(url, nil, `mutation {
			one: cancelSubscription(input: { id: "subscription/teams/team_1", when: NOW }) { subscription { status } userErrors { code } }
			two: cancelSubscription(input: { id: "subscription/teams/team_4", when: NOW }) { subscription { status } userErrors { code } }
			three: cancelSubscription(input: { id: "subscription/teams/team_12", when: NOW }) { subscription { status } userErrors { code } }
		}`)
		if err != nil {
			t.Errorf("the write was cut: %v", err)
		}
		answers <- a
	}()
	p.await("a write", func() bool {
		return strings.Contains(send(t, http.MethodGet, url+"/_sandbox/calls", nil, "").body, `"writes":{"focus":0,"frontier":0,"intercode":1`)
	})
	p.signal(syscall.SIGTERM)
	if a := <-answers; a != nil && strings.Count(a.body, "CANCELED") != 3 {
		t.Errorf("the writes under way were answered %s", a.body)
	}
	if code := p.exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
}
