package quota

import (
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/golang-lru/v2/simplelru"

	"tributary/sources/upstream"
)

// remembered is how many credentials are counted within the process. One that
// falls out, which was idle longest, is counted by Redis alone.
const remembered = 4096

// credential is what a source counts calls of.
type credential struct{ source, tenant string }

// tallies are those of the process.
type tallies struct {
	mu  sync.Mutex
	all *simplelru.LRU[credential, *tally]
}

func newTallies() *tallies {
	// It fails for a size below 1 alone.
	all, _ := simplelru.NewLRU[credential, *tally](remembered, nil)
	return &tallies{all: all}
}

// known is nil where no limit is known.
func (t *tallies) known(call upstream.QuotaCall) *tally {
	if len(call.Quota.Windows) > 0 {
		return t.of(call)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	one, _ := t.all.Get(credential{call.Source, call.Tenant})
	return one
}

func (t *tallies) of(call upstream.QuotaCall) *tally {
	t.mu.Lock()
	defer t.mu.Unlock()
	who := credential{call.Source, call.Tenant}
	one, ok := t.all.Get(who)
	if !ok {
		one = &tally{}
		t.all.Add(who, one)
	}
	return one
}

// tally is what the process knows of a credential's quota.
type tally struct {
	mu      sync.Mutex
	windows []window // as configured
	said    said
	told    bool // Redis has something that a source said
}

// taken is a call that a tally has counted.
type taken struct {
	at      time.Duration
	asks    bool     // Redis, which may know more
	windows []window // the tally's, whose settings may change meanwhile
	counts  []counts // of those, for Redis
	said    bool     // it was taken of what the source said
}

// counts are what Redis is to know of a window's calls.
type counts struct{ mine, owed int }

// take counts a call, where the process allows it.
func (t *tally) take(at time.Duration, call upstream.QuotaCall, shared bool) (taken, verdict) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.fit(call.Quota.Windows)
	reserve := reserve(call)
	v := t.said.shown(at, reserve, smallest(call.Quota))
	for i := range t.windows {
		v = v.heed(t.windows[i].shown(at, reserve))
	}
	if !v.allowed {
		return taken{}, v
	}
	if v.left != unknown {
		v.left--
	}
	k := taken{at: at, windows: t.windows, said: t.said.present(at)}
	k.asks = shared && (len(t.windows) > 0 || k.said || t.told)
	if k.said {
		t.said.left--
	}
	if k.asks {
		k.counts = make([]counts, len(t.windows))
	}
	for i := range t.windows {
		w := &t.windows[i]
		if k.asks {
			k.counts[i] = counts{mine: max(0, w.live-w.underway), owed: min(w.owed, w.live)}
			w.owed = 0
			w.underway++
		}
		w.count(at, 1)
	}
	return k, v
}

// fit makes the tally count in the windows that are configured now.
func (t *tally) fit(windows []upstream.Window) {
	if slices.EqualFunc(t.windows, windows, func(w window, of upstream.Window) bool { return w.Window == of }) {
		return
	}
	t.windows = make([]window, len(windows))
	for i, w := range windows {
		t.windows[i] = newWindow(w)
	}
}

// owe notes that Redis has not counted a call. Where it only answered too late
// it has, and will count it twice: rather that than a call too many.
func (t *tally) owe(k taken) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range k.windows {
		w := &k.windows[i]
		w.underway--
		w.owed += k.counts[i].owed + 1
	}
}

// settle takes in what Redis answered; a call that it refused is not counted.
func (t *tally) settle(k taken, a answer) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for i := range k.windows {
		w := &k.windows[i]
		w.underway--
		if !a.allowed {
			w.count(k.at, -1)
		}
	}
	if k.said && !a.allowed {
		t.said.left++
	}
	t.told = a.blocked > 0 || a.news.left != unknown
	t.said.blocked = max(t.said.blocked, k.at+a.blocked)
	if a.news.left != unknown {
		t.said.learn(k.at, a.news)
		t.said.per = max(t.said.per, a.per)
	}
}

// learn reports whether the news leaves less than was known, or knows more.
func (t *tally) learn(at time.Duration, n news) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.said.learn(at, n)
}

// hear takes in what another replica has told Redis.
func (t *tally) hear(at, blocked time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.told = true
	t.said.blocked = max(t.said.blocked, at+blocked)
}

// reserve is the part of each window that a call leaves alone.
func reserve(call upstream.QuotaCall) float64 {
	if !call.Background {
		return 0
	}
	return call.Quota.Reserve
}

// smallest is the number of calls of the smallest window; 0 without any.
func smallest(q upstream.Quota) int {
	calls := 0
	for _, w := range q.Windows {
		if calls == 0 || w.Calls < calls {
			calls = w.Calls
		}
	}
	return calls
}
