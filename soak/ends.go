package main

import (
	"fmt"
	"os"
)

// ends is what is to be ended when the program ends; Redis belongs to it as it
// would to a test.
type ends struct{ all []func() }

type failure struct{ error }

// Helper does nothing.
func (e *ends) Helper() {}

// Cleanup has something done at the end, the latest first.
func (e *ends) Cleanup(do func()) { e.all = append(e.all, do) }

// TempDir is a folder until the end.
func (e *ends) TempDir() string {
	folder, err := os.MkdirTemp("", "soak-")
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}

// Fatal ends the run.
func (e *ends) Fatal(args ...any) { panic(failure{fmt.Errorf("%s", fmt.Sprint(args...))}) }

// Fatalf ends the run.
func (e *ends) Fatalf(format string, args ...any) { panic(failure{fmt.Errorf(format, args...)}) }

// catch makes what Fatal was told the error of the run.
func (e *ends) catch(err *error) {
	switch f := recover().(type) {
	case nil:
	case failure:
		*err = f.error
	default:
		panic(f)
	}
}

func (e *ends) end() {
	for len(e.all) > 0 {
		last := e.all[len(e.all)-1]
		e.all = e.all[:len(e.all)-1]
		last()
	}
}
