package document

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator/core"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// mostFaults is how many faults of a document are told; the search ends there.
const mostFaults = 20

// ruleSet are gqlparser's rules but for two that this package has its own way
// with: whether fields can be merged, and how deep introspection goes.
func ruleSet(suggestions bool) []core.Rule {
	set := rules.NewDefaultRules()
	set.RemoveRule(rules.OverlappingFieldsCanBeMergedRule.Name)
	set.RemoveRule(rules.MaxIntrospectionDepth.Name)
	if !suggestions {
		for with, without := range map[string]core.Rule{
			rules.FieldsOnCorrectTypeRule.Name: rules.FieldsOnCorrectTypeRuleWithoutSuggestions,
			rules.KnownArgumentNamesRule.Name:  rules.KnownArgumentNamesRuleWithoutSuggestions,
			rules.KnownTypeNamesRule.Name:      rules.KnownTypeNamesRuleWithoutSuggestions,
			rules.ScalarLeafsRule.Name:         rules.ScalarLeafsRuleWithoutSuggestions,
			rules.ValuesOfCorrectTypeRule.Name: rules.ValuesOfCorrectTypeRuleWithoutSuggestions,
		} {
			set.RemoveRule(with)
			set.AddRule(without.Name, without.RuleFunc)
		}
	}
	var list []core.Rule
	for name, rule := range set.GetInner() {
		list = append(list, core.Rule{Name: name, RuleFunc: rule})
	}
	slices.SortFunc(list, func(a, b core.Rule) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// faults collects what rules find. The walker has no way to be stopped, so add
// panics with enough.
type faults struct {
	list  gqlerror.List
	seen  map[fault]bool
	bytes int
}

// fault tells faults apart: the walker finds those of a fragment again for each
// definition that reaches it.
type fault struct {
	message string
	at      gqlerror.Location
}

type enough struct{}

func (f *faults) add(err *gqlerror.Error) {
	const mostBytes = 64 << 10 // messages may quote whole values before they are cut
	f.bytes += len(err.Message)
	err.Message = shorten(err.Message)
	key := fault{message: err.Message}
	if len(err.Locations) > 0 {
		key.at = err.Locations[0]
	}
	if !f.seen[key] {
		f.seen[key] = true
		f.list = append(f.list, err)
	}
	if len(f.list) == mostFaults || f.bytes > mostBytes {
		panic(enough{})
	}
}

// validate completes the document with the schema's definitions and reports its
// first faults.
func (d *Documents) validate(doc *ast.QueryDocument) gqlerror.List {
	found := faults{seen: map[fault]bool{}}
	events := &core.Events{}
	for _, rule := range d.rules {
		rule.RuleFunc(events, func(options ...core.ErrorOption) {
			err := &gqlerror.Error{Rule: rule.Name}
			for _, option := range options {
				option(err)
			}
			found.add(err)
		})
	}
	var variables []*ast.Value
	events.OnValue(func(_ *core.Walker, value *ast.Value) {
		if value.Kind == ast.Variable {
			variables = append(variables, value)
		}
	})
	walk(d.schema, doc, events)
	for _, variable := range variables {
		// That of a fragment is of the operation visited last, whose default is
		// not that of others. Coerced variables hold their defaults.
		variable.VariableDefinition = nil
	}
	return found.list
}

func walk(schema *ast.Schema, doc *ast.QueryDocument, events *core.Events) {
	defer func() {
		if reason := recover(); reason != nil && reason != (enough{}) {
			panic(reason)
		}
	}()
	core.Walk(schema, doc, events)
}
