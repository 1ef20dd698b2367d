package resolvers

import (
	"context"
	"reflect"

	"github.com/99designs/gqlgen/graphql"

	"tributary/access"
	"tributary/billing"
)

// Requires carries out @requires: a field that takes a scope which the caller
// lacks is null, or empty where it is a list. One that can be neither is
// FORBIDDEN.
func Requires(ctx context.Context, _ any, next graphql.Resolver, scope string) (any, error) {
	if access.From(ctx).Has(access.Scope(scope)) {
		return next(ctx)
	}
	field := graphql.GetFieldContext(ctx)
	switch t := field.Field.Definition.Type; {
	case field.Object == "Query", field.Object == "Mutation", t.NonNull && t.Elem == nil:
		return nil, billing.Errorf(billing.CodeForbidden, "%s", access.Missing(access.Scope(scope)))
	case t.NonNull:
		list, err := next(ctx)
		if err != nil {
			return nil, err
		}
		return reflect.MakeSlice(reflect.TypeOf(list), 0, 0).Interface(), nil
	default:
		return nil, nil
	}
}
