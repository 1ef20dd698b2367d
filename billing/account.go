package billing

// Account is a customer of ours, whatever systems hold its subscriptions.
// Accounts are shared: nobody changes one that the directory returned.
type Account struct {
	ID       string // as the directory writes it: "acme"
	Name     string // the ID where the directory gives none
	Holdings []Ref  // in the order of the directory; one without a Key may hold many
}

// GlobalID is the account's global id: account/<id>.
func (a *Account) GlobalID() string { return GlobalID("account", a.ID) }
