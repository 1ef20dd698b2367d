package main_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"tributary/assembly"
	"tributary/config"
	"tributary/identity"
	"tributary/redistest"
)

// operated is a gateway with all that has a metric, as an operator meets it.
type operated struct {
	t          testing.TB
	key        string
	log        bytes.Buffer
	open, made http.Handler // for clients and for operators
}

func startOperated(t *testing.T) *operated {
	t.Helper()
	o := &operated{t: t}
	var hash string
	o.key, hash = identity.NewKey()
	dir := t.TempDir()
	served := issue(t, 1)
	write(t, dir, "tls.crt", served.cert)
	write(t, dir, "tls.key", served.key)
	upstreams := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(upstreams.Close)
	text := strings.NewReplacer("http://127.0.0.1:1", upstreams.URL, "${TOKEN}", "a-token").Replace(small) + `
redis: { url: "` + redistest.Start(t).URL() + `", timeout: 2s }
tls: { certFile: tls.crt, keyFile: tls.key }
auth: { mode: apiKeys, keys: [{ subject: operator, hashes: ["` + hash + `"], scopes: [read, write], accounts: all }] }
`
	write(t, dir, "tributary.yaml", text)
	file := dir + "/tributary.yaml"
	settings, err := config.Load(file, func(string) (string, bool) { return "", false })
	if err != nil {
		t.Fatal(err)
	}
	schema, err := os.ReadFile("schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	built, err := assembly.Build(file, settings, string(schema), time.Now, slog.New(slog.NewJSONHandler(&o.log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(built.Close)
	o.open, o.made = built.Gateway.Handler(), built.Gateway.Admin()
	return o
}

func (o *operated) ask(key, query string) {
	o.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		o.t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	if key != "" {
		r.Header.Set("Authorization", "Bearer "+key)
	}
	w := httptest.NewRecorder()
	o.open.ServeHTTP(w, r)
	if key != "" && w.Code != http.StatusOK {
		o.t.Fatalf("%s is answered %d %s", query, w.Code, w.Body)
	}
}

// metrics are the names of the gateway's own that it tells, without those that a
// histogram adds.
func (o *operated) metrics() []string {
	w := httptest.NewRecorder()
	o.made.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	var names []string
	for _, found := range regexp.MustCompile(`(?m)^# TYPE (tributary_\w+)`).FindAllStringSubmatch(w.Body.String(), -1) {
		names = append(names, found[1])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestTheOperationsPageHasEveryMetricAndNoOther(t *testing.T) {
	t.Parallel()
	o := startOperated(t)
	o.ask("", "{ viewer { subject } }")
	o.ask(o.key, `{ subscription(id: "nonsense") { id } }`)
	o.ask(o.key, `mutation { cancelSubscription(input: { id: "subscription/psa/682" }) { userErrors { code } } }`)
	exported := o.metrics()
	if len(exported) < 30 {
		t.Fatalf("the gateway tells only %s", exported)
	}
	told := regexp.MustCompile(`tributary_[a-z_]+`).FindAllString(page(t, "operations.md"), -1)
	slices.Sort(told)
	told = slices.Compact(told)
	if !slices.Equal(told, exported) {
		for _, name := range exported {
			if !slices.Contains(told, name) {
				t.Errorf("the page does not tell of %s", name)
			}
		}
		for _, name := range told {
			if !slices.Contains(exported, name) {
				t.Errorf("the page tells of %s, which there is not", name)
			}
		}
	}
}

func TestTheOperationsPageHasEveryFieldOfARequestsLine(t *testing.T) {
	t.Parallel()
	o := startOperated(t)
	o.ask(o.key, "{ viewer { subject } }")
	_, section, _ := strings.Cut(page(t, "operations.md"), "## The line of a request\n")
	section, _, _ = strings.Cut(section, "\n## ")
	lines := 0
	for line := range strings.Lines(o.log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		if entry["msg"] != "graphql" {
			continue
		}
		lines++
		for name := range entry {
			if !slices.Contains([]string{"time", "level", "msg"}, name) && !strings.Contains(section, "`"+name+"`") {
				t.Errorf("the page does not tell of %s", name)
			}
		}
	}
	if lines != 1 {
		t.Errorf("%d lines tell of the request", lines)
	}
}

// written are names of keys as a decoder reads them.
var written = regexp.MustCompile(`yaml:"([A-Za-z]+)`)

func TestTheDocumentationMentionsEverySetting(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	pages := string(text)
	entries, err := os.ReadDir("docs")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if strings.HasSuffix(entry.Name(), ".md") {
			pages += page(t, entry.Name())
		}
	}
	files := []string{"config/config.go", "sources/upstream/config.go"}
	for _, kind := range []string{"focus", "frontier", "intercode", "productive"} {
		files = append(files, "sources/"+kind+"/config.go")
	}
	names := 0
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range written.FindAllStringSubmatch(string(source), -1) {
			names++
			if !regexp.MustCompile(`\b` + found[1] + `\b`).MatchString(pages) {
				t.Errorf("neither the example nor a page tells of %s, which %s reads", found[1], file)
			}
		}
	}
	if names < 40 {
		t.Errorf("only %d settings were found", names)
	}
}
