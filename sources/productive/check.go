package productive

import (
	"strings"

	"tributary/billing"
)

// faults are what a caller can mend of one input.
type faults struct{ billing.Refusals }

// null refuses an explicit null where nothing can be cleared.
func (f *faults) null(isNull bool, field string) {
	if isNull {
		f.Input([]string{field}, "%s cannot be cleared; leave it out to keep it as it is", field)
	}
}

// blank refuses a text that was given and says nothing.
func (f *faults) blank(text *string, field ...string) {
	if text != nil && strings.TrimSpace(*text) == "" {
		f.Input(field, "%s is empty", field[len(field)-1])
	}
}
