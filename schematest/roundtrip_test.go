package schematest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

func TestTheRootsHaveTheirNames(t *testing.T) {
	schema := load(t)
	for line, root := range map[string]*ast.Definition{
		"schema query: Query":                   schema.Query,
		"schema mutation: Mutation":             schema.Mutation,
		"schema subscription: SubscriptionRoot": schema.Subscription,
	} {
		if fault := broken(schema, line); fault != "" {
			t.Errorf("%s: %s", line, fault)
		}
		for _, field := range everyField(schema) {
			if root != nil && field.Type.Name() == root.Name {
				t.Errorf("field %s returns the root %s", field.Name, root.Name)
			}
		}
	}
	if plain := schema.Types["Subscription"]; plain == nil || plain.Kind != ast.Object || plain == schema.Subscription {
		t.Errorf("Subscription is %v, want an object type that is no root", plain)
	}
}

func TestGqlparserPrintsWhatItRead(t *testing.T) {
	original := load(t)
	want := facts(original)
	if len(want) < promises {
		t.Fatalf("only %d facts were read", len(want))
	}
	for name, sdl := range map[string]string{
		"as a schema":   printed(original),
		"as a document": printedDocument(t, read(t, schemaFile)),
	} {
		t.Run(name, func(t *testing.T) {
			again := parse(t, sdl)
			compare(t, want, facts(again))
			if first, second := printed(original), printed(again); first != second {
				t.Error("the second print differs from the first")
			}
		})
	}
}

func printed(schema *ast.Schema) string {
	var sdl bytes.Buffer
	formatter.NewFormatter(&sdl).FormatSchema(schema)
	return sdl.String()
}

func printedDocument(t *testing.T, sdl string) string {
	t.Helper()
	doc, err := parser.ParseSchema(&ast.Source{Name: schemaFile, Input: sdl})
	if err != nil {
		t.Fatalf("parse the document: %v", err)
	}
	var out bytes.Buffer
	formatter.NewFormatter(&out).FormatSchemaDocument(doc)
	return out.String()
}

func everyField(schema *ast.Schema) []*ast.FieldDefinition {
	var all []*ast.FieldDefinition
	for _, def := range own(schema) {
		all = append(all, fields(def)...)
	}
	return all
}

// facts are all that a schema says, one sorted line each: roots, types,
// fields, arguments, defaults, values, directives and descriptions.
func facts(schema *ast.Schema) []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	for name, root := range map[string]*ast.Definition{
		"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription,
	} {
		if root != nil {
			add("%s root %s", name, root.Name)
		}
	}
	for _, def := range own(schema) {
		add("%s %s %v %v %s %q", def.Kind, def.Name, sorted(def.Interfaces), sorted(def.Types), directives(def.Directives), def.Description)
		for _, field := range fields(def) {
			path := def.Name + "." + field.Name
			add("%s: %s = %s %s %q", path, field.Type, field.DefaultValue, directives(field.Directives), field.Description)
			for _, arg := range field.Arguments {
				add("%s(%s: %s = %s) %q", path, arg.Name, arg.Type, arg.DefaultValue, arg.Description)
			}
		}
		for _, value := range def.EnumValues {
			add("%s.%s %s %q", def.Name, value.Name, directives(value.Directives), value.Description)
		}
	}
	slices.Sort(lines)
	return lines
}

func sorted(names []string) []string {
	return slices.Sorted(slices.Values(names))
}

func directives(list ast.DirectiveList) string {
	var words []string
	for _, directive := range list {
		words = append(words, "@"+directive.Name)
		for _, arg := range directive.Arguments {
			words = append(words, arg.Name+":"+arg.Value.String())
		}
	}
	return strings.Join(words, " ")
}

func compare(t *testing.T, want, got []string) {
	t.Helper()
	for _, line := range want {
		if _, found := slices.BinarySearch(got, line); !found {
			t.Errorf("lost:  %s", line)
		}
	}
	for _, line := range got {
		if _, found := slices.BinarySearch(want, line); !found {
			t.Errorf("new:   %s", line)
		}
	}
}
