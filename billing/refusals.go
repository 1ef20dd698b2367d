package billing

// Refusals collect what a caller can mend of one input to one source.
type Refusals struct {
	Source string
	Op     string
	List   []*Error
}

// Add refuses a field of the input, or the input as a whole where it is nil.
func (r *Refusals) Add(code Code, field []string, format string, args ...any) {
	err := Errorf(code, format, args...)
	err.Source, err.Op, err.Field = r.Source, r.Op, field
	r.List = append(r.List, err)
}

// Input is Add with CodeBadUserInput.
func (r *Refusals) Input(field []string, format string, args ...any) {
	r.Add(CodeBadUserInput, field, format, args...)
}

// NoReason refuses words about the reason of a cancellation, for sources that
// take none: whoever gave them would think that they were kept.
func (r *Refusals) NoReason(cancel Cancel) {
	if cancel.ReasonID.Value != nil {
		r.Add(CodeNotSupported, []string{"reasonId"}, "source %s takes no reason for a cancellation; leave it out", r.Source)
	}
	if cancel.Note.Value != nil {
		r.Add(CodeNotSupported, []string{"note"}, "source %s takes no note with a cancellation; leave it out", r.Source)
	}
}
