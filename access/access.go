// Package access says who asks and what that caller may see and do.
package access

import (
	"context"
	"slices"
)

// Scope is a kind of thing that a caller may do.
type Scope string

// The scopes.
const (
	Read      Scope = "read"      // look at accounts and their subscriptions
	Write     Scope = "write"     // change subscriptions
	Plans     Scope = "plans"     // create, update and delete plans
	Sensitive Scope = "sensitive" // see contact and payment details of customers
	Admin     Scope = "admin"     // with all accounts: see what no account holds
)

// Scopes are all there are.
var Scopes = []Scope{Read, Write, Plans, Sensitive, Admin}

// Caller is who the gateway takes a request's sender for. It is not changed once
// a request has it.
type Caller struct {
	Subject string // the name it is known by
	Scopes  []Scope
	// AllAccounts lets it see every account of the directory. Else it sees Accounts
	// alone, by their ids there.
	AllAccounts bool
	Accounts    []string
}

// Anyone is the caller where no identity is asked for: it may do all.
var Anyone = &Caller{Subject: "anyone", Scopes: Scopes, AllAccounts: true}

// Has reports whether the caller holds a scope.
func (c *Caller) Has(scope Scope) bool { return slices.Contains(c.Scopes, scope) }

// SeesAccount reports whether the caller may see the account of that id in the
// directory.
func (c *Caller) SeesAccount(id string) bool {
	return c.AllAccounts || slices.Contains(c.Accounts, id)
}

// SeesAll reports whether the caller may see whatever the sources hold, in the
// directory or not.
func (c *Caller) SeesAll() bool { return c.AllAccounts && c.Has(Admin) }

// Missing says that a caller has not a scope.
func Missing(scope Scope) string {
	return "this takes the scope " + string(scope) + ", which the caller has not"
}

type key struct{}

// With returns a context of what caller asks.
func With(ctx context.Context, caller *Caller) context.Context {
	return context.WithValue(ctx, key{}, caller)
}

// nobody may do nothing.
var nobody = &Caller{}

// From is the caller that ctx belongs to. Where none was said, it is one that
// may do nothing.
func From(ctx context.Context) *Caller {
	if caller, ok := ctx.Value(key{}).(*Caller); ok {
		return caller
	}
	return nobody
}
