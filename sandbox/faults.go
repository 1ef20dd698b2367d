package sandbox

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// fault is what happens instead of a vendor's answer, or before it.
type fault struct {
	ID     int    `json:"id"`
	Source string `json:"source"` // the vendor's name
	Path   string `json:"path,omitzero"`

	Status  int               `json:"status,omitzero"`
	Body    string            `json:"body,omitzero"`
	Headers map[string]string `json:"headers,omitzero"`
	Delay   string            `json:"delay,omitzero"`
	Hang    bool              `json:"hang,omitzero"`

	Left *int `json:"left"` // how many more requests it strikes; null until cleared

	delay time.Duration
}

// longest bounds how long a fault holds a request.
const longest = 60 * time.Second

// faultRequest is the body of POST /_sandbox/faults.
type faultRequest struct {
	Source  string            `json:"source"`
	Path    string            `json:"path"`
	Status  *int              `json:"status"`
	Body    *string           `json:"body"`
	Headers map[string]string `json:"headers"`
	Delay   string            `json:"delay"`
	Hang    bool              `json:"hang"`
	Times   *int              `json:"times"`
}

// fault checks the request; its error is a sentence for whoever sent it.
func (in faultRequest) fault() (*fault, error) {
	f := &fault{Path: in.Path, Headers: in.Headers, Delay: in.Delay, Hang: in.Hang, Left: in.Times}
	if in.Status == nil && in.Body == nil && in.Delay == "" && !in.Hang {
		return nil, errors.New("a fault needs a status, a body, a delay or hang")
	}
	if in.Hang && (in.Status != nil || in.Body != nil || in.Delay != "") {
		return nil, errors.New("hang goes with no status, body or delay: nothing follows it")
	}
	if in.Delay != "" {
		delay, err := time.ParseDuration(in.Delay)
		if err != nil || delay <= 0 || delay > longest {
			return nil, fmt.Errorf("delay: %q is no duration between 0s and %v, such as 2s or 300ms", in.Delay, longest)
		}
		f.delay = delay
	}
	if in.Path != "" && !strings.HasPrefix(in.Path, "/") {
		return nil, fmt.Errorf("path: %q does not begin with a slash", in.Path)
	}
	if in.Times != nil && *in.Times < 1 {
		return nil, fmt.Errorf("times: %d is below 1", *in.Times)
	}
	return f, f.setAnswer(in)
}

// setAnswer takes status, body and headers, which belong together.
func (f *fault) setAnswer(in faultRequest) error {
	if in.Status == nil && in.Body == nil {
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
	return nil
}

// strike is the fault that meets a request, or nil. The oldest one goes first,
// and one that has no times left is gone.
func (s *Sandbox) strike(v *vendor, path string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Source != v.name || !strings.HasPrefix(path, f.Path) {
			continue
		}
		if f.Left == nil {
			return f
		}
		if *f.Left--; *f.Left == 0 {
			s.faults = append(s.faults[:i:i], s.faults[i+1:]...)
		}
		return f
	}
	return nil
}

// happen plays the fault out and reports whether the vendor answers after it.
func (f *fault) happen(w http.ResponseWriter, r *http.Request, media string) bool {
	if f.Hang {
		wait(r, longest)
		panic(http.ErrAbortHandler)
	}
	if f.delay > 0 && !wait(r, f.delay) {
		panic(http.ErrAbortHandler)
	}
	if f.Status == 0 {
		return true
	}
	w.Header().Set("Content-Type", media)
	for name, value := range f.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(f.Status)
	io.WriteString(w, f.Body)
	return false
}

// wait lets the time pass; false where the client left before.
func wait(r *http.Request, d time.Duration) bool {
	const mostRead = 1 << 20
	if body, err := io.ReadAll(io.LimitReader(r.Body, mostRead)); err == nil {
		// The server notices that a client leaves only once the body is read,
		// and the vendor still needs it.
		r.Body = io.NopCloser(strings.NewReader(string(body)))
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
