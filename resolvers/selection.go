package resolvers

import (
	"context"

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
	set       ast.SelectionSet
}

func selected(ctx context.Context) selection {
	return selection{
		variables: graphql.GetOperationContext(ctx).Variables,
		set:       graphql.GetFieldContext(ctx).Field.Selections,
	}
}

// parts are the documents that the selection needs, at any depth.
func (s selection) parts() loaders.Parts {
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
