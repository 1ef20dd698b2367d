package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"time"
)

// client is one connection that is kept open. It writes a request that was put
// together beforehand, so that little of the machine's time is its own.
type client struct {
	conn   net.Conn
	reader *bufio.Reader
}

func dial(t testing.TB, address string) *client {
	t.Helper()
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &client{conn: conn, reader: bufio.NewReaderSize(conn, 64<<10)}
}

// request is the whole of a GraphQL request on the wire.
func request(body []byte) []byte {
	head := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: application/json\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	return append([]byte(head), body...)
}

// send writes a request and copies the body of the answer to out. An answer
// other than 200 is an error.
func (c *client) send(request []byte, out io.Writer) (int64, error) {
	if _, err := c.conn.Write(request); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(c.reader, nil)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	n, err := io.Copy(out, resp.Body)
	if err != nil {
		return 0, err
	}
	if resp.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("the answer is %s", resp.Status)
	}
	return n, nil
}

// load sends one request n times, over several connections at once.
type load struct {
	clients []*client
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
				size, err := c.send(l.request, io.Discard)
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

// time is how long one answer takes.
func (c *client) time(t testing.TB, request []byte) time.Duration {
	t.Helper()
	begun := time.Now()
	if _, err := c.send(request, io.Discard); err != nil {
		t.Fatal(err)
	}
	return time.Since(begun)
}
