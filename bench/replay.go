package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Replay stands for the vendors: what it is asked for the first time it asks
// the sandbox, and from then on it writes the same bytes again, at next to no
// cost of its own.
type Replay struct {
	vendors  string // base URL of the sandbox
	listener net.Listener
	calls    atomic.Int64
	delay    atomic.Int64 // nanoseconds before each answer

	mu      sync.Mutex
	conns   map[net.Conn]bool
	answers map[string][]byte // by request, as it came
	watched *[][]byte         // nil, or where the requests are noted
	running sync.WaitGroup
}

// NewReplay stands for the vendors of the sandbox at a base URL.
func NewReplay(vendors string) (*Replay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	r := &Replay{vendors: vendors, listener: listener, answers: map[string][]byte{}, conns: map[net.Conn]bool{}}
	r.running.Go(r.accept)
	return r, nil
}

// URL is the base of all vendors' URLs.
func (r *Replay) URL() string { return "http://" + r.address() }

func (r *Replay) address() string { return r.listener.Addr().String() }

// Calls is how many requests were answered.
func (r *Replay) Calls() int64 { return r.calls.Load() }

// Close ends all connections.
func (r *Replay) Close() {
	r.listener.Close()
	r.mu.Lock()
	for conn := range r.conns {
		conn.Close()
	}
	r.mu.Unlock()
	r.running.Wait()
}

func (r *Replay) accept() {
	for {
		conn, err := r.listener.Accept()
		if err != nil {
			return
		}
		r.mu.Lock()
		r.conns[conn] = true
		r.mu.Unlock()
		r.running.Go(func() {
			r.serve(conn)
			conn.Close()
			r.mu.Lock()
			delete(r.conns, conn)
			r.mu.Unlock()
		})
	}
}

// serve answers the requests of one connection until it ends.
func (r *Replay) serve(conn net.Conn) {
	reader := bufio.NewReader(conn)
	var raw []byte
	for {
		var err error
		if raw, err = readRequest(reader, raw[:0]); err != nil {
			return
		}
		answer, err := r.answer(raw)
		if err != nil {
			fmt.Fprintf(conn, "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
			return
		}
		r.calls.Add(1)
		time.Sleep(time.Duration(r.delay.Load()))
		if _, err := conn.Write(answer); err != nil {
			return
		}
	}
}

var contentLength = []byte("Content-Length: ")

// readRequest appends the next request, as it is on the wire, to raw. Clients
// in Go write the header's name as above.
func readRequest(reader *bufio.Reader, raw []byte) ([]byte, error) {
	length := 0
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return nil, err
		}
		raw = append(raw, line...)
		if number, ok := bytes.CutPrefix(line, contentLength); ok {
			if _, err := fmt.Sscan(string(number), &length); err != nil {
				return nil, err
			}
		}
		if len(line) == 2 {
			break
		}
	}
	head := len(raw)
	raw = append(raw, make([]byte, length)...)
	_, err := io.ReadFull(reader, raw[head:])
	return raw, err
}

// answer is the recorded answer to a request.
func (r *Replay) answer(raw []byte) ([]byte, error) {
	r.mu.Lock()
	known, ok := r.answers[string(raw)]
	if r.watched != nil {
		*r.watched = append(*r.watched, bytes.Clone(raw))
	}
	r.mu.Unlock()
	if ok {
		return known, nil
	}
	recorded, err := r.record(raw)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[string(raw)] = recorded
	return recorded, nil
}

// record asks the sandbox and writes its answer down as it goes over the wire,
// with its length in front.
func (r *Replay) record(raw []byte) ([]byte, error) {
	req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return nil, err
	}
	asked, err := http.NewRequest(req.Method, r.vendors+req.RequestURI, req.Body)
	if err != nil {
		return nil, err
	}
	asked.Header = req.Header
	resp, err := http.DefaultTransport.RoundTrip(asked)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	for name := range resp.Header {
		if strings.Contains(name, "Quota") { // it would be used up in a moment, and heeded
			resp.Header.Del(name)
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength, resp.TransferEncoding = int64(len(body)), nil
	return httputil.DumpResponse(resp, true)
}

// Watch returns the requests that come while do runs, as they are on the wire.
func (r *Replay) Watch(do func()) [][]byte {
	var requests [][]byte
	r.note(&requests)
	do()
	r.note(nil)
	return requests
}

func (r *Replay) note(into *[][]byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watched = into
}

// longest is the request whose answer has the most bytes.
func (r *Replay) longest(requests [][]byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.MaxFunc(requests, func(a, b []byte) int {
		return len(r.answers[string(a)]) - len(r.answers[string(b)])
	})
}
