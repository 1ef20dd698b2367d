package upstream

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"tributary/billing"
	"tributary/secrets"
)

// Credentials are an Auth whose files could be read, and are followed. They
// belong to one client, for the address is a part of their fingerprint.
type Credentials struct {
	written Auth
	own     bool                     // an organisation's, not the source's
	files   map[string]*secrets.File // by the value that names one
	changed sync.Mutex
	present atomic.Pointer[sealed]
}

// sealed are credentials as they are sent at one moment.
type sealed struct {
	Auth
	own  bool
	read map[*secrets.File]string

	once   sync.Once
	tenant string // but for what is forwarded
}

// Open reads the files that a names. Its error is an *Invalid whose Field
// begins with auth.
func (a Auth) Open(files *secrets.Files) (*Credentials, error) {
	if err := a.validate(); err != nil {
		return nil, err
	}
	c := &Credentials{written: a, files: map[string]*secrets.File{}}
	for field, text := range a.texts() {
		file, err := files.Open(text)
		if err != nil {
			return nil, &Invalid{field, err.Error()}
		}
		if file != nil {
			c.files[text] = file
		}
	}
	first := c.read()
	if err := first.validate(); err != nil {
		return nil, err
	}
	c.present.Store(first)
	return c, nil
}

// OpenOwn is Open for an organisation's own credentials, which take the place
// of its source's auth as a whole and forward nothing.
func (a Auth) OpenOwn(files *secrets.Files) (*Credentials, error) {
	switch {
	case len(a.Forward) > 0:
		return nil, &Invalid{"auth.forward", "passes on what a caller sends, which belongs under the source's auth"}
	case a.Bearer == "" && a.Basic == nil && len(a.Headers) == 0:
		return nil, &Invalid{"auth", "holds no credentials; write bearer, basic or headers"}
	}
	c, err := a.Open(files)
	if err != nil {
		return nil, err
	}
	c.own, c.present.Load().own = true, true
	return c, nil
}

// Same reports whether other, *Credentials too, was written alike.
func (c *Credentials) Same(other any) bool {
	o, ok := other.(*Credentials)
	return ok && maps.Equal(c.written.texts(), o.written.texts())
}

// texts are the values of a that may be secret, by their fields.
func (a *Auth) texts() map[string]string {
	texts := make(map[string]string, 2+len(a.Headers))
	if a.Bearer != "" {
		texts["auth.bearer"] = a.Bearer
	}
	if a.Basic != nil {
		texts["auth.basic.username"], texts["auth.basic.password"] = a.Basic.Username, a.Basic.Password
	}
	for name, value := range a.Headers {
		texts["auth.headers."+name] = value
	}
	return texts
}

// HoldsSecret reports whether a itself holds something that nobody can guess, and
// not only names of files and headers.
func (a *Auth) HoldsSecret() bool {
	texts := a.texts()
	delete(texts, "auth.basic.username")
	for _, text := range texts {
		if text != "" && !secrets.Names(text) {
			return true
		}
	}
	return false
}

// now are the credentials at present. What a file holds and no header can is
// logged once and not taken.
func (c *Credentials) now() *sealed {
	if present := c.present.Load(); !present.isOld() {
		return present
	}
	c.changed.Lock()
	defer c.changed.Unlock()
	present := c.present.Load()
	if !present.isOld() {
		return present
	}
	next := c.read()
	var invalid *Invalid
	if errors.As(next.validate(), &invalid) {
		for file := range next.read {
			slog.Error("credentials are kept as they were, for a file of theirs has a fault",
				"file", file.Path(), "fault", strings.TrimPrefix(invalid.Field, "auth.")+" "+invalid.Message)
		}
		next.Auth = present.Auth
	}
	c.present.Store(next)
	return next
}

func (s *sealed) isOld() bool {
	for file, text := range s.read {
		if file.Value() != text {
			return true
		}
	}
	return false
}

// read puts what the files hold in their places.
func (c *Credentials) read() *sealed {
	s := &sealed{Auth: c.written, own: c.own, read: make(map[*secrets.File]string, len(c.files))}
	for _, file := range c.files {
		s.read[file] = file.Value()
	}
	value := func(text string) string {
		if file := c.files[text]; file != nil {
			return s.read[file]
		}
		return text
	}
	s.Bearer = value(s.Bearer)
	if s.Basic != nil {
		s.Basic = &Basic{Username: value(s.Basic.Username), Password: value(s.Basic.Password)}
	}
	s.Headers = maps.Clone(s.Headers)
	for name, text := range s.Headers {
		s.Headers[name] = value(text)
	}
	return s
}

// pins are the credentials that a client uses under one context.
type pins struct {
	mu      sync.Mutex
	service *sealed
	byOrg   map[string]*sealed
}

type pinsKey struct{ client *Client }

// Pinned returns a context under which Tenant and the calls that follow it use
// the same credentials, whatever changes between them.
func (c *Client) Pinned(ctx context.Context) context.Context {
	return context.WithValue(ctx, pinsKey{c}, new(pins))
}

// credentials are those for calls about an organisation, "" for none.
func (c *Client) credentials(ctx context.Context, org string) *sealed {
	p, pinned := ctx.Value(pinsKey{c}).(*pins)
	if !pinned {
		p = new(pins)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.service == nil {
		p.service = c.service.now()
	}
	if org == "" || c.own == nil {
		return p.service
	}
	if used, ok := p.byOrg[org]; ok {
		return used
	}
	used := p.service
	if own := c.own(org); own != nil {
		used = own.now()
	}
	if p.byOrg == nil {
		p.byOrg = map[string]*sealed{}
	}
	p.byOrg[org] = used
	return used
}

// blame marks the failures that may be due to whose credentials were sent.
func (s *sealed) blame(err error) error {
	e, ok := billing.AsError(err)
	if !ok || !s.own || !slices.Contains([]billing.Code{billing.CodeSourceAuthFailed, billing.CodeSourceRateLimited}, e.Code) {
		return err
	}
	e.Own = true
	if e.Code == billing.CodeSourceAuthFailed {
		e.Message = "source " + e.Source + " refused the credentials that the gateway has for this organisation"
	}
	return e
}

// areIn reports whether a text of the source's repeats a credential, or a part
// of one that was forwarded.
func (s *sealed) areIn(text string, forwarded http.Header) bool {
	const shortest = 6 // shorter ones are found by chance
	if s == nil {      // an answer that no call brought
		return false
	}
	sent := slices.Collect(maps.Values(s.texts()))
	for _, name := range s.Forward {
		for _, value := range forwarded.Values(name) {
			sent = append(sent, strings.FieldsFunc(value, func(r rune) bool { return strings.ContainsRune(" ;,=", r) })...)
		}
	}
	return slices.ContainsFunc(sent, func(secret string) bool { return len(secret) >= shortest && strings.Contains(text, secret) })
}
