package sandbox

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"strings"
	"time"
)

// strike is the fault that meets a request, or nil. The oldest one goes first,
// and one that has no times left is gone. The path is the one at the vendor.
func (s *Sandbox) strike(v *vendor, method, path string) *fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, f := range s.faults {
		if f.Source != v.name || f.Method != "" && f.Method != method || !strings.HasPrefix(path, f.Path) {
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

// happen plays the fault out on a request to a vendor.
func (f *fault) happen(w http.ResponseWriter, r *http.Request, v *vendor) {
	var out *reply
	if f.After {
		out = ask(v, r)
	}
	if f.Hang {
		wait(r, longest)
		panic(http.ErrAbortHandler)
	}
	if stayed := wait(r, f.delay); !stayed || f.Drop {
		panic(http.ErrAbortHandler)
	}
	if f.Status != 0 {
		out = f.reply(v.media)
	}
	switch {
	case out == nil: // a delay alone
		v.ServeHTTP(w, r)
	case f.Cut:
		out.cut(w)
	default:
		out.send(w)
	}
}

// reply is an answer that has not been sent. It is the writer of its own
// parts.
type reply struct {
	status int // 0 before it is known
	header http.Header
	body   bytes.Buffer
}

// ask has the vendor act and keeps what it answers.
func ask(v *vendor, r *http.Request) *reply {
	kept := &reply{header: http.Header{}}
	v.ServeHTTP(kept, r)
	kept.WriteHeader(http.StatusOK)
	return kept
}

// reply is the fault's own answer.
func (f *fault) reply(media string) *reply {
	own := &reply{status: f.Status, header: http.Header{}}
	own.header.Set("Content-Type", media)
	for name, value := range f.Headers {
		own.header.Set(name, value)
	}
	own.body.WriteString(f.Body)
	return own
}

func (p *reply) Header() http.Header { return p.header }

func (p *reply) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}

func (p *reply) Write(data []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(data)
}

func (p *reply) send(w http.ResponseWriter) {
	maps.Copy(w.Header(), p.header)
	w.WriteHeader(p.status)
	w.Write(p.body.Bytes())
}

// cut sends the headers and half of the body, and drops the connection. Of an
// answer without a body nothing is sent: its headers would be all of it.
func (p *reply) cut(w http.ResponseWriter) {
	if whole := p.body.Bytes(); len(whole) > 0 {
		maps.Copy(w.Header(), p.header)
		w.WriteHeader(p.status)
		w.Write(whole[:len(whole)/2])
		// What is not flushed would be lost with the connection.
		http.NewResponseController(w).Flush()
	}
	panic(http.ErrAbortHandler)
}

// wait lets the time pass; false where the client left before.
func wait(r *http.Request, d time.Duration) bool {
	const mostRead = 1 << 20
	if body, err := io.ReadAll(io.LimitReader(r.Body, mostRead)); err == nil {
		// The server notices that a client leaves only once the body is read,
		// and resets a connection that it closes before: what the client was
		// sent by then may be lost. The vendor still needs the body.
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
