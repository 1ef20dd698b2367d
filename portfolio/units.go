package portfolio

import (
	"slices"
	"sort"
	"strings"
	"sync"

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

// units is a directory's holdings in the order of their ids, none within another.
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

// split takes up to n units off the end that is read first.
func (list units) split(n int, descending bool) (taken, rest units) {
	n = min(n, len(list))
	if descending {
		return list[len(list)-n:], list[:len(list)-n]
	}
	return list[:n], list[n:]
}

// ofSource is the run of units that belong to a source.
func (list units) ofSource(name string) units {
	prefix := billing.GlobalID("subscription", name) + "/"
	start := sort.Search(len(list), func(i int) bool { return list[i].id >= prefix })
	length := sort.Search(len(list)-start, func(i int) bool { return !strings.HasPrefix(list[start+i].id, prefix) })
	return list[start : start+length]
}

// narrow keeps the units of the named sources; all for nil.
func (list units) narrow(sources []string) units {
	if sources == nil {
		return list
	}
	runs := make([]units, 0, len(sources))
	for _, name := range slices.Compact(slices.Sorted(slices.Values(sources))) {
		if run := list.ofSource(name); len(run) > 0 {
			runs = append(runs, run)
		}
	}
	if len(runs) == 1 {
		return runs[0]
	}
	slices.SortFunc(runs, func(a, b units) int { return strings.Compare(a[0].id, b[0].id) })
	return slices.Concat(runs...)
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
	var all units
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
	of       *accounts.Directory
	list     units
	narrowed sync.Map // names of sources, joined -> units
}

// unitsOfAll is what all accounts hold at the named sources, worked out once
// for each directory.
func (p *Portfolio) unitsOfAll(sources []string) units {
	whole := p.wholeOf(p.Directory())
	if sources == nil {
		return whole.list
	}
	names := strings.Join(slices.Compact(slices.Sorted(slices.Values(sources))), ",")
	if known, ok := whole.narrowed.Load(names); ok {
		return known.(units)
	}
	narrowed := whole.list.narrow(sources)
	whole.narrowed.Store(names, narrowed)
	return narrowed
}

func (p *Portfolio) wholeOf(d *accounts.Directory) *wholeDirectory {
	if known := p.whole.Load(); known != nil && known.of == d {
		return known
	}
	entries := d.Entries()
	all := make(units, len(entries))
	for i, entry := range entries {
		all[i] = unit{id: entry.ID, ref: entry.Ref}
	}
	whole := &wholeDirectory{of: d, list: all.compact()}
	p.whole.Store(whole)
	return whole
}
