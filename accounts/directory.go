// Package accounts is the directory: which account holds which subscriptions.
package accounts

import (
	"slices"
	"strings"
	"sync"

	"tributary/access"
	"tributary/billing"
)

// Directory is a fixed set of accounts. The zero Directory is empty. What its
// methods return is shared and must not be changed.
type Directory struct {
	ids      []string // global ids in ascending order
	accounts []*billing.Account
	entries  []Entry
	own      map[owner]Credentials

	lowering sync.Once
	lowered  []string // the names in small letters, when somebody searched for one
}

// Entry is a subscription, or an organisation's whole lot of them, that at
// least one account holds.
type Entry struct {
	// ID is the global id. For all that a Frontier organisation holds it is
	// what their ids start with: subscription/<source>/<organisation>/.
	ID  string
	Ref billing.Ref
	// Account is the first of the accounts that hold it, by global id.
	Account *billing.Account
	others  []*billing.Account // that hold it too
}

// Len is the number of accounts.
func (d *Directory) Len() int { return len(d.accounts) }

// Get is the account of an id as the directory writes it ("acme", no global
// id); nil where there is none.
func (d *Directory) Get(id string) *billing.Account {
	i, found := slices.BinarySearch(d.ids, billing.GlobalID("account", id))
	if !found {
		return nil
	}
	return d.accounts[i]
}

// Page is at most limit accounts in ascending order of their global ids: those
// after the global id after, which need not exist, or the first ones for "".
func (d *Directory) Page(after string, limit int) []*billing.Account {
	start, found := slices.BinarySearch(d.ids, after)
	if found {
		start++
	}
	end := start + min(max(limit, 0), len(d.accounts)-start)
	return d.accounts[start:end:end]
}

// Search is like Page, of the accounts whose names contain a text in small letters,
// whatever letters they are written in.
func (d *Directory) Search(text, after string, limit int) []*billing.Account {
	d.lowering.Do(func() {
		d.lowered = make([]string, len(d.accounts))
		for i, account := range d.accounts {
			d.lowered[i] = strings.ToLower(account.Name)
		}
	})
	start, found := slices.BinarySearch(d.ids, after)
	if found {
		start++
	}
	var rows []*billing.Account
	for i := start; i < len(d.accounts) && len(rows) < limit; i++ {
		if strings.Contains(d.lowered[i], text) {
			rows = append(rows, d.accounts[i])
		}
	}
	return rows
}

// Entries is what all accounts together hold, each once, in ascending order of ID.
func (d *Directory) Entries() []Entry { return d.entries[:len(d.entries):len(d.entries)] }

// Holder is the account that holds a subscription, of those that the caller may
// see: one that names it, else one that holds all of its organisation; nil where
// none does. Of several it is the first by global id.
func (d *Directory) Holder(caller *access.Caller, ref billing.Ref) *billing.Account {
	for _, id := range holdingIDs(ref) {
		entry := d.entry(id)
		if entry == nil {
			continue
		}
		if caller.SeesAccount(entry.Account.ID) {
			return entry.Account
		}
		for _, account := range entry.others {
			if caller.SeesAccount(account.ID) {
				return account
			}
		}
	}
	return nil
}

// Sees reports whether the caller may see the subscription at ref, or for a ref
// without a key all that the organisation holds: what an account holds, whoever
// may see the account, and what none holds, who may do all.
func (d *Directory) Sees(caller *access.Caller, ref billing.Ref) bool {
	return caller.SeesAll() || d.Holder(caller, ref) != nil
}

// Of is the accounts that the caller may see, in ascending order of their global
// ids; all is true instead where those are all there are.
func (d *Directory) Of(caller *access.Caller) (list []*billing.Account, all bool) {
	if caller.AllAccounts {
		return nil, true
	}
	for _, id := range caller.Accounts {
		if account := d.Get(id); account != nil {
			list = append(list, account)
		}
	}
	slices.SortFunc(list, func(a, b *billing.Account) int { return strings.Compare(a.GlobalID(), b.GlobalID()) })
	return slices.Compact(list), false
}

// Canonical is ref with the Billing that the directory names for it or for its
// organisation; "" where it names none.
func (d *Directory) Canonical(ref billing.Ref) billing.Ref {
	ref.Billing = ""
	for _, id := range holdingIDs(ref) {
		if entry := d.entry(id); entry != nil && entry.Ref.Billing != "" {
			ref.Billing = entry.Ref.Billing
			return ref
		}
	}
	return ref
}

// holdingIDs are the ids of the entries that can hold ref, the nearest first.
func holdingIDs(ref billing.Ref) [2]string { return [2]string{ref.ID(), wholeID(ref)} }

// wholeID is the id of all that ref's organisation holds.
func wholeID(ref billing.Ref) string {
	return billing.GlobalID("subscription", ref.Source, ref.Org) + "/"
}

func (d *Directory) entry(id string) *Entry {
	i, found := slices.BinarySearchFunc(d.entries, id, func(e Entry, id string) int {
		return strings.Compare(e.ID, id)
	})
	if !found {
		return nil
	}
	return &d.entries[i]
}
