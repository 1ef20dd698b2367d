package clients_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
)

// result is a line of js/reporter.mjs: one test of node:test that has ended.
type result struct {
	Name    string `json:"name"`
	Fault   string `json:"fault"`
	Skipped bool   `json:"skipped"`
}

// runSuite runs a file of js and shows each of its tests as a subtest. It gives
// how many there were. A test that is skipped there fails here.
func runSuite(t *testing.T, file string, env ...string) int {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	report := filepath.Join(t.TempDir(), "report.jsonl")
	node := exec.CommandContext(ctx, "node", "--test-reporter=./reporter.mjs", "--test-reporter-destination="+report, file)
	node.Dir = "js"
	node.Env = append(os.Environ(), env...)
	out, err := node.CombinedOutput()
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
	if err != nil {
		t.Errorf("node %s, whose last test was %q: %v\n%s", file, last, err, out)
	}
	if count == 0 {
		t.Errorf("%s holds no test", file)
	}
	return count
}
