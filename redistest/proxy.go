package redistest

import (
	"bytes"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// Proxy is a network between a client and a Redis, which can be slow, lose what
// is sent, spoil what is answered, hang up, and hold one piece back.
type Proxy struct {
	listener net.Listener
	target   string
	delay    atomic.Int64 // of each piece either way, in nanoseconds
	loses    atomic.Bool  // what is sent to Redis
	garbles  atomic.Bool  // what Redis answers
	running  sync.WaitGroup

	questions, answers hold

	mu     sync.Mutex
	conns  map[net.Conn]struct{}
	closed bool
}

// hold is a place on the way where one piece can be held back.
type hold struct {
	mu      sync.Mutex
	arrived chan struct{} // closed when the piece is there; nil to hold none
	release chan struct{}
}

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

// StartProxy starts a network to the Redis at target, host:port, without a fault.
func StartProxy(t Owner, target string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	p.running.Go(p.accept)
	t.Cleanup(func() {
		listener.Close()
		p.mu.Lock()
		p.closed = true
		p.mu.Unlock()
		p.HangUp()
		p.running.Wait()
	})
	return p
}

// URL is the redis:// URL of the Redis behind it.
func (p *Proxy) URL() string { return "redis://" + p.listener.Addr().String() }

// Delay makes each piece that is sent, either way, take so much longer.
func (p *Proxy) Delay(d time.Duration) { p.delay.Store(int64(d)) }

// Lose loses what is sent to Redis; connections stand.
func (p *Proxy) Lose() { p.loses.Store(true) }

// Garble spoils what Redis answers.
func (p *Proxy) Garble() { p.garbles.Store(true) }

// Mend ends Delay, Lose and Garble. What was lost stays lost.
func (p *Proxy) Mend() {
	p.delay.Store(0)
	p.loses.Store(false)
	p.garbles.Store(false)
}

// HoldQuestion holds back the next piece that is sent to Redis: arrived is closed
// when it is there, release lets it go.
func (p *Proxy) HoldQuestion() (arrived <-chan struct{}, release func()) { return p.questions.next() }

// HoldAnswer holds back the next piece that Redis answers.
func (p *Proxy) HoldAnswer() (arrived <-chan struct{}, release func()) { return p.answers.next() }

// HangUp cuts all connections that there are.
func (p *Proxy) HangUp() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		conn.Close()
	}
}

func (p *Proxy) accept() {
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
		p.keep(near, far)
		var passing sync.WaitGroup
		passing.Go(func() {
			p.forward(far, near)
			far.Close()
		})
		passing.Go(func() {
			p.answer(near, far)
			near.Close()
		})
		p.running.Go(func() {
			passing.Wait()
			p.forget(near, far)
		})
	}
}

func (p *Proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = struct{}{}
		if p.closed {
			conn.Close()
		}
	}
}

func (p *Proxy) forget(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		delete(p.conns, conn)
	}
}

func (p *Proxy) forward(far io.Writer, near io.Reader) {
	pieces(near, func(piece []byte) error {
		p.questions.pass()
		p.wait()
		if p.loses.Load() {
			return nil
		}
		_, err := far.Write(piece)
		return err
	})
}

func (p *Proxy) answer(near io.Writer, far io.Reader) {
	pieces(far, func(piece []byte) error {
		p.answers.pass()
		p.wait()
		if p.garbles.Load() {
			piece = bytes.Repeat([]byte{0xfe}, len(piece))
		}
		_, err := near.Write(piece)
		return err
	})
}

// wait is how long the way is.
func (p *Proxy) wait() {
	if d := time.Duration(p.delay.Load()); d > 0 {
		<-time.After(d)
	}
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
