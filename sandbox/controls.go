package sandbox

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
)

// controls are the sandbox's own endpoints; docs/sandbox.md describes them.
func (s *Sandbox) controls() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /_sandbox/faults", s.setFault)
	mux.HandleFunc("GET /_sandbox/faults", s.listFaults)
	mux.HandleFunc("DELETE /_sandbox/faults", s.clearFaults)
	mux.HandleFunc("POST /_sandbox/quota", s.setQuota)
	mux.HandleFunc("GET /_sandbox/quota", s.listQuotas)
	mux.HandleFunc("DELETE /_sandbox/quota", s.clearQuotas)
	mux.HandleFunc("POST /_sandbox/reset", func(w http.ResponseWriter, _ *http.Request) {
		s.reset()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /_sandbox/calls", s.listCalls)
	mux.HandleFunc("/_sandbox/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, "the controls are POST, GET and DELETE /_sandbox/faults and /_sandbox/quota, POST /_sandbox/reset, GET /_sandbox/calls")
	})
	return mux
}

// read takes a request's body, and answers where it is no such thing.
func read(w http.ResponseWriter, r *http.Request, thing string, in any) bool {
	const most = 1 << 20
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		refuse(w, http.StatusBadRequest, "the body cannot be read, or is larger than 1 MiB")
		return false
	}
	if err := json.Unmarshal(data, in, json.RejectUnknownMembers(true)); err != nil {
		refuse(w, http.StatusBadRequest, "the body is no "+thing+": "+strings.TrimPrefix(err.Error(), "json: "))
		return false
	}
	return true
}

func (s *Sandbox) setFault(w http.ResponseWriter, r *http.Request) {
	var in faultRequest
	if !read(w, r, "fault", &in) {
		return
	}
	v := s.vendor(in.Source)
	if v == nil {
		refuse(w, http.StatusBadRequest, fmt.Sprintf("source: %q is none of %s", in.Source, strings.Join(s.names(), ", ")))
		return
	}
	f, err := in.fault()
	if err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	f.Source = v.name
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lastFault++
	f.ID = s.lastFault
	s.faults = append(s.faults, f)
	answer(w, http.StatusCreated, f)
}

func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answer(w, http.StatusOK, map[string][]*fault{"faults": s.faults})
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, r *http.Request) {
	only := func(*fault) bool { return true }
	if name := r.URL.Query().Get("source"); name != "" {
		v := s.vendor(name)
		if v == nil {
			refuse(w, http.StatusBadRequest, fmt.Sprintf("source: %q is none of %s", name, strings.Join(s.names(), ", ")))
			return
		}
		only = func(f *fault) bool { return f.Source == v.name }
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	before := len(s.faults)
	s.faults = slices.DeleteFunc(slices.Clone(s.faults), only)
	answer(w, http.StatusOK, map[string]int{"cleared": before - len(s.faults)})
}

func (s *Sandbox) listCalls(w http.ResponseWriter, _ *http.Request) {
	calls, writes := map[string]int64{}, map[string]int64{}
	for _, v := range s.vendors {
		calls[v.name], writes[v.name] = v.calls.Load(), v.writes.Load()
	}
	answer(w, http.StatusOK, map[string]map[string]int64{"calls": calls, "writes": writes})
}

// names are what a fault may call the vendors.
func (s *Sandbox) names() []string {
	var names []string
	for _, v := range s.vendors {
		names = append(names, v.name)
	}
	for _, v := range s.vendors {
		if v.source != v.name {
			names = append(names, v.source)
		}
	}
	return names
}

func answer(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body, json.Deterministic(true))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(append(data, '\n'))
}

func refuse(w http.ResponseWriter, status int, message string) {
	answer(w, status, map[string]string{"error": message})
}
