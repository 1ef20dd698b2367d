package e2e

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
)

// connected has Frontier spoken to over Connect.
func connected(text string) string {
	return strings.Replace(text, "    kind: frontier\n", "    kind: frontier\n    protocol: connect\n", 1)
}

// hurried bounds a call to every source.
func hurried(timeout string) func(string) string {
	return func(text string) string {
		return strings.ReplaceAll(text, "    kind: ", "    timeout: "+timeout+"\n    kind: ")
	}
}

// written is how many requests that change something each vendor got.
func (w *world) written() map[string]int {
	w.t.Helper()
	resp, err := http.Get(w.upstreams.URL + "/_sandbox/calls")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	var counts struct{ Writes map[string]int }
	if err := json.NewDecoder(resp.Body).Decode(&counts); err != nil {
		w.t.Fatal(err)
	}
	return counts.Writes
}

func (w *world) writes() int {
	total := 0
	for _, n := range w.written() {
		total += n
	}
	return total
}

// reset puts the vendors back to where they were at the start.
func (w *world) reset() {
	w.t.Helper()
	resp, err := http.Post(w.upstreams.URL+"/_sandbox/reset", "", nil)
	if err != nil {
		w.t.Fatal(err)
	}
	resp.Body.Close()
}

// refusal is the first of the userErrors under a field of the answer: its code,
// message and field; "" where there is none.
func (a *answer) refusal(name string) (code, message, field string) {
	code, _ = a.at(name, "userErrors", 0, "code").(string)
	message, _ = a.at(name, "userErrors", 0, "message").(string)
	var parts []string
	path, _ := a.at(name, "userErrors", 0, "field").([]any)
	for _, part := range path {
		text, _ := part.(string)
		parts = append(parts, text)
	}
	return code, message, strings.Join(parts, ".")
}

// ending is what became of a mutation in a word: a code, or "" where it was done.
func (a *answer) ending(name string) string {
	if code, _, _ := a.refusal(name); code != "" {
		return code
	}
	return a.codes()
}

// seen is what reading again showed, of an answer that leaves doubt.
func (a *answer) seen(t testing.TB) string {
	t.Helper()
	if len(a.Errors) != 1 {
		t.Fatalf("want one error, got %s", a.raw)
	}
	seen, _ := a.Errors[0].Extensions["seen"].(string)
	return seen
}
