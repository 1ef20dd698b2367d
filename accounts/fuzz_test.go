package accounts_test

import (
	"fmt"
	"strings"
	"testing"

	"tributary/accounts"
	"tributary/config"
)

// FuzzDirectory holds that a text read account by account means what the YAML
// library reads of the whole, to the column of a fault.
func FuzzDirectory(f *testing.F) {
	for _, text := range []string{
		sample,
		"", "---\n- id: a\n", "[]", "- id: a", "- id: a\r\n  name: b\r\n", "\ufeff- id: a\n",
		"- id: a\n  name: it's # here\n- id: b#c\n  name: x: y\n",
		"- id: 'a'\n  name: \"b\" # c\n-   id: b\n    name: ''\n",
		"- id: \"a\\n\"\n- id: 'it''s'\n- id: \"x\n- id: y\"\n",
		"- id: &x a\n- id: *x\n", "- &x {id: a}\n- <<: *x\n  id: b\n",
		"- id: a\n  subscriptions:\n  - {source: psa,id: 1}\n  - { source: focus , organization: 2 }# no\n",
		"- id: a\n  subscriptions:\n      -  source: billing\n         organization: o\n\n         # c\n         billing: x\n  name: z\n",
		"- id: a\n  subscriptions: # none\n- id: b\n  subscriptions: null\n",
		"- id: |\n   a\n\n- id: >-\n   b\n", "- id: a\n  name: b\n   c\n- id: d\n    - e\n",
		"- id: Müller\n  name: Ünal\u0085x\n", "- id: ${X}\n- id: $x\n", "- id: a\n...\n- id: b\n", "- id: a\n%x\n- id: b\n",
		"- \n  id: a\n-\n  id: b\n- - id: c\n", "- id: ~\n- id: Null\n- id: .inf\n- id: 1e3\n- id: 2020-01-01\n- id: 0x10\n",
		"- id: a\n  ? b\n  : c\n", "- !!map {id: !!str a}\n- id: !x b\n", "- id: a\n\tname: b\n", "- id: a -b\n  name: a: \n",
	} {
		f.Add(text)
	}
	f.Fuzz(sameInPieces)
}

func whole(text string, env config.Env) (*accounts.Directory, error) {
	root, err := config.Read("a.yaml", []byte(text), env)
	if err != nil {
		return nil, err
	}
	return accounts.Inline("a.yaml", root, known)
}

func dump(d *accounts.Directory) string {
	var b strings.Builder
	for _, account := range d.Page("", d.Len()) {
		fmt.Fprintf(&b, "%q %q %q\n", account.ID, account.Name, account.Holdings)
	}
	for _, entry := range d.Entries() {
		fmt.Fprintf(&b, "%q %q %q\n", entry.ID, entry.Ref, entry.Account.ID)
	}
	return b.String()
}
