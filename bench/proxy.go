package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
)

// proxyHandler is what net/http costs where an answer needs calls: it makes
// them all at once, reads what comes back whole, and answers as bareHandler.
type proxyHandler struct {
	bareHandler
	calls  atomic.Pointer[[]call]
	client *http.Client
}

// call is a request to a vendor, and the body to send with it.
type call struct {
	request *http.Request
	body    []byte
}

func newProxy() *proxyHandler {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = nil
	transport.MaxIdleConns, transport.MaxIdleConnsPerHost = 0, 256
	return &proxyHandler{client: &http.Client{Transport: transport}}
}

func (h *proxyHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	calls := *h.calls.Load()
	faults := make([]error, len(calls))
	var running sync.WaitGroup
	for i := range calls {
		if i == len(calls)-1 {
			faults[i] = h.fetch(r, &calls[i])
			break
		}
		running.Go(func() { faults[i] = h.fetch(r, &calls[i]) })
	}
	running.Wait()
	for _, err := range faults {
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
	}
	h.bareHandler.ServeHTTP(w, r)
}

func (h *proxyHandler) fetch(r *http.Request, c *call) error {
	request := c.request.WithContext(r.Context())
	if len(c.body) > 0 {
		request.Body = io.NopCloser(bytes.NewReader(c.body))
	}
	resp, err := h.client.Do(request)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, err = io.ReadAll(resp.Body)
	return err
}

func (h *proxyHandler) obey(o Order) error {
	if o.Calls != nil {
		calls := make([]call, len(o.Calls))
		for i, raw := range o.Calls {
			if err := calls[i].read(raw); err != nil {
				return fmt.Errorf("read a call: %w", err)
			}
		}
		h.calls.Store(&calls)
	}
	return h.bareHandler.obey(o)
}

// read takes over a request as it is on the wire.
func (c *call) read(raw []byte) error {
	got, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return err
	}
	if c.body, err = io.ReadAll(got.Body); err != nil {
		return err
	}
	to, err := url.Parse("http://" + got.Host + got.RequestURI)
	if err != nil {
		return err
	}
	c.request = &http.Request{Method: got.Method, URL: to, Header: got.Header, ContentLength: int64(len(c.body))}
	return nil
}
