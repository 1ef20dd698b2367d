package gateway

import (
	"context"

	"github.com/99designs/gqlgen/graphql"

	"tributary/access"
	"tributary/billing"
)

// mayExecute refuses an operation one of whose root fields takes a scope that
// the caller lacks, before any of it is executed.
func mayExecute(ctx context.Context, request *graphql.OperationContext) error {
	caller := access.From(ctx)
	root := rootTypes[request.Operation.Operation]
	for _, field := range graphql.CollectFields(request, request.Operation.SelectionSet, []string{root}) {
		requires := field.Definition.Directives.ForName("requires")
		if requires == nil {
			continue
		}
		if scope := access.Scope(requires.Arguments.ForName("scope").Value.Raw); !caller.Has(scope) {
			return billing.Errorf(billing.CodeForbidden, "%.100s: %s", field.Alias, access.Missing(scope))
		}
	}
	return nil
}
