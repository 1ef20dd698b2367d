package main_test

import (
	"net"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// small is a configuration without a fault.
const small = `listen: 127.0.0.1:0
sources:
  psa:
    kind: productive
    url: http://127.0.0.1:1
    timezone: UTC
    auth: { bearer: "${TOKEN}" }
accounts:
  - id: acme
    subscriptions:
      - { source: psa, id: 682 }
`

var token = []string{"TOKEN=sk_live_distinctive"}

func TestABadConfigurationIsOneLineThatPointsAtIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, old, new string
		says           []string
	}{
		{"an unknown key", "timezone", "timezon", []string{":6:5: sources.psa.timezon:", `did you mean "timezone"?`}},
		{"an unknown key at the top", "listen:", "lisen:", []string{":1:1: lisen:", `did you mean "listen"?`}},
		{"an account that is there twice", "  - id: acme\n", "  - id: acme\n  - id: acme\n", []string{":10:9:", `"acme"`, "tributary.yaml:9:9"}},
		{"two sources of one name", "accounts:", "  psa: { kind: focus }\naccounts:", []string{":8:3:", `"psa"`, "tributary.yaml:3:3"}},
		{"a URL without a scheme", "http://127.0.0.1:1", "api.productive.io", []string{":5:10: sources.psa.url:", "https://"}},
		{"a variable that is not set", "${TOKEN}", "${TOKN}", []string{":7:21:", "TOKN is not set", "${TOKN:-default}"}},
		{"an unknown kind", "kind: productive", "kind: produktive", []string{":4:11: sources.psa.kind:", `did you mean "productive"?`}},
		{"a kind like no other", "kind: productive", "kind: salesforce", []string{":4:11: sources.psa.kind:", `"salesforce"`, "focus, frontier, intercode, productive"}},
		{"a duration without a unit", "timezone: UTC", "timeout: 5", []string{":6:14: sources.psa.timeout:", `"5"`, "5s"}},
		{"a size in decimal units", "listen: 127.0.0.1:0", "cache: { memory: 64MB }", []string{":1:18: cache.memory:", `"64MB"`, "64MiB"}},
		{"a state that is no status", "timezone: UTC", "states: { 7: ACTIV }", []string{":6:18: sources.psa.states.7:", `"ACTIV"`, "ACTIVE"}},
		{"a timezone that is none", "timezone: UTC", "timezone: Mars/Base", []string{":6:15: sources.psa.timezone:", `"Mars/Base"`, "Europe/Zagreb"}},
		{"an unknown mode", "listen: 127.0.0.1:0", "auth: { mode: open }", []string{":1:15: auth.mode:", "none, apiKeys and jwt"}},
		{"no identity, for the whole network", "listen: 127.0.0.1:0", "listen: 0.0.0.0:0", []string{"auth.mode:", "0.0.0.0:0", "insecure: true"}},
		{"no identity, for the whole network, on purpose or not", "listen: 127.0.0.1:0", "auth: { mode: none }\nlisten: :0", []string{":1:15: auth.mode:", "insecure: true"}},
		{"a key that cannot be one", "listen: 127.0.0.1:0", "auth: { mode: apiKeys, keys: [{ subject: a, hashes: [sk_live_distinctive], scopes: [read], accounts: all }] }", []string{":1:", "auth.keys[0].hashes"}},
		{"a certificate that is missing", "listen: 127.0.0.1:0", "tls: { certFile: a.pem, keyFile: b.pem }", []string{":1:6: tls:", "a.pem", "cannot be read"}},
		{"an origin that anyone could be", "listen: 127.0.0.1:0", "cors: { origins: ['*'] }", []string{":1:9: cors.origins:", "list the origins"}},
		{"a limit that lets nothing through", "listen: 127.0.0.1:0", "limits: { depth: 0 }", []string{":1:18: limits.depth:", "1 or more"}},
		{"an address without a port", "listen: 127.0.0.1:0", "listen: localhost", []string{":1:9: listen:", `"localhost"`, "127.0.0.1:8080"}},
		{"a Redis of another scheme", "listen: 127.0.0.1:0", `redis: { url: "http://user:sk_live_distinctive@h" }`, []string{":1:15: redis.url:", "redis://"}},
		{"an account at an unknown source", "source: psa", "source: pas", []string{":11:19:", `"pas"`, `did you mean "psa"?`}},
		{"two forms of auth", "{ bearer:", "{ basic: { username: u, password: sk_live_distinctive }, bearer:", []string{":7:5: sources.psa.auth:", "one of"}},
		{"a credential whose file is missing", "\"${TOKEN}\"", "\"file:token\"", []string{":7:21: sources.psa.auth.bearer:", "the file token cannot be read"}},
		{"a header whose file is missing", "{ bearer: \"${TOKEN}\" }", "{ headers: { X-Auth-Token: \"file:token\" } }", []string{":7:38: sources.psa.auth.headers.X-Auth-Token:", "the file token cannot be read"}},
		{"a secret whose file is missing", "listen: 127.0.0.1:0", "secret: file:run/secret", []string{":1:9: secret:", "the file run/secret cannot be read"}},
		{"a forwarded credential of an account", "id: 682", "id: 682, auth: { forward: [Cookie] }", []string{":11:", "belongs under the source's auth"}},
		{"no YAML", "  psa:", "  psa: {", []string{":5:8:", "no YAML"}},
		{"an empty file", small, "", []string{"tributary.yaml: the file is empty"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(small, c.old) {
				t.Fatalf("there is no %q to replace", c.old)
			}
			dir := t.TempDir()
			write(t, dir, "tributary.yaml", strings.Replace(small, c.old, c.new, 1))
			got := command(t, dir, token, "serve", "--config", "tributary.yaml")
			isRefusal(t, got, c.says...)
			if !strings.HasPrefix(got.err, "tributary.yaml:") {
				t.Errorf("%q does not begin with the place", got.err)
			}
			if strings.Contains(got.err, "sk_live_distinctive") {
				t.Errorf("%q shows a secret", got.err)
			}
		})
	}
}

func TestSeveralFaultsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", strings.Replace(small, "timezone: UTC", "timezon: UTC\n    timeout: soon", 1))
	got := command(t, dir, token, "check", "--config", "tributary.yaml")
	lines := strings.Split(strings.TrimSpace(got.err), "\n")
	if got.code != 2 || len(lines) != 2 || !strings.Contains(lines[0], ":6:5:") || !strings.Contains(lines[1], ":7:14:") {
		t.Errorf("code %d, %q", got.code, got.err)
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", strings.Replace(small, "127.0.0.1:0", "127.0.0.1:1", 1))
	with := func(more ...string) []string { return append(more, token...) }
	t.Run("the address", func(t *testing.T) {
		p := launch(t, dir, with("TRIBUTARY_LISTEN=127.0.0.1:0"), "serve", "--config", "tributary.yaml")
		if got := send(t, http.MethodGet, p.url()+"/healthz", nil, ""); got.status != http.StatusOK {
			t.Errorf("answers %d", got.status)
		}
	})
	t.Run("the address, overridden by the flag", func(t *testing.T) {
		p := launch(t, dir, with("TRIBUTARY_LISTEN=127.0.0.1:1"), "serve", "--config", "tributary.yaml", "--listen", "127.0.0.1:0")
		if p.url() == "http://127.0.0.1:1" {
			t.Error("the flag was passed over")
		}
	})
	t.Run("Redis", func(t *testing.T) {
		p := launch(t, dir, with("TRIBUTARY_LISTEN=127.0.0.1:0", "TRIBUTARY_REDIS_URL=redis://127.0.0.1:1/0"), "serve", "--config", "tributary.yaml")
		if got := send(t, http.MethodGet, p.url()+"/readyz", nil, ""); !strings.Contains(got.body, `{"dependency":"redis","state":"down"}`) {
			t.Errorf("answers %s", got.body)
		}
	})
	t.Run("the level of the log", func(t *testing.T) {
		p := launch(t, dir, with("TRIBUTARY_LISTEN=127.0.0.1:0", "TRIBUTARY_LOG_LEVEL=error"), "serve", "--config", "tributary.yaml")
		ask(t, p.url(), nil, "{ viewer { subject } }")
		p.finish()
		if p.log.String() != "" {
			t.Errorf("the log has %s", p.log)
		}
	})
	for _, c := range []struct {
		variable string
		says     []string
	}{
		{"TRIBUTARY_LISTEN=nowhere", []string{"TRIBUTARY_LISTEN:", `"nowhere"`}},
		{"TRIBUTARY_REDIS_URL=http://user:sk_live@h", []string{"TRIBUTARY_REDIS_URL:", "redis://"}},
		{"TRIBUTARY_LOG_LEVEL=loud", []string{"TRIBUTARY_LOG_LEVEL:", `"loud"`, "debug"}},
	} {
		t.Run("not with "+c.variable, func(t *testing.T) {
			isRefusal(t, command(t, dir, with(c.variable), "serve", "--config", "tributary.yaml"), c.says...)
		})
	}
}

