package document

import (
	"errors"
	"fmt"

	"tributary/billing"
	"tributary/config"
)

// Limits bound documents, their variables, and what an operation may cost. What
// goes beyond one is LIMIT_EXCEEDED before anything is executed. Each is 1 or
// more.
type Limits struct {
	Bytes   config.Size `yaml:"bytes"`   // of the document's text
	Tokens  int         `yaml:"tokens"`  // of the language, comments among them
	Nesting int         `yaml:"nesting"` // brackets of any kind that are open at once

	NameLength config.Size `yaml:"nameLength"` // bytes of one name

	Operations int `yaml:"operations"` // in a document
	Fragments  int `yaml:"fragments"`  // that a document defines
	Variables  int `yaml:"variables"`  // that an operation declares or a request sends
	Directives int `yaml:"directives"` // uses, as written
	Aliases    int `yaml:"aliases"`    // as written

	Depth              int `yaml:"depth"`              // fields below each other, through fragments
	RootFields         int `yaml:"rootFields"`         // of an operation, through fragments
	ExpandedFields     int `yaml:"expandedFields"`     // of all operations, each fragment counted where it is spread
	IntrospectionDepth int `yaml:"introspectionDepth"` // lists of fields, interfaces, types or input fields within each other
	Visits             int `yaml:"visits"`             // selections, directives and values that validation visits: it goes through a fragment again for each operation and fragment that reaches it

	InputDepth   int         `yaml:"inputDepth"`   // lists and objects within each other, in one argument or variable
	InputValues  int         `yaml:"inputValues"`  // values of all arguments of a document, or of all variables of a request
	ListLength   int         `yaml:"listLength"`   // entries of one list in an argument or variable
	StringLength config.Size `yaml:"stringLength"` // bytes of one text in an argument or variable

	Lists  int `yaml:"lists"`  // and sums that an operation asks for, page sizes multiplied
	Cost   int `yaml:"cost"`   // calls to sources that an operation can cause, by estimate
	Fields int `yaml:"fields"` // fields of an operation's answer, by estimate and as they are executed
}

// Defaults fills in bounds that the product's own documents, introspection by
// graphql-js and what dashboards ask all keep with room.
func (l *Limits) Defaults() {
	*l = Limits{
		Bytes: 256 << 10, Tokens: 5000, Nesting: 64, NameLength: 256,
		Operations: 20, Fragments: 50, Variables: 100, Directives: 50, Aliases: 100,
		Depth: 20, RootFields: 100, ExpandedFields: 5000, IntrospectionDepth: 2, Visits: 25_000,
		InputDepth: 10, InputValues: 5000, ListLength: 1000, StringLength: 32 << 10,
		Lists: 250, Cost: 5000, Fields: 200_000,
	}
}

// Validate refuses bounds that would let nothing through.
func (l *Limits) Validate() error {
	var faults []error
	for _, bound := range []struct {
		key   string
		value int
	}{
		{"bytes", int(l.Bytes)}, {"tokens", l.Tokens}, {"nesting", l.Nesting}, {"nameLength", int(l.NameLength)},
		{"operations", l.Operations}, {"fragments", l.Fragments}, {"variables", l.Variables},
		{"directives", l.Directives}, {"aliases", l.Aliases}, {"depth", l.Depth},
		{"rootFields", l.RootFields}, {"expandedFields", l.ExpandedFields},
		{"introspectionDepth", l.IntrospectionDepth}, {"visits", l.Visits},
		{"inputDepth", l.InputDepth}, {"inputValues", l.InputValues}, {"listLength", l.ListLength},
		{"stringLength", int(l.StringLength)}, {"lists", l.Lists}, {"cost", l.Cost}, {"fields", l.Fields},
	} {
		if bound.value < 1 {
			faults = append(faults, config.Invalidf(bound.key, "a limit is 1 or more"))
		}
	}
	return errors.Join(faults...)
}

// exceeded is the error for what was found beyond the bound most.
func exceeded(most int, format string, args ...any) error {
	return billing.Errorf(billing.CodeLimitExceeded, "%s; at most %d are allowed", fmt.Sprintf(format, args...), most)
}
