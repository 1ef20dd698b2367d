package portfolio

import (
	"context"
	"slices"
	"strings"

	"tributary/access"
	"tributary/accounts"
	"tributary/billing"
)

// AccountFilter narrows a list of accounts as Filter does.
type AccountFilter struct {
	IDs          []string
	NameContains *string
}

// longestSought bounds the text that names are to contain, in bytes.
const longestSought = 256

func (f *AccountFilter) check() error {
	if f.NameContains != nil && len(*f.NameContains) > longestSought {
		return billing.Errorf(billing.CodeBadUserInput, "filter.nameContains has %d bytes; at most %d are allowed", len(*f.NameContains), longestSought)
	}
	return checkAccounts("filter.ids", f.IDs)
}

// AccountConnection is a page of accounts.
type AccountConnection struct {
	Edges      []*AccountEdge
	PageInfo   *PageInfo
	TotalCount *int
}

// Nodes are the accounts of the page.
func (c *AccountConnection) Nodes() []*billing.Account {
	nodes := make([]*billing.Account, len(c.Edges))
	for i, edge := range c.Edges {
		nodes[i] = edge.Node
	}
	return nodes
}

// AccountEdge is an account and where it stands.
type AccountEdge struct {
	Cursor string
	Node   *billing.Account
}

// Account is the account of a global id; nil where there is none, or where it is
// not the caller's to see. A text that is no account's id is a client's error.
func (p *Portfolio) Account(ctx context.Context, id string) (*billing.Account, error) {
	return accountIn(ctx, p.Directory(), id)
}

func accountIn(ctx context.Context, directory *accounts.Directory, id string) (*billing.Account, error) {
	name, err := accountName(id)
	if err != nil || !access.From(ctx).SeesAccount(name) {
		return nil, err
	}
	return directory.Get(name), nil
}

// accountName is the directory's own id of the account of a global id.
func accountName(id string) (string, error) {
	kind, parts, err := billing.ParseGlobalID(id)
	if err != nil {
		return "", billing.Errorf(billing.CodeBadUserInput, "%v", err)
	}
	if kind != "account" || len(parts) != 1 {
		return "", billing.Errorf(billing.CodeBadUserInput, "an account's id looks like account/<name>")
	}
	return parts[0], nil
}

// accountsByID are the accounts of global ids, unknown and unseen ones left out,
// in ascending order of their ids and each once.
func accountsByID(ctx context.Context, directory *accounts.Directory, ids []string) []*billing.Account {
	sorted := slices.Clone(ids)
	slices.Sort(sorted)
	var found []*billing.Account
	for _, id := range slices.Compact(sorted) {
		if account, err := accountIn(ctx, directory, id); err == nil && account != nil {
			found = append(found, account)
		}
	}
	return found
}

// Accounts is a page of what the caller may see of the directory, in the order of
// global ids. Without a filter no account outside the page is looked at.
// countTotal also counts those that match a filter.
func (p *Portfolio) Accounts(ctx context.Context, filter *AccountFilter, first *int, after *string, countTotal bool) (*AccountConnection, error) {
	window, err := Page{First: first, After: after}.check()
	if err != nil {
		return nil, err
	}
	if err := overtime(ctx); err != nil {
		return nil, err
	}
	if filter != nil {
		if err := filter.check(); err != nil {
			return nil, err
		}
		if filter.IDs == nil && filter.NameContains == nil {
			filter = nil
		}
	}
	name := identity(ctx, "accounts", "", filter, Order{})
	last := ""
	if window.cursor != "" {
		at, err := p.Cursors.open(name, window.cursor)
		if err != nil {
			return nil, err
		}
		last = at.ID
	}
	rows := p.accountsPast(ctx, filter, last, window.size+1)
	more := len(rows) > window.size
	rows = rows[:min(len(rows), window.size)]
	edges := make([]*AccountEdge, len(rows))
	for i, account := range rows {
		edges[i] = &AccountEdge{Cursor: p.Cursors.seal(name, position{ID: account.GlobalID()}), Node: account}
	}
	info := &PageInfo{HasNextPage: more, HasPreviousPage: last != ""}
	if len(edges) > 0 {
		info.StartCursor, info.EndCursor = &edges[0].Cursor, &edges[len(edges)-1].Cursor
	}
	connection := &AccountConnection{Edges: edges, PageInfo: info}
	if countTotal {
		total := p.countAccounts(ctx, filter)
		connection.TotalCount = &total
	}
	return connection, nil
}

// accountsPast are up to limit matching accounts past a global id.
func (p *Portfolio) accountsPast(ctx context.Context, filter *AccountFilter, last string, limit int) []*billing.Account {
	directory := p.Directory()
	some, all := directory.Of(access.From(ctx))
	if filter != nil && filter.IDs != nil {
		some, all = accountsByID(ctx, directory, filter.IDs), false
	}
	if !all {
		return filter.pick(some, last, limit)
	}
	if filter == nil {
		return directory.Page(last, limit)
	}
	return directory.Search(filter.lowered(), last, limit)
}

// pick is up to limit of some accounts past a global id that match.
func (f *AccountFilter) pick(some []*billing.Account, last string, limit int) []*billing.Account {
	sought := f.lowered()
	var rows []*billing.Account
	for _, account := range some {
		if account.GlobalID() > last && strings.Contains(strings.ToLower(account.Name), sought) && len(rows) < limit {
			rows = append(rows, account)
		}
	}
	return rows
}

func (p *Portfolio) countAccounts(ctx context.Context, filter *AccountFilter) int {
	if filter == nil && access.From(ctx).AllAccounts {
		return p.Directory().Len()
	}
	return len(p.accountsPast(ctx, filter, "", p.Directory().Len()+1))
}

// lowered is the text that names are to contain, in small letters; "" for any.
func (f *AccountFilter) lowered() string {
	if f == nil || f.NameContains == nil {
		return ""
	}
	return strings.ToLower(*f.NameContains)
}
