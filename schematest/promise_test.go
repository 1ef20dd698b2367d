package schematest

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// broken says why a line of the contract does not hold in schema; "" where it
// does. What the schema has beyond the line breaks nothing, except that nobody
// may be made to give what they did not give before.
func broken(schema *ast.Schema, line string) string {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "schema":
		return brokenRoot(schema, rest)
	case "scalar", "interface", "enum", "union", "type", "input":
		return brokenType(schema, kind, strings.Fields(rest))
	case "value":
		return brokenValue(schema, rest)
	case "field":
		return brokenField(schema, rest, "type")
	case "argument":
		return brokenField(schema, rest, "input")
	default:
		return fmt.Sprintf("a line cannot begin with %q", kind)
	}
}

// brokenRoot checks "query: Query".
func brokenRoot(schema *ast.Schema, promise string) string {
	operation, name, _ := strings.Cut(promise, ": ")
	roots := map[string]*ast.Definition{
		"query": schema.Query, "mutation": schema.Mutation, "subscription": schema.Subscription,
	}
	root := roots[operation]
	if root == nil {
		return "there is no " + operation + " root"
	}
	if root.Name != name {
		return "the " + operation + " root is " + root.Name
	}
	return ""
}

var kinds = map[string]ast.DefinitionKind{
	"scalar": ast.Scalar, "interface": ast.Interface, "enum": ast.Enum,
	"union": ast.Union, "type": ast.Object, "input": ast.InputObject,
}

// brokenType checks "Plan", "Plan implements Node", "Offer includes Plan", and
// "Filter requires source name": the only fields that must be given.
func brokenType(schema *ast.Schema, kind string, words []string) string {
	name := words[0]
	def := schema.Types[name]
	if def == nil {
		return "there is no " + name
	}
	if def.Kind != kinds[kind] {
		return name + " is a " + string(def.Kind)
	}
	if len(words) == 1 {
		return ""
	}
	switch words[1] {
	case "implements":
		return absent(def.Interfaces, words[2])
	case "includes":
		return absent(def.Types, words[2])
	case "requires":
		for _, field := range def.Fields {
			if mustBeGiven(field.Type, field.DefaultValue) && !slices.Contains(words[2:], field.Name) {
				return field.Name + " must be given"
			}
		}
		return ""
	default:
		return "nobody knows what " + words[1] + " means"
	}
}

func absent(names []string, name string) string {
	if slices.Contains(names, name) {
		return ""
	}
	return "there is no " + name + " among " + strings.Join(names, ", ")
}

// brokenValue checks "Kind.FLAT".
func brokenValue(schema *ast.Schema, promise string) string {
	name, value, _ := strings.Cut(promise, ".")
	def := schema.Types[name]
	if def == nil || def.EnumValues.ForName(value) == nil {
		return "there is no such value"
	}
	return ""
}

// brokenField checks "Plan.price(in: Currency = USD): Money!" of an object
// type or an interface, or "Filter.days: Int = 30" of an input type.
func brokenField(schema *ast.Schema, promise, keyword string) string {
	name, text, _ := strings.Cut(promise, ".")
	doc, err := parser.ParseSchema(&ast.Source{Name: contractFile, Input: keyword + " " + name + " { " + text + " }"})
	if err != nil {
		return "the line cannot be read: " + err.Error()
	}
	want := doc.Definitions[0].Fields[0]
	def := schema.Types[name]
	if def == nil {
		return "there is no " + name
	}
	got := def.Fields.ForName(want.Name)
	if got == nil {
		return "there is no such field"
	}
	if fault := brokenValueType(got.Type, want.Type, got.DefaultValue, want.DefaultValue); fault != "" {
		return fault
	}
	return brokenArguments(got.Arguments, want.Arguments)
}

func brokenArguments(got, want ast.ArgumentDefinitionList) string {
	for _, arg := range want {
		now := got.ForName(arg.Name)
		if now == nil {
			return "there is no argument " + arg.Name
		}
		if fault := brokenValueType(now.Type, arg.Type, now.DefaultValue, arg.DefaultValue); fault != "" {
			return "argument " + arg.Name + ": " + fault
		}
	}
	for _, arg := range got {
		if want.ForName(arg.Name) == nil && mustBeGiven(arg.Type, arg.DefaultValue) {
			return "argument " + arg.Name + " must be given"
		}
	}
	return ""
}

func brokenValueType(got, want *ast.Type, gotDefault, wantDefault *ast.Value) string {
	if got.String() != want.String() {
		return "it is " + got.String()
	}
	if gotDefault.String() != wantDefault.String() {
		return "its default is " + gotDefault.String()
	}
	return ""
}

func mustBeGiven(kind *ast.Type, value *ast.Value) bool {
	return kind.NonNull && value == nil
}
