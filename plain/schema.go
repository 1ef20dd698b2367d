// Package plain writes values that only have to be read: trees of objects whose
// fields take no arguments, wait for nothing and need no resolver. It leaves out
// what gqlgen builds around each field, and writes the same bytes. What turns out
// to be more than plain while it is written, such as a panic or a null where
// none may be, is left to gqlgen as a whole.
package plain

import "sync"

// Schema is what a program has of plain fields. It is generated.
type Schema struct {
	Objects map[string]Object
	// Abstract are the interfaces and the unions, each with its objects.
	Abstract map[string][]string
	// Entries write what the fields that hold objects resolve to.
	Entries map[Coordinate]Entry

	documents sync.Map // of a weak pointer to a document: *kept
}

// Coordinate names a field.
type Coordinate struct{ Object, Field string }

// Entry writes the value of a field. It says false to a value of another type
// than the field's.
type Entry struct {
	Type  string // the field's, without lists and non-null
	Write func(w *Writer, selection *Selection, value any) bool
}

// Object is a type of object. Fields of it that are not here are not plain.
type Object struct {
	Satisfies []string // itself, its interfaces and its unions
	Fields    map[string]Field
}

// Field is one that is plain.
type Field struct {
	// Type is the object, interface or union that it holds; "" where it holds none.
	Type string
	// Write appends the field's value of an object.
	Write func(w *Writer, selection *Selection, object any)
	// Scope is what @requires asks for; Denied is written to those who lack it.
	Scope, Denied string
}

// Begin makes an entry of what writes values of type T.
func Begin[T any](name string, write func(*Writer, *Selection, T)) Entry {
	return Entry{Type: name, Write: func(w *Writer, selection *Selection, value any) bool {
		v, ok := value.(T)
		if ok {
			write(w, selection, v)
		}
		return ok
	}}
}
