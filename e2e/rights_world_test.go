package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"

	"tributary/identity"
)

// caller is somebody with an API key.
type caller struct {
	name     string
	scopes   []string
	accounts []string // nil for all
	key      string
}

// allScopes are what a caller may have.
var allScopes = []string{"read", "write", "plans", "sensitive", "admin"}

func (c *caller) has(scope string) bool { return slices.Contains(c.scopes, scope) }

func (c *caller) sees(account string) bool {
	return c.accounts == nil || slices.Contains(c.accounts, account)
}

func (c *caller) header() http.Header { return http.Header{"X-Api-Key": {c.key}} }

// withCallers edits a configuration to know callers by keys, which it makes.
func withCallers(callers ...*caller) func(string) string {
	var b strings.Builder
	b.WriteString("auth:\n  mode: apiKeys\n  keys:\n")
	for _, c := range callers {
		key, hash := identity.NewKey()
		c.key = key
		accounts := "all"
		if c.accounts != nil {
			accounts = "[" + strings.Join(c.accounts, ", ") + "]"
		}
		fmt.Fprintf(&b, "    - { subject: %s, hashes: ['%s'], scopes: [%s], accounts: %s }\n", c.name, hash, strings.Join(c.scopes, ", "), accounts)
	}
	return func(text string) string {
		// The sandbox lets in whoever comes.
		return strings.Replace(text, "auth: { mode: none, insecure: true }\n", b.String(), 1)
	}
}

// everything is a selection of all that a type has which needs no argument, to
// a depth of objects.
func everything(schema *ast.Schema, of string, depth int) string {
	definition := schema.Types[of]
	var b strings.Builder
	b.WriteString("{ __typename ")
	for _, field := range definition.Fields {
		t := schema.Types[field.Type.Name()]
		switch {
		case strings.HasPrefix(field.Name, "__"), slices.ContainsFunc(field.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil }):
		case t.IsLeafType():
			b.WriteString(field.Name + " ")
		case of == "Subscription" && field.Name == "source", of == "Plan" && field.Name == "source":
			b.WriteString("source { name } ")
		case of == "Subscription" && field.Name == "account", of == "Node":
			b.WriteString("account { id name } ")
		case depth > 0:
			b.WriteString(field.Name + " " + everything(schema, field.Type.Name(), depth-1) + " ")
		}
	}
	if definition.Kind == ast.Union {
		for i, member := range definition.Types {
			// Fields of one name differ in type between the sources.
			inner := everything(schema, member, depth-1)
			b.WriteString("... on " + member + " " + aliased(inner, fmt.Sprintf("m%d_", i)) + " ")
		}
	}
	return b.String() + "}"
}

// aliased gives each field of the outermost braces an alias.
func aliased(selection, prefix string) string {
	var b strings.Builder
	depth := 0
	for _, word := range strings.Fields(selection) {
		switch {
		case word == "{":
			depth++
			b.WriteString("{ ")
		case word == "}":
			depth--
			b.WriteString("} ")
		case depth == 1 && word != "__typename":
			b.WriteString(prefix + word + ": " + word + " ")
		default:
			b.WriteString(word + " ")
		}
	}
	return strings.TrimSpace(b.String())
}

func loadSchema(t testing.TB) *ast.Schema {
	t.Helper()
	text, err := os.ReadFile("../schema.graphqls")
	if err != nil {
		t.Fatal(err)
	}
	return gqlparser.MustLoadSchema(&ast.Source{Name: "schema.graphqls", Input: string(text)})
}

// leaves are all texts and numbers within a value, as texts.
func leaves(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for _, child := range v {
			leaves(child, into)
		}
	case []any:
		for _, child := range v {
			leaves(child, into)
		}
	case string:
		into[v] = true
	}
}

// marks are the texts that a value of one account holds and no other has.
func marks(whole map[string]map[string]bool) map[string]map[string]bool {
	seen := map[string]int{}
	for _, texts := range whole {
		for text := range texts {
			seen[text]++
		}
	}
	own := map[string]map[string]bool{}
	for account, texts := range whole {
		own[account] = maps.Clone(texts)
		maps.DeleteFunc(own[account], func(text string, _ bool) bool { return seen[text] > 1 || len(text) < 3 })
	}
	return own
}
