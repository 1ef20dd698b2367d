package gateway

import (
	"context"
	"fmt"

	"github.com/99designs/gqlgen/graphql"

	"tributary/access"
	"tributary/billing"
	"tributary/identity"
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
			return &missingScope{scope, billing.Errorf(billing.CodeForbidden, "%.100s: %s", field.Alias, access.Missing(scope))}
		}
	}
	return nil
}

// missingScope refuses a whole request for a scope that its caller lacks.
type missingScope struct {
	scope access.Scope
	error
}

func (e *missingScope) Unwrap() error { return e.error }

// challenge says which scope would do (RFC 6750, section 3.1).
func (e *missingScope) challenge() string {
	return fmt.Sprintf(`%s, error="insufficient_scope", scope="%s"`, identity.Challenge, e.scope)
}
