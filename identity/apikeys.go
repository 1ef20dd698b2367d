package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"tributary/access"
	"tributary/filewatch"
)

// ring is every key there is, by its digest.
type ring struct{ entries []entry }

type entry struct {
	digest  [sha256.Size]byte
	holding *holding
}

// holding is what a key stands for.
type holding struct {
	caller *access.Caller
	until  time.Time // zero for ever
}

// equal is a variable for the test that counts how often it is asked.
var equal = subtle.ConstantTimeCompare

// find compares with every key, whichever it is, so that its time says nothing
// of which digests are near; nil where there is none.
func (r *ring) find(digest [sha256.Size]byte) *holding {
	at := -1
	for i := range r.entries {
		at = subtle.ConstantTimeSelect(equal(digest[:], r.entries[i].digest[:]), i, at)
	}
	if at < 0 {
		return nil
	}
	return r.entries[at].holding
}

// keyJudge knows callers by API keys.
type keyJudge struct {
	settings *Keys
	options  Options
	file     filewatch.File
	present  atomic.Pointer[ring]
}

func newKeyJudge(settings *Keys, options Options) *keyJudge {
	j := &keyJudge{settings: settings, options: options}
	j.present.Store(settings.ring)
	j.file = filewatch.File{Path: settings.file, Holds: "API keys", Take: j.take, Log: options.Log}
	return j
}

func (j *keyJudge) take() (slog.Attr, error) {
	ring, err := j.settings.readFile()
	if err != nil {
		return slog.Attr{}, err
	}
	j.present.Store(ring)
	return slog.Int("keys", len(ring.entries)), nil
}

// judge does the work of a look-up for a credential that is missing or
// malformed too.
func (j *keyJudge) judge(r *http.Request) (*access.Caller, Reason) {
	key, reason := apiKey(r.Header)
	found := j.present.Load().find(sha256.Sum256([]byte(key)))
	switch {
	case reason != "":
		return nil, reason
	case found == nil, !isMade(key): // a hash of some word may stand in the file
		return nil, UnknownKey
	case !found.until.IsZero() && !j.options.now().Before(found.until):
		return nil, Expired
	}
	return found.caller, ""
}

func (j *keyJudge) reload() error           { return j.file.Reload() }
func (j *keyJudge) run(ctx context.Context) { j.file.Watch(ctx) }
