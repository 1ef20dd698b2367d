package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tributary/web"
)

// Of the page's examples only one is about a source that fails, and it fails
// where somebody has set a fault.
func TestTheExamplesOfThePageAnswer(t *testing.T) {
	examples := web.Examples()
	if len(examples) < 5 {
		t.Fatalf("the page has %d examples", len(examples))
	}
	for name, query := range examples {
		t.Run(name, func(t *testing.T) {
			start(t, nil).mustAsk(query, nil)
		})
	}
}

func TestTheQueriesInTheDocumentsAnswer(t *testing.T) {
	files, err := filepath.Glob("../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob("../docs/*/*.md")
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, file := range append(files, deeper...) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range strings.Split(string(text), "```graphql\n")[1:] {
			query, _, closed := strings.Cut(block, "```")
			if !closed {
				t.Fatalf("%s has a block without an end", file)
			}
			asked++
			t.Run(filepath.Base(file), func(t *testing.T) {
				start(t, nil).mustAsk(query, nil)
			})
		}
	}
	if asked < 5 {
		t.Errorf("the documents show %d queries", asked)
	}
}
