// Package schematest holds the tests of schema.graphqls: that it is described,
// that it keeps what clients rely on, and that every tool reads it the same way.
package schematest

import (
	"cmp"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
)

const schemaFile = "../schema.graphqls"

// load parses the project's schema.
func load(t *testing.T) *ast.Schema {
	t.Helper()
	return parse(t, read(t, schemaFile))
}

// parse makes a validated schema of SDL.
func parse(t *testing.T, sdl string) *ast.Schema {
	t.Helper()
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: schemaFile, Input: sdl})
	if err != nil {
		t.Fatalf("parse the schema: %v", err)
	}
	return schema
}

func read(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("read %s: %v", file, err)
	}
	return string(text)
}

// own lists the types that the schema itself defines, by name: no String, no __Type.
func own(schema *ast.Schema) []*ast.Definition {
	var types []*ast.Definition
	for _, def := range schema.Types {
		if !def.BuiltIn {
			types = append(types, def)
		}
	}
	slices.SortFunc(types, func(a, b *ast.Definition) int { return cmp.Compare(a.Name, b.Name) })
	return types
}

// fields lists a type's own fields, without __schema and __type.
func fields(def *ast.Definition) []*ast.FieldDefinition {
	return slices.DeleteFunc(slices.Clone(def.Fields), func(f *ast.FieldDefinition) bool {
		return strings.HasPrefix(f.Name, "__")
	})
}
