package document

import (
	"encoding/json"
	"reflect"
	"strconv"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/parts"
)

// conditions are those of @skip and @include that variables decide. out reports
// that the document itself leaves the selection out.
func conditions(directives ast.DirectiveList) (unless []condition, out bool) {
	for _, directive := range directives {
		if directive.Name != "skip" && directive.Name != "include" {
			continue
		}
		leaves := directive.Name == "skip"
		switch given := directive.Arguments.ForName("if").Value; given.Kind {
		case ast.Variable:
			unless = append(unless, condition{given.Raw, leaves})
		case ast.BooleanValue:
			out = out || (given.Raw == "true") == leaves
		}
	}
	return unless, out
}

func fieldOf(selected *ast.Field) *field {
	priced := &field{
		price: prices[selected.ObjectDefinition.Name][selected.Name],
		needs: parts.Of[selected.ObjectDefinition.Name][selected.Name],
		list:  selected.Definition.Type.Elem != nil && len(selected.SelectionSet) > 0,
	}
	if priced.hasID {
		priced.id = argumentOf(selected.Arguments.ForName("id"))
	}
	names := []string{"first", "last"}
	switch priced.grows {
	case byIDs:
		names = []string{"ids"}
	case byNothing, withPage:
		return priced
	}
	priced.picks = picks(selected.Arguments)
	for _, name := range names {
		given := selected.Arguments.ForName(name)
		if given == nil {
			continue
		}
		switch v := given.Value; v.Kind {
		case ast.Variable:
			priced.size = append(priced.size, length{variable: v.Raw})
		case ast.ListValue:
			priced.size = append(priced.size, length{fixed: len(v.Children)})
		case ast.IntValue:
			n, _ := strconv.Atoi(v.Raw) // validated; one out of range is the largest
			priced.size = append(priced.size, length{fixed: n})
		default: // one value stands for a list of it; null for no argument
			if v.Kind != ast.NullValue {
				priced.size = append(priced.size, length{fixed: 1})
			}
		}
	}
	return priced
}

func argumentOf(given *ast.Argument) *argument {
	switch {
	case given == nil:
		return &argument{}
	case given.Value.Kind == ast.Variable:
		return &argument{variable: given.Value.Raw}
	default:
		return &argument{fixed: given.Value.Raw}
	}
}

// picks reports arguments that cannot be met without looking at each subscription.
// One in a variable may be such.
func picks(given ast.ArgumentList) bool {
	isPicky := func(name string, easy func(member *ast.ChildValue) bool) bool {
		argument := given.ForName(name)
		if argument == nil || argument.Value.Kind == ast.NullValue {
			return false
		}
		if argument.Value.Kind == ast.Variable {
			return true
		}
		for _, member := range argument.Value.Children {
			if !easy(member) {
				return true
			}
		}
		return false
	}
	return isPicky("orderBy", func(m *ast.ChildValue) bool { return m.Name != "field" || m.Value.Raw == "ID" }) ||
		isPicky("filter", func(m *ast.ChildValue) bool {
			return m.Name == "sources" || m.Name == "accounts" || m.Value.Kind == ast.NullValue
		})
}

// number64 is the number in a coerced variable, or the length of its list.
func number64(v any) (int, bool) {
	switch v := v.(type) {
	case nil:
		return 0, false
	case int:
		return v, true
	case int64:
		return int(v), true
	case float64:
		return int(v), true
	case json.Number:
		n, err := v.Int64()
		return int(n), err == nil
	case []any:
		return len(v), true
	case string:
		n, err := strconv.Atoi(v)
		return n, err == nil
	}
	if list := reflect.ValueOf(v); list.Kind() == reflect.Slice {
		return list.Len(), true
	}
	return 0, false
}
