package document

import "github.com/vektah/gqlparser/v2/ast"

// pricing makes the prices of a document's selection sets. A fragment is priced
// once, wherever it is spread.
type pricing struct {
	fragments map[*ast.FragmentDefinition]*priced
	slots     int
}

func (d *Document) price() {
	p := pricing{fragments: map[*ast.FragmentDefinition]*priced{}}
	for _, op := range d.AST.Operations {
		d.prices = append(d.prices, p.set(op.SelectionSet))
	}
	d.shared = p.slots
}

func (p *pricing) set(set ast.SelectionSet) *priced {
	whole := &priced{}
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			whole.put(selection.Directives, fieldOf(selection), p.set(selection.SelectionSet))
		case *ast.InlineFragment:
			whole.put(selection.Directives, nil, p.set(selection.SelectionSet))
		case *ast.FragmentSpread:
			whole.put(selection.Directives, nil, p.fragment(selection.Definition))
		}
	}
	return whole
}

func (p *pricing) fragment(definition *ast.FragmentDefinition) *priced {
	whole := p.fragments[definition]
	if whole == nil {
		whole = p.set(definition.SelectionSet)
		if len(whole.terms) > 0 {
			p.slots++
			whole.slot = p.slots
		}
		p.fragments[definition] = whole
	}
	return whole
}

// put adds a selection, by its estimate where no variable decides.
func (p *priced) put(directives ast.DirectiveList, of *field, below *priced) {
	unless, out := conditions(directives)
	if out {
		return
	}
	isKnown := len(unless) == 0 && len(below.terms) == 0
	if of != nil {
		for _, size := range of.size {
			isKnown = isKnown && size.variable == ""
		}
		isKnown = isKnown && (of.id == nil || below.known.whole.sums == 0)
	}
	switch {
	case !isKnown:
		p.terms = append(p.terms, term{unless: unless, field: of, below: below})
	case of == nil:
		p.known.add(below.known)
	default:
		p.known.add(of.estimate(below.known, nil, Holdings{}))
	}
}
