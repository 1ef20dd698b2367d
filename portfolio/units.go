package portfolio

import (
	"slices"
	"sort"
	"strings"

	"tributary/accounts"
	"tributary/billing"
)

// unit is one question to a source that a list can ask: a subscription, or all
// that an organisation holds. IDs of the latter end in a slash and are the
// beginning of the ids of all it stands for.
type unit struct {
	id  string
	ref billing.Ref
}

func (u unit) isWhole() bool { return strings.HasSuffix(u.id, "/") }

// end is a position behind all that u stands for, in the direction of reading.
func (u unit) end(descending bool) position {
	if u.isWhole() && !descending {
		// Ids are escaped, so none holds this character.
		return position{ID: u.id + "\x7f"}
	}
	return position{ID: u.id}
}

// units is holdings in the order of their ids, none within another.
type units []unit

// past is the run of units that can hold an id past a cursor; all for nil.
func (list units) past(from *position, descending bool) units {
	if from == nil {
		return list
	}
	if descending {
		return list[:sort.Search(len(list), func(i int) bool { return list[i].id >= from.ID })]
	}
	i := sort.Search(len(list), func(i int) bool { return list[i].id > from.ID })
	if i > 0 && list[i-1].isWhole() && strings.HasPrefix(from.ID, list[i-1].id) {
		i--
	}
	return list[i:]
}

// take is the first n units of wanted sources, in the order of reading, and
// what is left behind them. What the other sources hold is jumped over.
func (list units) take(n int, descending bool, isWanted func(source string) bool) (taken, rest units) {
	taken = make(units, 0, min(n, len(list)))
	for len(list) > 0 && len(taken) < n {
		next := list.next(descending)
		if !isWanted(next.ref.Source) {
			list = list.leave(next.ref.Source, descending)
			continue
		}
		taken = append(taken, next)
		if descending {
			list = list[:len(list)-1]
		} else {
			list = list[1:]
		}
	}
	return taken, list
}

func (list units) next(descending bool) unit {
	if descending {
		return list[len(list)-1]
	}
	return list[0]
}

// leave drops the run of a source, which is at the end that is read first.
func (list units) leave(source string, descending bool) units {
	prefix := billing.GlobalID("subscription", source) + "/"
	if descending {
		return list[:sort.Search(len(list), func(i int) bool { return list[i].id >= prefix })]
	}
	return list[sort.Search(len(list), func(i int) bool { return !strings.HasPrefix(list[i].id, prefix) }):]
}

// has reports whether a wanted source holds any of it.
func (list units) has(isWanted func(source string) bool) bool {
	found, _ := list.take(1, false, isWanted)
	return len(found) > 0
}

// compact drops what a unit before it stands for already. list is in order.
func (list units) compact() units {
	kept := list[:0]
	for _, u := range list {
		if len(kept) > 0 {
			last := kept[len(kept)-1]
			if u.id == last.id || last.isWhole() && strings.HasPrefix(u.id, last.id) {
				continue
			}
		}
		kept = append(kept, u)
	}
	return kept
}

// unitsOf is what some accounts hold.
func (p *Portfolio) unitsOf(list []*billing.Account) units {
	held := 0
	for _, account := range list {
		held += len(account.Holdings)
	}
	all := make(units, 0, held)
	for _, account := range list {
		for _, ref := range account.Holdings {
			u := unit{id: ref.ID(), ref: ref}
			if _, ok := p.Sources.Source(ref.Source).Source.(billing.Lister); ok && ref.Key == "" {
				u.id += "/"
			}
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b unit) int { return strings.Compare(a.id, b.id) })
	return all.compact()
}

// wholeDirectory remembers the units of a directory.
type wholeDirectory struct {
	of   *accounts.Directory
	list units
}

// unitsOfAll is what all accounts hold, worked out once for each directory.
func (p *Portfolio) unitsOfAll(directory *accounts.Directory) units {
	if known := p.whole.Load(); known != nil && known.of == directory {
		return known.list
	}
	entries := directory.Entries()
	all := make(units, len(entries))
	for i, entry := range entries {
		all[i] = unit{id: entry.ID, ref: entry.Ref}
	}
	whole := &wholeDirectory{of: directory, list: all.compact()}
	p.whole.Store(whole)
	return whole.list
}
