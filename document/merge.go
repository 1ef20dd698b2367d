package document

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// merging decides whether the fields of an operation can be merged, as section
// 5.3.2 of the specification has it, but not pair by pair: fields of one name in
// the answer are compared with the first of them only, since being alike is
// transitive, and their selections are merged and looked at once. It wants a
// document that is valid otherwise.
//
// Two fields are alike in shape if any value can stand for both, and alike in
// call if they ask the same. Shapes are compared among all fields of a name;
// calls only among those that can be asked of one object.
type merging struct {
	schema *ast.Schema
	limits *Limits
	steps  int
	known  map[*ast.Field]alike
	names  map[string]int // texts that are compared, by number
	faults gqlerror.List
}

type alike struct{ shape, call int }

// stepsPerField bounds the work where objects of many types are told apart on
// many levels, which multiplies.
const stepsPerField = 20

func (d *Documents) mergeable(doc *ast.QueryDocument) error {
	m := merging{schema: d.schema, limits: &d.options.Limits, known: map[*ast.Field]alike{}, names: map[string]int{}}
	for _, op := range doc.Operations {
		for _, apart := range []bool{false, true} {
			if err := m.check([]ast.SelectionSet{op.SelectionSet}, apart, nil); err != nil {
				return err
			}
			if len(m.faults) > 0 {
				return m.faults
			}
		}
	}
	return nil
}

// check looks at selection sets that answer one object. apart says whether to
// tell objects of different types apart, and so to compare calls. path are the
// names in the answer down to the object.
func (m *merging) check(sets []ast.SelectionSet, apart bool, path []string) error {
	c := collection{byName: map[string][]*ast.Field{}}
	for _, set := range sets {
		c.collect(set)
	}
	if most := times(stepsPerField, m.limits.ExpandedFields); plus(m.steps, c.size) > most {
		return exceeded(most, "the fields of the document take %d comparisons or more", m.steps+c.size)
	}
	m.steps += c.size
	for _, name := range c.names {
		for _, fields := range together(c.byName[name], apart) {
			below := append(path[:len(path):len(path)], name)
			if m.differ(fields, apart, below) {
				if len(m.faults) == mostFaults {
					return nil
				}
				continue
			}
			var selected []ast.SelectionSet
			for _, field := range fields {
				if len(field.SelectionSet) > 0 {
					selected = append(selected, field.SelectionSet)
				}
			}
			if len(selected) > 0 {
				if err := m.check(selected, apart, below); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// collection are the fields of selection sets by their names in the answer.
type collection struct {
	names  []string
	byName map[string][]*ast.Field
	spread map[*ast.FragmentDefinition]bool
	size   int
}

func (c *collection) collect(set ast.SelectionSet) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			fields := c.byName[selection.Alias]
			if fields == nil {
				c.names = append(c.names, selection.Alias)
			}
			c.byName[selection.Alias] = append(fields, selection)
			c.size++
		case *ast.InlineFragment:
			c.collect(selection.SelectionSet)
		case *ast.FragmentSpread:
			if c.spread[selection.Definition] {
				continue
			}
			if c.spread == nil {
				c.spread = map[*ast.FragmentDefinition]bool{}
			}
			c.spread[selection.Definition] = true
			c.collect(selection.Definition.SelectionSet)
		}
	}
}

// together are the groups of fields that can be asked of one object: those of
// each object type, with those of interfaces and unions in every group.
func together(fields []*ast.Field, apart bool) [][]*ast.Field {
	if !apart || len(fields) == 1 {
		return [][]*ast.Field{fields}
	}
	var anywhere []*ast.Field
	var groups [][]*ast.Field
	of := map[string]int{}
	for _, field := range fields {
		if field.ObjectDefinition.Kind != ast.Object {
			anywhere = append(anywhere, field)
			continue
		}
		at, ok := of[field.ObjectDefinition.Name]
		if !ok {
			at = len(groups)
			of[field.ObjectDefinition.Name] = at
			groups = append(groups, nil)
		}
		groups[at] = append(groups[at], field)
	}
	if len(groups) == 0 {
		return [][]*ast.Field{anywhere}
	}
	for i := range groups {
		groups[i] = append(groups[i], anywhere...)
	}
	return groups
}

// differ reports whether one of the fields is unlike the first, and notes it.
func (m *merging) differ(fields []*ast.Field, calls bool, path []string) bool {
	first := fields[0]
	for _, field := range fields[1:] {
		a, b := m.alike(first), m.alike(field)
		var reason string
		switch {
		case !calls && a.shape != b.shape:
			reason = `they return conflicting types "` + first.Definition.Type.String() + `" and "` + field.Definition.Type.String() + `"`
		case calls && first.Name != field.Name:
			reason = `"` + first.Name + `" and "` + field.Name + `" are different fields`
		case calls && a.call != b.call:
			reason = "they have differing arguments"
		default:
			continue
		}
		m.faults = append(m.faults, &gqlerror.Error{
			Message: shorten(`Fields "` + strings.Join(path, ".") + `" conflict because ` + reason + `. Use different aliases on the fields to fetch both if this was intentional.`),
			Locations: []gqlerror.Location{
				{Line: first.Position.Line, Column: first.Position.Column},
				{Line: field.Position.Line, Column: field.Position.Column},
			},
			Rule: "OverlappingFieldsCanBeMerged",
		})
		return true
	}
	return false
}

func (m *merging) alike(field *ast.Field) alike {
	known, ok := m.known[field]
	if !ok {
		known = alike{shape: m.number(m.shape(field)), call: m.number(call(field))}
		m.known[field] = known
	}
	return known
}

func (m *merging) number(text string) int {
	n, ok := m.names[text]
	if !ok {
		n = len(m.names)
		m.names[text] = n
	}
	return n
}

// shape is the field's type with one name for all types that have fields: their
// own are compared instead. gqlparser takes __typename for nullable, which the
// specification does not.
func (m *merging) shape(field *ast.Field) string {
	if field.Name == "__typename" {
		return "String!"
	}
	name := field.Definition.Type.Name()
	shape := field.Definition.Type.String()
	if m.schema.Types[name].IsLeafType() {
		return shape
	}
	return strings.Replace(shape, name, "{}", 1)
}

// call is what is asked: the field's name and its arguments, in which only the
// order of arguments and of an object's members means nothing.
func call(field *ast.Field) string {
	if len(field.Arguments) == 0 {
		return field.Name
	}
	parts := make([]string, len(field.Arguments))
	for i, argument := range field.Arguments {
		parts[i] = argument.Name + ":" + written(argument.Value)
	}
	slices.Sort(parts)
	return field.Name + "(" + strings.Join(parts, " ") + ")"
}

func written(v *ast.Value) string {
	switch v.Kind {
	case ast.Variable:
		return "$" + v.Raw
	case ast.StringValue:
		return strconv.Quote(v.Raw)
	case ast.BlockValue:
		return `""` + strconv.Quote(v.Raw)
	case ast.ListValue, ast.ObjectValue:
		parts := make([]string, len(v.Children))
		for i, child := range v.Children {
			parts[i] = child.Name + ":" + written(child.Value)
		}
		if v.Kind == ast.ObjectValue {
			slices.Sort(parts)
			return "{" + strings.Join(parts, " ") + "}"
		}
		return "[" + strings.Join(parts, " ") + "]"
	default:
		return v.Raw
	}
}
