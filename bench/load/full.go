package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"
	"sync/atomic"
	"time"

	"tributary/bench"
	"tributary/sandbox"
)

// endless is a Productive with every organisation there is: each is the one that
// the sandbox knows, but for its number.
type endless struct {
	document []byte
	calls    atomic.Int64
}

const known = "682"

func newEndless() (*endless, error) {
	r := httptest.NewRequest(http.MethodGet, "/productive/api/v2/organization_subscriptions/"+known, nil)
	r.Header.Set("X-Auth-Token", "sandbox")
	r.Header.Set("X-Organization-Id", known)
	w := httptest.NewRecorder()
	sandbox.New(time.Now).Handler().ServeHTTP(w, r)
	if w.Code != http.StatusOK || !bytes.Contains(w.Body.Bytes(), []byte(known)) {
		return nil, fmt.Errorf("the sandbox answers %d %.200s", w.Code, w.Body)
	}
	return &endless{document: w.Body.Bytes()}, nil
}

func (e *endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.calls.Add(1)
	io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/vnd.api+json; charset=utf-8")
	w.Write(bytes.ReplaceAll(e.document, []byte(known), []byte(path.Base(r.URL.Path))))
}

// full adds a row of a gateway as it is by default, but for the size of its
// cache: that is filled first, and then asked for what is in it and what is not.
func (s *stage) full(t *table) error {
	vendor, err := newEndless()
	if err != nil {
		return err
	}
	upstream := httptest.NewServer(vendor)
	defer upstream.Close()
	g, err := s.gateway(strings.Replace(bench.FromMemory.Configuration(upstream.URL),
		"cache: { answers: { enabled: false, memory: 64MiB } }", "cache: { memory: "+s.Memory+" }", 1))
	if err != nil {
		return err
	}
	defer g.stop()
	q := bench.Query{Name: "a cache of " + s.Memory + ", full"}
	c := &cell{row: row{query: q, server: "default"}, address: g.address, id: g.id(), requests: organizations(0, 1), calls: vendor.calls.Load}
	defer c.end()
	if err := c.connect(s.Connections); err != nil {
		return err
	}
	held, err := c.fill()
	if err != nil {
		return err
	}
	c.requests = organizations(0, 2*held)
	rand.Shuffle(len(c.requests), func(i, j int) { c.requests[i], c.requests[j] = c.requests[j], c.requests[i] })
	c.bodies = len(c.requests)
	if err := c.round(s.Cell); err != nil {
		return err
	}
	t.rows = append(t.rows, &c.row)
	return nil
}

// organizations are requests for so many subscriptions from a number on.
func organizations(from, n int) [][]byte {
	requests := make([][]byte, n)
	for i := range requests {
		requests[i] = bench.Request(bench.One(fmt.Sprint("subscription/psa/", 100_000+from+i)))
	}
	return requests
}

// fill asks for one document after the other until those of a batch are no longer
// all there when it is asked again, and returns how many were asked for.
func (c *cell) fill() (held int, err error) {
	const batch, most = 500, 1_000_000
	for held < most {
		c.requests = organizations(held, batch)
		held += batch
		if err := c.pass(); err != nil {
			return 0, err
		}
		before := c.calls()
		if err := c.pass(); err != nil {
			return 0, err
		}
		if c.calls() > before {
			return held, nil
		}
	}
	return 0, fmt.Errorf("%d documents fit", most)
}
