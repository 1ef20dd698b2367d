package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"tributary/sandbox"
)

func TestEveryCommandExplainsItself(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ args, shows string }{
		{"", "Usage: tributary <command>"},
		{"--help", "Usage: tributary <command>"},
		{"serve --help", "--config=FILE"},
		{"sandbox --help", "--listen=ADDR"},
		{"check --help", "--config=FILE"},
		{"purge --help", "--organization=ID"},
		{"schema --help", "Usage: tributary schema"},
		{"version --help", "Usage: tributary version"},
	} {
		t.Run("tributary "+c.args, func(t *testing.T) {
			got := command(t, "", nil, strings.Fields(c.args)...)
			if got.code != 0 || !strings.Contains(got.out, c.shows) || got.err != "" {
				t.Errorf("code %d, printed:\n%s%s", got.code, got.out, got.err)
			}
		})
	}
}

func TestABadCommandLineIsOneLineAndCodeTwo(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, args string
		says       []string
	}{
		{"an unknown command", "servee", []string{"servee", `did you mean "serve"`}},
		{"an unknown flag", "serve --confg x", []string{"--confg", "--config"}},
		{"nothing to serve", "serve", []string{"--config=FILE", "--sandbox"}},
		{"two things to serve", "serve --sandbox --config x.yaml", []string{"--config", "--sandbox", "together"}},
		{"nothing to check", "check", []string{"--config=FILE"}},
		{"nothing to purge", "purge --admin http://127.0.0.1:1", []string{"--source=NAME", "--account=ID", "--everything"}},
		{"nowhere to purge", "purge --everything", []string{"--config=FILE", "--admin=URL"}},
		{"two things to purge", "purge --admin http://127.0.0.1:1 --everything --account acme", []string{"--everything", "--account", "together"}},
		{"an organization of no source", "purge --admin http://127.0.0.1:1 --everything --organization 4711", []string{"--organization needs --source"}},
		{"an address for a URL", "purge --admin 127.0.0.1:9090 --everything", []string{"--admin", "http://127.0.0.1:9090"}},
		{"an argument too many", "schema all", []string{"all"}},
		{"an address without a port", "serve --sandbox --listen localhost", []string{"--listen", `"localhost"`, "127.0.0.1:8080"}},
		{"a port that is none", "sandbox --listen :99999", []string{"--listen", `"99999"`, "65535"}},
		{"a file that is not there", "serve --config nowhere.yaml", []string{"nowhere.yaml: ", "no such file"}},
		{"a folder for a file", "check --config .", []string{".: ", "directory"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			isRefusal(t, command(t, "", nil, strings.Fields(c.args)...), c.says...)
		})
	}
}

// isRefusal expects exit code 2 and one line that says all of it.
func isRefusal(t *testing.T, got outcome, says ...string) {
	t.Helper()
	if got.code != 2 || got.out != "" || strings.Count(got.err, "\n") != 1 {
		t.Fatalf("code %d, printed %q and %q", got.code, got.out, got.err)
	}
	for _, text := range says {
		if !strings.Contains(got.err, text) {
			t.Errorf("%q does not say %q", got.err, text)
		}
	}
}

func TestVersionNamesTheBuild(t *testing.T) {
	t.Parallel()
	got := command(t, "", nil, "version")
	if !regexp.MustCompile(`^tributary v0\.0\.0-test, commit \w+, go1\.\d+(\.\d+)?\S*\n$`).MatchString(got.out) {
		t.Errorf("printed %q", got.out)
	}
}

func TestTheSchemaIsTheSameEverywhere(t *testing.T) {
	t.Parallel()
	want, err := os.ReadFile("schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	if got := command(t, "", nil, "schema"); got.out != string(want) {
		t.Error("tributary schema prints something else than schema.graphqls")
	}
	p := launch(t, "", nil, "serve", "--sandbox", "--listen", "127.0.0.1:0")
	if got := send(t, http.MethodGet, p.url()+"/schema.graphqls", nil, ""); got.body != string(want) {
		t.Error("GET /schema.graphqls answers something else than schema.graphqls")
	}
}

func TestServeWithTheSandboxPrintsACommandThatWorks(t *testing.T) {
	t.Parallel()
	p := launch(t, "", nil, "serve", "--sandbox", "--listen", "127.0.0.1:0")
	p.await("the command", func() bool { return strings.Contains(p.out.String(), "curl ") })
	url := p.url()
	for _, path := range []string{"/graphql", "/graphiql"} {
		if !strings.Contains(p.out.String(), url+path) {
			t.Errorf("%s is not printed:\n%s", url+path, p.out)
		}
	}
	line := regexp.MustCompile(`(?m)^ *curl .*$`).FindString(p.out.String())
	got, err := exec.Command("sh", "-c", line).Output()
	if err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	var told answer
	if err := json.Unmarshal(got, &told); err != nil {
		t.Fatalf("%s answers %s", line, got)
	}
	account, _ := told.Data["account"].(map[string]any)
	if len(told.Errors) > 0 || account["name"] != "Acme" {
		t.Errorf("%s answers %s", line, got)
	}
	if page := send(t, http.MethodGet, url+"/", nil, ""); page.status != http.StatusOK || !strings.Contains(page.body, "GraphiQL") {
		t.Errorf("the browser gets %d: %.200s", page.status, page.body)
	}
	if calls := send(t, http.MethodGet, url+"/_sandbox/calls", nil, ""); calls.status != http.StatusOK {
		t.Errorf("the sandbox's controls answer %d", calls.status)
	}
}

