package plain

import (
	"context"
	"sync"

	"github.com/99designs/gqlgen/graphql"
)

// Writer appends values to an answer, as gqlgen would write them.
type Writer struct {
	buffer    []byte
	ctx       context.Context
	execution *Execution
	failed    bool // nothing that was written is shown
	stopped   bool // as the counter said

	fields, size int64 // counted so far
}

var writers = sync.Pool{New: func() any { return &Writer{buffer: make([]byte, 0, 4<<10)} }}

// mostKept is the largest buffer that waits for another tree.
const mostKept = 1 << 20

func (w *Writer) release() {
	if cap(w.buffer) > mostKept {
		return
	}
	*w = Writer{buffer: w.buffer[:0]}
	writers.Put(w)
}

// try writes a whole tree. Where that is not plain, what was counted for it is
// taken back: gqlgen counts it again.
func (w *Writer) try(entry Entry, selection *Selection, value any) (whole bool) {
	defer func() {
		if recover() != nil { // as it will again, where gqlgen can say which field it was
			whole = false
		}
		if !whole && !w.stopped {
			w.execution.counter.Count(w.ctx, -w.fields, -w.size)
		}
	}()
	return entry.Write(w, selection, value) && !w.failed
}

// Fail says that the tree is not plain.
func (w *Writer) Fail() { w.failed = true }

// Object appends what is asked of an object.
func (w *Writer) Object(selection *Selection, object any) {
	w.fields += selection.count
	w.size += selection.size
	if !w.execution.counter.Count(w.ctx, selection.count, selection.size) {
		w.failed, w.stopped = true, true
		return
	}
	w.buffer = append(w.buffer, '{')
	for i := range selection.fields {
		field := &selection.fields[i]
		if i > 0 {
			w.buffer = append(w.buffer, ',')
		}
		w.buffer = append(w.buffer, field.name...)
		if field.write == nil || field.scope != "" && !w.execution.has(field.scope) {
			w.buffer = append(w.buffer, field.text...)
			continue
		}
		field.write(w, field.of, object)
		if w.failed {
			w.execution.leave(selection)
			return
		}
	}
	w.buffer = append(w.buffer, '}')
}

// As appends what is asked of an object of that type behind an interface or a union.
func (w *Writer) As(name string, selection *Selection, object any) {
	if of := selection.objects[name]; of != nil {
		w.Object(of, object)
	} else {
		w.Fail()
	}
}

// Begin opens a list.
func (w *Writer) Begin() { w.buffer = append(w.buffer, '[') }

// Next goes on to the element of a list at index i.
func (w *Writer) Next(i int) bool {
	if i > 0 {
		w.buffer = append(w.buffer, ',')
	}
	return !w.failed
}

// End closes a list.
func (w *Writer) End() { w.buffer = append(w.buffer, ']') }

// Null appends null.
func (w *Writer) Null() { w.buffer = append(w.buffer, "null"...) }

// Marshal appends a value that knows how it is written.
func (w *Writer) Marshal(value graphql.Marshaler) {
	if value == graphql.Null {
		w.Null()
		return
	}
	value.MarshalGQL(w)
}

// MarshalNonNull appends a value that must not be null.
func (w *Writer) MarshalNonNull(value graphql.Marshaler) {
	if value == graphql.Null {
		w.Fail()
		return
	}
	value.MarshalGQL(w)
}

// Room is where the next value is appended, to hand back to Append.
func (w *Writer) Room() []byte { return w.buffer }

// Append takes the answer with a value appended.
func (w *Writer) Append(longer []byte) { w.buffer = longer }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.buffer = append(w.buffer, p...)
	return len(p), nil
}

// WriteString implements io.StringWriter.
func (w *Writer) WriteString(s string) (int, error) {
	w.buffer = append(w.buffer, s...)
	return len(s), nil
}

// String appends a string as graphql.MarshalString does.
func (w *Writer) String(s string) {
	const hex = "0123456789ABCDEF"
	w.buffer = append(w.buffer, '"')
	start := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= 0x20 && c != '\\' && c != '"' {
			continue
		}
		w.buffer = append(w.buffer, s[start:i]...)
		start = i + 1
		switch c {
		case '\t':
			w.buffer = append(w.buffer, `\t`...)
		case '\r':
			w.buffer = append(w.buffer, `\r`...)
		case '\n':
			w.buffer = append(w.buffer, `\n`...)
		case '\\', '"':
			w.buffer = append(w.buffer, '\\', c)
		default:
			w.buffer = append(w.buffer, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
		}
	}
	w.buffer = append(append(w.buffer, s[start:]...), '"')
}
