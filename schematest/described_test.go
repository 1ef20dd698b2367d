package schematest

import (
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

func TestEverythingIsDescribedForItsReaders(t *testing.T) {
	missing := undescribed(load(t))
	if len(missing) > 0 {
		t.Errorf("%d without a description:\n%s", len(missing), strings.Join(missing, "\n"))
	}
}

func TestWhatLacksADescriptionIsNamed(t *testing.T) {
	schema := parse(t, `
		type Query { plan(id: ID!, input: Input): Kind }
		input Input { name: String }
		enum Kind { FLAT }
		scalar Day
	`)
	want := "Day\nInput\nInput.name\nKind\nKind.FLAT\nQuery\nQuery.plan\nQuery.plan(id)"
	if got := strings.Join(undescribed(schema), "\n"); got != want {
		t.Errorf("found to lack a description:\n%s\nwant:\n%s", got, want)
	}
}

// undescribed names the types, fields, enum values, input fields and arguments
// without a description. An argument called input needs none: its type has one.
func undescribed(schema *ast.Schema) []string {
	var missing []string
	want := func(name, description string) {
		if strings.TrimSpace(description) == "" {
			missing = append(missing, name)
		}
	}
	for _, def := range own(schema) {
		want(def.Name, def.Description)
		for _, field := range fields(def) {
			path := def.Name + "." + field.Name
			want(path, field.Description)
			for _, arg := range field.Arguments {
				if arg.Name != "input" {
					want(path+"("+arg.Name+")", arg.Description)
				}
			}
		}
		for _, value := range def.EnumValues {
			want(def.Name+"."+value.Name, value.Description)
		}
	}
	return missing
}
