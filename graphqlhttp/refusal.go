package graphqlhttp

import (
	"fmt"
	"net/http"

	"tributary/billing"
)

// Refusal is why a request is not answered as it was meant. It is an error,
// but functions return it by its own type: a nil one is no error at all.
type Refusal struct {
	Status int
	Header http.Header // what the answer says besides, such as Allow; nil for nothing
	Err    *billing.Error
}

func (r *Refusal) Error() string { return fmt.Sprintf("%d: %s", r.Status, r.Err.Error()) }

func (r *Refusal) Unwrap() error { return r.Err }

func refuse(status int, code billing.Code, format string, args ...any) *Refusal {
	return &Refusal{Status: status, Err: billing.Errorf(code, format, args...)}
}

// malformed is the refusal of a request that is not well formed.
func malformed(format string, args ...any) *Refusal {
	return refuse(http.StatusBadRequest, billing.CodeBadUserInput, format, args...)
}

func (r *Refusal) with(name, value string) *Refusal {
	if r.Header == nil {
		r.Header = http.Header{}
	}
	r.Header.Set(name, value)
	return r
}

// Closing ends the connection after the answer, where request has a body that
// is not read to its end. The server would otherwise wait for the rest of it
// before it lets the answer out. A nil refusal stays nil.
func (r *Refusal) Closing(request *http.Request) *Refusal {
	if r == nil || request.ContentLength == 0 || request.ProtoMajor != 1 {
		return r // HTTP/2 resets the one stream by itself
	}
	return r.with("Connection", "close")
}

// RefuseMutation is the refusal of a mutation by GET, which only a parsed
// document shows.
func RefuseMutation() *Refusal {
	return refuse(http.StatusMethodNotAllowed, billing.CodeBadUserInput, "a mutation is sent with POST").with("Allow", "POST")
}
