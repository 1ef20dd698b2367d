package gateway_test

import (
	"bytes"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"tributary/assembly"
	"tributary/config"
	"tributary/gateway"
	"tributary/identity"
	"tributary/logtest"
	"tributary/sandbox"
)

// patience is how long anything may take on a busy machine.
const patience = 30 * time.Second

// edge is a gateway over the sandbox, as a client meets it.
type edge struct {
	t         testing.TB
	url       string
	upstreams string
	dam       *dam
	built     *assembly.Assembly
	log       *logtest.Log
}

// start brings up a gateway that is open to everybody, as in development.
func start(t testing.TB) *edge { return open(t, sandbox.Configuration) }

// open brings up a gateway of a configuration over the vendors at a URL. change
// is made to it before it serves.
func open(t testing.TB, configuration func(upstreams string) string, change ...func(*gateway.Gateway)) *edge {
	t.Helper()
	e := &edge{t: t, dam: &dam{next: sandbox.New(time.Now).Handler()}, log: logtest.Listen()}
	vendors := httptest.NewServer(e.dam)
	t.Cleanup(vendors.Close)
	e.upstreams = vendors.URL
	e.built = build(t, configuration(vendors.URL), e.log)
	for _, make := range change {
		make(e.built.Gateway)
	}
	server := httptest.NewServer(e.built.Gateway.Handler())
	t.Cleanup(server.Close)
	t.Cleanup(e.dam.open) // or what is under way would hold the server
	e.url = server.URL
	return e
}

// build is the gateway of a configuration's text.
func build(t testing.TB, text string, log io.Writer) *assembly.Assembly {
	t.Helper()
	settings, err := config.Parse("test.yaml", []byte(text), nil)
	if err != nil {
		t.Fatal(err)
	}
	built, err := assembly.Build("", settings, "type Query { sdl: Int }", time.Now, slog.New(slog.NewJSONHandler(log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(built.Close)
	return built
}

// caller is somebody with an API key.
type caller struct {
	name, key, hash string
	scopes          string
}

func newCaller(name, scopes string) caller {
	key, hash := identity.NewKey()
	return caller{name, key, hash, scopes}
}

// acme and globex have an account each, reader sees all and has no account, and
// nobody has a key and may do next to nothing.
var (
	acme   = newCaller("acme", "read, write, plans, sensitive")
	globex = newCaller("globex", "read, write, plans, sensitive")
	reader = newCaller("reader", "read")
	nobody = newCaller("nobody", "write")
)

// header is that of a POST of a caller's.
func (c caller) header(more ...string) http.Header {
	return media("application/json", append([]string{"X-Api-Key", c.key}, more...)...)
}

// facing is a gateway that faces the public: it knows its callers by keys, and
// nothing that is for development is on. more is further configuration.
func facing(more string) func(string) string {
	return func(upstreams string) string {
		text := sandbox.Upstreams(upstreams) + "auth:\n  mode: apiKeys\n  keys:\n"
		for _, c := range []caller{acme, globex, reader, nobody} {
			accounts := "all"
			if c.name == "acme" || c.name == "globex" {
				accounts = "[" + c.name + "]"
			}
			text += fmt.Sprintf("    - { subject: %s, hashes: ['%s'], scopes: [%s], accounts: %s }\n", c.name, c.hash, c.scopes, accounts)
		}
		return text + more
	}
}

// reply is an answer with the errors that it holds.
type reply struct {
	status     int
	header     http.Header
	body       string
	closed     bool // the connection ends with it
	Data       map[string]any
	Extensions map[string]any
	Errors     []struct {
		Message    string
		Path       []any
		Extensions map[string]any
	}
}

// code is that of the first error.
func (r *reply) code() string {
	if len(r.Errors) == 0 {
		return ""
	}
	code, _ := r.Errors[0].Extensions["code"].(string)
	return code
}

func (e *edge) send(method, path string, header http.Header, body io.Reader) *reply {
	e.t.Helper()
	r, err := e.attempt(method, path, header, body)
	if err != nil {
		e.t.Fatalf("%s %s: %v", method, path, err)
	}
	return r
}

func (e *edge) attempt(method, path string, header http.Header, body io.Reader) (*reply, error) {
	req, err := http.NewRequest(method, e.url+path, body)
	if err != nil {
		return nil, err
	}
	for name, values := range header {
		req.Header[name] = values
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	r := &reply{status: resp.StatusCode, header: resp.Header, body: string(text), closed: resp.Close}
	if strings.HasPrefix(r.body, "{") && strings.HasSuffix(strings.Split(resp.Header.Get("Content-Type"), ";")[0], "json") {
		if err := json.Unmarshal(text, r, json.MatchCaseInsensitiveNames(true)); err != nil {
			return nil, fmt.Errorf("%s: %w", text, err)
		}
	}
	return r, nil
}

// ask posts a query as a caller, or as anybody for one without a name.
func (e *edge) ask(as caller, query string) *reply {
	e.t.Helper()
	header := media("application/json")
	if as.name != "" {
		header = as.header()
	}
	return e.send("POST", "/graphql", header, asked(query))
}

var anybody caller

// asked is the body that asks for a query.
func asked(query string) io.Reader {
	text, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		panic(err) // it holds texts alone
	}
	return bytes.NewReader(text)
}

// calls is how many requests all vendors got so far.
func (e *edge) calls() int {
	e.t.Helper()
	resp, err := http.Get(e.upstreams + "/_sandbox/calls")
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	var counts struct {
		Calls map[string]int `json:"calls"`
	}
	if err := json.UnmarshalRead(resp.Body, &counts); err != nil {
		e.t.Fatal(err)
	}
	total := 0
	for _, n := range counts.Calls {
		total += n
	}
	return total
}

func media(contentType string, more ...string) http.Header {
	header := http.Header{"Content-Type": {contentType}}
	for i := 0; i < len(more); i += 2 {
		header.Set(more[i], more[i+1])
	}
	return header
}

// proof is what a browser does not send for a page elsewhere without asking first.
var proof = http.Header{"Graphql-Require-Preflight": {"1"}}

const viewer = `{"query":"{ viewer { subject } }"}`

func get(query string, more ...string) string {
	values := url.Values{"query": {query}}
	for i := 0; i < len(more); i += 2 {
		values.Set(more[i], more[i+1])
	}
	return "/graphql?" + values.Encode()
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}
