package productive

import (
	"strings"

	"tributary/billing"
)

// faults collects what a caller can mend of one input.
type faults struct {
	source, op string
	found      []*billing.Error
}

func (f *faults) add(code billing.Code, field []string, format string, args ...any) {
	err := billing.Errorf(code, format, args...)
	err.Source, err.Op, err.Field = f.source, f.op, field
	f.found = append(f.found, err)
}

// input finds fault with the value of a field; nil for the input as a whole.
func (f *faults) input(field []string, format string, args ...any) {
	f.add(billing.CodeBadUserInput, field, format, args...)
}

// null finds fault with an explicit null where nothing can be cleared.
func (f *faults) null(isNull bool, field string) {
	if isNull {
		f.input([]string{field}, "%s cannot be cleared; leave it out to keep it as it is", field)
	}
}

// blank finds fault with a text that was given and says nothing.
func (f *faults) blank(text *string, field ...string) {
	if text != nil && strings.TrimSpace(*text) == "" {
		f.input(field, "%s is empty", field[len(field)-1])
	}
}
