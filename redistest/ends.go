package redistest

import (
	"fmt"
	"os"
)

// Ends is what is to be ended when a program ends that is no test. It is the Owner
// of servers as a test would be.
type Ends struct {
	// Folders is how the names of its folders begin.
	Folders string

	all []func()
}

var _ Owner = new(Ends)

type failure struct{ error }

// Helper does nothing.
func (e *Ends) Helper() {}

// Cleanup has something done at the end, the latest first.
func (e *Ends) Cleanup(do func()) { e.all = append(e.all, do) }

// TempDir is a folder until the end.
func (e *Ends) TempDir() string {
	folder, err := os.MkdirTemp("", e.Folders)
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// Fatal ends the run.
func (e *Ends) Fatal(args ...any) { panic(failure{fmt.Errorf("%s", fmt.Sprint(args...))}) }

// Fatalf ends the run.
func (e *Ends) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// Catch makes what Fatal was told the error of the run. It is to be deferred.
func (e *Ends) Catch(err *error) {
	switch f := recover().(type) {
	case nil:
	case failure:
		*err = f.error
	default:
		panic(f)
	}
}

// End does all that Cleanup was told.
func (e *Ends) End() {
	for len(e.all) > 0 {
		last := e.all[len(e.all)-1]
		e.all = e.all[:len(e.all)-1]
		last()
	}
}
