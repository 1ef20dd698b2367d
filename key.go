package main

import (
	"fmt"

	"tributary/identity"
)

type keyCommand struct{}

// Run prints a new API key, which is kept nowhere, and what the configuration
// keeps of it.
func (keyCommand) Run(to streams) error {
	key, hash := identity.NewKey()
	_, err := fmt.Fprintf(to.out, "key:  %s\nhash: %s\n\nGive the key to the caller. It cannot be shown again. Under auth.keys goes:\n"+
		"  - { subject: NAME, hashes: [\"%s\"], scopes: [read], accounts: [ACCOUNT] }\n", key, hash, hash)
	return err
}
