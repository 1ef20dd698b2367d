package portfolio

import (
	"slices"
	"sort"
	"strings"

	"tributary/loaders"
)

// matching reads all units up to the bound and keeps what the filter lets
// through. Past the bound it is the first by id that are kept.
func (l *list) matching(holdings units) []*loaders.Subscription {
	chunk, rest := holdings.take(l.ScanLimit, false, l.isWanted)
	l.census.result.Truncated = rest.has(l.isWanted)
	rows := l.ask(chunk)
	if len(rows) > l.ScanLimit {
		slices.SortFunc(rows, func(a, b *loaders.Subscription) int { return strings.Compare(a.ID(), b.ID()) })
		rows = rows[:l.ScanLimit]
		l.census.result.Truncated = true
	}
	return slices.DeleteFunc(rows, func(s *loaders.Subscription) bool {
		l.census.noteFault(s.Ref.Source, s.Fault(l.deciding))
		return !l.filter.matches(s, l.op.Now())
	})
}

// cut sorts rows and cuts the page out.
func (l *list) cut(rows []*loaders.Subscription, from *position, countTotal bool) *Connection {
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
