// Package nodetest gives tests the JavaScript packages that a lock file pins.
package nodetest

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

// Install runs npm ci in a folder whose node_modules does not hold what its
// lock file names. Without node or npm the test fails.
func Install(t testing.TB, dir string) {
	t.Helper()
	for _, tool := range []string{"node", "npm"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Fatalf("%s is missing: this test needs Node 20 or newer with npm (on Debian: apt-get install nodejs npm)", tool)
		}
	}
	want := packages(t, filepath.Join(dir, "package-lock.json"))
	installed := filepath.Join(dir, "node_modules", ".package-lock.json")
	if reflect.DeepEqual(packages(t, installed), want) {
		return
	}
	Run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	if !reflect.DeepEqual(packages(t, installed), want) {
		t.Fatalf("npm ci did not install what %s names", filepath.Join(dir, "package-lock.json"))
	}
}

// packages reads what a lock file names: integrity by folder, nil where there
// is no such file. npm keeps one inside node_modules of what it installed.
func packages(t testing.TB, file string) map[string]string {
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

// Run gives what a command in a folder wrote to its standard output.
func Run(t testing.TB, dir, name string, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	var complaint bytes.Buffer
	cmd.Stderr = &complaint
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %v in %s: %v\n%s%s", name, args, dir, err, out, complaint.Bytes())
	}
	return out
}
