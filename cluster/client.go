package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"time"
)

// patience is how long one exchange may take.
const patience = 15 * time.Second

// client is one of those that ask. It holds its connections open, goes from
// replica to replica, and leaves one that says that it is leaving.
type client struct {
	load *load
	next int
	http *http.Client
}

func (l *load) client(first int) *client {
	return &client{load: l, next: first, http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: 1}}}
}

// reply is a GraphQL answer.
type reply struct {
	Data   json.RawMessage `json:"data"`
	Errors []struct {
		Message    string         `json:"message"`
		Extensions map[string]any `json:"extensions"`
	} `json:"errors"`
	raw []byte
	by  *replica
}

// code is that of the first error; "" where there is none.
func (r *reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

// replica is the next that takes requests; nil where none does.
func (c *client) replica() *replica {
	for range c.load.system.replicas {
		c.next++
		if r := c.load.system.replicas[c.next%len(c.load.system.replicas)]; !r.leaving.Load() {
			return r
		}
	}
	return nil
}

// ask asks one replica after the other until one answers. What one that is
// leaving did not answer at all is asked of another, as any balancer does: all
// that is sent here is safe to repeat.
func (c *client) ask(query string) (*reply, error) {
	for {
		r := c.replica()
		if r == nil {
			return nil, errors.New("no replica takes requests")
		}
		begun := time.Now()
		got, err := c.askOf(r, query)
		if err == nil {
			c.load.table.answered(time.Since(begun))
			return got, nil
		}
		switch {
		case !isHangup(err) || !r.leaving.Load() && !c.load.noticesLeaving(r):
			return nil, err
		case r.killed.Load():
			c.load.table.count("reset by the killed")
		default:
			c.load.table.count("moved on")
		}
	}
}

// isHangup reports whether the connection was refused or ended without an answer.
func isHangup(err error) bool {
	var operation *net.OpError
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, syscall.ECONNRESET) ||
		errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, syscall.EPIPE) || errors.As(err, &operation)
}

func (c *client) askOf(r *replica, query string) (*reply, error) {
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequest(http.MethodPost, r.url+"/graphql", bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	if response.Close {
		r.leaving.Store(true)
	}
	got := &reply{by: r}
	if got.raw, err = io.ReadAll(response.Body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(got.raw, got); err != nil {
		return nil, fmt.Errorf("status %d and no JSON: %s", response.StatusCode, got.raw)
	}
	return got, nil
}
