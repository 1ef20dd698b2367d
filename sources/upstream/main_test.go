package upstream_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"tributary/billing"
	"tributary/sources/upstream"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	now    = time.Date(2026, time.March, 15, 12, 0, 0, 0, time.UTC)
	secret = []byte("0123456789abcdef0123456789abcdef")
)

// serve starts a server that counts its requests.
func serve(t testing.TB, handler http.HandlerFunc) (address string, calls *atomic.Int64) {
	t.Helper()
	calls = new(atomic.Int64)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		handler(w, r)
	}))
	t.Cleanup(server.Close)
	return server.URL, calls
}

// connect makes a client of an address with a fixed clock.
func connect(t testing.TB, config upstream.Config) *upstream.Client {
	t.Helper()
	client, err := upstream.New("src", config, upstream.Options{Secret: secret, Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// dial is connect with no credentials.
func dial(t testing.TB, address string) *upstream.Client {
	t.Helper()
	return connect(t, upstream.Config{URL: address})
}

// table is a status table such as adapters have.
func table(client *upstream.Client) func(*upstream.Response) error {
	codes := map[int]billing.Code{
		401: billing.CodeSourceAuthFailed, 404: billing.CodeNotFound, 409: billing.CodeConflict,
		422: billing.CodeBadUserInput, 429: billing.CodeSourceRateLimited,
	}
	return func(resp *upstream.Response) error {
		if resp.Status < 300 {
			return nil
		}
		if code, ok := codes[resp.Status]; ok {
			return client.Fail(code, "try", resp, "")
		}
		return client.Fail(billing.CodeSourceUnavailable, "try", resp, "")
	}
}

// ask completes a request and sends it.
func ask(ctx context.Context, client *upstream.Client, req upstream.Request) (*upstream.Response, error) {
	req.Op, req.Status = "try", table(client)
	return client.Do(ctx, req)
}

// get asks for /x.
func get(ctx context.Context, client *upstream.Client) (*upstream.Response, error) {
	return ask(ctx, client, upstream.Request{Path: []string{"x"}})
}

func answer(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "application/json")
	w.Write([]byte(body))
}

// reset ends a connection the hard way.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(err)
	}
	conn.(*net.TCPConn).SetLinger(0)
	conn.Close()
}

func wantCode(t testing.TB, err error, want billing.Code) {
	t.Helper()
	if got := billing.CodeOf(err); got != want {
		t.Errorf("got code %q (%v), want %q", got, err, want)
	}
}
