package portfolio

import (
	"slices"
	"strings"

	"tributary/loaders"
)

// How many holdings a page looks for its rows in, where sources have nothing of
// them: then it is short, and the next one goes on.
const (
	patience     = 100
	patienceEach = 5
)

// walk reads units in the order of the page until the page is full.
func (l *list) walk(holdings units, from *position) *Connection {
	descending := (l.order.Direction == Descending) != l.window.backward
	rest := holdings.past(from, descending)
	var rows []*loaders.Subscription
	var reached unit
	most := min(l.ScanLimit, patience+patienceEach*l.window.size)
	for asked := 0; len(rows) <= l.window.size && asked < most; {
		var chunk units
		chunk, rest = rest.take(min(l.stride(len(rows), asked), most-asked), descending, l.isWanted)
		if len(chunk) == 0 {
			break
		}
		asked += len(chunk)
		reached = chunk[len(chunk)-1]
		rows = append(rows, l.walkOver(chunk, from, descending)...)
	}
	isFull := len(rows) > l.window.size
	isCut := !isFull && rest.has(l.isWanted)
	l.census.result.Truncated = isCut
	rows = rows[:min(len(rows), l.window.size)]
	if l.window.backward {
		slices.Reverse(rows)
	}
	page := l.page(rows, from != nil, isFull || isCut, nil)
	if isCut && l.ends {
		l.resumeAt(page.PageInfo, reached.end(descending))
	}
	return page
}

// resumeAt makes a page that the bound cut short, maybe before its first row,
// one to go on from.
func (l *list) resumeAt(info *PageInfo, end position) {
	cursor := l.Cursors.seal(l.name, end)
	if l.window.backward {
		info.StartCursor = &cursor
	} else {
		info.EndCursor = &cursor
	}
}

// stride is how many units to ask for next: as many as should fill the page and
// show whether more follows, by what those asked so far held.
func (l *list) stride(found, asked int) int {
	missing := l.window.size + 1 - found
	if asked == 0 {
		return missing
	}
	return (missing*asked + max(found, 1) - 1) / max(found, 1)
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
