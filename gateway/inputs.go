package gateway

import (
	"fmt"
	"strconv"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"

	"tributary/billing"
	"tributary/graph/scalar"
)

// inputs judges what validation leaves to the executor before anything is
// executed: the variables of every operation, and the arguments of a whole
// mutation. The executor reads scalars field by field: a number that the last of
// them cannot take would turn the answer into null, and with it what the writes
// before it did.
type inputs struct{ schema *ast.Schema }

// scalars are what validation leaves to the executor.
var scalars = map[string]func(any) error{
	"Int":          reading(scalar.UnmarshalInt),
	"BigInt":       reading(scalar.UnmarshalBigInt),
	"Decimal":      reading(scalar.UnmarshalDecimal),
	"DateTime":     reading(scalar.UnmarshalDateTime),
	"CurrencyCode": reading(scalar.UnmarshalCurrencyCode),
	"URL":          reading(scalar.UnmarshalURL),
}

func reading[T any](read func(any) (T, error)) func(any) error {
	return func(v any) error {
		_, err := read(v)
		return err
	}
}

// check is nil where every field can be executed; its error is a client's.
func (i inputs) check(request *graphql.OperationContext) error {
	for _, variable := range request.Operation.VariableDefinitions {
		if err := i.value(variable.Type, request.Variables[variable.Variable], "$"+variable.Variable); err != nil {
			return err
		}
	}
	if request.Operation.Operation != ast.Mutation {
		return nil
	}
	for _, field := range graphql.CollectFields(request, request.Operation.SelectionSet, []string{"Mutation"}) {
		if isIntrospection(field.Name) {
			continue
		}
		given := field.ArgumentMap(request.Variables)
		for _, argument := range field.Definition.Arguments {
			if err := i.value(argument.Type, given[argument.Name], field.Alias+": "+argument.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

func (i inputs) value(t *ast.Type, v any, path string) error {
	if v == nil {
		return nil
	}
	if t.Elem != nil {
		items, ok := v.([]any)
		if !ok {
			return i.value(t.Elem, v, path)
		}
		for n, item := range items {
			if err := i.value(t.Elem, item, path+"."+strconv.Itoa(n)); err != nil {
				return err
			}
		}
		return nil
	}
	if read, ok := scalars[t.NamedType]; ok {
		if err := read(v); err != nil {
			return billing.Errorf(billing.CodeBadUserInput, "%s: %s", path, billing.ClientMessage(err))
		}
		return nil
	}
	members, ok := v.(map[string]any)
	definition := i.schema.Types[t.NamedType]
	if !ok || definition == nil || definition.Kind != ast.InputObject {
		return nil
	}
	for _, member := range definition.Fields {
		if err := i.value(member.Type, members[member.Name], fmt.Sprint(path, ".", member.Name)); err != nil {
			return err
		}
	}
	return nil
}
