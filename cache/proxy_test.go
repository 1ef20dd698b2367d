package cache_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy is a network between a cache and its Redis, which can be slow, be cut,
// and hold an answer back.
type proxy struct {
	listener net.Listener
	target   string
	delay    atomic.Int64 // of each piece of an answer, in nanoseconds
	cut      atomic.Bool  // loses what is sent to Redis
	running  sync.WaitGroup

	questions, answers hold

	mu     sync.Mutex
	conns  []net.Conn
	closed bool
}

// hold is a place on the way where one piece can be held back.
type hold struct {
	mu      sync.Mutex
	arrived chan struct{} // closed when the piece is there; nil to hold none
	release chan struct{}
}

// next holds back the next piece: arrived is closed when it is there, release
// lets it go.
func (h *hold) next() (arrived <-chan struct{}, release func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.arrived, h.release = make(chan struct{}), make(chan struct{})
	letGo := h.release
	return h.arrived, func() { close(letGo) }
}

func (h *hold) pass() {
	h.mu.Lock()
	arrived, release := h.arrived, h.release
	h.arrived = nil
	h.mu.Unlock()
	if arrived != nil {
		close(arrived)
		<-release
	}
}

func newProxy(t testing.TB, target string) *proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &proxy{listener: listener, target: target}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		p.closed = true
		for _, conn := range p.conns {
			conn.Close()
		}
		p.mu.Unlock()
		p.running.Wait()
	})
	return p
}

func (p *proxy) url() string { return "redis://" + p.listener.Addr().String() }

func (p *proxy) accept() {
	for {
		near, err := p.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", p.target)
		if err != nil {
			near.Close()
			continue
		}
		p.mu.Lock()
		p.conns = append(p.conns, near, far)
		if p.closed {
			near.Close()
			far.Close()
		}
		p.mu.Unlock()
		p.running.Go(func() {
			p.forward(far, near)
			far.Close()
		})
		p.running.Go(func() {
			p.answer(near, far)
			near.Close()
		})
	}
}

func (p *proxy) forward(far io.Writer, near io.Reader) {
	pieces(near, func(piece []byte) error {
		p.questions.pass()
		if p.cut.Load() {
			return nil
		}
		_, err := far.Write(piece)
		return err
	})
}

func (p *proxy) answer(near io.Writer, far io.Reader) {
	pieces(far, func(piece []byte) error {
		p.answers.pass()
		<-time.After(time.Duration(p.delay.Load())) // the way is that long
		_, err := near.Write(piece)
		return err
	})
}

// pieces reads until either side hangs up.
func pieces(from io.Reader, pass func([]byte) error) {
	piece := make([]byte, 64<<10)
	for {
		n, err := from.Read(piece)
		if n > 0 && pass(piece[:n]) != nil || err != nil {
			return
		}
	}
}
