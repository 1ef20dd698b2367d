package schematest

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

func TestGraphqlJSReadsTheSchemaTheSameWay(t *testing.T) {
	install(t)
	reprinted := filepath.Join(t.TempDir(), "printed-by-gqlparser.graphqls")
	if err := os.WriteFile(reprinted, []byte(printedDocument(t, read(t, schemaFile))), 0o600); err != nil {
		t.Fatal(err)
	}
	var report []struct {
		Version string   `json:"version"`
		Check   string   `json:"check"`
		Faults  []string `json:"faults"`
	}
	out := run(t, "js", "node", "roundtrip.mjs", filepath.Join("..", schemaFile), reprinted)
	if err := json.Unmarshal(out, &report, json.RejectUnknownMembers(true)); err != nil {
		t.Fatalf("read the report: %v\n%s", err, out)
	}
	seen := map[string]int{}
	for _, row := range report {
		seen[row.Version[:2]]++
		t.Run("graphql-js "+row.Version+" "+row.Check, func(t *testing.T) {
			for _, fault := range row.Faults {
				t.Error(fault)
			}
		})
	}
	if want := map[string]int{"16": 6, "17": 6}; !reflect.DeepEqual(seen, want) {
		t.Errorf("checks by major version: %v, want %v", seen, want)
	}
}

// install runs npm ci where node_modules does not hold what the lock file names.
func install(t *testing.T) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: this test needs Node 20 or newer with npm (on Debian: apt-get install nodejs npm)", tool)
		}
	}
	want := packages(t, "js/package-lock.json")
	if reflect.DeepEqual(packages(t, "js/node_modules/.package-lock.json"), want) {
		return
	}
	run(t, "js", "npm", "ci", "--no-audit", "--no-fund", "--loglevel=error")
	if !reflect.DeepEqual(packages(t, "js/node_modules/.package-lock.json"), want) {
		t.Fatal("npm ci did not install what schematest/js/package-lock.json names")
	}
}

// packages reads what a lock file names: integrity by folder, nil where there
// is no such file. npm keeps one inside node_modules of what it installed.
func packages(t *testing.T, file string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		return nil
	}
	var lock struct {
		Packages map[string]struct {
			Integrity string `json:"integrity"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(text, &lock); err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
	named := map[string]string{}
	for folder, entry := range lock.Packages {
		if folder != "" {
			named[folder] = entry.Integrity
		}
	}
	return named
}

// run gives what a command wrote to its standard output.
func run(t *testing.T, dir, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v in %s: %v\n%s", name, args, dir, err, complaint.Bytes())
	}
	return out
}
