package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Problem is one fault of a configuration, at the place where it stands.
type Problem struct {
	File    string // "" for a fault of the environment
	Line    int    // counted from 1; 0 where the fault is of the whole file
	Column  int    // counted from 1, in characters
	Path    string // the key's path: sources.focus.timeout; "" for the whole file
	Message string // what is wrong and what would be right, without a secret
}

// Error is file:line:column: path: message, without the parts that are not known.
func (p Problem) Error() string {
	text := p.Message
	if p.Path != "" {
		text = p.Path + ": " + text
	}
	if at := p.At(); at != "" {
		text = at + ": " + text
	}
	return text
}

// At is file:line:column, or what is known of it.
func (p Problem) At() string {
	if p.Line == 0 {
		return p.File
	}
	return fmt.Sprintf("%s:%d:%d", p.File, p.Line, p.Column)
}

// Problems are the faults of a configuration in the order of the file.
type Problems []Problem

// mostProblems bounds what a reader is shown at once.
const mostProblems = 20

// Error is one line a problem, 20 at most and then how many more there are.
func (p Problems) Error() string {
	var lines []string
	for i, problem := range p {
		if i == mostProblems {
			lines = append(lines, fmt.Sprintf("and %d more", len(p)-mostProblems))
			break
		}
		lines = append(lines, problem.Error())
	}
	return strings.Join(lines, "\n")
}

// Unwrap gives errors.As each problem.
func (p Problems) Unwrap() []error {
	errs := make([]error, len(p))
	for i, problem := range p {
		errs[i] = problem
	}
	return errs
}

// Join puts the problems of several errors into one Problems, sorted by place
// and each once; an error of another kind becomes a Problem with its text. It
// is nil where every error is nil.
func Join(errs ...error) error {
	var all Problems
	for _, err := range errs {
		all = append(all, problemsOf(err)...)
	}
	if len(all) == 0 {
		return nil
	}
	slices.SortFunc(all, func(a, b Problem) int {
		return cmp.Or(strings.Compare(a.File, b.File), a.Line-b.Line, a.Column-b.Column,
			strings.Compare(a.Path, b.Path), strings.Compare(a.Message, b.Message))
	})
	return slices.Compact(all)
}

func problemsOf(err error) Problems {
	var many Problems
	var one Problem
	switch {
	case err == nil:
		return nil
	case errors.As(err, &many):
		return many
	case errors.As(err, &one):
		return Problems{one}
	default:
		return Problems{{Message: err.Error()}}
	}
}

// Invalid is what a configuration's Validate method answers for a value that
// it cannot take. Decode turns it into a Problem at the key.
type Invalid struct {
	Key     string // within the struct, nested ones with a dot: "auth.basic"; "" for the struct itself
	Message string // what would be right, without a secret
}

func (i Invalid) Error() string {
	if i.Key == "" {
		return i.Message
	}
	return i.Key + ": " + i.Message
}

// Setting is the key and the message, which is what Decode looks for in an
// error; an adapter's own error may have this method instead.
func (i Invalid) Setting() (key, message string) { return i.Key, i.Message }

// Invalidf makes an Invalid.
func Invalidf(key, format string, args ...any) error {
	return Invalid{Key: key, Message: fmt.Sprintf(format, args...)}
}

// Nearest is the known word that a misspelt one most likely stands for; ""
// where none is near.
func Nearest(word string, known []string) string {
	const longest = 64 // the distance costs the product of both lengths
	if len(word) > longest {
		return ""
	}
	best, nearest := 1+min(len(word)/3+1, 3), ""
	for _, candidate := range known {
		if strings.EqualFold(word, candidate) {
			return candidate
		}
		if d := levenshtein.ComputeDistance(word, candidate); d < best && d < len(candidate) {
			best, nearest = d, candidate
		}
	}
	return nearest
}

// unknown says that a word is not known, and which one is near or which there are.
func unknown(what, word string, known []string) string {
	text := fmt.Sprintf("unknown %s %q", what, word)
	if near := Nearest(word, known); near != "" {
		return fmt.Sprintf("%s, did you mean %q?", text, near)
	}
	if len(known) == 0 {
		return text
	}
	known = slices.Sorted(slices.Values(known))
	return text + "; there are " + strings.Join(known, ", ")
}
