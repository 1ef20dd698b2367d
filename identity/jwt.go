package identity

import (
	"context"
	"crypto/sha256"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"tributary/access"
	"tributary/filewatch"
)

// tokenJudge knows callers by JSON Web Tokens (RFC 7519, RFC 8725).
type tokenJudge struct {
	settings   *JWT
	algorithms []jose.SignatureAlgorithm
	now        func() time.Time
	present    atomic.Pointer[keySet] // nil until the keys were first fetched
	remote     *remote                // nil where the keys are in a file
	file       filewatch.File
}

// rememberFor bounds how long a token is taken for what it was found to be,
// without its signature being looked at again.
const rememberFor = time.Minute

func newTokenJudge(settings *JWT, options Options) *tokenJudge {
	j := &tokenJudge{settings: settings, algorithms: settings.algorithms(), now: options.now}
	if settings.JWKS.URL != "" {
		j.remote = newRemote(settings, options, &j.present)
		return j
	}
	j.present.Store(settings.keys)
	j.file = filewatch.File{Path: settings.JWKS.File, Holds: "issuer's keys", Take: j.take, Log: options.Log}
	return j
}

func (j *tokenJudge) take() (slog.Attr, error) {
	set, err := j.settings.readFile()
	if err != nil {
		return slog.Attr{}, err
	}
	j.present.Store(set)
	return slog.Int("keys", len(set.keys)), nil
}

func (j *tokenJudge) reload() error {
	if j.remote != nil {
		j.remote.wake()
		return nil
	}
	return j.file.Reload()
}

func (j *tokenJudge) run(ctx context.Context) {
	if j.remote != nil {
		j.remote.run(ctx)
		return
	}
	j.file.Watch(ctx)
}

func (j *tokenJudge) judge(r *http.Request) (*access.Caller, Reason) {
	text, reason := bearer(r.Header)
	if reason != "" {
		return nil, reason
	}
	digest := sha256.Sum256([]byte(text))
	if caller := j.present.Load().known(digest, j.now()); caller != nil {
		return caller, ""
	}
	token, err := jwt.ParseSigned(text, j.algorithms)
	var algorithm *jose.ErrUnexpectedSignatureAlgorithm
	switch {
	case errors.As(err, &algorithm):
		return nil, WrongAlgorithm
	case err != nil:
		return nil, Malformed
	}
	header := token.Headers[0]
	if reason := j.header(header); reason != "" {
		return nil, reason
	}
	set := j.present.Load()
	keys := set.fitting(header.KeyID, header.Algorithm)
	if len(keys) == 0 && j.remote != nil && j.remote.refresh(r.Context()) {
		set = j.present.Load()
		keys = set.fitting(header.KeyID, header.Algorithm)
	}
	if len(keys) == 0 {
		return nil, NoSuchKey
	}
	found, reason := j.verify(token, keys)
	if reason != "" {
		return nil, reason
	}
	set.verified.Add(digest, found)
	return found.caller, ""
}

// header refuses extensions, none of which is understood here, b64 included
// (RFC 7797, section 7, keeps it from JWTs). What the header says of keys (jwk,
// jku, x5c, x5u) is not looked at: the issuer's keys are the settings'.
func (j *tokenJudge) header(h jose.Header) Reason {
	if h.ExtraHeaders["crit"] != nil || h.ExtraHeaders["b64"] != nil {
		return Malformed
	}
	if j.settings.Type == "" {
		return ""
	}
	typ, _ := h.ExtraHeaders[jose.HeaderType].(string)
	if !strings.EqualFold(withoutTree(typ), withoutTree(j.settings.Type)) {
		return WrongType
	}
	return ""
}

// withoutTree leaves out what may be left out of a typ (RFC 7515, section 4.1.9).
func withoutTree(typ string) string {
	const tree = "application/"
	if len(typ) > len(tree) && strings.EqualFold(typ[:len(tree)], tree) {
		return typ[len(tree):]
	}
	return typ
}

func (j *tokenJudge) verify(token *jwt.JSONWebToken, keys []verifier) (verified, Reason) {
	var standard jwt.Claims
	var all map[string]any
	var err error
	for _, key := range keys {
		if err = token.Claims(key.key, &standard, &all); !errors.Is(err, jose.ErrCryptoFailure) {
			break
		}
	}
	switch {
	case errors.Is(err, jose.ErrCryptoFailure):
		return verified{}, WrongSignature
	case err != nil || standard.Expiry == nil:
		return verified{}, WrongClaims
	}
	now := j.now()
	expected := jwt.Expected{Issuer: j.settings.Issuer, AnyAudience: j.settings.Audience, Time: now}
	switch err := standard.ValidateWithLeeway(expected, j.settings.ClockSkew); {
	case err == nil:
	case errors.Is(err, jwt.ErrInvalidIssuer):
		return verified{}, WrongIssuer
	case errors.Is(err, jwt.ErrInvalidAudience):
		return verified{}, WrongAudience
	case errors.Is(err, jwt.ErrExpired):
		return verified{}, Expired
	default:
		return verified{}, NotYet
	}
	caller, ok := j.settings.caller(all)
	if !ok {
		return verified{}, WrongClaims
	}
	until := standard.Expiry.Time().Add(j.settings.ClockSkew)
	if soon := now.Add(rememberFor); soon.Before(until) {
		until = soon
	}
	return verified{caller: caller, until: until}, ""
}
