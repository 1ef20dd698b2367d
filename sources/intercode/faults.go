package intercode

import "tributary/billing"

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
