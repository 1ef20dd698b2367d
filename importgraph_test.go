package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

func TestBansMatchWhatTheySay(t *testing.T) {
	cases := []struct {
		pattern, path string
		want          bool
	}{
		{"tributary", "tributary", true},
		{"tributary", "tributary/billing", false},
		{"net/http/...", "net/http", true},
		{"net/http/...", "net/http/httptest", true},
		{"net/http/...", "net/httpx", false},
		{"github.com/vektah/gqlparser/...", "github.com/vektah/gqlparser/v2/ast", true},
		{"tributary/sources/*", "tributary/sources", false},
		{"tributary/sources/*", "tributary/sources/wire", true},
		{beyondStandardLibrary, "encoding/json", false},
		{beyondStandardLibrary, "golang.org/x/sync/errgroup", true},
		{beyondStandardLibrary, "tributary/cache", true},
		{beyondConfiguration, "crypto/tls", false},
		{beyondConfiguration, "tributary/config", false},
		{beyondConfiguration, "tributary/configuration", true},
		{beyondConfiguration, "golang.org/x/sync/errgroup", true},
	}
	for _, c := range cases {
		if got := match(c.pattern, c.path); got != c.want {
			t.Errorf("%q matches %q: %t, want %t", c.pattern, c.path, got, c.want)
		}
	}
	graph := map[string][]string{"tributary/a": {"net/http", "tributary/b"}, "tributary/b": {"tributary/c", "net/url"}, "tributary/c": {"tributary/a"}}
	var got []string
	for _, path := range reach(graph, "tributary/a") {
		got = append(got, strings.Join(path, " "))
	}
	want := []string{"tributary/a net/http", "tributary/a tributary/b", "tributary/a tributary/b tributary/c"}
	if !slices.Equal(got, want) {
		t.Errorf("tributary/a reaches %q, want %q", got, want)
	}
}

// listImports asks go list what each package of the module imports outside its tests.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	var stderr bytes.Buffer
	command := exec.Command("go", "list", "-e", "-deps=false", "-json=ImportPath,Imports", "./...")
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.Bytes())
	}
	imports := make(map[string][]string)
	for decoder := json.NewDecoder(bytes.NewReader(out)); ; {
		var listed struct {
			ImportPath string
			Imports    []string
		}
		err := decoder.Decode(&listed)
		if errors.Is(err, io.EOF) {
			return imports
		}
		if err != nil {
			t.Fatalf("reading go list: %v", err)
		}
		imports[listed.ImportPath] = listed.Imports
	}
}

// reach lists the shortest way from a package to each import: its own, and
// those of this module that come through others of this module.
func reach(imports map[string][]string, from string) [][]string {
	var ways [][]string
	seen := map[string]bool{from: true}
	for queue := [][]string{{from}}; len(queue) > 0; queue = queue[1:] {
		way := queue[0]
		for _, next := range imports[way[len(way)-1]] {
			inside := match("tributary/...", next)
			if seen[next] || !inside && len(way) > 1 {
				continue
			}
			seen[next] = true
			longer := append(slices.Clone(way), next)
			ways = append(ways, longer)
			if inside {
				queue = append(queue, longer)
			}
		}
	}
	return ways
}

func anyMatch(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(pattern string) bool { return match(pattern, path) })
}

func match(pattern, path string) bool {
	if pattern == beyondConfiguration {
		return match(beyondStandardLibrary, path) && path != "tributary/config" && path != "tributary/secrets" && path != "tributary/sealing"
	}
	if pattern == beyondStandardLibrary {
		first, _, _ := strings.Cut(path, "/")
		return strings.Contains(first, ".") || first == "tributary"
	}
	if below, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == below || strings.HasPrefix(path, below+"/")
	}
	if below, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(path, below)
	}
	return path == pattern
}