func TestTheExampleConfigurationStarts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	admin := freeAddr(t)
	write(t, dir, "tributary.yaml", strings.Replace(string(text), "127.0.0.1:9090", admin, 1))
	p := launch(t, dir, []string{
		"TRIBUTARY_LISTEN=127.0.0.1:0", "REDIS_URL=redis://127.0.0.1:1/0", "TRIBUTARY_SECRET=sixteen characters",
		"FOCUS_TOKEN=a", "FRONTIER_ID=b", "FRONTIER_SECRET=c", "INTERCODE_TOKEN=d", "PRODUCTIVE_TOKEN=e",
		// Nothing leaves the machine: there is no proxy at this port.
		"HTTPS_PROXY=http://127.0.0.1:1",
	}, "serve", "--config", "tributary.yaml")
	a := ask(t, p.url(), nil, `{ account(id: "account/acme") { name subscriptions { nodes { id } completeness { complete } } } }`)
	account, _ := a.Data["account"].(map[string]any)
	if account["name"] != "Acme" || len(a.Errors) != 4 {
		t.Errorf("with all sources out of reach the answer is %s", a.body)
	}
	metrics := send(t, http.MethodGet, "http://"+admin+"/metrics", nil, "")
	if !strings.Contains(metrics.body, `tributary_graphql_requests_total{kind="query",status="200"} 1`) {
		t.Errorf("the metrics are %d %.300s", metrics.status, metrics.body)
	}
	if got := send(t, http.MethodGet, "http://"+admin+"/debug/pprof/", nil, ""); got.status != http.StatusOK {
		t.Errorf("the profiles answer %d", got.status)
	}
	for _, path := range []string{"/metrics", "/debug/pprof/"} {
		if got := send(t, http.MethodGet, p.url()+path, nil, ""); got.status != http.StatusNotFound {
			t.Errorf("%s is open to clients: %d", path, got.status)
		}
	}
}

// freeAddr is an address that nothing listens on for now.
func freeAddr(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func TestAnAdminAddressInUseStopsTheStart(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "admin: { listen: "+listener.Addr().String()+" }\n"+small)
	got := command(t, dir, token, "serve", "--config", "tributary.yaml")
	if got.code != 1 || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, listener.Addr().String()) || got.out != "" {
		t.Errorf("code %d, printed %q and %q", got.code, got.out, got.err)
	}
}

func TestReadinessIsALineADependency(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write(t, dir, "tributary.yaml", "redis: { url: 'redis://127.0.0.1:1/0' }\n"+small)
	p := launch(t, dir, token, "serve", "--config", "tributary.yaml")
	ask(t, p.url(), nil, `{ subscription(id: "subscription/psa/682") { id } }`)
	got := send(t, http.MethodGet, p.url()+"/readyz", nil, "")
	if got.status != http.StatusOK {
		t.Errorf("a dead source and a dead Redis make it unready: %d", got.status)
	}
	states := map[string]string{}
	for line := range strings.Lines(got.body) {
		var dependency struct{ Dependency, State, Error string }
		if err := json.Unmarshal([]byte(line), &dependency, json.MatchCaseInsensitiveNames(true)); err != nil {
			t.Fatalf("the line %q is no JSON: %v", line, err)
		}
		states[dependency.Dependency] = strings.TrimSpace(dependency.State + " " + dependency.Error)
	}
	want := map[string]string{"gateway": "ready", "redis": "down", "source/psa": "DEGRADED SOURCE_UNAVAILABLE"}
	for name, state := range want {
		if states[name] != state {
			t.Errorf("%s is %q, want %q", name, states[name], state)
		}
	}
	if len(states) != len(want) {
		t.Errorf("the lines are %s", got.body)
	}
	if got := send(t, http.MethodGet, p.url()+"/healthz", nil, ""); got.status != http.StatusOK || got.body != `{"status":"alive"}`+"\n" {
		t.Errorf("/healthz answers %d %s", got.status, got.body)
	}
}
