package bench

import (
	"fmt"
	"io"
	"sync"
	"testing"
	"time"
)

func dial(t testing.TB, address string) *Client {
	t.Helper()
	c, err := Dial(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// load sends one request n times, over several connections at once.
type load struct {
	clients []*Client
	request []byte
	size    int64 // of the answer that is expected, about
}

// connections is how many clients ask at the same time: enough that a server
// does not fall asleep between two requests and pay for waking up.
const connections = 4

func newLoad(t testing.TB, address string, request []byte, size int) *load {
	l := &load{request: request, size: int64(size)}
	for range connections {
		l.clients = append(l.clients, dial(t, address))
	}
	return l
}

// run sends the request n times.
func (l *load) run(t testing.TB, n int) {
	t.Helper()
	var running sync.WaitGroup
	for i, c := range l.clients {
		running.Go(func() {
			for j := i; j < n; j += len(l.clients) {
				size, err := c.Send(l.request, io.Discard)
				if err == nil && !l.isLike(size) {
					err = fmt.Errorf("the answer has %d bytes where the first had %d", size, l.size)
				}
				if err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	if t.Failed() {
		t.FailNow()
	}
}

// isLike reports whether an answer is as long as the first, but for the digits
// of the ages in it.
func (l *load) isLike(size int64) bool {
	const ages = 200
	return size > l.size-ages && size < l.size+ages
}

// timed is how long one answer takes.
func timed(t testing.TB, c *Client, request []byte) time.Duration {
	t.Helper()
	begun := time.Now()
	if _, err := c.Send(request, io.Discard); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}
