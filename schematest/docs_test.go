package schematest

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

func TestTheExamplesInTheDocumentationAreValid(t *testing.T) {
	schema := load(t)
	pages, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, page := range pages {
		for _, query := range examples(read(t, page)) {
			found++
			if _, err := gqlparser.LoadQueryWithRules(schema, query, nil); err != nil {
				t.Errorf("%s: %v\n%s", page, err, query)
			}
		}
	}
	if found == 0 {
		t.Errorf("no example in %v", pages)
	}
}

func TestTheDocumentationExplainsEveryErrorCodeAndOutcome(t *testing.T) {
	page := read(t, "../docs/schema.md")
	for _, name := range []string{"ErrorCode", "SourceOutcome", "Freshness"} {
		enum := load(t).Types[name]
		if enum == nil || enum.Kind != ast.Enum {
			t.Fatalf("%s is no enum", name)
		}
		for _, value := range enum.EnumValues {
			if !strings.Contains(page, "| `"+value.Name+"` |") {
				t.Errorf("docs/schema.md has no row for %s.%s", name, value.Name)
			}
		}
	}
}

// examples are the blocks that a page fences as graphql.
func examples(page string) []string {
	var queries []string
	for i, part := range strings.Split(page, "```") {
		if query, found := strings.CutPrefix(part, "graphql\n"); found && i%2 == 1 {
			queries = append(queries, query)
		}
	}
	return queries
}
