package plain

import (
	"context"
	"io"
	"slices"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Counter keeps the answer to an operation within its limits.
type Counter interface {
	// Count adds fields, and the size of their names. It says whether to go on.
	Count(ctx context.Context, fields, size int64) bool
}

// Execution writes the plain trees of one operation.
type Execution struct {
	schema    *Schema
	operation *graphql.OperationContext
	has       func(scope string) bool
	counter   Counter

	kept     *kept // nil where nothing is
	mu       sync.Mutex
	prepared map[key]*Selection
	odd      map[*Selection]bool // held a value that was not plain
}

// Begin is the execution of an operation, for a caller who has the scopes that
// has says.
func (s *Schema) Begin(operation *graphql.OperationContext, has func(scope string) bool, counter Counter) *Execution {
	return &Execution{schema: s, operation: operation, has: has, counter: counter, kept: s.keptOf(operation.Doc)}
}

// Resolved takes what a field resolved to and gives what to go on with: the same
// again, or, where the field begins a tree that is plain, the tree as written.
func (e *Execution) Resolved(ctx context.Context, value any) any {
	field := graphql.GetFieldContext(ctx)
	entry, ok := e.schema.Entries[Coordinate{field.Object, field.Field.Name}]
	if !ok {
		return value
	}
	selection := e.begin(entry.Type, field)
	if selection == nil {
		return value
	}
	w := writers.Get().(*Writer)
	defer w.release()
	w.ctx, w.execution = ctx, e
	if !w.try(entry, selection, value) {
		e.leave(selection)
		return value
	}
	return written(slices.Clone(w.buffer))
}

// begin is what a field asks for; nil where that is not plain.
func (e *Execution) begin(name string, field *graphql.FieldContext) *Selection {
	e.mu.Lock()
	defer e.mu.Unlock()
	prepare := func() *Selection { return e.prepare(name, field.Field.Selections) }
	var selection *Selection
	if at, ok := placeOf(e.operation.Operation, field); ok && e.kept != nil {
		selection = e.kept.selection(at, prepare)
	} else {
		selection = prepare()
	}
	if e.odd[selection] {
		return nil
	}
	return selection
}

// leave leaves a selection to gqlgen from now on.
func (e *Execution) leave(selection *Selection) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.odd == nil {
		e.odd = make(map[*Selection]bool)
	}
	e.odd[selection] = true
}

// written is a value as it stands in the answer.
type written []byte

// MarshalGQL implements graphql.Marshaler.
func (b written) MarshalGQL(w io.Writer) { w.Write(b) }
