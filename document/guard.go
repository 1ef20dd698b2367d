package document

import (
	"math"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/billing"
)

// guard is the walk over a parsed document that decides whether validation can
// afford it. It goes through each definition once, whatever spreads it.
type guard struct {
	limits        *Limits
	introspection bool
	fragments     map[string]*definition
	inputs        inputs
	aliases       int
	directives    int
}

// definition is an operation or a fragment.
type definition struct {
	name    string
	set     ast.SelectionSet
	state   state
	extent  extent
	own     int                      // what Limits.Visits counts, without its fragments
	spreads map[*definition]struct{} // the fragments in it
	mark    *definition              // the last definition found to reach it
}

type state uint8

const (
	unread state = iota
	reading
	read
)

// extent is how large a selection set is with its fragments in place. Sums stop
// at the largest int.
type extent struct {
	depth  int // fields below each other
	fields int
	top    int // fields that are not below another
	lists  int // of introspection, within each other
}

func (e *extent) add(other extent) {
	e.depth = max(e.depth, other.depth)
	e.fields = plus(e.fields, other.fields)
	e.top = plus(e.top, other.top)
	e.lists = max(e.lists, other.lists)
}

func plus(a, b int) int {
	if a > math.MaxInt-b {
		return math.MaxInt
	}
	return a + b
}

// guard refuses documents beyond the limits, cycles of fragments, and
// introspection where it is off.
func (d *Documents) guard(doc *ast.QueryDocument) error {
	l := &d.options.Limits
	if n := len(doc.Operations); n > l.Operations {
		return exceeded(l.Operations, "the document has %d operations", n)
	}
	if n := len(doc.Fragments); n > l.Fragments {
		return exceeded(l.Fragments, "the document has %d fragments", n)
	}
	g := guard{limits: l, introspection: d.options.Introspection, fragments: make(map[string]*definition, len(doc.Fragments)), inputs: inputs{limits: l}}
	all := make([]*definition, 0, len(doc.Operations)+len(doc.Fragments))
	for _, fragment := range doc.Fragments {
		if len(fragment.VariableDefinition) > 0 { // an old proposal that the parser still reads
			return faultAt(fragment.Position, `Expected "on", found "(".`)
		}
		it := &definition{name: fragment.Name, set: fragment.SelectionSet}
		all = append(all, it)
		if g.fragments[fragment.Name] == nil {
			g.fragments[fragment.Name] = it
		}
		if err := g.use(it, fragment.Directives); err != nil {
			return err
		}
	}
	expanded := 0
	for _, op := range doc.Operations {
		it := &definition{set: op.SelectionSet}
		all = append(all, it)
		if err := g.operation(op, it); err != nil {
			return err
		}
		expanded = plus(expanded, it.extent.fields)
	}
	if expanded > l.ExpandedFields {
		return exceeded(l.ExpandedFields, "the document has %d fields once its fragments are expanded", expanded)
	}
	for _, it := range all {
		if err := g.read(it, nil); err != nil {
			return err
		}
	}
	return g.visits(all)
}

func (g *guard) operation(op *ast.OperationDefinition, it *definition) error {
	if n := len(op.VariableDefinitions); n > g.limits.Variables {
		return exceeded(g.limits.Variables, "an operation has %d variables", n)
	}
	if err := g.use(it, op.Directives); err != nil {
		return err
	}
	for _, variable := range op.VariableDefinitions {
		if err := g.use(it, variable.Directives); err != nil {
			return err
		}
		if err := g.inputs.literal(variable.DefaultValue, 0); err != nil {
			return err
		}
	}
	if err := g.read(it, nil); err != nil {
		return err
	}
	if n := it.extent.top; n > g.limits.RootFields {
		return exceeded(g.limits.RootFields, "an operation has %d root fields", n)
	}
	if n := it.extent.depth; n > g.limits.Depth {
		return exceeded(g.limits.Depth, "an operation has a depth of %d fields", n)
	}
	return nil
}

