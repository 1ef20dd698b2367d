package identity

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"sync/atomic"
	"time"

	"tributary/access"
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
	watched  *watched // nil where no file holds the keys
	present  atomic.Pointer[ring]
}

func newKeyJudge(settings *Keys, options Options) *keyJudge {
	j := &keyJudge{settings: settings, options: options}
	j.present.Store(settings.ring)
	if settings.file != "" {
		j.watched = &watched{path: settings.file, what: "API keys", log: options.Log, take: j.take}
	}
	return j
}

func (j *keyJudge) take() error {
	ring, err := j.settings.readFile()
	if err != nil {
		return err
	}
	j.present.Store(ring)
	return nil
}

// judge does the work of a look-up for a credential that is missing or
// malformed too.
func (j *keyJudge) judge(r *http.Request) (*access.Caller, Reason) {
	key, reason := apiKey(r.Header)
	found := j.present.Load().find(sha256.Sum256([]byte(key)))
	switch {
	case reason != "":
		return nil, reason
	case found == nil:
		return nil, UnknownKey
	case !found.until.IsZero() && !j.options.now().Before(found.until):
		return nil, Expired
	}
	return found.caller, ""
}

func (j *keyJudge) reload() error {
	if j.watched == nil {
		return nil
	}
	return j.watched.reload()
}

func (j *keyJudge) run(ctx context.Context) {
	if j.watched != nil {
		j.watched.run(ctx)
	}
}
