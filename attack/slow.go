package main

import (
	"io"
	"strings"
	"time"
)

// slows hold a connection until the gateway ends it.
func slows() []attack {
	row := func(name string, statuses []int, most time.Duration, write func(*target, io.Writer)) attack {
		return attack{class: "slow", name: name, slow: true, plain: true, statuses: statuses, within: most, memory: busyMemory, send: func(t *target) (*answer, error) {
			began := time.Now()
			got, err := t.raw(patience, func(w io.Writer) { write(t, w) })
			if got != nil {
				got.took = time.Since(began)
			}
			return got, err
		}}
	}
	dripping := func(text string) func(io.Writer) {
		return func(w io.Writer) {
			for i := range len(text) {
				if _, err := io.WriteString(w, text[i:i+1]); err != nil {
					return
				}
				time.Sleep(200 * time.Millisecond)
			}
		}
	}
	return []attack{
		row("a connection that says nothing", []int{400, 408}, 40*time.Second, func(*target, io.Writer) {}),
		row("a TLS greeting", []int{400, 408}, 40*time.Second, func(_ *target, w io.Writer) {
			io.WriteString(w, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"+again(160, "\x00"))
		}),
		row("headers, one byte each 200 ms", []int{400, 408}, 20*time.Second, func(t *target, w io.Writer) { dripping(t.head("X: " + again(1000, "x")))(w) }),
		row("a body, one byte each 200 ms", []int{400, 408}, 40*time.Second, func(t *target, w io.Writer) {
			io.WriteString(w, t.head("Content-Length: 1000"))
			dripping(again(1000, " "))(w)
		}),
		row("a body in chunks of one byte, each 200 ms", []int{400, 408}, 40*time.Second, func(t *target, w io.Writer) {
			io.WriteString(w, t.head("Transfer-Encoding: chunked"))
			dripping(again(500, "1\r\n \r\n"))(w)
		}),
		row("half a body, and no more", []int{400, 408}, 40*time.Second, func(t *target, w io.Writer) {
			io.WriteString(w, t.head("Content-Length: 1000")+"{")
		}),
		row("a wrong key, and a body that never comes", []int{401}, 5*time.Second, func(t *target, w io.Writer) {
			io.WriteString(w, strings.Replace(t.head("Content-Length: 1000"), t.keyLine(), "X-Api-Key: "+newKey()+"\r\n", 1))
		}),
		row("an Expect: 100-continue, and no body", []int{400, 408}, 40*time.Second, func(t *target, w io.Writer) {
			io.WriteString(w, t.head("Content-Length: 1000", "Expect: 100-continue"))
		}),
	}
}
