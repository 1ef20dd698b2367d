package accounts

import (
	"errors"
	"strings"

	"tributary/config"
)

// Parse reads a directory from a text that is a YAML list of accounts. The
// file's name serves problems. Its error is config.Problems.
//
// A text is read account by account. The YAML library takes five seconds for
// the 30 MB of 100,000 accounts, so accounts in their usual form are read by
// plainReader, and any other one goes to the library by itself. Where a text
// cannot be cut between accounts, the library gets the whole.
func Parse(file string, data []byte, sources Sources, env config.Env) (*Directory, error) {
	b := newBuilder(file, sources)
	if !b.piecewise(string(data), env) {
		b = newBuilder(file, sources)
		root, err := config.Read(file, data, env)
		if err != nil {
			return nil, err
		}
		b.list(root)
	}
	return b.directory()
}

// Inline reads a directory from a list within the configuration file; the zero
// Node is an empty one. Its error is config.Problems.
func Inline(file string, list config.Node, sources Sources) (*Directory, error) {
	if list.IsZero() {
		return &Directory{}, nil
	}
	b := newBuilder(file, sources)
	b.list(list)
	return b.directory()
}

// piecewise reads a text account by account, and reports whether it could.
//
// An account starts with a dash in the first column. After an account that was
// read whole, whichever way, no scalar or bracket is open, so that such a dash
// can be nothing else. Where a piece is broken by itself, it may be for the
// cut: an open quote, an alias of another account's anchor, a second document.
func (b *builder) piecewise(text string, env config.Env) bool {
	r := plainReader{text: text, line: 1}
	if otherBreaks(text) || !r.head() {
		return false
	}
	var account written
	for r.pos < len(r.text) {
		if r.account(&account) {
			b.add(&account)
			continue
		}
		start, line := r.pos, r.line
		if !r.skip() {
			return false
		}
		piece, err := config.ReadPart(b.file, line, []byte(text[start:r.pos]), env)
		if err != nil || !piece.IsSequence() {
			return false
		}
		b.list(piece)
	}
	return true
}

// otherBreaks reports lines that end in another way than by a line feed, which
// YAML counts too.
func otherBreaks(text string) bool {
	return strings.Count(text, "\r") != strings.Count(text, "\r\n") ||
		strings.Contains(text, "\u0085") || strings.Contains(text, "\u2028") || strings.Contains(text, "\u2029")
}

// list takes the accounts of a list.
func (b *builder) list(list config.Node) {
	items, err := list.Items()
	b.problem(err)
	for _, item := range items {
		if w, ok := b.account(item); ok {
			b.add(w)
		}
	}
}

// problem takes the problems of a node without their paths, which count from
// the start of a piece.
func (b *builder) problem(err error) bool {
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, problem := range problems {
			problem.Path = ""
			b.problems = append(b.problems, problem)
		}
	}
	return err != nil
}

func (b *builder) account(item config.Node) (*written, bool) {
	var keys struct {
		ID            config.Node `yaml:"id"`
		Name          config.Node `yaml:"name"`
		Subscriptions config.Node `yaml:"subscriptions"`
	}
	if b.problem(item.Decode(&keys)) {
		return nil, false
	}
	w := &written{place: placeOf(item)}
	ok := b.scalar(keys.ID, &w.id)
	ok = b.scalar(keys.Name, &w.name) && ok
	if keys.Subscriptions.IsZero() {
		return w, ok
	}
	items, err := keys.Subscriptions.Items()
	if b.problem(err) {
		return nil, false
	}
	for _, item := range items {
		h, good := b.holding(item)
		w.holdings = append(w.holdings, h)
		ok = ok && good
	}
	return w, ok
}

// authKey is a holding's key that is no scalar.
const authKey = "auth"

func (b *builder) holding(item config.Node) (holding, bool) {
	h := holding{place: placeOf(item)}
	fields, err := item.Fields()
	if b.problem(err) {
		return h, false
	}
	ok := true
	for _, field := range fields {
		if field.Name == authKey {
			h.auth = field.Value
			continue
		}
		pair := pair{key: field.Name, at: placeOf(field.Key)}
		ok = b.scalar(field.Value, &pair.value) && ok
		h.pairs = append(h.pairs, pair)
	}
	return h, ok
}

// scalar reads a value that may be missing.
func (b *builder) scalar(node config.Node, into *scalar) bool {
	if node.IsZero() {
		return true
	}
	text, err := node.Text()
	if b.problem(err) {
		return false
	}
	*into = scalar{text: text, place: placeOf(node)}
	return true
}

func placeOf(node config.Node) place {
	line, column := node.Position()
	return place{line, column}
}
