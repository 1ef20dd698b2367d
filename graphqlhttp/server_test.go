package graphqlhttp_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"tributary/billing"
	"tributary/graphqlhttp"
)

func defaults() *graphqlhttp.Settings {
	settings := new(graphqlhttp.Settings)
	settings.Defaults()
	return settings
}

// echo answers with what it read, in the order in which a gateway asks.
func echo(settings *graphqlhttp.Settings) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		media, refused := graphqlhttp.Negotiate(r)
		if refused != nil {
			graphqlhttp.WriteRefusal(w, r, refused, extensions)
			return
		}
		requests, batch, refused := settings.Read(r)
		if refused != nil {
			graphqlhttp.WriteRefusal(w, r, refused, extensions)
			return
		}
		body, _ := json.Marshal(map[string]any{"requests": requests, "batch": batch})
		graphqlhttp.Write(w, r, graphqlhttp.Answer{Status: graphqlhttp.Status(media, graphqlhttp.Executed), Media: media, Body: body})
	})
}

func extensions(_ context.Context, err error) map[string]any {
	return map[string]any{"code": billing.CodeOf(err)}
}

func serve(t testing.TB, settings *graphqlhttp.Settings) *httptest.Server {
	server := httptest.NewUnstartedServer(echo(settings))
	server.Config.ReadTimeout = 5 * time.Second
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// answer is what echo answered.
type answer struct {
	status   int
	header   http.Header
	raw      string
	closes   bool // whether the server closes the connection
	Requests []graphqlhttp.Request
	Batch    bool
	Data     json.RawMessage
	Errors   []struct {
		Message    string
		Extensions struct{ Code billing.Code }
	}
}

func (a answer) message() string {
	if len(a.Errors) != 1 {
		return ""
	}
	return a.Errors[0].Message
}

func do(t testing.TB, request *http.Request) answer {
	t.Helper()
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

func read(t testing.TB, response *http.Response) answer {
	t.Helper()
	defer response.Body.Close()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	got := answer{status: response.StatusCode, header: response.Header, raw: string(raw), closes: response.Close}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	if err := decoder.Decode(&got); err != nil && len(raw) > 0 {
		t.Fatalf("status %d with %q: %v", response.StatusCode, raw, err)
	}
	return got
}

func newRequest(t testing.TB, method, url, body string, headers ...string) *http.Request {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		request.Header.Add(headers[i], headers[i+1])
	}
	return request
}

func post(t testing.TB, url, body string, headers ...string) answer {
	t.Helper()
	return do(t, newRequest(t, "POST", url, body, append([]string{"Content-Type", "application/json"}, headers...)...))
}

// raw sends text as it is, then closes its side where cut is set, and reads one
// answer.
func raw(t testing.TB, server *httptest.Server, text string, cut bool) answer {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.WriteString(conn, text); err != nil {
		t.Fatal(err)
	}
	if cut {
		conn.(*net.TCPConn).CloseWrite()
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, response)
}

// want checks a refusal: its status, code and a part of its message.
func (a answer) want(t *testing.T, status int, code billing.Code, part string) {
	t.Helper()
	if a.status != status || len(a.Errors) != 1 || a.Errors[0].Extensions.Code != code || !strings.Contains(a.message(), part) {
		t.Errorf("got %d %s, want %d %s with %q", a.status, a.raw, status, code, part)
	}
	if a.Data != nil {
		t.Errorf("a refusal has data: %s", a.raw)
	}
}
