// Package clients_test asks the gateway through the GraphQL clients that people
// use, each of them real.
package clients_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/clients/nodetest"
)

// suites are the files of js, each with what its gateway's configuration holds
// beside the sandbox.
var suites = []struct {
	file, more string
	client     string // the name and version that it gives; "" where it gives none
	count      int    // of its tests; 0 where it need not be told
}{
	{file: "audits.mjs", count: 61},
	{file: "apollo.test.mjs", client: "apollo-test 1.2.3"},
	{file: "urql.test.mjs", client: "urql-test 1.2.3"},
	{file: "relay.test.mjs", client: "relay-test 1.2.3"},
	{file: "apq.test.mjs", more: "documents: { apq: { enabled: true } }\n"},
	{file: "trusted-apollo.test.mjs", more: "documents: { mode: only, manifest: ARTIFACTS/apollo.json }\n"},
	{file: "trusted-relay.test.mjs", more: "documents: { mode: only, manifest: ARTIFACTS/relay.json }\n"},
}

func TestClients(t *testing.T) {
	nodetest.Install(t, "js")
	dependOn(t, "js/*.mjs")
	artifacts := generate(t)
	for _, suite := range suites {
		t.Run(strings.TrimSuffix(suite.file, ".mjs"), func(t *testing.T) {
			t.Parallel()
			e := start(t, strings.ReplaceAll(suite.more, "ARTIFACTS", artifacts))
			count := runSuite(t, suite.file, "GATEWAY="+e.url, "ARTIFACTS="+artifacts)
			if suite.count != 0 && count != suite.count {
				t.Errorf("there are %d tests, want %d", count, suite.count)
			}
			for word := range strings.FieldsSeq(suite.client) {
				if !strings.Contains(e.log.Text(), word) || !strings.Contains(e.metrics(), `"`+word+`"`) {
					t.Errorf("the log or the metrics do not name the client by %s", word)
				}
			}
		})
	}
}

// dependOn reads files, by which go test learns that a result it has kept holds
// no longer when they change.
func dependOn(t *testing.T, pattern string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		if _, err := os.ReadFile(file); err != nil {
			t.Fatal(err)
		}
	}
}

// generate gives a folder that holds what relay-compiler makes of the documents
// in js/relay, and the manifests of trusted documents. It is not within js, for
// relay-compiler does not look at files that git ignores.
func generate(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, from := range map[string]string{
		"relay.config.json":     "js/relay/relay.config.json",
		"src/documents.js":      "js/relay/documents.js",
		"schema/schema.graphql": "../schema.graphqls", // no other ending is read
	} {
		text, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, name), string(text))
	}
	write(t, filepath.Join(dir, "artifacts", "relay.json"), "{}") // which it adds to
	compiler, err := filepath.Abs("js/node_modules/relay-compiler/cli.js")
	if err != nil {
		t.Fatal(err)
	}
	nodetest.Run(t, dir, "node", compiler, "relay.config.json")
	nodetest.Run(t, "js", "node", "manifest.mjs", filepath.Join(dir, "artifacts", "apollo.json"))
	return filepath.Join(dir, "artifacts")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