// read measures a definition. at is the spread that leads to it, nil for none.
func (g *guard) read(it *definition, at *ast.FragmentSpread) (err error) {
	switch it.state {
	case read:
		return nil
	case reading:
		return faultAt(at.Position, `Cannot spread fragment "`+it.name+`" within itself.`)
	}
	it.state = reading
	it.extent, err = g.selections(it, it.set)
	it.state = read
	return err
}

func (g *guard) selections(in *definition, set ast.SelectionSet) (whole extent, err error) {
	for _, selection := range set {
		in.own++
		var part extent
		switch selection := selection.(type) {
		case *ast.Field:
			part, err = g.field(in, selection)
		case *ast.InlineFragment:
			if err = g.use(in, selection.Directives); err == nil {
				part, err = g.selections(in, selection.SelectionSet)
			}
		case *ast.FragmentSpread:
			part, err = g.spread(in, selection)
		}
		if err != nil {
			return extent{}, err
		}
		whole.add(part)
	}
	return whole, nil
}

func (g *guard) spread(in *definition, spread *ast.FragmentSpread) (extent, error) {
	if err := g.use(in, spread.Directives); err != nil {
		return extent{}, err
	}
	fragment := g.fragments[spread.Name]
	if fragment == nil {
		return extent{}, nil // validation says so
	}
	if in.spreads == nil {
		in.spreads = map[*definition]struct{}{}
	}
	in.spreads[fragment] = struct{}{}
	err := g.read(fragment, spread)
	return fragment.extent, err
}

func (g *guard) field(in *definition, field *ast.Field) (extent, error) {
	if field.Alias != field.Name {
		if g.aliases++; g.aliases > g.limits.Aliases {
			return extent{}, exceeded(g.limits.Aliases, "the document has %d aliases or more", g.aliases)
		}
	}
	if err := g.use(in, field.Directives); err != nil {
		return extent{}, err
	}
	if err := g.arguments(in, field.Arguments); err != nil {
		return extent{}, err
	}
	whole, err := g.selections(in, field.SelectionSet)
	if err != nil {
		return extent{}, err
	}
	switch field.Name {
	case "__schema", "__type":
		if !g.introspection {
			return extent{}, billing.Errorf(billing.CodeNotSupported, "introspection is off; only __typename can be asked")
		}
		if whole.lists > g.limits.IntrospectionDepth {
			return extent{}, exceeded(g.limits.IntrospectionDepth, "introspection has a depth of %d lists", whole.lists)
		}
	case "fields", "interfaces", "possibleTypes", "inputFields":
		whole.lists++
	}
	whole.depth, whole.fields, whole.top = whole.depth+1, plus(whole.fields, 1), 1
	return whole, nil
}

// use counts directives where they stand.
func (g *guard) use(in *definition, directives ast.DirectiveList) error {
	if g.directives += len(directives); g.directives > g.limits.Directives {
		return exceeded(g.limits.Directives, "the document has %d directives or more", g.directives)
	}
	for _, directive := range directives {
		in.own++
		if err := g.arguments(in, directive.Arguments); err != nil {
			return err
		}
	}
	return nil
}

func (g *guard) arguments(in *definition, arguments ast.ArgumentList) error {
	before := g.inputs.values
	for _, argument := range arguments {
		if err := g.inputs.literal(argument.Value, 0); err != nil {
			return err
		}
	}
	in.own += g.inputs.values - before
	return nil
}

// visits counts what validation will visit. It goes through each definition with
// all fragments that it reaches.
func (g *guard) visits(all []*definition) error {
	total := 0
	for _, from := range all {
		stack := []*definition{from}
		from.mark = from
		for len(stack) > 0 {
			it := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if total += it.own; total > g.limits.Visits {
				return exceeded(g.limits.Visits, "validation has %d places of the document to visit or more", total)
			}
			for next := range it.spreads {
				if next.mark != from {
					next.mark = from
					stack = append(stack, next)
				}
			}
		}
	}
	return nil
}
