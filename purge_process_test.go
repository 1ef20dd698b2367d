package main_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"tributary/redistest"
	"tributary/sandbox"
)

// purgeable are two gateways over one Redis and one sandbox, each with a listener
// for operators.
type purgeable struct {
	replicas
	dir, admin string // of a
}

func startPurgeable(t *testing.T) *purgeable {
	t.Helper()
	server := redistest.Start(t)
	vendors := launch(t, "", nil, "sandbox", "--listen", "127.0.0.1:0")
	p := &purgeable{replicas: replicas{t: t, upstreams: vendors.url()}, dir: t.TempDir(), admin: freeAddr(t)}
	text := "listen: 127.0.0.1:0\nredis: { url: '" + server.URL() + "', timeout: 2s }\n" + sandbox.Configuration(p.upstreams)
	write(t, p.dir, "a.yaml", "admin: { listen: '"+p.admin+"' }\n"+text)
	write(t, p.dir, "b.yaml", text)
	p.a = launch(t, p.dir, nil, "serve", "--config", "a.yaml")
	p.b = launch(t, p.dir, nil, "serve", "--config", "b.yaml")
	p.a.url() // both listen, and for operators before that
	p.b.url()
	return p
}

// calls is how many requests each source got.
func (p *purgeable) calls() map[string]int {
	p.t.Helper()
	var counts struct {
		Calls map[string]int `json:"calls"`
	}
	answer := send(p.t, http.MethodGet, p.upstreams+"/_sandbox/calls", nil, "")
	if err := json.Unmarshal([]byte(answer.body), &counts); err != nil {
		p.t.Fatal(err)
	}
	return counts.Calls
}

// asked are the vendors that both gateways together ask for everybody's
// subscriptions now.
func (p *purgeable) asked() string {
	p.t.Helper()
	before := p.calls()
	for _, url := range []string{p.a.url(), p.b.url()} {
		got := ask(p.t, url, nil, `{ a: account(id: "account/acme") { subscriptions { nodes { id plan { name } } } } b: account(id: "account/globex") { subscriptions { nodes { id } } } }`)
		if len(got.Errors) > 0 {
			p.t.Fatal(got.body)
		}
	}
	var asked []string
	after := p.calls()
	for _, vendor := range []string{"focus", "frontier", "intercode", "productive"} {
		if after[vendor] > before[vendor] {
			asked = append(asked, vendor)
		}
	}
	return strings.Join(asked, " ")
}

func TestPurgeReachesEveryReplica(t *testing.T) {
	t.Parallel()
	p := startPurgeable(t)
	p.asked()
	if got := p.asked(); got != "" {
		t.Fatalf("with all of it kept, %s is asked", got)
	}
	for _, c := range []struct{ args, says, asked string }{
		{"--config a.yaml --source focus", "purged source focus, and every replica has acknowledged it\n", "focus"},
		{"--admin http://" + p.admin + " --source psa --organization 682", "purged source psa, with the service's credentials, which are sent about organization 682, and every replica has acknowledged it\n", "productive"},
		{"--config a.yaml --everything", "purged everything, and every replica has acknowledged it\n", "focus frontier intercode productive"},
	} {
		got := command(t, p.dir, nil, append([]string{"purge"}, strings.Fields(c.args)...)...)
		if got.code != 0 || got.out != c.says || got.err != "" {
			t.Errorf("%s: code %d, printed %q and %q", c.args, got.code, got.out, got.err)
		}
		if asked := p.asked(); asked != c.asked {
			t.Errorf("after %s the gateways ask %q, want %q", c.args, asked, c.asked)
		}
	}
	got := command(t, p.dir, nil, "purge", "--config", "a.yaml", "--account", "acme")
	if got.code != 0 || got.out != "purged account acme, and every replica has acknowledged it\n" {
		t.Errorf("code %d, printed %q and %q", got.code, got.out, got.err)
	}
	if asked := p.asked(); asked == "" {
		t.Error("after a purge of an account no source is asked")
	}
	for args, says := range map[string]string{
		"--config a.yaml --source nowhere":   `there is no source "nowhere"`,
		"--config a.yaml --account nobody":   `there is no account "nobody"`,
		"--config b.yaml --everything":       "b.yaml: admin.listen: there is no listener",
		"--config nowhere.yaml --everything": "nowhere.yaml: ",
	} {
		isRefusal(t, command(t, p.dir, nil, append([]string{"purge"}, strings.Fields(args)...)...), says)
	}
	for args, says := range map[string]string{
		"--everything --admin http://127.0.0.1:1": "connection refused",
		"--everything --admin " + p.a.url():       "no listener for operators",
	} {
		got := command(t, p.dir, nil, append([]string{"purge"}, strings.Fields(args)...)...)
		if got.code != 1 || got.out != "" || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, says) {
			t.Errorf("%s: code %d, printed %q and %q", args, got.code, got.out, got.err)
		}
	}
}

func TestThePurgeEndpointRefusesWhatItCannotMean(t *testing.T) {
	t.Parallel()
	admin := freeAddr(t)
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "admin: { listen: '"+admin+"' }\n"+small)
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	p.url()
	for _, c := range []struct {
		name, contentType, origin, body string
		status                          int
		says                            string
	}{
		{"everything", "application/json", "", `{"everything":true}`, 200, `{"purged":"everything","acknowledged":true}`},
		{"no body", "application/json", "", ``, 400, "the body has to be one of"},
		{"nothing", "application/json", "", `{}`, 400, "the body has to be one of"},
		{"two things", "application/json", "", `{"source":"psa","everything":true}`, 400, "the body has to be one of"},
		{"an organisation of no source", "application/json", "", `{"organization":"4711"}`, 400, "the body has to be one of"},
		{"an organisation of an account", "application/json", "", `{"organization":"4711","account":"acme"}`, 400, "the body has to be one of"},
		{"an unknown key", "application/json", "", `{"everything":true,"reason":"x"}`, 400, "the body has to be one of"},
		{"a long body", "application/json", "", fmt.Sprintf(`{"source":%q}`, strings.Repeat("x", 5000)), 400, "the body has to be one of"},
		{"an unknown source", "application/json", "", `{"source":"focus"}`, 404, "there is no source"},
		{"an unknown account", "application/json", "", `{"account":"nobody"}`, 404, "there is no account"},
		{"a form", "application/x-www-form-urlencoded", "", `{"everything":true}`, 415, "Content-Type"},
		{"plain text", "text/plain", "", `{"everything":true}`, 415, "Content-Type"},
		{"a page", "application/json", "http://" + admin, `{"everything":true}`, 403, "Origin"},
		{"a page without an origin", "application/json", "null", `{"everything":true}`, 403, "Origin"},
	} {
		t.Run(c.name, func(t *testing.T) {
			header := http.Header{"Content-Type": {c.contentType}}
			if c.origin != "" {
				header.Set("Origin", c.origin)
			}
			got := send(t, http.MethodPost, "http://"+admin+"/purge", header, c.body)
			if got.status != c.status || !strings.Contains(got.body, c.says) {
				t.Errorf("it answers %d %s", got.status, got.body)
			}
		})
	}
	if got := send(t, http.MethodGet, "http://"+admin+"/purge", nil, ""); got.status != http.StatusNotFound && got.status != http.StatusMethodNotAllowed {
		t.Errorf("a GET is answered %d", got.status)
	}
	if got := send(t, http.MethodPost, p.url()+"/purge", http.Header{"Content-Type": {"application/json"}}, `{"everything":true}`); got.status != http.StatusNotFound {
		t.Errorf("it is open to clients: %d", got.status)
	}
}
