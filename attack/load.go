package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"
)

// loads take the gateway's time, its connections and its places. While they do,
// it has to answer an honest query, and say that it is alive.
func loads() []attack {
	rows := []attack{
		{name: "500 connections that say nothing", send: under(500, func(*target, net.Conn, int) {})},
		{name: "200 connections that send their headers one byte a time", send: under(200, func(t *target, conn net.Conn, _ int) {
			drip(conn, t.head("Content-Length: 1000"), 50*time.Millisecond)
		})},
		{name: "200 connections that send their bodies one byte a time", send: under(200, func(t *target, conn net.Conn, _ int) {
			io.WriteString(conn, t.head("Content-Length: 1000"))
			drip(conn, again(1000, " "), 50*time.Millisecond)
		})},
		{name: "100 connections that ask and do not read", send: under(100, func(t *target, conn net.Conn, _ int) {
			if tcp, ok := conn.(*net.TCPConn); ok {
				tcp.SetReadBuffer(1024)
			}
			io.WriteString(conn, again(20, t.head(fmt.Sprintf("Content-Length: %d", len(honest)))+honest))
		})},
		{name: "200 clients that ask and leave", send: under(200, func(t *target, conn net.Conn, i int) {
			text := asking(fmt.Sprintf(`{ a%d: subscriptions(first: 50) { nodes { id name } } }`, i), "")
			io.WriteString(conn, t.head(fmt.Sprintf("Content-Length: %d", len(text)))+text)
			conn.Close()
		})},
		{name: "300 bombs of fragments at once", send: under(300, func(t *target, conn net.Conn, _ int) {
			text := asking("{ viewer { ...F0 } }"+fragments(30, "...FNEXT ...FNEXT"), "")
			io.WriteString(conn, t.head(fmt.Sprintf("Content-Length: %d", len(text)))+text)
			io.Copy(io.Discard, conn)
		})},
		{name: "300 bodies of 1 MiB at once", send: under(300, func(t *target, conn net.Conn, _ int) {
			io.WriteString(conn, t.head("Content-Length: 1048576"))
			io.WriteString(conn, again(1<<20, " "))
			io.Copy(io.Discard, conn)
		})},
		{name: "400 queries at once, each answered or told to wait", send: crowd, statuses: []int{200, 429, 503}},
		{name: "after all of them, an honest query", send: send(request{body: honest}), check: answersHonestly},
	}
	for i := range rows {
		row := &rows[i]
		row.class, row.harmless, row.within, row.memory = "load", true, patience, 2<<30
		if row.statuses == nil {
			row.statuses = []int{200, 429, 503}
		}
	}
	return rows
}

// under opens connections, each with a use of its own, asks honestly meanwhile
// and gives that answer. The connections end with it.
func under(connections int, use func(*target, net.Conn, int)) func(*target) (*answer, error) {
	return func(t *target) (*answer, error) {
		var open []net.Conn
		var using sync.WaitGroup
		defer using.Wait()
		defer func() {
			for _, conn := range open {
				conn.Close()
			}
		}()
		for i := range connections {
			conn, err := net.DialTimeout("tcp", t.url.Host, 5*time.Second)
			if err != nil {
				return nil, fmt.Errorf("connection %d: %w", i, err)
			}
			open = append(open, conn)
			using.Go(func() { use(t, conn, i) })
		}
		if err := t.lives(); err != nil {
			return nil, err
		}
		got, err := timed(t, request{body: honest})
		if err != nil {
			return nil, err
		}
		if got.status != http.StatusOK && got.header.Get("Retry-After") == "" {
			return nil, fmt.Errorf("status %d without Retry-After", got.status)
		}
		return got, t.lives()
	}
}

// lives holds that the gateway says in time that it is alive.
func (t *target) lives() error {
	began := time.Now()
	got, err := t.do(request{method: "GET", path: "/healthz", bare: true})
	switch {
	case err != nil:
		return fmt.Errorf("/healthz: %w", err)
	case got.status != http.StatusOK:
		return fmt.Errorf("/healthz has status %d", got.status)
	case time.Since(began) > busyTime:
		return fmt.Errorf("/healthz took %v", time.Since(began))
	}
	return nil
}

// drip writes text slowly, until the connection ends.
func drip(conn net.Conn, text string, pause time.Duration) {
	for i := range len(text) {
		if _, err := conn.Write([]byte{text[i]}); err != nil {
			return
		}
		time.Sleep(pause)
	}
}

// crowd sends many queries at once and gives the last answer.
func crowd(t *target) (*answer, error) {
	answers := make(chan *answer, 400)
	faults := make(chan error, 400)
	for i := range 400 {
		go func() {
			got, err := t.do(request{body: asking(fmt.Sprintf("{ a%d: subscriptions(first: 10) { nodes { id name status } } }", i), "")})
			if err == nil && got.status != http.StatusOK && got.header.Get("Retry-After") == "" {
				err = fmt.Errorf("status %d without Retry-After: %s", got.status, bounded(got.body))
			}
			faults <- err
			answers <- got
		}()
	}
	var all []error
	var last *answer
	for range 400 {
		if err := <-faults; err != nil && len(all) < 3 {
			all = append(all, err)
		}
		if got := <-answers; got != nil {
			last = got
		}
	}
	return last, errors.Join(all...)
}
