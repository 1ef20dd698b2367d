package bench

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
)

// Client is one connection that is kept open. It writes a request that was put
// together beforehand, so that little of the machine's time is its own.
type Client struct {
	conn   net.Conn
	reader *bufio.Reader
}

// Dial connects to a server, host:port.
func Dial(address string) (*Client, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &Client{conn: conn, reader: bufio.NewReaderSize(conn, 64<<10)}, nil
}

// Close ends the connection.
func (c *Client) Close() { c.conn.Close() }

// Request is the whole of a GraphQL request on the wire.
func Request(body []byte) []byte {
	head := fmt.Sprintf("POST /graphql HTTP/1.1\r\nHost: bench\r\nUser-Agent: bench\r\nAccept: application/json\r\n"+
		"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n", len(body))
	return append([]byte(head), body...)
}

// Send writes a request and copies the body of the answer to out. An answer
// other than 200 is an error.
func (c *Client) Send(request []byte, out io.Writer) (int64, error) {
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
