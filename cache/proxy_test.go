package cache_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// proxy is a network between a cache and its Redis, which can be slow and can
// hold an answer back.
type proxy struct {
	listener net.Listener
	target   string
	delay    atomic.Int64 // of each piece of an answer, in nanoseconds
	running  sync.WaitGroup

	mu      sync.Mutex
	conns   []net.Conn
	closed  bool
	arrived chan struct{} // closed when the piece to hold is there; nil to hold none
	release chan struct{}
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

// holdNext holds back the next piece of an answer: arrived is closed when it is
// there, release lets it go.
func (p *proxy) holdNext() (arrived <-chan struct{}, release func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.arrived, p.release = make(chan struct{}), make(chan struct{})
	letGo := p.release
	return p.arrived, func() { close(letGo) }
}

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
			_, _ = io.Copy(far, near) // ends when either hangs up
			far.Close()
		})
		p.running.Go(func() {
			p.answer(near, far)
			near.Close()
		})
	}
}

func (p *proxy) answer(near io.Writer, far io.Reader) {
	piece := make([]byte, 64<<10)
	for {
		n, err := far.Read(piece)
		if n > 0 {
			p.travel()
			if _, err := near.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}

func (p *proxy) travel() {
	p.mu.Lock()
	arrived, release := p.arrived, p.release
	p.arrived = nil
	p.mu.Unlock()
	if arrived != nil {
		close(arrived)
		<-release
	}
	<-time.After(time.Duration(p.delay.Load())) // the way is that long
}
