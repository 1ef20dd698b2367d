package resolvers

import (
	"context"
	"runtime"
	"slices"
	"sync"
	"weak"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tributary/loaders"
	"tributary/parts"
)

// own are the types that show a source's own document, which is to show the
// others too.
var own = map[string]bool{"FrontierSubscription": true, "FocusSubscription": true}

// needs are the documents that a field takes from beside a subscription's own.
func needs(typ, field string) loaders.Parts {
	needed := loaders.Parts(parts.Of[typ][field])
	if own[typ] {
		needed |= needed << loaders.InDetails
	}
	return needed
}

// selection is what a field's answer is asked to show.
type selection struct {
	variables map[string]any
	field     *ast.Field
	set       ast.SelectionSet
}

func selected(ctx context.Context) selection {
	asked := graphql.GetFieldContext(ctx).Field
	return selection{
		variables: graphql.GetOperationContext(ctx).Variables,
		field:     asked.Field,
		set:       asked.Selections,
	}
}

// partsOf remembers the parts of fields below which nothing can be left out, by a
// weak pointer to the field: for as long as somebody else holds its document.
var partsOf sync.Map

// parts are the documents that the selection needs, at any depth.
func (s selection) parts() loaders.Parts {
	if len(s.set) != len(s.field.SelectionSet) { // merged of several
		return s.allParts()
	}
	id := weak.Make(s.field)
	if known, ok := partsOf.Load(id); ok {
		return known.(loaders.Parts)
	}
	needed := s.allParts()
	if !hasDirectives(s.set) {
		if _, known := partsOf.LoadOrStore(id, needed); !known {
			runtime.AddCleanup(s.field, func(id weak.Pointer[ast.Field]) { partsOf.Delete(id) }, id)
		}
	}
	return needed
}

func (s selection) allParts() loaders.Parts {
	var needed loaders.Parts
	s.walk(s.set, func(field *ast.Field) bool {
		if field.ObjectDefinition != nil {
			needed |= needs(field.ObjectDefinition.Name, field.Name)
		}
		return true
	})
	return needed
}

// shows reports whether the selection names a field of the type it is on.
func (s selection) shows(name string) bool {
	shown := false
	s.walk(s.set, func(field *ast.Field) bool {
		shown = shown || field.Name == name
		return false
	})
	return shown
}

// walk visits the fields that are neither skipped nor left out, and goes below
// those for which visit returns true.
func (s selection) walk(set ast.SelectionSet, visit func(*ast.Field) bool) {
	for _, item := range set {
		switch item := item.(type) {
		case *ast.Field:
			if s.included(item.Directives) && visit(item) {
				s.walk(item.SelectionSet, visit)
			}
		case *ast.InlineFragment:
			if s.included(item.Directives) {
				s.walk(item.SelectionSet, visit)
			}
		case *ast.FragmentSpread:
			if s.included(item.Directives) && item.Definition != nil {
				s.walk(item.Definition.SelectionSet, visit)
			}
		}
	}
}

// hasDirectives is whether anything of a selection may be left out.
func hasDirectives(set ast.SelectionSet) bool {
	return slices.ContainsFunc(set, func(item ast.Selection) bool {
		switch item := item.(type) {
		case *ast.Field:
			return len(item.Directives) > 0 || hasDirectives(item.SelectionSet)
		case *ast.InlineFragment:
			return len(item.Directives) > 0 || hasDirectives(item.SelectionSet)
		case *ast.FragmentSpread:
			return len(item.Directives) > 0 || item.Definition == nil || hasDirectives(item.Definition.SelectionSet)
		default:
			return true
		}
	})
}

func (s selection) included(directives ast.DirectiveList) bool {
	if skip := directives.ForName("skip"); skip != nil && s.isTrue(skip) {
		return false
	}
	include := directives.ForName("include")
	return include == nil || s.isTrue(include)
}

func (s selection) isTrue(directive *ast.Directive) bool {
	condition := directive.Arguments.ForName("if")
	if condition == nil {
		return false
	}
	value, err := condition.Value.Value(s.variables)
	yes, ok := value.(bool)
	return err == nil && ok && yes
}
