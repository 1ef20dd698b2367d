package accounts_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"tributary/accounts"
)

var rounds = flag.Int("rounds", 5000, "random texts that are read in two ways")

// tokens are what accounts are made of, and what makes them hard to read.
var tokens = []string{
	"\n- ", "\n", "\n", "\n- id: ", "\n- id: a", "\n- id: b\n  ", "id: ", "\n  name: ", "\n  subscriptions:", "\n  subscriptions:", "\n  subscriptions: ",
	"\n    - ", "\n    - ", "\n  - ", "\n      ", "\n    ", "\n  ", "  ", "{ ", "{", " }", "}", ", ", ",", "[", "]",
	"source: ", "source: psa", "focus", "team: ", "id: 1", "organization: 2", "\n    - { source: psa, id: 7 }", "{source: focus, organization: 8}",
	"\n    - source: psa\n      id: 9", "a", "b c", "d", ":", ": ", " #", "# x", "#", "\"", "'", "\"x\"", "'y'", "\\", "&a ", "*a", "!!str ", "~", "null",
	"${X}", "${GONE}", "$", "$$", "-", "--", "---", "...", "\n---\n", "\n...\n", "\r", "\r\n", "\t", "é", "%", "@", "?", "? ", "> ", ">\n", "|\n",
	"<<: ", " ", "\n\n", "=", "\u00a0", "\u0085", "\u2028",
}

// TestRandomAccountsMeanTheSameInPieces tries what a fuzzer of bytes is slow
// to find: parts of accounts in any order.
func TestRandomAccountsMeanTheSameInPieces(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range *rounds {
		var text strings.Builder
		text.WriteString("- id: x")
		for range random.IntN(24) {
			text.WriteString(tokens[random.IntN(len(tokens))])
		}
		sameInPieces(t, text.String())
	}
}

func sameInPieces(t *testing.T, text string) {
	env := func(name string) (string, bool) { return "value of " + name, name != "GONE" }
	pieces, err := accounts.Parse("a.yaml", []byte(text), known, env)
	whole, wholeErr := whole(text, env)
	if fmt.Sprint(err) != fmt.Sprint(wholeErr) {
		t.Fatalf("%q\nin pieces: %v\nas a whole: %v", text, err, wholeErr)
	}
	if err != nil {
		return
	}
	if got, want := dump(pieces), dump(whole); got != want {
		t.Fatalf("%q\nin pieces:\n%s\nas a whole:\n%s", text, got, want)
	}
}
