package main_test

import (
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
)

// TestTheExamplesOfGraphQLOverHTTPAnswerAsShown runs each command of the page as
// it stands there, and holds its answer to the one that is shown below it.
func TestTheExamplesOfGraphQLOverHTTPAnswerAsShown(t *testing.T) {
	t.Parallel()
	p := launch(t, "", nil, "serve", "--sandbox", "--listen", "127.0.0.1:0")
	url := p.url()
	examples := strings.Split(page(t, "graphql-over-http.md"), "```sh\n")[1:]
	if len(examples) < 10 {
		t.Fatalf("the page has %d examples", len(examples))
	}
	for _, example := range examples {
		command, rest, _ := strings.Cut(example, "```\n")
		between, shown, found := strings.Cut(rest, "```http\n")
		shown, _, closed := strings.Cut(shown, "```")
		if !found || !closed || strings.TrimSpace(between) != "" {
			t.Errorf("no answer is shown below %s", command)
			continue
		}
		got, err := exec.Command("sh", "-c", strings.ReplaceAll(command, "http://127.0.0.1:8080", url)).Output()
		if err != nil {
			t.Fatalf("%s: %v", command, err)
		}
		compareHTTP(t, command, shown, strings.ReplaceAll(string(got), "\r\n", "\n"))
	}
}

// compareHTTP wants the status, the headers that are shown, and the body, in
// which "..." stands for anything.
func compareHTTP(t *testing.T, command, shown, got string) {
	t.Helper()
	wantHead, wantBody, _ := strings.Cut(shown, "\n\n")
	head, body, _ := strings.Cut(got, "\n\n")
	lines := strings.Split(head, "\n")
	for i, want := range strings.Split(wantHead, "\n") {
		if i == 0 && lines[0] != want || !slices.Contains(lines, want) {
			t.Errorf("%sis answered without %q:\n%s", command, want, got)
		}
	}
	var want, answered any
	if err := json.Unmarshal([]byte(wantBody), &want); err != nil {
		t.Fatalf("what is shown below %sis no JSON: %v", command, err)
	}
	if err := json.Unmarshal([]byte(body), &answered); err != nil {
		t.Fatalf("%sis answered with no JSON: %v\n%s", command, err, got)
	}
	if !isShown(want, answered) {
		t.Errorf("%sis answered\n%s", command, body)
	}
}

func isShown(want, got any) bool {
	if want == "..." {
		return got != nil
	}
	switch want := want.(type) {
	case map[string]any:
		got, ok := got.(map[string]any)
		return ok && maps.EqualFunc(want, got, isShown)
	case []any:
		got, ok := got.([]any)
		return ok && slices.EqualFunc(want, got, isShown)
	}
	return reflect.DeepEqual(want, got)
}

// page is a page of the documentation.
func page(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile("docs/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