func TestAnAddressInUseIsSaidInOneLine(t *testing.T) {
	t.Parallel()
	taken := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(taken.Close)
	addr := strings.TrimPrefix(taken.URL, "http://")
	for _, args := range []string{"serve --sandbox --listen " + addr, "sandbox --listen " + addr} {
		got := command(t, "", nil, strings.Fields(args)...)
		if got.code != 1 || strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, addr) || !strings.Contains(got.err, "in use") {
			t.Errorf("%s: code %d, %q", args, got.code, got.err)
		}
	}
}

func TestSandboxServesTheVendorsAlone(t *testing.T) {
	t.Parallel()
	p := launch(t, "", nil, "sandbox", "--listen", "127.0.0.1:0")
	url := p.url()
	header := http.Header{"Authorization": {"Bearer x"}}
	if got := send(t, http.MethodGet, url+"/intercode/subscriptions/me?teamId=team_1", header, ""); got.status != http.StatusOK {
		t.Errorf("Intercode answers %d: %s", got.status, got.body)
	}
	if got := send(t, http.MethodPost, url+"/graphql", nil, "{}"); got.status != http.StatusNotFound {
		t.Errorf("GraphQL answers %d", got.status)
	}
}

// sandboxed is a configuration over the vendors at url, for a gateway on a free
// port.
func sandboxed(url string) string {
	return "listen: 127.0.0.1:0\n" + strings.Replace(sandbox.Configuration(url), "log: { format: text }\n", "", 1)
}

// vendors starts the four simulated upstreams.
func vendors(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(sandbox.New(time.Now).Handler())
	t.Cleanup(server.Close)
	return server.URL
}

func TestCheckAsksEachSource(t *testing.T) {
	t.Parallel()
	running := launch(t, "", nil, "sandbox", "--listen", "127.0.0.1:0")
	healthy := sandboxed(running.url())
	const refused = "invalid" // which the sandbox takes for a wrong credential
	for _, c := range []struct {
		name string
		edit func(string) string
		code int
		says []string
	}{
		{"all well", func(s string) string { return s }, 0,
			[]string{`SOURCE +KIND +RESULT +TIME`, `focus +FOCUS +ok +\d+ ms`, `billing +FRONTIER +ok`, `teams +INTERCODE +ok`, `psa +PRODUCTIVE +ok`, `8 accounts`}},
		{"a wrong token", func(s string) string { return strings.Replace(s, "toggl_sk_sandbox", refused, 1) }, 1,
			[]string{`focus +FOCUS +.*SOURCE_AUTH_FAILED`, `psa +PRODUCTIVE +ok`}},
		{"a host that is not there", func(s string) string {
			return regexp.MustCompile(`http://\S+/intercode`).ReplaceAllString(s, "http://127.0.0.1:1")
		}, 1, []string{`teams +INTERCODE +.*SOURCE_UNAVAILABLE.*connection refused`, `psa +PRODUCTIVE +ok`}},
		{"a Redis that is not there", func(s string) string { return s + "redis: { url: 'redis://user:secret-of-redis@127.0.0.1:1/0' }\n" }, 1,
			[]string{`redis +- +.*connection refused`, `psa +PRODUCTIVE +ok`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "tributary.yaml", c.edit(healthy))
			got := command(t, dir, nil, "check", "--config", "tributary.yaml")
			if got.code != c.code {
				t.Errorf("code %d, want %d", got.code, c.code)
			}
			for _, pattern := range c.says {
				if !regexp.MustCompile(pattern).MatchString(got.out) {
					t.Errorf("the table does not say %s", pattern)
				}
			}
			if wantLines := min(c.code, 1); strings.Count(got.err, "\n") != wantLines {
				t.Errorf("%d lines of stderr, want %d", strings.Count(got.err, "\n"), wantLines)
			}
			for _, secret := range []string{"toggl_sk_sandbox", "sandbox:sandbox", "secret-of-redis", "Bearer"} {
				if strings.Contains(got.out+got.err, secret) {
					t.Errorf("%q is shown", secret)
				}
			}
			if t.Failed() {
				t.Logf("\n%s%s", got.out, got.err)
			}
		})
	}
}
