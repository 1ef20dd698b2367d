package portfolio

import (
	"context"
	"slices"
	"sort"
	"strings"

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

	Parts      loaders.Parts // what the selection shows of each subscription
	CountTotal bool          // whether the selection shows the total
}

// list is a Query under way.
type list struct {
	*Portfolio
	op     *loaders.Operation
	window window
	filter *Filter
	order  Order
	parts  loaders.Parts
	name   []byte
	census *census
}

// List answers a query. Where its order is by id and its filter can be decided
// without looking at subscriptions, the sources are asked for the page alone;
// else, or where the total is wanted, for all, up to ScanLimit.
func (p *Portfolio) List(ctx context.Context, q Query) (*Connection, error) {
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
	l := list{
		Portfolio: p,
		op:        loaders.From(ctx),
		window:    window,
		filter:    q.Filter,
		order:     order,
		parts:     q.Parts | parts(q.Filter, order),
		name:      identity("subscriptions", scope, q.Filter, order),
		census:    newCensus(p.Sources),
	}
	var from *position
	if window.cursor != "" {
		at, err := p.Cursors.open(l.name, window.cursor)
		if err != nil {
			return nil, err
		}
		from = &at
	}
	holdings := p.candidates(q.Account, q.Filter)
	if order.Field == ByID && !q.Filter.needsAll() && !q.CountTotal {
		return l.walk(holdings, from), nil
	}
	return l.scan(holdings, from, q.CountTotal), nil
}

// candidates are the units that account and filter leave.
func (p *Portfolio) candidates(account *billing.Account, f *Filter) units {
	if f == nil {
		f = &Filter{}
	}
	switch {
	case account != nil && f.Accounts != nil && !has(f.Accounts, account.GlobalID()):
		return nil
	case account != nil:
		return p.unitsOf([]*billing.Account{account}).narrow(f.Sources)
	case f.Accounts != nil:
		return p.unitsOf(p.accountsByID(f.Accounts)).narrow(f.Sources)
	default:
		return p.unitsOfAll(f.Sources)
	}
}

// ask reads units, all at once. Those of a source that failed before in this
// answer are passed over.
func (l *list) ask(wanted units) []*loaders.Subscription {
	type question struct {
		unit
		answer func() ([]*loaders.Subscription, error)
	}
	questions := make([]question, 0, len(wanted))
	release := l.op.Hold()
	for _, u := range wanted {
		if !l.census.isDown(u.ref.Source) {
			questions = append(questions, question{u, l.load(u)})
		}
	}
	release()
	var subs []*loaders.Subscription
	for _, q := range questions {
		found, err := q.answer()
		l.census.note(q.ref.Source, found, err)
		subs = append(subs, found...)
	}
	return subs
}

func (l *list) load(u unit) func() ([]*loaders.Subscription, error) {
	if u.isWhole() {
		return l.op.LoadHoldings(u.ref, l.parts)
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

// walk reads units in the order of the page until the page is full.
func (l *list) walk(holdings units, from *position) *Connection {
	descending := (l.order.Direction == Descending) != l.window.backward
	rest := holdings.past(from, descending)
	var rows []*loaders.Subscription
	asked := 0
	for len(rows) <= l.window.size && len(rest) > 0 && asked < l.ScanLimit {
		var chunk units
		chunk, rest = rest.split(min(l.window.size+1-len(rows), l.ScanLimit-asked), descending)
		asked += len(chunk)
		rows = append(rows, l.walkOver(chunk, from, descending)...)
	}
	more := len(rows) > l.window.size
	if !more && len(rest) > 0 {
		more, l.census.result.Truncated = true, true
	}
	rows = rows[:min(len(rows), l.window.size)]
	if l.window.backward {
		slices.Reverse(rows)
	}
	return l.page(rows, from != nil, more, nil)
}

// walkOver is what a run of units holds past the cursor, in reading order.
func (l *list) walkOver(chunk units, from *position, descending bool) []*loaders.Subscription {
	sign := 1
	if descending {
		sign = -1
	}
	rows := slices.DeleteFunc(l.ask(chunk), func(s *loaders.Subscription) bool {
		return from != nil && sign*strings.Compare(s.ID(), from.ID) <= 0
	})
	slices.SortFunc(rows, func(a, b *loaders.Subscription) int { return sign * strings.Compare(a.ID(), b.ID()) })
	return rows
}

// scan reads all units up to the bound, sorts what matches and cuts the page out.
func (l *list) scan(holdings units, from *position, countTotal bool) *Connection {
	rows := l.matching(holdings)
	places := make(map[*loaders.Subscription]position, len(rows))
	for _, row := range rows {
		places[row] = place(row, l.order)
	}
	slices.SortFunc(rows, func(a, b *loaders.Subscription) int { return l.order.compare(places[a], places[b]) })
	var total *int
	if countTotal && !l.census.result.Truncated && len(l.census.result.failures) == 0 {
		n := len(rows)
		total = &n
	}
	start, end := 0, len(rows)
	if l.window.backward {
		if from != nil {
			end = sort.Search(len(rows), func(i int) bool { return l.order.compare(places[rows[i]], *from) >= 0 })
		}
		start = max(0, end-l.window.size)
		return l.page(rows[start:end], end < len(rows), start > 0, total)
	}
	if from != nil {
		start = sort.Search(len(rows), func(i int) bool { return l.order.compare(places[rows[i]], *from) > 0 })
	}
	end = min(len(rows), start+l.window.size)
	return l.page(rows[start:end], start > 0, end < len(rows), total)
}

// matching reads all units up to the bound and keeps what the filter lets through.
func (l *list) matching(holdings units) []*loaders.Subscription {
	if len(holdings) > l.ScanLimit {
		holdings = holdings[:l.ScanLimit]
		l.census.result.Truncated = true
	}
	rows := l.ask(holdings)
	if len(rows) > l.ScanLimit {
		rows = rows[:l.ScanLimit]
		l.census.result.Truncated = true
	}
	return slices.DeleteFunc(rows, func(s *loaders.Subscription) bool { return !l.filter.matches(s, l.op.Now()) })
}

// page is a connection of rows. behind reports rows on the side of the cursor,
// ahead those on the other side.
func (l *list) page(rows []*loaders.Subscription, behind, ahead bool, total *int) *Connection {
	info := &PageInfo{HasNextPage: ahead, HasPreviousPage: behind}
	if l.window.backward {
		info.HasNextPage, info.HasPreviousPage = behind, ahead
	}
	edges := make([]*Edge, len(rows))
	for i, row := range rows {
		edges[i] = &Edge{Cursor: l.Cursors.seal(l.name, place(row, l.order)), Node: row}
	}
	if len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	return &Connection{Edges: edges, PageInfo: info, TotalCount: total, Completeness: l.census.close()}
}
