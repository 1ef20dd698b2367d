package config

import (
	"fmt"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Node is a part of a configuration that knows where it stands. The zero Node
// is a part that is not there.
type Node struct {
	doc    *document
	yaml   *yaml.Node
	path   string
	hidden bool   // its values may be secret and are quoted nowhere
	spent  string // a key that was read already, which a struct need not know
}

// Field is one key of a mapping and its value.
type Field struct {
	Name  string
	Key   Node // where the key stands
	Value Node
}

// IsZero reports whether the part is not there at all.
func (n Node) IsZero() bool { return n.yaml == nil }

// IsSequence reports whether the part is a list.
func (n Node) IsSequence() bool { return !n.IsZero() && n.target().Kind == yaml.SequenceNode }

// Position is where the part stands, both counted from 1.
func (n Node) Position() (line, column int) {
	if n.IsZero() {
		return 0, 0
	}
	return n.yaml.Line + n.doc.before, n.yaml.Column
}

// Items are the members of a list. Its error is Problems.
func (n Node) Items() ([]Node, error) {
	node := n.target()
	if node == nil || node.Kind != yaml.SequenceNode {
		return nil, n.mismatch("a list is needed here")
	}
	items := make([]Node, len(node.Content))
	for i, child := range node.Content {
		items[i] = Node{doc: n.doc, yaml: child, path: fmt.Sprintf("%s[%d]", n.path, i), hidden: n.hidden}
	}
	return items, nil
}

// Fields are the keys of a mapping in the order of the file, those of a merge
// key (<<) last. Its error is Problems: a key that stands twice, or no mapping.
func (n Node) Fields() ([]Field, error) {
	node := n.target()
	if node == nil || node.Kind != yaml.MappingNode {
		return nil, n.mismatch("a mapping of keys and values is needed here")
	}
	var fields []Field
	var merges []Node
	var problems Problems
	seen := map[string]*yaml.Node{}
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, value := node.Content[i], node.Content[i+1]
		keyNode := Node{doc: n.doc, yaml: key, path: n.path, hidden: n.hidden}
		if key.Kind == yaml.ScalarNode && key.Tag == "!!merge" {
			merges = append(merges, Node{doc: n.doc, yaml: value, path: n.path, hidden: n.hidden})
			continue
		}
		if key.Kind != yaml.ScalarNode || isNull(key) {
			problems = append(problems, keyNode.problem("a key is a word, not a list, a mapping or nothing"))
			continue
		}
		field := Field{Name: key.Value, Key: keyNode, Value: n.child(key.Value, value)}
		field.Key.path = field.Value.path
		if first, ok := seen[key.Value]; ok {
			word := fmt.Sprintf("the key %q", key.Value)
			if n.hidden { // where a credential that lost its key reads as one
				word = "the key"
				field.Key.path = n.path
			}
			problems = append(problems, field.Key.problem("%s is there twice, first at %s:%d:%d",
				word, n.doc.file, first.Line+n.doc.before, first.Column))
			continue
		}
		seen[key.Value] = key
		fields = append(fields, field)
	}
	for _, merge := range merges {
		merged, err := merge.merged()
		if err != nil {
			problems = append(problems, problemsOf(err)...)
		}
		for _, field := range merged {
			if seen[field.Name] == nil {
				seen[field.Name] = field.Key.yaml
				fields = append(fields, field)
			}
		}
	}
	return fields, Join(problems)
}

// merged are the fields of a merge key's value: a mapping or a list of them.
func (n Node) merged() ([]Field, error) {
	if !n.IsSequence() {
		return n.Fields()
	}
	items, err := n.Items()
	if err != nil {
		return nil, err
	}
	var all []Field
	for _, item := range items {
		item.path = n.path
		fields, err := item.Fields()
		if err != nil {
			return nil, err
		}
		all = append(all, fields...)
	}
	return all, nil
}

// Text is the text of a scalar as it is written, filled from the environment.
// Its error is Problems: no scalar, or one without a value.
func (n Node) Text() (string, error) {
	node := n.target()
	switch {
	case node == nil:
		return "", n.mismatch("a value is needed here")
	case node.Kind != yaml.ScalarNode:
		return "", n.mismatch("a single value is needed here")
	case node.Style&yaml.TaggedStyle != 0 && !plainTags[node.Tag]:
		return "", n.mismatch("a value of the tag " + node.Tag + " cannot be used")
	}
	if filled, ok := n.doc.filled[node]; ok {
		return filled, nil
	}
	if isNull(node) {
		return "", n.mismatch("there is no value; write one or leave the key out")
	}
	return node.Value, nil
}

var plainTags = map[string]bool{"!!str": true, "!!int": true, "!!float": true, "!!bool": true, "!!null": true}

// Has reports whether the part is a mapping with a key of that name.
func (n Node) Has(name string) bool {
	_, ok := n.find(name)
	return ok
}

// Problem is a Problem at a key of the mapping n, nested ones with a dot: at
// its value where that is a scalar, else at the key, and at n itself for "" or
// a key that is not there.
func (n Node) Problem(key, format string, args ...any) error {
	at, inside := n, n
	for name := range strings.SplitSeq(key, ".") {
		if key == "" {
			break
		}
		field, ok := inside.find(name)
		if !ok {
			at.path = join(n.path, key)
			break
		}
		at, inside = field.Key, field.Value
		if inside.target().Kind == yaml.ScalarNode {
			at = inside
		}
	}
	return Problems{at.problem(format, args...)}
}

func (n Node) find(name string) (Field, bool) {
	if n.IsZero() || n.target().Kind != yaml.MappingNode {
		return Field{}, false
	}
	// What is wrong with the mapping itself is said by whoever decodes it.
	fields, _ := n.Fields()
	for _, field := range fields {
		if field.Name == name {
			return field, true
		}
	}
	return Field{}, false
}

// target is the node that n stands for, an alias's own; nil for the zero Node.
func (n Node) target() *yaml.Node {
	node := n.yaml
	for node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node
}

func (n Node) child(key string, value *yaml.Node) Node {
	return Node{doc: n.doc, yaml: value, path: join(n.path, key), hidden: n.hidden || holdsSecret(key)}
}

func (n Node) problem(format string, args ...any) Problem {
	problem := Problem{Path: n.path, Message: fmt.Sprintf(format, args...)}
	if n.doc != nil {
		problem.File = n.doc.file
	}
	problem.Line, problem.Column = n.Position()
	return problem
}

func (n Node) mismatch(message string) error { return Problems{n.problem("%s", message)} }

// quoted is the value as the file has it: what the environment filled in may
// be a secret that went to the wrong key.
func (n Node) quoted() string {
	const longest = 80
	text := []rune(n.target().Value)
	if n.hidden {
		return "the value"
	}
	if len(text) > longest {
		text = append(text[:longest], '…')
	}
	return fmt.Sprintf("%q", withoutPassword(string(text)))
}

// withoutPassword hides what stands between a URL's scheme and its host.
func withoutPassword(text string) string {
	scheme := strings.Index(text, "://")
	host := strings.LastIndexByte(text, '@')
	if scheme < 0 || host < scheme {
		return text
	}
	return text[:scheme+len("://")] + "***" + text[host:]
}

// holdsSecret reports a key whose values, or those beneath it, may be secret.
func holdsSecret(key string) bool {
	key = strings.ToLower(key)
	for _, word := range []string{"auth", "secret", "password", "token", "bearer", "credential", "apikey"} {
		if strings.Contains(key, word) {
			return true
		}
	}
	return false
}

func isNull(node *yaml.Node) bool { return node.Kind == yaml.ScalarNode && node.Tag == "!!null" }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
