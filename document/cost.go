package document

import (
	"math/bits"

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

// Holdings are how many subscriptions lists and sums can have looked at, by what
// the caller may see. The zero Holdings know of none, and bound nothing.
type Holdings struct {
	All  func() int               // in the directory
	Of   func(account string) int // in the account of a global id
	Scan int                      // the most that one list looks at
}

// amount is what is added up on the way to a Cost.
type amount struct {
	calls  int // to sources, for things that are named
	listed int // for lists, page by page
	sums   int // accounts all of whose holdings are looked at
	lists  int // and sums, each of which is work of its own
	fields int
}

// estimate is the cost of a selection on one object. What is of a page is apart
// until the field whose page it is multiplies it.
type estimate struct {
	whole, ofEntry amount
	counted        bool      // shows how long its list is
	scans          bool      // looks at whatever there is
	needs          parts.Set // at any depth, as the resolvers take it
}

// each is the calls that a subscription takes with its parts.
func (e *estimate) each() int { return 1 + bits.OnesCount8(uint8(e.needs)) }

// cost is the estimate for a whole operation. Within it each subscription is asked
// for once, so lists cost no more than what there is.
func (e *estimate) cost(holdings Holdings) Cost {
	listed := e.whole.listed
	if holdings.All != nil && listed+e.whole.sums > 0 {
		all, looked := holdings.All(), e.whole.sums
		if e.scans {
			looked = sum(looked, 1)
		}
		listed = sum(listed, times(min(all, times(looked, holdings.Scan)), e.each()))
		listed = min(listed, times(all, e.each()))
	}
	return Cost{Calls: sum(e.whole.calls, listed), Fields: e.whole.fields}
}

func (e *estimate) add(other estimate) {
	e.whole = e.whole.plus(other.whole)
	e.ofEntry = e.ofEntry.plus(other.ofEntry)
	e.counted = e.counted || other.counted
	e.scans = e.scans || other.scans
	e.needs |= other.needs
}

func (a amount) plus(b amount) amount {
	return amount{sum(a.calls, b.calls), sum(a.listed, b.listed), sum(a.sums, b.sums), sum(a.lists, b.lists), sum(a.fields, b.fields)}
}

func (a amount) times(n int) amount {
	return amount{times(a.calls, n), times(a.listed, n), times(a.sums, n), times(a.lists, n), times(a.fields, n)}
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
	picks bool      // is filtered or sorted, so that its page is not all it looks at
	size  []length  // of its page or its ids
	id    *argument // of the account that it may be; nil for a field that has none
}

// length is a number that a variable or, where it is "", the document gives.
type length struct {
	variable string
	fixed    int
}

// argument is a text that a variable or, where it is "", the document gives.
type argument struct {
	variable string
	fixed    string
}

func (a *argument) in(variables map[string]any) string {
	if a.variable == "" {
		return a.fixed
	}
	given, _ := variables[a.variable].(string)
	return given
}

// evaluation is the pricing of one operation with its variables.
type evaluation struct {
	variables map[string]any
	holdings  Holdings
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
				below = t.field.estimate(below, e.variables, e.holdings)
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
func (f *field) estimate(below estimate, variables map[string]any, holdings Holdings) estimate {
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
	if f.grows == byPage {
		whole = whole.plus(below.ofEntry.times(entries))
		whole.fields = sum(whole.fields, 1)
	} else {
		whole.fields = sum(whole.fields, 1)
		whole = whole.times(entries)
	}
	if f.grows == byPage || f.reads == aSum {
		whole.lists = sum(whole.lists, 1)
	}
	looksAtAll := f.picks || below.counted
	switch {
	case f.reads == aSum, f.reads == ofAccount && looksAtAll:
		whole.sums = sum(whole.sums, 1)
	case f.reads == ofAccount, f.reads == ofAll:
		whole.listed = sum(whole.listed, times(entries, below.each()))
	case f.reads == aThing:
		whole.calls = sum(whole.calls, times(entries, below.each()))
	}
	if f.id != nil && whole.sums > 0 && holdings.Of != nil {
		whole.listed = sum(whole.listed, times(min(holdings.Of(f.id.in(variables)), holdings.Scan), below.each()))
		whole.sums = 0
	}
	whole.calls = sum(whole.calls, f.calls)
	priced := estimate{whole: whole, needs: below.needs | f.needs, scans: below.scans || f.reads == ofAll && looksAtAll, counted: f.counts}
	if f.grows == withPage {
		priced.whole, priced.ofEntry = amount{}, whole
	}
	return priced
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
