package upstream

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"

	"tributary/billing"
	"tributary/secrets"
)

// MaxBody is the most bytes of an answer, after decompression, that are read.
const MaxBody = 8 << 20

// Client calls one source. It is safe for concurrent use.
type Client struct {
	source  string
	config  Config
	base    *url.URL
	http    *http.Client
	now     func() time.Time
	secret  []byte
	service *Credentials
	own     func(org string) *Credentials // nil for none
	health  health
	unknown unknownStates

	governor   Governor // nil for none
	quotaByOrg bool
	partitions *lru.Cache[string, *partition]
	extra      budget // of the calls with whatever credentials
	counts     counts
	hedging    sync.WaitGroup // attempts of reads that may be hedged, the one that was not waited for too
}

// Options are what a client needs beyond its source's configuration.
type Options struct {
	Secret []byte           // keys the fingerprints of credentials
	Now    func() time.Time // time.Now where nil
	// Files opens the secrets of auth that stand in files.
	Files *secrets.Files
	// Own are the present credentials of an organisation that has some of its
	// own, nil for another. Where it is nil no organisation has.
	Own func(org string) *Credentials
	// Governor keeps the calls within the source's quota; nil for none.
	Governor Governor
	// QuotaByOrg says that the source counts the calls about each organisation by
	// themselves.
	QuotaByOrg bool
	// Windows are those of the quota that the source publishes, which hold where the
	// configuration names none; an empty list there is none.
	Windows []Window
}

// New makes the client of the source of that name.
func New(source string, config Config, options Options) (*Client, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	config.fillIn()
	if config.Quota.Windows == nil {
		published := *config.Quota
		published.Windows = options.Windows
		config.Quota = &published
	}
	base, err := url.Parse(strings.TrimRight(config.URL, "/"))
	if err != nil {
		return nil, &Invalid{"url", "is not a URL"}
	}
	base.Host = strings.TrimSuffix(base.Host, ":") // as net/http sends it
	now := options.Now
	if now == nil {
		now = time.Now
	}
	files := options.Files
	if files == nil {
		files = new(secrets.Files)
	}
	service, err := config.Auth.Open(files)
	if err != nil {
		return nil, err
	}
	c := &Client{source: source, config: config, base: base, now: now, secret: options.Secret, service: service, own: options.Own}
	c.governor, c.quotaByOrg, c.partitions = options.Governor, options.QuotaByOrg, newPartitions()
	c.extra = budget{share: config.Retry.Budget, floor: fewInAll}
	c.health = health{now: now, value: billing.Health{State: billing.HealthUnknown}}
	c.http = &http.Client{Transport: newTransport(), CheckRedirect: c.checkRedirect}
	return c, nil
}

func newTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  proxy,
		DialContext:            (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
		ForceAttemptHTTP2:      true,
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    128,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    5 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// proxy is the environment's where it sees no more than a tunnel. What is sent
// in the clear goes to its source directly, for a proxy would read the
// credentials in it.
func proxy(req *http.Request) (*url.URL, error) {
	if req.URL.Scheme != "https" {
		return nil, nil
	}
	return http.ProxyFromEnvironment(req)
}

// Close waits for what was cut off when another call had the answer, and drops
// the idle connections. No call may begin after it.
func (c *Client) Close() {
	c.hedging.Wait()
	c.http.CloseIdleConnections()
}

// Source is the name of the source that the client calls.
func (c *Client) Source() string { return c.source }

// Now is the client's clock.
func (c *Client) Now() time.Time { return c.now() }

// Request is one question to a source.
type Request struct {
	Op     string   // what is being tried, in lower case: "get subscription"
	Org    string   // the organisation or team that it is about, whose own credentials it bears; "" for none
	Method string   // GET where empty
	Path   []string // segments after the base URL, none empty or climbing; each is escaped
	Query  url.Values
	Header http.Header // beyond the credentials
	Body   []byte

	// Read marks a request that changes nothing and may be sent twice. GET is
	// one by itself; Connect reads with POST. All others are writes.
	Read bool

	// Accept lists the media types that an answer with a body may have;
	// application/json where empty.
	Accept []string

	// Status turns an answer into nil, when its body is to be read, or an
	// error, most often a *billing.Error made by Client.Fail. One table an adapter.
	Status func(*Response) error
}

// Response is a source's answer, read whole.
type Response struct {
	Status int
	Header http.Header
	Body   []byte

	used      *sealed // the credentials that it was asked with
	forwarded http.Header
	quota     QuotaSeen
}

// isWrite reports a request that may change something.
func (r Request) isWrite() bool {
	return r.Method != "" && r.Method != http.MethodGet && !r.Read
}

// Do sends a request and returns the answer that its status table accepts.
// Errors are *billing.Error. A read is sent again, within what config.retry says,
// after a lost connection or 502, 503 or 504; a write never is, unless the source
// surely never saw it. A write that the source may have carried out without saying
// so is OUTCOME_UNKNOWN. A Path that would lead elsewhere is BAD_USER_INPUT and not
// sent. Neither is what the source's circuit, bulkhead or quota holds back, nor
// what could not end in time; that is Unsent and nothing against the source.
func (c *Client) Do(ctx context.Context, req Request) (*Response, error) {
	address, err := c.address(req)
	if err != nil {
		return nil, &billing.Error{Code: billing.CodeBadUserInput, Source: c.source, Op: req.Op, Message: "the id cannot be asked for", Unsent: true, Err: err}
	}
	begun := time.Now()
	ctx, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	k := &call{req: req, address: address, used: c.credentials(ctx, req.Org)}
	k.partition = c.partition(c.tenant(k.used, forwarded(ctx)), c.now())
	if err := c.due(ctx, k); err != nil { // nothing was sent, so nothing is learnt of the source
		return nil, err
	}
	show, ok := k.partition.circuit.allow()
	if !ok {
		c.counts.open.Add(1)
		_, until := k.partition.circuit.state()
		return nil, c.hold(k, billing.CodeSourceUnavailable, errCircuitOpen, until).err
	}
	shown := errNothing // also where a status table panics
	defer func() { show(shown) }()
	last := c.send(ctx, k)
	if last.held {
		return nil, last.err
	}
	resp, err := last.resp, last.err
	if err == nil {
		err = c.judge(req, resp)
		c.learn(ctx, k, resp, err)
		err = k.used.blame(err)
	}
	deadline, _ := ctx.Deadline()
	shown = c.showing(k.partition, resp, err, deadline.Sub(begun))
	if !errors.Is(err, context.Canceled) { // by the caller, who learnt nothing of the source
		c.record(err)
	}
	switch {
	case err == nil || !req.isWrite():
	case !last.sent:
		err = unsent(err)
	case leavesDoubt(resp, err):
		err = c.doubt(req.Op, err)
	}
	if err != nil {
		return nil, err
	}
	return resp, nil
}

// judge asks the status table, then whether the body is what was asked for.
func (c *Client) judge(req Request, resp *Response) error {
	err := req.Status(resp)
	var known *billing.Error
	switch {
	case err == nil:
		return c.checkContent(req, resp)
	case errors.As(err, &known):
		return err
	default:
		return &billing.Error{Code: billing.CodeInternal, Source: c.source, Op: req.Op, Err: err}
	}
}
