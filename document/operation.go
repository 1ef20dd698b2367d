package document

import (
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/validator"

	"tributary/billing"
)

// Operation is an operation that can be executed.
type Operation struct {
	Definition *ast.OperationDefinition
	Variables  map[string]any // coerced, defaults among them
	Cost       Cost
}

// Operation chooses the operation of a name, "" for the only one, and judges the
// variables that came with it, into which coercion may write. Variables that the
// operation does not declare are ignored. holdings bound what it costs. Its error is
// a *billing.Error.
func (d *Document) Operation(name string, variables map[string]any, holdings Holdings) (*Operation, error) {
	index, err := d.find(name)
	if err != nil {
		return nil, err
	}
	definition := d.AST.Operations[index]
	limits := &d.of.options.Limits
	if err := limits.variables(definition, variables); err != nil {
		return nil, err
	}
	coerced, err := coerce(d.of.schema, definition, variables)
	if err != nil {
		return nil, err
	}
	e := evaluation{variables: coerced, holdings: holdings}
	if d.shared > 0 {
		e.done = make([]*estimate, d.shared)
	}
	estimated := e.of(d.prices[index])
	cost := estimated.cost(holdings)
	if lists := estimated.whole.lists; lists > limits.Lists {
		return nil, exceeded(limits.Lists, "the operation asks for %d lists and sums", lists)
	}
	if cost.Calls > limits.Cost {
		return nil, exceeded(limits.Cost, "the operation can cause %d calls to sources", cost.Calls)
	}
	if cost.Fields > limits.Fields {
		return nil, exceeded(limits.Fields, "the answer can have %d fields", cost.Fields)
	}
	return &Operation{Definition: definition, Variables: coerced, Cost: cost}, nil
}

func (d *Document) find(name string) (int, error) {
	operations := d.AST.Operations
	if name == "" {
		if len(operations) > 1 {
			return 0, billing.Errorf(billing.CodeBadUserInput,
				"the document has %d operations; operationName says which of them is meant", len(operations))
		}
		return 0, nil
	}
	for i, operation := range operations {
		if operation.Name == name {
			return i, nil
		}
	}
	return 0, billing.Errorf(billing.CodeBadUserInput, "the document has no operation called %q", cut(name, longestWord))
}

// variables judges what came before anything goes through it.
func (l *Limits) variables(definition *ast.OperationDefinition, given map[string]any) error {
	if len(given) > l.Variables {
		return exceeded(l.Variables, "the request has %d variables", len(given))
	}
	in := inputs{limits: l}
	for _, variable := range definition.VariableDefinitions {
		if value, ok := given[variable.Variable]; ok {
			if err := in.raw(value, 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// coerce makes the variables what their types want. The library panics at some
// values that no JSON decoder makes.
func coerce(schema *ast.Schema, definition *ast.OperationDefinition, given map[string]any) (coerced map[string]any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			coerced = nil
			err = &billing.Error{
				Code: billing.CodeBadUserInput, Message: "the variables cannot be read", Err: fmt.Errorf("panic: %v", reason),
			}
		}
	}()
	coerced, err = validator.VariableValues(schema, definition, given)
	if err == nil {
		return coerced, nil
	}
	fault, ok := err.(*gqlerror.Error)
	if !ok || len(fault.Path) < 2 {
		return nil, &billing.Error{Code: billing.CodeBadUserInput, Message: "the variables cannot be read", Err: err}
	}
	where := strings.ReplaceAll(fault.Path[1:].String(), " ", "_")
	return nil, billing.Errorf(billing.CodeBadUserInput, "%s", shorten("$"+where+": "+fault.Message))
}
