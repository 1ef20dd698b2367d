package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// target is the gateway under attack.
type target struct {
	url      *url.URL // of its GraphQL endpoint
	admin    string   // the address of its listener for operators; "" for none
	sandbox  string   // of the simulated upstreams behind it; "" where there are none
	pid      int      // of its process; 0 where that is elsewhere
	key      string   // of a caller who may read and write the account acme
	otherKey string   // of a caller of the account globex
	slack    int      // by how much the bounds of time are widened
	idle     int64    // bytes that reading the metrics itself allocates
}

// patience is how long one exchange may take.
const patience = 45 * time.Second

var client = &http.Client{
	Timeout:       patience,
	Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// request is an HTTP request as data.
type request struct {
	method string   // POST where it is ""
	path   string   // from the root, or from the endpoint where it begins with ?; "" for the endpoint
	header []string // Name: value; without the key and the media types where bare
	body   string
	bare   bool
}

func (t *target) do(r request) (*answer, error) {
	method := r.method
	if method == "" {
		method = http.MethodPost
	}
	at := *t.url
	if path, query, _ := strings.Cut(r.path, "?"); r.path != "" {
		at.RawQuery = query
		if path != "" {
			at.Path = path
		}
	}
	for tries := 1; ; tries++ {
		sent, err := http.NewRequestWithContext(context.Background(), method, at.String(), strings.NewReader(r.body))
		if err != nil {
			return nil, err
		}
		for name, value := range t.headers(r) {
			sent.Header[name] = value
		}
		response, err := client.Do(sent)
		// Who hangs up on what it does not want to read resets the connection, and
		// with it, by chance, its answer.
		isReset := errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
		if err != nil && (!isReset || tries == 20) {
			return nil, fmt.Errorf("no answer: %w", err)
		}
		if err == nil {
			return read(response)
		}
	}
}

// headers are those of r, after the ones that an honest request has.
func (t *target) headers(r request) http.Header {
	header := http.Header{}
	if !r.bare {
		header.Set("Content-Type", "application/json")
		header.Set("Accept", "application/graphql-response+json")
		if t.key != "" {
			header.Set("X-Api-Key", t.key)
		} else {
			header.Set("GraphQL-Require-Preflight", "1")
		}
	}
	named := map[string]bool{}
	for _, line := range r.header {
		name, value, _ := strings.Cut(line, ":")
		name = http.CanonicalHeaderKey(name)
		if !named[name] {
			header.Del(name)
			named[name] = true
		}
		if value = strings.TrimSpace(value); value != "" {
			header.Add(name, value)
		}
	}
	return header
}

func read(response *http.Response) (*answer, error) {
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<20))
	if err != nil {
		return nil, fmt.Errorf("an answer that breaks off: %w", err)
	}
	return &answer{status: response.StatusCode, header: response.Header, body: body, answers: 1}, nil
}

// raw writes bytes to a connection of its own, and reads the answers until the
// gateway closes it or says nothing more for the time of quiet. What cannot be
// written any more is not: a gateway may answer before it has read all.
func (t *target) raw(quiet time.Duration, write func(io.Writer)) (*answer, error) {
	conn, err := net.Dial("tcp", t.url.Host)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	began := time.Now()
	go write(conn)
	last := &answer{}
	for reader := bufio.NewReader(conn); ; {
		conn.SetReadDeadline(time.Now().Add(quiet))
		response, err := http.ReadResponse(reader, nil)
		var late net.Error
		switch {
		case err != nil && last.status == 0 && errors.As(err, &late) && late.Timeout():
			return nil, fmt.Errorf("neither an answer nor an end within %v", quiet)
		case err != nil && last.status == 0:
			last.took = time.Since(began)
			return last, nil
		case err != nil:
			return last, nil
		}
		if response.StatusCode == http.StatusContinue {
			continue
		}
		got, err := read(response)
		if err != nil {
			return last, nil
		}
		if last.status == 0 {
			got.took = time.Since(began)
			last = got
		} else {
			last.answers++
		}
	}
}

// head is the lines of a POST to the endpoint up to its own headers.
func (t *target) head(lines ...string) string {
	head := "POST " + t.url.RequestURI() + " HTTP/1.1\r\nHost: " + t.url.Host + "\r\nAccept: application/graphql-response+json\r\nContent-Type: application/json\r\n" + t.keyLine()
	for _, line := range lines {
		head += line + "\r\n"
	}
	return head + "\r\n"
}

func (t *target) keyLine() string {
	if t.key == "" {
		return ""
	}
	return "X-Api-Key: " + t.key + "\r\n"
}

// calls are the requests that the simulated upstreams have had; 0 where nobody
// counts them.
func (t *target) calls() int { return t.count("calls") }

// writes are those of the calls that asked for a change.
func (t *target) writes() int { return t.count("writes") }

func (t *target) count(what string) int {
	if t.sandbox == "" {
		return 0
	}
	var counted map[string]map[string]int
	if body := get(t.sandbox + "/_sandbox/calls"); json.Unmarshal(body, &counted) != nil {
		return 0
	}
	sum := 0
	for _, n := range counted[what] {
		sum += n
	}
	return sum
}

func get(url string) []byte {
	response, err := client.Get(url)
	if err != nil {
		return nil
	}
	got, err := read(response)
	if err != nil || got.status != http.StatusOK {
		return nil
	}
	return got.body
}

// meter measures the memory of the gateway from its making on.
type meter struct {
	t         *target
	allocated int64
	resident  int64
}

func (t *target) meter() meter {
	m := meter{t: t, allocated: t.allocated()}
	if t.pid > 0 && m.allocated < 0 {
		// 5 resets the peak (proc(5)).
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", t.pid), []byte("5"), 0o200)
		m.resident = t.status("VmRSS")
	}
	return m
}

// grown is what was allocated, which is more than what was held at any time,
// where the gateway's metrics can be read; else by how much the process's peak
// is above what it was; -1 where neither can be seen.
func (m meter) grown() int64 {
	if m.allocated >= 0 {
		return max(0, m.t.allocated()-m.allocated-m.t.idle)
	}
	if m.t.pid > 0 {
		return m.t.status("VmHWM") - m.resident
	}
	return -1
}

var allocatedLine = regexp.MustCompile(`(?m)^go_memstats_alloc_bytes_total (\S+)$`)

func (t *target) allocated() int64 {
	if t.admin == "" {
		return -1
	}
	found := allocatedLine.FindSubmatch(get(t.admin + "/metrics"))
	if found == nil {
		return -1
	}
	n, err := strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		return -1
	}
	return int64(n)
}

// status is a size of /proc/PID/status.
func (t *target) status(name string) int64 {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", t.pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(data, []byte(name+":"))
	fields := strings.Fields(string(rest))
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(fields[0], 10, 64)
	return kilobytes << 10
}

// timed is do, with the time from the last byte of the request that could be
// made ready beforehand.
func timed(t *target, r request) (*answer, error) {
	began := time.Now()
	got, err := t.do(r)
	if got != nil {
		got.took = time.Since(began)
	}
	return got, err
}
