package persisted

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"tributary/config"
)

// mostProblems bounds how many faults of one manifest are looked for.
const mostProblems = 20

// parse reads a manifest: {id: text}, as relay-compiler writes it too, or what
// Apollo's generate-persisted-query-manifest writes. Its error is
// config.Problems.
func parse(file string, data []byte, check func(text string) error) (*manifest, error) {
	p := parser{
		file: file, data: data, check: check,
		decoder: jsontext.NewDecoder(bytes.NewBuffer(data)),
		read:    manifest{byID: map[string]string{}, byDigest: map[digest]string{}},
	}
	if err := p.whole(); err != nil {
		p.broken(err)
	}
	if len(p.problems) > 0 {
		return nil, p.problems
	}
	return &p.read, nil
}

type parser struct {
	file     string
	data     []byte
	check    func(text string) error
	decoder  *jsontext.Decoder // refuses names that stand twice
	read     manifest
	problems config.Problems
}

// member is a name of the outermost object, and what it stands for.
type member struct {
	name  string
	value jsontext.Value
	at    int
}

// whole reads the file. Its errors are the decoder's.
func (p *parser) whole() error {
	if p.decoder.PeekKind() != '{' {
		if _, err := p.decoder.ReadToken(); err != nil {
			return err
		}
		p.problem(0, "", "a manifest is a JSON object of ids and documents, or one that Apollo's tools write")
		return nil
	}
	members, apollo, err := p.members()
	if err != nil {
		return err
	}
	end := p.next()
	if _, err := p.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		p.problem(end, "", "after the manifest there is something else")
		return nil
	}
	if apollo {
		p.heading(members)
		return nil
	}
	for _, m := range members {
		var text string
		if json.Unmarshal(m.value, &text) != nil {
			p.problem(m.at, m.name, "a document is a text")
			continue
		}
		p.add(m.at, m.name, text)
	}
	return nil
}

// members reads the outermost object, all but the operations of an Apollo
// manifest, which are taken at once.
func (p *parser) members() (members []member, apollo bool, err error) {
	if _, err := p.decoder.ReadToken(); err != nil {
		return nil, false, err
	}
	for p.decoder.PeekKind() != '}' {
		at := p.next()
		name, err := p.decoder.ReadToken()
		if err != nil {
			return nil, false, err
		}
		m := member{name: name.String(), at: at}
		if m.name == "operations" && p.decoder.PeekKind() == '[' {
			apollo = true
			if err := p.operations(); err != nil {
				return nil, false, err
			}
			continue
		}
		value, err := p.decoder.ReadValue()
		if err != nil {
			return nil, false, err
		}
		m.value = value.Clone()
		members = append(members, m)
	}
	_, err = p.decoder.ReadToken()
	return members, apollo, err
}

func (p *parser) operations() error {
	if _, err := p.decoder.ReadToken(); err != nil {
		return err
	}
	for p.decoder.PeekKind() != ']' {
		at := p.next()
		var operation struct {
			ID   string `json:"id"`
			Body string `json:"body"`
		}
		if err := json.UnmarshalDecode(p.decoder, &operation); err != nil {
			return err
		}
		p.add(at, operation.ID, operation.Body)
	}
	_, err := p.decoder.ReadToken()
	return err
}

// heading judges what an Apollo manifest says of itself.
func (p *parser) heading(members []member) {
	of := map[string]string{}
	for _, m := range members {
		of[m.name] = string(m.value)
	}
	if of["format"] != `"apollo-persisted-query-manifest"` || of["version"] != "1" {
		p.problem(0, "", "a manifest with operations has the format apollo-persisted-query-manifest and the version 1")
	}
}

func (p *parser) add(at int, id, text string) {
	if len(p.problems) >= mostProblems {
		return
	}
	name := strings.TrimPrefix(id, prefix)
	if name == "" {
		p.problem(at, id, "an id has at least one character")
		return
	}
	if _, ok := p.read.byID[name]; ok {
		p.problem(at, id, "the id is there twice")
		return
	}
	if strings.TrimSpace(text) == "" {
		p.problem(at, id, "the document is empty")
		return
	}
	if err := p.check(text); err != nil {
		p.problem(at, id, "the document is refused: "+cut(err.Error()))
		return
	}
	p.read.byID[name] = text
	p.read.byDigest[digestOf(text)] = text
}

// broken makes a problem of an error of the JSON library.
func (p *parser) broken(err error) {
	var syntax *jsontext.SyntacticError
	var meaning *json.SemanticError
	switch {
	case errors.Is(err, jsontext.ErrDuplicateName) && errors.As(err, &syntax):
		p.problem(int(syntax.ByteOffset), syntax.JSONPointer.LastToken(), "the id or key is there twice")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		p.problem(len(p.data), "", "the file ends too early")
	case errors.As(err, &syntax):
		p.problem(int(syntax.ByteOffset), "", "this is no JSON: "+cut(syntax.Err.Error()))
	case errors.As(err, &meaning):
		p.problem(int(meaning.ByteOffset), "", "an operation is an object whose id and body are texts")
	default:
		p.problem(0, "", cut(err.Error()))
	}
}

// next is where the decoder's next token starts.
func (p *parser) next() int {
	at := int(p.decoder.InputOffset())
	return len(p.data) - len(bytes.TrimLeft(p.data[at:], " \t\r\n,:"))
}

func (p *parser) problem(at int, id, message string) {
	before := p.data[:min(at, len(p.data))]
	line := bytes.LastIndexByte(before, '\n') + 1
	path := ""
	if id != "" {
		path = fmt.Sprintf("%q", cut(id))
	}
	p.problems = append(p.problems, config.Problem{
		File: p.file, Path: path, Message: message,
		Line: 1 + bytes.Count(before, []byte("\n")), Column: 1 + utf8.RuneCount(before[line:]),
	})
}

// cut bounds what is quoted.
func cut(text string) string {
	const longest = 200
	if len(text) <= longest {
		return text
	}
	return strings.ToValidUTF8(text[:longest], "") + "…"
}
