// Package document judges GraphQL documents before anything is executed: it
// bounds, parses, validates and prices them, and keeps those that passed.
package document

import (
	"errors"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator/core"

	"tributary/billing"
	"tributary/config"
)

// Options are what Documents allow and keep.
type Options struct {
	Limits        Limits
	Suggestions   bool        // errors name fields, arguments and values that were perhaps meant
	Introspection bool        // __schema and __type can be asked
	Cached        int         // documents that are kept; 0 for none
	CachedMemory  config.Size // that kept documents take, by estimate
}

// Documents prepares documents for one schema. It is safe for concurrent use.
type Documents struct {
	schema  *ast.Schema
	options Options
	rules   []core.Rule
	kept    *kept
}

// New takes a schema, which nothing may change any more.
func New(schema *ast.Schema, options Options) *Documents {
	return &Documents{schema: schema, options: options, rules: ruleSet(options.Suggestions), kept: newKept(options)}
}

// Document is a valid document. It is shared: nothing may change it.
type Document struct {
	Text string
	AST  *ast.QueryDocument // without @defer, which is ignored

	tokens int
	of     *Documents
	prices []*priced // of the operations, in their order
	shared int       // parts of prices that are evaluated once
}

// Prepare is the document of a text. Its error is a *billing.Error, or a
// gqlerror.List of what the text has against the language or the schema, which
// is always the client's to mend. Only documents without fault are kept: a
// refusal is cheap, and whoever sends bad ones would only push out the good.
func (d *Documents) Prepare(text string) (*Document, error) {
	if doc := d.kept.get(text); doc != nil {
		return doc, nil
	}
	tokens, err := d.options.Limits.lex(text)
	if err != nil {
		return nil, err
	}
	parsed, err := parser.ParseQuery(&ast.Source{Input: text})
	if err != nil {
		return nil, syntax(err)
	}
	if len(parsed.Operations) == 0 {
		return nil, billing.Errorf(billing.CodeBadUserInput, "the document has no operation")
	}
	if err := d.guard(parsed); err != nil {
		return nil, err
	}
	if faults := d.validate(parsed); len(faults) > 0 {
		return nil, faults
	}
	if err := d.mergeable(parsed); err != nil {
		return nil, err
	}
	ignoreDefer(parsed)
	doc := &Document{Text: text, AST: parsed, tokens: tokens, of: d}
	doc.price()
	d.kept.add(doc)
	return doc, nil
}

// syntax is what the lexer or the parser has against a text.
func syntax(err error) error {
	var fault *gqlerror.Error
	if !errors.As(err, &fault) {
		return err
	}
	fault.Message = shorten(fault.Message)
	return gqlerror.List{fault}
}

// faultAt is a fault of a document at one place.
func faultAt(at *ast.Position, message string) error {
	return gqlerror.List{{Message: shorten(message), Locations: []gqlerror.Location{{Line: at.Line, Column: at.Column}}}}
}

// ignoreDefer drops @defer, which the executor would answer in a format that
// today's clients take for a whole answer. What it says was validated before,
// and a variable that only it uses counts as used.
func ignoreDefer(doc *ast.QueryDocument) {
	for _, op := range doc.Operations {
		undefer(op.SelectionSet)
	}
	for _, fragment := range doc.Fragments {
		undefer(fragment.SelectionSet)
	}
}

func undefer(set ast.SelectionSet) {
	for _, selection := range set {
		switch selection := selection.(type) {
		case *ast.Field:
			undefer(selection.SelectionSet)
		case *ast.InlineFragment:
			selection.Directives = withoutDefer(selection.Directives)
			undefer(selection.SelectionSet)
		case *ast.FragmentSpread:
			selection.Directives = withoutDefer(selection.Directives)
		}
	}
}

func withoutDefer(directives ast.DirectiveList) ast.DirectiveList {
	if directives.ForName("defer") == nil {
		return directives
	}
	var rest ast.DirectiveList
	for _, directive := range directives {
		if directive.Name != "defer" {
			rest = append(rest, directive)
		}
	}
	return rest
}

// MostFields is how many fields an answer may have.
func (d *Documents) MostFields() int { return d.options.Limits.Fields }
