package plain

import (
	"slices"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// Selection is what an operation asks of values of one type.
type Selection struct {
	// Of an object.
	fields []selected
	size   int64 // of the names
	count  int64 // of the fields that are resolved, which is all but __typename
	// Of an interface or a union: what is asked of each of its objects.
	objects map[string]*Selection // nil for one of which more than plain fields are asked
}

type selected struct {
	name  string // with quotes and colon
	text  string // the value where it is known before, or to those who lack the scope
	scope string
	write func(w *Writer, selection *Selection, object any)
	of    *Selection
}

// Size is what a field takes in an answer at least: its name, quotes, a colon, a
// comma and the shortest of values.
func Size(name string) int64 { return int64(len(name)) + 5 }

func (s *Selection) has(name string) bool {
	return slices.ContainsFunc(s.fields, func(field selected) bool { return field.name == name })
}

const typename = "__typename"

// key is how an execution finds a selection again.
type key struct {
	first *ast.Selection
	count int
	name  string
}

// prepare is the selection of set on the type of that name; nil where it holds
// more than plain fields.
func (e *Execution) prepare(name string, set ast.SelectionSet) *Selection {
	if len(set) == 0 {
		return nil
	}
	id := key{&set[0], len(set), name}
	found, ok := e.prepared[id]
	if !ok {
		found = e.collect(name, set)
		if e.prepared == nil {
			e.prepared = make(map[key]*Selection)
		}
		e.prepared[id] = found
	}
	return found
}

func (e *Execution) collect(name string, set ast.SelectionSet) *Selection {
	object, ok := e.schema.Objects[name]
	if !ok {
		return e.collectObjects(name, set)
	}
	collected := graphql.CollectFields(e.operation, set, object.Satisfies)
	for _, asked := range collected {
		if _, ok := object.Fields[asked.Name]; !ok && asked.Name != typename {
			return nil
		}
	}
	selection := &Selection{fields: make([]selected, 0, len(collected))}
	for _, asked := range collected {
		ready := selected{name: `"` + asked.Alias + `":`}
		if selection.has(ready.name) { // once through a union, once through its object
			if asked.Name != typename {
				return nil
			}
			continue
		}
		if asked.Name == typename {
			ready.text = `"` + name + `"`
			selection.fields = append(selection.fields, ready)
			continue
		}
		field := object.Fields[asked.Name]
		ready.write, ready.scope, ready.text = field.Write, field.Scope, field.Denied
		if field.Type != "" {
			if ready.of = e.prepare(field.Type, asked.Selections); ready.of == nil {
				return nil
			}
		}
		selection.fields = append(selection.fields, ready)
		selection.count++
		selection.size += Size(asked.Alias)
	}
	return selection
}

// collectObjects is the selection of an interface or a union.
func (e *Execution) collectObjects(name string, set ast.SelectionSet) *Selection {
	selection := &Selection{objects: make(map[string]*Selection)}
	for _, object := range e.schema.Abstract[name] {
		selection.objects[object] = e.prepare(object, set)
	}
	return selection
}
