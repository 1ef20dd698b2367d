package web

import (
	"io"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

func TestABuiltPageIsServed(t *testing.T) {
	server := serve(t, graphiql(fstest.MapFS{
		".gitkeep":              {},
		"index.html":            {Data: []byte("<title>the page</title>")},
		"assets/index-4f2a.js":  {Data: []byte("run()")},
		"assets/page-77c1.css":  {Data: []byte("body{}")},
		"assets/icons-90aa.ttf": {Data: []byte("\x00\x01")},
		"assets/notes.map":      {Data: []byte("{}")},
	}))
	const forGood = "public, max-age=31536000, immutable"
	const page = "text/html; charset=utf-8"
	tests := []struct {
		name, method, path               string
		status                           int
		contentType, cacheControl, holds string
	}{
		{"the page without a slash", "GET", "/graphiql", 200, page, "no-cache", "<title>the page</title>"},
		{"the page with a slash", "GET", "/graphiql/", 200, page, "no-cache", "<title>the page</title>"},
		{"the page's head alone", "HEAD", "/graphiql", 200, page, "no-cache", ""},
		{"a script", "GET", "/graphiql/assets/index-4f2a.js", 200, "text/javascript; charset=utf-8", forGood, "run()"},
		{"a style sheet", "GET", "/graphiql/assets/page-77c1.css", 200, "text/css; charset=utf-8", forGood, "body{}"},
		{"a font", "GET", "/graphiql/assets/icons-90aa.ttf", 200, "font/ttf", forGood, "\x00\x01"},
		{"an asset that does not exist", "GET", "/graphiql/assets/index-0000.js", 404, "text/plain; charset=utf-8", "", "not found"},
		{"a file of no known type", "GET", "/graphiql/assets/notes.map", 404, "text/plain; charset=utf-8", "", "not found"},
		{"the placeholder of the folder", "GET", "/graphiql/.gitkeep", 404, "text/plain; charset=utf-8", "", "not found"},
		{"the folder of assets", "GET", "/graphiql/assets/", 404, "text/plain; charset=utf-8", "", "not found"},
		{"a way out of the folder", "GET", "/graphiql/assets/%2e%2e/%2e%2e/web.go", 404, "text/plain; charset=utf-8", "", "not found"},
		{"a write", "POST", "/graphiql", 405, "text/plain; charset=utf-8", "", "read with GET"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			response, body := ask(t, server, test.method, test.path, nil)
			if response.StatusCode != test.status {
				t.Errorf("status is %d, want %d", response.StatusCode, test.status)
			}
			if got := response.Header.Get("Content-Type"); got != test.contentType {
				t.Errorf("content type is %q, want %q", got, test.contentType)
			}
			if got := response.Header.Get("Cache-Control"); got != test.cacheControl {
				t.Errorf("cache control is %q, want %q", got, test.cacheControl)
			}
			if !strings.Contains(body, test.holds) {
				t.Errorf("body is %q, want %q in it", body, test.holds)
			}
			requireSafe(t, response)
		})
	}
}

func TestAPageThatTheBrowserHoldsIsNotSentAgain(t *testing.T) {
	server := serve(t, graphiql(fstest.MapFS{"index.html": {Data: []byte("the page")}}))
	first, _ := ask(t, server, "GET", "/graphiql", nil)
	etag := first.Header.Get("ETag")
	again, body := ask(t, server, "GET", "/graphiql", http.Header{"If-None-Match": {etag}})
	if again.StatusCode != http.StatusNotModified || body != "" {
		t.Errorf("with the ETag %s: status %d and %d bytes, want 304 and none", etag, again.StatusCode, len(body))
	}
	rebuilt := serve(t, graphiql(fstest.MapFS{"index.html": {Data: []byte("another page")}}))
	other, _ := ask(t, rebuilt, "GET", "/graphiql", http.Header{"If-None-Match": {etag}})
	if other.StatusCode != http.StatusOK {
		t.Errorf("another build with the old ETag: status %d, want 200", other.StatusCode)
	}
}

