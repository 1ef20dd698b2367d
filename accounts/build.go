package accounts

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"tributary/billing"
	"tributary/config"
)

// place is where something stands in a file, both counted from 1.
type place struct{ line, column int }

// scalar is a value as it is written.
type scalar struct {
	text string
	place
}

// pair is a key of a holding and its value.
type pair struct {
	key   string
	at    place // of the key
	value scalar
}

// holding is one member of an account's subscriptions.
type holding struct {
	place
	pairs []pair
	auth  config.Node // zero where it has none of its own
}

func (h holding) value(key string) (scalar, bool) {
	for _, pair := range h.pairs {
		if pair.key == key {
			return pair.value, true
		}
	}
	return scalar{}, false
}

// written is an account as the file has it. A scalar that is not there has no place.
type written struct {
	place
	id, name scalar
	holdings []holding
}

// fault is a problem within the file that is being read.
type fault struct {
	place
	message string
}

// builder gathers accounts into a Directory and the faults that it meets.
type builder struct {
	file     string
	sources  Sources
	accounts []*billing.Account
	seen     map[string]place // accounts by id
	kept     []kept
	mine     map[string]place // what the present account holds, by id
	problems []error
	billed   bool // some holding names a billing account
	own      map[owner]own
}

// kept is one holding of one account.
type kept struct {
	id      string
	account int // index of the builder's accounts
	index   int // of the account's holdings
	own     bool
	place
}

func newBuilder(file string, sources Sources) *builder {
	return &builder{file: file, sources: sources, seen: map[string]place{}, mine: map[string]place{}, own: map[owner]own{}}
}

func (b *builder) fault(f fault) {
	b.problems = append(b.problems, config.Problem{File: b.file, Line: f.line, Column: f.column, Message: f.message})
}

func (b *builder) at(p place) string { return fmt.Sprintf("%s:%d:%d", b.file, p.line, p.column) }

// add takes one account. It keeps nothing of w but its texts.
func (b *builder) add(w *written) {
	switch first, twice := b.seen[w.id.text]; {
	case w.id.place == place{}:
		b.fault(fault{w.place, "the account has no id"})
		return
	case w.id.text == "":
		b.fault(fault{w.id.place, "the id of the account is empty"})
		return
	case len(billing.GlobalID("account", w.id.text)) > longestID:
		b.fault(fault{w.id.place, fmt.Sprintf("the id is longer than %d bytes", longestID)})
		return
	case twice:
		b.fault(fault{w.id.place, fmt.Sprintf("the account %q is there twice, first at %s", w.id.text, b.at(first))})
		return
	}
	b.seen[w.id.text] = w.id.place
	account := &billing.Account{ID: w.id.text, Name: w.name.text}
	if account.Name == "" {
		account.Name = account.ID
	}
	account.Holdings = make([]billing.Ref, 0, len(w.holdings))
	clear(b.mine)
	b.accounts = append(b.accounts, account)
	for _, holding := range w.holdings {
		b.hold(account, holding)
	}
}

func (b *builder) hold(account *billing.Account, h holding) {
	got, wrong := b.sources.read(h)
	if wrong != nil {
		b.fault(*wrong)
		return
	}
	if first, twice := b.mine[got.id]; twice {
		b.fault(fault{h.place, fmt.Sprintf("the account %q holds this twice, first at %s", account.ID, b.at(first))})
		return
	}
	b.mine[got.id] = h.place
	b.kept = append(b.kept, kept{id: got.id, account: len(b.accounts) - 1, index: len(account.Holdings), own: !h.auth.IsZero(), place: h.place})
	account.Holdings = append(account.Holdings, got.ref)
	b.authorise(got.ref, h)
}

// directory is what was gathered; its error is config.Problems.
func (b *builder) directory() (*Directory, error) {
	d := &Directory{accounts: make([]*billing.Account, len(b.accounts)), ids: make([]string, len(b.accounts))}
	rank := make([]int, len(b.accounts)) // by the order of the file
	for i, named := range b.byID() {
		d.accounts[i], d.ids[i], rank[named.index] = b.accounts[named.index], named.id, i
	}
	slices.SortFunc(b.kept, func(x, y kept) int {
		return cmp.Or(strings.Compare(x.id, y.id), rank[x.account]-rank[y.account])
	})
	b.entries(d)
	b.credentials(d)
	if err := config.Join(b.problems...); err != nil {
		return nil, err
	}
	b.canonical(d)
	return d, nil
}

type named struct {
	id    string
	index int
}

// byID is the accounts in ascending order of their global ids.
func (b *builder) byID() []named {
	all := make([]named, len(b.accounts))
	for i, account := range b.accounts {
		all[i] = named{account.GlobalID(), i}
	}
	slices.SortFunc(all, func(x, y named) int { return strings.Compare(x.id, y.id) })
	return all
}

// entries makes one entry of all holdings of one id.
func (b *builder) entries(d *Directory) {
	d.entries = make([]Entry, 0, len(b.kept))
	for start, end := 0, 0; start < len(b.kept); start = end {
		for end = start + 1; end < len(b.kept) && b.kept[end].id == b.kept[start].id; {
			end++
		}
		ref := *b.ref(b.kept[start])
		ref.Billing = b.billing(b.kept[start:end])
		entry := Entry{ID: b.kept[start].id, Ref: ref, Account: b.accounts[b.kept[start].account]}
		for _, other := range b.kept[start+1 : end] {
			entry.others = append(entry.others, b.accounts[other.account])
		}
		d.entries = append(d.entries, entry)
	}
}

// billing is the billing account that holdings of one id name, which is one or none.
func (b *builder) billing(same []kept) string {
	var first *kept
	for i, one := range same {
		account := b.ref(one).Billing
		switch {
		case account == "":
		case first == nil:
			first = &same[i]
		case account != b.ref(*first).Billing:
			b.fault(fault{one.place, fmt.Sprintf("the billing account %q is %q at %s", account, b.ref(*first).Billing, b.at(first.place))})
		}
	}
	if first == nil {
		return ""
	}
	b.billed = true
	return b.ref(*first).Billing
}

// canonical gives the accounts' own refs the billing account of the directory.
func (b *builder) canonical(d *Directory) {
	if !b.billed {
		return
	}
	for _, account := range d.accounts {
		for i, ref := range account.Holdings {
			if forms[b.sources[ref.Source].Kind()].whole {
				account.Holdings[i] = d.Canonical(ref)
			}
		}
	}
}

func (b *builder) ref(k kept) *billing.Ref { return &b.accounts[k.account].Holdings[k.index] }
