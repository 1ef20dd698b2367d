package portfolio

import (
	"context"
	"slices"

	"tributary/access"
	"tributary/billing"
	"tributary/loaders"
)

// Connection is a page of subscriptions.
type Connection struct {
	Edges        []*Edge
	PageInfo     *PageInfo
	TotalCount   *int
	Completeness *Completeness
}

// Nodes are the subscriptions of the page.
func (c *Connection) Nodes() []*loaders.Subscription {
	nodes := make([]*loaders.Subscription, len(c.Edges))
	for i, edge := range c.Edges {
		nodes[i] = edge.Node
	}
	return nodes
}

// Edge is a subscription and where it stands.
type Edge struct {
	Cursor string
	Node   *loaders.Subscription
}

// PageInfo says what lies beyond a page.
type PageInfo struct {
	HasNextPage     bool
	HasPreviousPage bool
	StartCursor     *string
	EndCursor       *string
}

// Query is what a list is asked.
type Query struct {
	Account *billing.Account // nil for all accounts
	Filter  *Filter
	Order   *Order
	Page    Page

	Parts       loaders.Parts // what the selection shows of each subscription
	CountTotal  bool          // whether the selection shows the total
	ShowCursors bool          // whether it shows the rows' cursors; they are "" otherwise
	ShowEnds    bool          // whether it shows those of the page's ends; they are nil otherwise
}

// list is a Query under way.
type list struct {
	*Portfolio
	op       *loaders.Operation
	window   window
	filter   *Filter
	order    Order
	parts    loaders.Parts // what is fetched of each subscription
	deciding loaders.Parts // those of it without which the list is in doubt
	cursors  bool
	ends     bool
	name     listName // where cursors are read or shown
	census   *census
}

// List answers a query. Where its order is by id and its filter can be decided
// without looking at subscriptions, the sources are asked for the page alone;
// else, or where the total is wanted, for all, up to ScanLimit.
func (p *Portfolio) List(ctx context.Context, q Query) (*Connection, error) {
	if err := p.overworked(ctx); err != nil {
		return nil, err
	}
	window, err := q.Page.check()
	if err != nil {
		return nil, err
	}
	if err := q.Filter.check(p.Sources); err != nil {
		return nil, err
	}
	order := Order{Field: ByID, Direction: Ascending}
	if q.Order != nil {
		order = *q.Order
	}
	scope := ""
	if q.Account != nil {
		scope = q.Account.ID
	}
	deciding := parts(q.Filter, order)
	l := list{
		Portfolio: p,
		op:        loaders.From(ctx),
		window:    window,
		filter:    q.Filter,
		order:     order,
		parts:     q.Parts | deciding,
		deciding:  deciding,
		cursors:   q.ShowCursors,
		ends:      q.ShowEnds,
		census:    newCensus(p.Sources),
	}
	if window.cursor != "" || q.ShowCursors || q.ShowEnds {
		l.name = identity(ctx, "subscriptions", scope, q.Filter, order)
	}
	var from *position
	if window.cursor != "" {
		at, err := p.Cursors.open(l.name, window.cursor)
		if err != nil {
			return nil, err
		}
		from = &at
	}
	return l.answer(p.candidates(ctx, q.Account, q.Filter), from, q.CountTotal), nil
}

// answer chooses how to read. A list by id that is too long to be counted is
// walked all the same: only its total stays unknown.
func (l *list) answer(holdings units, from *position, countTotal bool) *Connection {
	canWalk := l.order.Field == ByID && !l.filter.needsAll()
	if canWalk && !countTotal {
		return l.walk(holdings, from)
	}
	rows := l.matching(holdings)
	if canWalk && l.census.result.Truncated {
		l.census = newCensus(l.Sources)
		return l.walk(holdings, from)
	}
	return l.cut(rows, from, countTotal)
}

// candidates are the units that the caller may see and that account and filter
// leave; the filter's sources are told by isWanted.
func (p *Portfolio) candidates(ctx context.Context, account *billing.Account, f *Filter) units {
	directory := loaders.From(ctx).Directory()
	switch {
	case f.isEmpty():
		return nil
	case account != nil && f != nil && f.Accounts != nil && !slices.Contains(f.Accounts, account.GlobalID()):
		return nil
	case account != nil:
		return p.unitsOf([]*billing.Account{account})
	case f != nil && f.Accounts != nil:
		return p.unitsOf(accountsByID(ctx, directory, f.Accounts))
	}
	if some, all := directory.Of(access.From(ctx)); !all {
		return p.unitsOf(some)
	}
	return p.unitsOfAll(directory)
}

// isWanted reports whether a source is to be asked: the filter has it, and it
// did not fail before in this answer.
func (l *list) isWanted(source string) bool {
	return !l.census.isDown(source) && (l.filter == nil || l.filter.Sources == nil || slices.Contains(l.filter.Sources, source))
}

// ask reads units, all at once.
func (l *list) ask(wanted units) []*loaders.Subscription {
	answers := make([]func() ([]*loaders.Subscription, error), len(wanted))
	release := l.op.Hold()
	for i, u := range wanted {
		answers[i] = l.load(u)
	}
	release()
	var subs []*loaders.Subscription
	defer func() { l.op.Look(len(subs)) }()
	for i, u := range wanted {
		found, err := answers[i]()
		l.census.note(u.ref.Source, found, err)
		subs = append(subs, found...)
	}
	return subs
}

func (l *list) load(u unit) func() ([]*loaders.Subscription, error) {
	if u.isWhole() {
		all := l.op.LoadHoldings(u.ref, l.parts)
		return func() ([]*loaders.Subscription, error) {
			subs, err := all()
			return distinct(subs), err
		}
	}
	one := l.op.Load(u.ref, l.parts)
	return func() ([]*loaders.Subscription, error) {
		sub, err := one()
		if sub == nil {
			return nil, err
		}
		return []*loaders.Subscription{sub}, nil
	}
}

// distinct leaves out what a source lists twice: a row has one place in a list.
func distinct(subs []*loaders.Subscription) []*loaders.Subscription {
	seen := make(map[billing.Ref]bool, len(subs))
	return slices.DeleteFunc(subs, func(s *loaders.Subscription) bool {
		twice := seen[s.Ref]
		seen[s.Ref] = true
		return twice
	})
}

// page is a connection of rows. behind reports rows on the side of the cursor,
// ahead those on the other side.
func (l *list) page(rows []*loaders.Subscription, behind, ahead bool, total *int) *Connection {
	info := &PageInfo{HasNextPage: ahead, HasPreviousPage: behind}
	if l.window.backward {
		info.HasNextPage, info.HasPreviousPage = behind, ahead
	}
	edges := make([]*Edge, len(rows))
	page := make([]Edge, len(rows))
	for i, row := range rows {
		edges[i] = &page[i]
		edges[i].Node = row
		if isEnd := i == 0 || i == len(rows)-1; l.cursors || l.ends && isEnd {
			edges[i].Cursor = l.Cursors.seal(l.name, place(row, l.order))
		}
	}
	if l.ends && len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	return &Connection{Edges: edges, PageInfo: info, TotalCount: total, Completeness: l.census.close()}
}
