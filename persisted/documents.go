package persisted

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/redis/go-redis/v9"
	"golang.org/x/time/rate"

	"tributary/billing"
	"tributary/filewatch"
)

func notFound() error {
	return billing.Errorf(billing.CodePersistedQueryNotFound, "PersistedQueryNotFound")
}
func notSupported() error {
	return billing.Errorf(billing.CodePersistedQueryNotSupported, "PersistedQueryNotSupported")
}

// Documents are the trusted documents and those that clients registered. It is
// safe for concurrent use.
type Documents struct {
	settings Settings
	check    func(text string) error
	log      *slog.Logger

	file    filewatch.File // the manifest
	trusted atomic.Pointer[manifest]

	registered *store // nil where nothing can be registered

	telling sync.Mutex
	told    *simplelru.LRU[string, struct{}] // the untrusted documents that are in the log
	lines   *rate.Limiter                    // of the log, which nobody is to fill with ever new ones

	found, missed, kept, untrusted atomic.Int64
}

// Options are what the settings do not say.
type Options struct {
	Check   func(text string) error // judges a trusted document; nil takes any
	Redis   redis.UniversalClient   // shares what is registered; it heeds deadlines, as those of cache.RedisConfig do; nil for none
	Timeout time.Duration           // of one wait for Redis; 50 ms where 0
	Log     *slog.Logger            // slog.Default where nil
}

// Request is what a request says of its document.
type Request struct {
	Query      string
	DocumentID string         // documentId, or doc_id as Relay writes it
	Extensions map[string]any // numbers are json.Number
}

// Resolved is the document of a request.
type Resolved struct {
	Text    string
	Trusted bool

	hash string // under which it is to be registered; "" for not at all
}

// Stats are figures for metrics.
type Stats struct {
	Trusted    int   // documents in the manifest
	Found      int64 // documents that a request named
	Missed     int64 // and those that nobody has
	Registered int64
	Untrusted  int64 // documents that were executed without being trusted, in mode Log
	Faults     int64 // of Redis: what it did not answer or refused, and what it had wrong
}

// New makes Documents and reads the manifest. Its error is config.Problems.
func New(settings Settings, options Options) (*Documents, error) {
	const atOnce, remembered = 100, 1000
	if options.Log == nil {
		options.Log = slog.Default()
	}
	d := &Documents{settings: settings, check: options.Check, log: options.Log, lines: rate.NewLimiter(1, atOnce)}
	if d.check == nil {
		d.check = func(string) error { return nil }
	}
	// It fails for a size below 1 alone.
	d.told, _ = simplelru.NewLRU[string, struct{}](remembered, nil)
	if settings.APQ.Enabled && settings.Mode != Only {
		d.registered = newStore(settings.APQ, options)
	}
	d.file = filewatch.File{Path: settings.Manifest, Holds: "trusted documents", Take: d.take, Log: options.Log}
	if err := d.file.Load(); err != nil {
		return nil, err
	}
	return d, nil
}

// Resolve finds the document of a request. Its error is a *billing.Error.
func (d *Documents) Resolve(ctx context.Context, r Request) (Resolved, error) {
	hash, err := persistedQuery(r.Extensions)
	switch {
	case err != nil:
		return Resolved{}, err
	case r.DocumentID != "" && hash != "":
		return Resolved{}, billing.Errorf(billing.CodeBadUserInput, "the document is named twice, by its id and by extensions.persistedQuery")
	case r.DocumentID != "":
		return d.byID(r)
	case hash != "":
		return d.byHash(ctx, hash, r.Query)
	case r.Query == "":
		return Resolved{}, billing.Errorf(billing.CodeBadUserInput, "there is no document; send query, or the id of one")
	}
	resolved := Resolved{Text: r.Query, Trusted: d.trusted.Load().holds(r.Query)}
	if d.settings.Mode == Only && !resolved.Trusted {
		return Resolved{}, billing.Errorf(billing.CodeForbidden, "only documents that the gateway knows are executed, and this is none of them")
	}
	return resolved, nil
}

func (d *Documents) byID(r Request) (Resolved, error) {
	text, ok := d.trusted.Load().named(r.DocumentID)
	switch {
	case !ok:
		d.missed.Add(1)
		return Resolved{}, billing.Errorf(billing.CodePersistedQueryNotFound, "the gateway knows no document of this id")
	case r.Query != "" && r.Query != text:
		return Resolved{}, otherQuery()
	}
	d.found.Add(1)
	return Resolved{Text: text, Trusted: true}, nil
}

func otherQuery() error {
	return billing.Errorf(billing.CodeBadUserInput, "query is another document than the one of this id")
}

// byHash takes any id that the manifest has, for Apollo's clients send those in
// place of the hash.
func (d *Documents) byHash(ctx context.Context, hash, query string) (Resolved, error) {
	if text, ok := d.trusted.Load().named(hash); ok {
		if query != "" && query != text {
			return Resolved{}, otherQuery()
		}
		d.found.Add(1)
		return Resolved{Text: text, Trusted: true}, nil
	}
	if d.registered == nil {
		d.missed.Add(1)
		return Resolved{}, notSupported()
	}
	hash, err := sha256Hex(hash)
	switch {
	case err != nil:
		return Resolved{}, err
	case query != "" && digestOf(query).String() != hash:
		return Resolved{}, billing.Errorf(billing.CodeBadUserInput, "provided sha does not match query")
	case query != "":
		return Resolved{Text: query, hash: hash}, nil
	}
	text, ok := d.registered.get(ctx, hash)
	if !ok {
		d.missed.Add(1)
		return Resolved{}, notFound()
	}
	d.found.Add(1)
	return Resolved{Text: text}, nil
}

// Accept is told that a document was found valid, before it is executed: it
// keeps one that is to be registered, so that nobody fills the store with
// anything else, and in mode Log tells of one that is not trusted.
func (d *Documents) Accept(ctx context.Context, r Resolved) {
	if r.hash != "" && d.registered.put(ctx, r.hash, r.Text) {
		d.kept.Add(1)
	}
	if d.settings.Mode != Log || r.Trusted {
		return
	}
	d.untrusted.Add(1)
	if hash := digestOf(r.Text).String(); d.isNews(hash) {
		d.log.WarnContext(ctx, "a document that is not trusted is executed", "sha256", hash, "bytes", len(r.Text))
	}
}

// isNews reports whether an untrusted document was not told of lately, and there
// is room in the log to do so.
func (d *Documents) isNews(hash string) bool {
	d.telling.Lock()
	defer d.telling.Unlock()
	if _, told := d.told.Get(hash); told || !d.lines.Allow() {
		return false
	}
	d.told.Add(hash, struct{}{})
	return true
}

// Stats are the present figures.
func (d *Documents) Stats() Stats {
	s := Stats{
		Trusted: d.trusted.Load().size(), Found: d.found.Load(), Missed: d.missed.Load(),
		Registered: d.kept.Load(), Untrusted: d.untrusted.Load(),
	}
	if d.registered != nil {
		s.Faults = d.registered.faults()
	}
	return s
}

// digest is the SHA-256 of a text.
type digest [sha256.Size]byte

func digestOf(text string) digest { return sha256.Sum256([]byte(text)) }

func (d digest) String() string { return hex.EncodeToString(d[:]) }
