package portfolio

import (
	"context"

	"tributary/access"
)

// Held is how many holdings the caller may see, those of two accounts counted
// twice. All that an organisation has is one.
func (p *Portfolio) Held(ctx context.Context) int {
	directory := p.Directory()
	caller := access.From(ctx)
	if caller.AllAccounts {
		return len(directory.Entries())
	}
	held := 0
	for _, id := range caller.Accounts {
		if account := directory.Get(id); account != nil {
			held += len(account.Holdings)
		}
	}
	return held
}

// HeldBy is how many the account of a global id holds; 0 where the caller sees none.
func (p *Portfolio) HeldBy(ctx context.Context, id string) int {
	account, err := p.Account(ctx, id)
	if err != nil || account == nil {
		return 0
	}
	return len(account.Holdings)
}
