package document

import (
	"strings"
	"testing"

	"tributary/billing"
)

func TestHalfOfASurrogatePairIsRefusedWhereItStands(t *testing.T) {
	d := open(t)
	for text, fine := range map[string]bool{
		`\ud83d\ude00`:          true,
		`\uD83D\uDE00\u00e9`:    true,
		`\u{1F600}`:             true,
		"\uFFFD":                true,
		`\ufffd`:                true,
		`\\ud800`:               true,
		`\\\\ud800 ` + "\uFFFD": true,
		`\ud800`:                false,
		`\udc00`:                false,
		`\udc00\ud800`:          false,
		`\ud83d \ude00`:         false,
		`\ud83d\ud83d\ude00`:    false,
		`\\\ud800`:              false,
		`a\uD83D`:               false,
	} {
		_, err := d.Prepare(`{ node(id: "` + text + `") { id } }`)
		if fine && err != nil {
			t.Errorf("%s: %v", text, err)
		}
		if !fine && (billing.CodeOf(err) != billing.CodeBadUserInput || !strings.Contains(billing.ClientMessage(err), "surrogate")) {
			t.Errorf("%s gives %v", text, err)
		}
	}
}
