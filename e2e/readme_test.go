package e2e

import (
	"encoding/json"
	"os"
	"reflect"
	"strings"
	"testing"
)

func TestTheReadmeShowsARealAnswer(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	block := func(language string) string {
		_, rest, found := strings.Cut(string(text), "```"+language+"\n")
		block, _, closed := strings.Cut(rest, "```")
		if !found || !closed {
			t.Fatalf("README.md has no block of %s", language)
		}
		return block
	}
	w := start(t, nil)
	var shown, got any
	if err := json.Unmarshal([]byte(block("json")), &shown); err != nil {
		t.Fatal(err)
	}
	answer := w.mustAsk(block("graphql"), nil)
	if err := json.Unmarshal(answer.raw, &got); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(got, shown) {
		t.Errorf("README.md shows another answer than the gateway gives:\n%s", answer.raw)
	}
}
