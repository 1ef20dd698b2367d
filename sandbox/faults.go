package sandbox

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// fault is what happens instead of a vendor's answer, or before it.
type fault struct {
	ID     int    `json:"id"`
	Source string `json:"source"` // the vendor's name
	Method string `json:"method,omitzero"`
	Path   string `json:"path,omitzero"`
	After  bool   `json:"after,omitzero"` // the vendor has acted before it happens

	Status  int               `json:"status,omitzero"` // 0 where it has no answer of its own
	Body    string            `json:"body,omitzero"`
	Headers map[string]string `json:"headers,omitzero"`
	Delay   string            `json:"delay,omitzero"`
	Hang    bool              `json:"hang,omitzero"`
	Cut     bool              `json:"cut,omitzero"`
	Drop    bool              `json:"drop,omitzero"`

	Left *int `json:"left"` // how many more requests it strikes; null until cleared

	delay time.Duration
}

// longest bounds how long a fault holds a request.
const longest = 60 * time.Second

// faultRequest is the body of POST /_sandbox/faults.
type faultRequest struct {
	Source  string            `json:"source"`
	Method  *string           `json:"method"`
	Path    string            `json:"path"`
	After   bool              `json:"after"`
	Status  *int              `json:"status"`
	Body    *string           `json:"body"`
	Headers map[string]string `json:"headers"`
	Delay   string            `json:"delay"`
	Hang    bool              `json:"hang"`
	Cut     bool              `json:"cut"`
	Drop    bool              `json:"drop"`
	Times   *int              `json:"times"`
}

// fault checks the request; its error is a sentence for whoever sent it.
func (in faultRequest) fault() (*fault, error) {
	f := &fault{
		Path: in.Path, After: in.After, Headers: in.Headers,
		Delay: in.Delay, Hang: in.Hang, Cut: in.Cut, Drop: in.Drop, Left: in.Times,
	}
	if err := in.contradiction(); err != nil {
		return nil, err
	}
	if in.Delay != "" {
		delay, err := time.ParseDuration(in.Delay)
		if err != nil || delay <= 0 || delay > longest {
			return nil, fmt.Errorf("delay: %q is no duration between 0s and %v, such as 2s or 300ms", in.Delay, longest)
		}
		f.delay = delay
	}
	if in.Times != nil && *in.Times < 1 {
		return nil, fmt.Errorf("times: %d is below 1", *in.Times)
	}
	if err := f.setTarget(in); err != nil {
		return nil, err
	}
	return f, f.setAnswer(in)
}

// contradiction is an error where nothing is to happen, or two things that
// cannot both.
func (in faultRequest) contradiction() error {
	answers := in.Status != nil || in.Body != nil
	switch {
	case !answers && in.Delay == "" && !in.Hang && !in.Cut && !in.Drop:
		return errors.New("a fault needs a status, a body, a delay, hang, cut or drop")
	case in.Hang && (answers || in.Delay != "" || in.Cut || in.Drop):
		return errors.New("hang goes with no status, body, delay, cut or drop: nothing follows it")
	case in.Drop && (answers || in.Cut):
		return errors.New("drop goes with no status, body or cut: nothing is answered")
	}
	return nil
}

// methods are those that the vendors' clients use.
var methods = []string{http.MethodDelete, http.MethodGet, http.MethodPatch, http.MethodPost, http.MethodPut}

// setTarget takes method and path, which say what requests it strikes.
func (f *fault) setTarget(in faultRequest) error {
	if in.Method != nil {
		if !slices.Contains(methods, *in.Method) {
			return fmt.Errorf("method: %q is none of %s", *in.Method, strings.Join(methods, ", "))
		}
		f.Method = *in.Method
	}
	if in.Path != "" && !strings.HasPrefix(in.Path, "/") {
		return fmt.Errorf("path: %q does not begin with a slash", in.Path)
	}
	return nil
}

// setAnswer takes status, body and headers, which belong together. An answer
// that is cut is one of the fault's own too, unless the vendor has made one.
func (f *fault) setAnswer(in faultRequest) error {
	if in.Status == nil && in.Body == nil && (!in.Cut || in.After) {
		if len(in.Headers) > 0 {
			return errors.New("headers need a status or a body to go with")
		}
		return nil
	}
	f.Status = http.StatusOK
	if in.Status != nil {
		f.Status = *in.Status
	}
	if f.Status < 200 || f.Status > 599 {
		return fmt.Errorf("status: %d does not lie between 200 and 599", f.Status)
	}
	f.Body = `{"error":"a fault that was set in the sandbox"}`
	if in.Body != nil {
		f.Body = *in.Body
	}
	if f.Cut && (f.Body == "" || f.Status == http.StatusNoContent || f.Status == http.StatusNotModified) {
		return errors.New("cut needs a body to cut: an empty one, status 204 and status 304 have none")
	}
	return nil
}
