package upstream

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"maps"
	"net/http"
	"net/textproto"
	"slices"
	"sync/atomic"
)

type forwardedKey struct{}

// WithForwarded returns a context whose calls may pass on the caller's headers.
// Only those that a source's auth.forward names leave the gateway.
func WithForwarded(ctx context.Context, header http.Header) context.Context {
	return context.WithValue(ctx, forwardedKey{}, header)
}

func forwarded(ctx context.Context) http.Header {
	header, _ := ctx.Value(forwardedKey{}).(http.Header)
	return header
}

// Meter counts the upstream requests of one operation.
type Meter struct{ calls atomic.Int64 }

// Calls is the number of requests sent so far, retries included.
func (m *Meter) Calls() int64 { return m.calls.Load() }

type meterKey struct{}

// WithMeter returns a context whose calls are counted by m.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

func count(ctx context.Context) {
	if m, ok := ctx.Value(meterKey{}).(*Meter); ok {
		m.calls.Add(1)
	}
}

// Tenant is the keyed fingerprint of the credentials that a call under ctx
// about org would use, with the address they would be sent to. It reveals
// neither. org is "" for calls about no organisation.
func (c *Client) Tenant(ctx context.Context, org string) string {
	return c.tenant(c.credentials(ctx, org), forwarded(ctx))
}

func (c *Client) tenant(used *sealed, header http.Header) string {
	if len(used.Forward) == 0 {
		used.once.Do(func() { used.tenant = fingerprint(c.credentialMAC(&used.Auth)) })
		return used.tenant
	}
	mac := c.credentialMAC(&used.Auth)
	for _, name := range used.Forward {
		write(mac, textproto.CanonicalMIMEHeaderKey(name))
		write(mac, header.Values(name)...)
	}
	return fingerprint(mac)
}

// Borrowed is a plain fingerprint of the caller's headers that a call under ctx
// would pass on; "" where it would pass on none.
func (c *Client) Borrowed(ctx context.Context) string {
	if !c.Forwards() {
		return ""
	}
	header := forwarded(ctx)
	sum := sha256.New()
	passed := false
	for _, name := range c.config.Auth.Forward {
		values := header.Values(name)
		passed = passed || len(values) > 0
		write(sum, textproto.CanonicalMIMEHeaderKey(name))
		write(sum, values...)
	}
	if !passed {
		return ""
	}
	return fingerprint(sum)
}

// Forwards reports whether the source is sent headers of its callers.
func (c *Client) Forwards() bool { return len(c.config.Auth.Forward) > 0 }

func (c *Client) credentialMAC(auth *Auth) hash.Hash {
	mac := hmac.New(sha256.New, c.secret)
	write(mac, c.base.String())
	write(mac, auth.Bearer)
	var basic []string
	if auth.Basic != nil {
		basic = []string{auth.Basic.Username, auth.Basic.Password}
	}
	write(mac, basic...)
	var headers []string
	for _, name := range slices.Sorted(maps.Keys(auth.Headers)) {
		headers = append(headers, textproto.CanonicalMIMEHeaderKey(name), auth.Headers[name])
	}
	write(mac, headers...)
	return mac
}

// write adds a list of values with its length and theirs before it, so that no
// two sequences of lists run together into one.
func write(mac hash.Hash, values ...string) {
	writeLength(mac, len(values))
	for _, value := range values {
		writeLength(mac, len(value))
		mac.Write([]byte(value))
	}
}

func writeLength(mac hash.Hash, n int) {
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(n))) // #nosec G115 -- n is a length
}

func fingerprint(mac hash.Hash) string {
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:16])
}
