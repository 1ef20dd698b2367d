package document

import (
	"math/bits"

	"github.com/vektah/gqlparser/v2/ast"

	"tributary/parts"
)

// Cost is what an operation can cause, by estimate and no more than boundless.
type Cost struct {
	Calls  int // to sources
	Fields int // of the answer
}

// boundless is where sums and products stop.
const boundless = 1 << 40

func sum(a, b int) int { return min(a+b, boundless) }

func times(a, b int) int {
	if b != 0 && a > boundless/b {
		return boundless
	}
	return a * b
}

// estimate is the cost of a selection on one object. What is of a page is apart
// until the field whose page it is multiplies it.
type estimate struct {
	whole, ofEntry Cost
	counted        bool      // shows how long its list is
	scans          bool      // looks at whatever there is, once for the operation
	needs          parts.Set // at any depth, as the resolvers take it
}

func (e *estimate) add(other estimate) {
	e.whole = e.whole.plus(other.whole)
	e.ofEntry = e.ofEntry.plus(other.ofEntry)
	e.counted = e.counted || other.counted
	e.scans = e.scans || other.scans
	e.needs |= other.needs
}

func (c Cost) plus(other Cost) Cost {
	return Cost{Calls: sum(c.Calls, other.Calls), Fields: sum(c.Fields, other.Fields)}
}

func (c Cost) times(n int) Cost {
	return Cost{Calls: times(c.Calls, n), Fields: times(c.Fields, n)}
}

// priced is the price of a selection set: what is known of it beforehand, and
// what variables decide.
type priced struct {
	known estimate
	terms []term
	slot  int // where its estimate is kept during an evaluation, from 1; 0 for none
}

// term is a field or fragment whose cost depends on variables.
type term struct {
	unless []condition
	field  *field // nil for a fragment
	below  *priced
}

// condition leaves a term out where the variable is what it says.
type condition struct {
	variable string
	is       bool
}

// field is what the price of a field takes of it.
type field struct {
	price
	needs parts.Set // of the subscription that it is of
	list  bool
	picks bool     // is filtered or sorted, so that its page is not all it looks at
	size  []length // of its page or its ids
}

// length is a number that a variable or, where it is "", the document gives.
type length struct {
	variable string
	fixed    int
}

// evaluation is the pricing of one operation with its variables.
type evaluation struct {
	variables map[string]any
	done      []*estimate // by slot
}

func (e *evaluation) of(p *priced) estimate {
	if len(p.terms) == 0 {
		return p.known
	}
	if p.slot > 0 && e.done[p.slot-1] != nil {
		return *e.done[p.slot-1]
	}
	whole := p.known
	for _, t := range p.terms {
		if !e.isOut(t.unless) {
			below := e.of(t.below)
			if t.field != nil {
				below = t.field.estimate(below, e.variables)
			}
			whole.add(below)
		}
	}
	if p.slot > 0 {
		e.done[p.slot-1] = &whole
	}
	return whole
}

func (e *evaluation) isOut(unless []condition) bool {
	for _, c := range unless {
		if value, ok := e.variables[c.variable].(bool); ok && value == c.is {
			return true
		}
	}
	return false
}

// estimate is the cost of the field, given that of what it selects.
func (f *field) estimate(below estimate, variables map[string]any) estimate {
	entries := 1
	switch {
	case f.grows == byPage || f.grows == byIDs:
		entries = longest(f.size, variables)
	case f.list && f.entries > 0:
		entries = f.entries
	case f.list && f.grows == byNothing:
		entries = shortList
	}
	whole := below.whole
	needs := below.needs
	switch f.grows {
	case byPage:
		whole = whole.plus(below.ofEntry.times(entries))
		whole.Fields = sum(whole.Fields, 1)
	default:
		whole.Fields = sum(whole.Fields, 1)
		whole = whole.times(entries)
	}
	if f.subscriptions > 0 {
		read := f.subscriptions
		if f.grows != byNothing {
			read = times(read, entries)
		}
		whole.Calls = sum(whole.Calls, times(read, 1+bits.OnesCount8(uint8(needs))))
	}
	whole.Calls = sum(whole.Calls, f.calls)
	needs |= f.needs
	scans := below.scans || f.ofAll && (f.picks || below.counted)
	if f.grows == withPage {
		return estimate{ofEntry: whole, needs: needs, scans: scans}
	}
	return estimate{whole: whole, needs: needs, scans: scans, counted: f.counts}
}

// longest is the largest of the numbers given, or the size of a page where none
// is. What a resolver will refuse counts as the largest page.
func longest(sizes []length, variables map[string]any) int {
	most := -1
	for _, size := range sizes {
		n, given := size.fixed, true
		if size.variable != "" {
			n, given = number64(variables[size.variable])
		}
		if given {
			most = max(most, min(max(n, 0), largestPage))
		}
	}
	if most < 0 {
		return defaultPage
	}
	return most
}

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
	}
	switch {
	case !isKnown:
		p.terms = append(p.terms, term{unless: unless, field: of, below: below})
	case of == nil:
		p.known.add(below.known)
	default:
		p.known.add(of.estimate(below.known, nil))
	}
}
