package config

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"go.yaml.in/yaml/v4"
)

// document is what the nodes of one text share.
type document struct {
	file   string
	before int                   // lines of the file before this text
	filled map[*yaml.Node]string // the scalars that the environment filled
}

// Read parses a text that holds one YAML document and fills its scalars from
// env. File only names the text in problems. Its errors are Problems.
func Read(file string, data []byte, env Env) (Node, error) {
	return ReadPart(file, 1, data, env)
}

// ReadPart is Read for a part of a file that starts at the line first.
func ReadPart(file string, first int, data []byte, env Env) (Node, error) {
	doc := &document{file: file, before: first - 1, filled: map[*yaml.Node]string{}}
	loader, err := yaml.NewLoader(bytes.NewReader(data))
	if err != nil {
		return Node{}, doc.broken(err, data)
	}
	var root, second yaml.Node
	switch err := loader.Load(&root); {
	case err == io.EOF:
		return Node{}, Problems{{File: file, Message: "the file is empty"}}
	case err != nil:
		return Node{}, doc.broken(err, data)
	}
	if len(root.Content) != 1 || root.Content[0].Kind == yaml.ScalarNode && root.Content[0].Value == "" {
		return Node{}, Problems{{File: file, Message: "the file is empty"}}
	}
	switch err := loader.Load(&second); {
	case err == nil:
		return Node{}, Problems{{
			File: file, Line: second.Line + doc.before, Column: second.Column,
			Message: "a second document starts here; a file holds one",
		}}
	case err != io.EOF:
		return Node{}, doc.broken(err, data)
	}
	node := Node{doc: doc, yaml: root.Content[0]}
	if err := doc.check(node, env); err != nil {
		return Node{}, err
	}
	return node, nil
}

// broken is the problem of a text that is no YAML.
func (doc *document) broken(err error, data []byte) error {
	problem := Problem{File: doc.file, Message: "this is no YAML: " + strings.TrimPrefix(err.Error(), "yaml: ")}
	var load *yaml.LoadError
	if errors.As(err, &load) {
		problem.Message = "this is no YAML: " + load.Message
		problem.Line, problem.Column = load.Mark.Line, load.Mark.Column
		// The reader of bytes knows only an offset.
		if at := load.Mark.Index; problem.Line == 0 && at > 0 && at <= len(data) {
			problem.Line = 1 + bytes.Count(data[:at], []byte{'\n'})
			problem.Column = at - bytes.LastIndexByte(data[:at], '\n')
		}
		if strings.Contains(lineOf(data, problem.Line), "${") {
			problem.Message += "; within braces a ${VAR} needs quotes"
		}
		if problem.Line > 0 {
			problem.Line += doc.before
		}
	}
	return Problems{problem}
}

// lineOf is a line of a text, counted from 1; "" where there is none.
func lineOf(data []byte, number int) string {
	for line := range bytes.Lines(data) {
		if number--; number == 0 {
			return string(line)
		}
	}
	return ""
}

// mostRepeated bounds the nodes that aliases may repeat, so that a few lines
// cannot stand for millions of values.
const mostRepeated = 100_000

// check fills every scalar from env, and refuses aliases without an end.
func (doc *document) check(root Node, env Env) error {
	c := checker{doc: doc, env: env, sizes: map[*yaml.Node]int{}}
	c.size(root.yaml)
	return Join(c.problems)
}

type checker struct {
	doc      *document
	env      Env
	sizes    map[*yaml.Node]int // with all that aliases repeat; 0 while being counted
	repeated int
	problems Problems
}

// size counts the nodes that n stands for, and stops counting at the bound.
func (c *checker) size(n *yaml.Node) int {
	if known, ok := c.sizes[n]; ok {
		return known
	}
	if n.Kind == yaml.AliasNode {
		return c.alias(n)
	}
	if n.Kind == yaml.ScalarNode {
		c.fill(n)
		if n.Anchor != "" {
			c.sizes[n] = 1
		}
		return 1
	}
	if n.Anchor != "" {
		c.sizes[n] = 0
	}
	size := 1
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 && child.Kind == yaml.ScalarNode {
			size++ // a key is taken as it stands
			continue
		}
		size = min(size+c.size(child), mostRepeated+1)
	}
	if n.Anchor != "" {
		c.sizes[n] = size
	}
	return size
}

func (c *checker) alias(n *yaml.Node) int {
	size, counted := c.sizes[n.Alias]
	switch {
	case counted && size == 0:
		c.report(n, "the alias stands inside of what it names")
		return 1
	case !counted:
		size = c.size(n.Alias)
	}
	was := c.repeated
	c.repeated = min(c.repeated+size, mostRepeated+1)
	if c.repeated > mostRepeated && was <= mostRepeated {
		c.report(n, "aliases repeat too much from here on")
	}
	return size
}

func (c *checker) fill(n *yaml.Node) {
	text, err := c.env.fill(n.Value)
	switch {
	case err != nil:
		c.report(n, err.Error())
	case text != n.Value:
		c.doc.filled[n] = text
	}
}

func (c *checker) report(n *yaml.Node, message string) {
	c.problems = append(c.problems, Problem{
		File: c.doc.file, Line: n.Line + c.doc.before, Column: n.Column, Message: message,
	})
}
