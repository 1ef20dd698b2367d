package plain

import (
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
)

// kept are the prepared selections of a document, for as long as somebody else
// holds it.
type kept struct {
	mu       sync.RWMutex
	prepared map[place]*Selection
}

// place is where a field stands in a document: at its root, or below a root field.
type place struct {
	operation     *ast.OperationDefinition
	outer, object string // the root field's name in the answer, and the type of what it holds
	name          string
}

// keptOf are the selections of a document; nil where they hang on variables.
func (s *Schema) keptOf(document *ast.QueryDocument) *kept {
	id := weak.Make(document)
	if found, ok := s.documents.Load(id); ok {
		return found.(*kept)
	}
	var made *kept
	if !hasDirectives(document) {
		made = &kept{prepared: make(map[place]*Selection)}
	}
	found, loaded := s.documents.LoadOrStore(id, made)
	if !loaded {
		runtime.AddCleanup(document, func(id weak.Pointer[ast.QueryDocument]) { s.documents.Delete(id) }, id)
	}
	return found.(*kept)
}

// selection is the one at a place, which is prepared where it was not yet.
func (k *kept) selection(at place, prepare func() *Selection) *Selection {
	k.mu.RLock()
	found, ok := k.prepared[at]
	k.mu.RUnlock()
	if ok {
		return found
	}
	made := prepare()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prepared[at] = made
	return made
}

// placeOf is where a field stands; false where it is deeper than places go.
func placeOf(operation *ast.OperationDefinition, field *graphql.FieldContext) (place, bool) {
	at := place{operation: operation, object: field.Object, name: field.Field.Alias}
	outer := fieldAbove(field)
	if outer == nil {
		return at, true
	}
	at.outer = outer.Field.Alias
	return at, fieldAbove(outer) == nil
}

// fieldAbove is the field that holds another one; nil for a root field.
func fieldAbove(field *graphql.FieldContext) *graphql.FieldContext {
	for above := field.Parent; above != nil; above = above.Parent {
		if above.Field.Field != nil {
			return above
		}
	}
	return nil
}

// hasDirectives is whether anything in a document may be left out of an answer.
func hasDirectives(document *ast.QueryDocument) bool {
	return slices.ContainsFunc(document.Operations, func(o *ast.OperationDefinition) bool { return directivesIn(o.SelectionSet) }) ||
		slices.ContainsFunc(document.Fragments, func(f *ast.FragmentDefinition) bool { return directivesIn(f.SelectionSet) })
}

func directivesIn(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(selection ast.Selection) bool {
		switch selection := selection.(type) {
		case *ast.Field:
			return len(selection.Directives) > 0 || directivesIn(selection.SelectionSet)
		case *ast.InlineFragment:
			return len(selection.Directives) > 0 || directivesIn(selection.SelectionSet)
		case *ast.FragmentSpread:
			return len(selection.Directives) > 0
		default:
			return true
		}
	})
}