func TestABuildWithoutThePageSaysHowToBuildIt(t *testing.T) {
	server := serve(t, graphiql(fstest.MapFS{".gitkeep": {}}))
	for _, path := range []string{"/graphiql", "/graphiql/"} {
		response, body := ask(t, server, "GET", path, nil)
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/html; charset=utf-8" {
			t.Errorf("%s: %d %s, want a page", path, response.StatusCode, response.Header.Get("Content-Type"))
		}
		for _, want := range []string{"make web", "/graphiql", "POST /graphql"} {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q: %s", path, want, body)
			}
		}
		requireSafe(t, response)
	}
}

// TestEveryFileOfThisBuildIsServed holds in both states of dist: built, when
// each file has to arrive, and not built, when the note has to.
func TestEveryFileOfThisBuildIsServed(t *testing.T) {
	server := serve(t, GraphiQL())
	_, page := ask(t, server, "GET", "/graphiql", nil)
	if _, err := built.ReadFile("dist/index.html"); err != nil {
		if page != notice {
			t.Errorf("without a build the page is %q", page)
		}
		return
	}
	if regexp.MustCompile(`<script[^>]*>[^<]`).MatchString(page) {
		t.Errorf("the page has inline script, which its policy refuses: %s", page)
	}
	if regexp.MustCompile(`(src|href)="(https?:)?//`).MatchString(page) {
		t.Errorf("the page names another host: %s", page)
	}
	files, err := fs.Glob(built, "dist/assets/*")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 10 {
		t.Errorf("the build has only %d files: %q", len(files), files)
	}
	for _, file := range files {
		path := "/graphiql/" + strings.TrimPrefix(file, "dist/")
		if response, body := ask(t, server, "GET", path, nil); response.StatusCode != http.StatusOK || body == "" {
			t.Errorf("%s: status %d, %d bytes", path, response.StatusCode, len(body))
		}
	}
}

func TestEachExampleIsValidAndRunsWithoutVariables(t *testing.T) {
	sdl, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(sdl)})
	if err != nil {
		t.Fatal(err)
	}
	tabs, err := os.ReadFile("src/examples.js")
	if err != nil {
		t.Fatal(err)
	}
	examples := Examples()
	want := []string{"cancel-and-renew", "change-subscription", "degraded-source", "manage-plans", "node-lookups", "paged-list",
		"portfolio", "subscription-details", "trial-and-checkout"}
	if got := slices.Sorted(maps.Keys(examples)); !slices.Equal(got, want) {
		t.Errorf("examples are %q, want %q", got, want)
	}
	for name, text := range examples {
		document, errs := gqlparser.LoadQueryWithRules(schema, text, rules.NewDefaultRules())
		if errs != nil {
			t.Errorf("%s: %v", name, errs)
			continue
		}
		if len(document.Operations) != 1 || document.Operations[0].Name == "" {
			t.Errorf("%s holds %d operations, want one with a name for its tab", name, len(document.Operations))
			continue
		}
		for _, variable := range document.Operations[0].VariableDefinitions {
			if variable.Type.NonNull && variable.DefaultValue == nil {
				t.Errorf("%s does not run without the variable %s", name, variable.Variable)
			}
		}
		if !strings.Contains(string(tabs), "../examples/"+name+".graphql") {
			t.Errorf("%s is not a tab of the page", name)
		}
	}
}

func serve(t *testing.T, handler http.Handler) *httptest.Server {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return server
}

func ask(t *testing.T, server *httptest.Server, method, path string, header http.Header) (*http.Response, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	maps.Copy(request.Header, header)
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, string(body)
}

// requireSafe checks the headers that every answer carries.
func requireSafe(t *testing.T, response *http.Response) {
	t.Helper()
	policy := response.Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the content policy %q lacks %q", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "http") {
		t.Errorf("the content policy is too wide: %q", policy)
	}
	if response.Header.Get("X-Content-Type-Options") != "nosniff" || response.Header.Get("Referrer-Policy") != "no-referrer" {
		t.Errorf("nosniff or the referrer policy is missing: %v", response.Header)
	}
}
