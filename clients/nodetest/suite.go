package nodetest

import (
	"bytes"
	_ "embed"
	"os"
	"path/filepath"
	"testing"

	"github.com/go-json-experiment/json"
)

//go:embed reporter.mjs
var reporter []byte

// result is a line of the reporter: one test of node:test that has ended.
type result struct {
	Name    string `json:"name"`
	Fault   string `json:"fault"`
	Skipped bool   `json:"skipped"`
}

// Suite runs a file of node:test and shows each of its tests as a subtest. It
// gives how many there were. A test that is skipped there fails here.
func Suite(t *testing.T, dir string, env []string, file string) int {
	t.Helper()
	scratch := t.TempDir()
	script, report := filepath.Join(scratch, "reporter.mjs"), filepath.Join(scratch, "report.jsonl")
	if err := os.WriteFile(script, reporter, 0o600); err != nil {
		t.Fatal(err)
	}
	out, complaint, err := run(t, dir, env, "node",
		"--test-reporter="+script, "--test-reporter-destination="+report, file)
	lines, _ := os.ReadFile(report) // none where node did not get so far, which err tells
	count, last := 0, ""
	for line := range bytes.Lines(lines) {
		var r result
		if err := json.Unmarshal(line, &r, json.RejectUnknownMembers(true)); err != nil {
			t.Fatalf("read the report: %v\n%s", err, line)
		}
		count, last = count+1, r.Name
		t.Run(r.Name, func(t *testing.T) {
			switch {
			case r.Skipped:
				t.Error("is skipped")
			case r.Fault != "":
				t.Error(r.Fault)
			}
		})
	}
	if t.Failed() || err != nil {
		t.Errorf("node %s, whose last test was %q: %v\n%s%s", file, last, err, out, complaint)
	}
	if count == 0 {
		t.Errorf("%s holds no test", file)
	}
	return count
}
