package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A query NAME.graphql has its variables in NAME.variables.json, what is asked
// before it in NAME.before.graphql, and its answer in NAME.golden.json.
const queries = "testdata/queries"

func TestQueriesAnswerAsTheyDid(t *testing.T) {
	for _, name := range goldenNames(t) {
		t.Run(name, func(t *testing.T) {
			w := start(t, nil)
			if before := optional(t, name+".before.graphql"); before != nil {
				w.mustAsk(string(before), nil)
			}
			var variables map[string]any
			if text := optional(t, name+".variables.json"); text != nil {
				if err := json.Unmarshal(text, &variables); err != nil {
					t.Fatal(err)
				}
			}
			earlier := w.calls()
			a := w.ask(string(optional(t, name+".graphql")), variables)
			got := golden(t, a, earlier, w.calls())
			compareText(t, filepath.Join(queries, name+".golden.json"), got)
		})
	}
}

// compareText holds a text against a golden file.
func compareText(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("another text than %s (-update takes it over):\n%s", file, firstDifference(string(want), string(got)))
	}
}

func goldenNames(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob(queries + "/*.graphql")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if name := strings.TrimSuffix(filepath.Base(file), ".graphql"); !strings.HasSuffix(name, ".before") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		t.Fatalf("no queries in %s", queries)
	}
	return names
}

// optional is a file's content; nil where there is none.
func optional(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(queries, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return text
}

var (
	requestIDs = regexp.MustCompile(`,?"requestId":"[^"]*"`)
	cursors    = regexp.MustCompile(`("(?:cursor|startCursor|endCursor)":)"[^"]+"`)
)

// golden is the text of a golden file: the answer as it came, without what
// changes from run to run, and how many calls it took.
func golden(t *testing.T, a *answer, earlier, later map[string]int) []byte {
	t.Helper()
	answered := cursors.ReplaceAll(requestIDs.ReplaceAll(a.raw, nil), []byte(`$1"(a cursor)"`))
	calls := map[string]int{}
	for vendor, n := range later {
		calls[vendor] = n - earlier[vendor]
	}
	var out bytes.Buffer
	whole, err := json.Marshal(struct {
		UpstreamCalls map[string]int  `json:"upstreamCalls"`
		Answer        json.RawMessage `json:"answer"`
	}{calls, answered})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Indent(&out, whole, "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func firstDifference(want, got string) string {
	a, b := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return "line " + strings.Join([]string{a[max(0, i-2)], a[max(0, i-1)], "- " + a[i], "+ " + b[i]}, "\n")
		}
	}
	return "one goes on after the other's end"
}

// The documents above, taken together, ask for everything that can be read, and
// for everything that a write answers.
func TestGoldenQueriesAskForEveryField(t *testing.T) {
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	schema := gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
	asked := map[string]bool{}
	for _, name := range goldenNames(t) {
		document, errs := gqlparser.LoadQueryWithRules(schema, string(optional(t, name+".graphql")), rules.NewDefaultRules())
		if len(errs) > 0 {
			t.Fatalf("%s: %v", name, errs)
		}
		for _, operation := range document.Operations {
			note(asked, operation.SelectionSet)
		}
	}
	seen := map[string]bool{}
	var visit func(*ast.Definition)
	visit = func(def *ast.Definition) {
		if seen[def.Name] {
			return
		}
		seen[def.Name] = true
		for _, member := range schema.GetPossibleTypes(def) {
			visit(member)
		}
		for _, field := range def.Fields {
			if strings.HasPrefix(field.Name, "__") {
				continue
			}
			if def.Kind == ast.Object && !asked[def.Name+"."+field.Name] {
				t.Errorf("no golden query asks for %s.%s", def.Name, field.Name)
			}
			visit(schema.Types[field.Type.Name()])
		}
	}
	visit(schema.Query)
	visit(schema.Mutation)
}

func note(asked map[string]bool, set ast.SelectionSet) {
	for _, item := range set {
		switch item := item.(type) {
		case *ast.Field:
			asked[item.ObjectDefinition.Name+"."+item.Name] = true
			note(asked, item.SelectionSet)
		case *ast.InlineFragment:
			note(asked, item.SelectionSet)
		case *ast.FragmentSpread:
			note(asked, item.Definition.SelectionSet)
		}
	}
}
