package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// nowhere is where Chromium's own calls home are sent, so that what is left
// comes from the page: it refuses to connect to this port.
const nowhere = "http://127.0.0.1:9"

// browserPage is one tab of a headless Chromium that belongs to the test.
type browserPage struct {
	ctx     context.Context
	watched *watch
}

// openBrowser starts Chromium with a fresh profile and watches what its tab
// logs and asks for. Whatever is not meant for this machine goes to a proxy
// that notes it and lets nothing through, so that requests of workers and of
// the browser itself are seen too.
func openBrowser(t *testing.T, gateway string) *browserPage {
	t.Helper()
	host, err := url.Parse(gateway)
	if err != nil {
		t.Fatal(err)
	}
	watched := &watch{host: host.Host}
	proxy := httptest.NewServer(http.HandlerFunc(watched.refuse))
	t.Cleanup(proxy.Close)

	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium(t)),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.WindowSize(1440, 1040),
		chromedp.Flag("proxy-server", proxy.URL),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-features", "Translate,AutofillServerCommunication,NetworkTimeServiceQuerying,OptimizationHints,MediaRouter"),
		chromedp.Flag("gaia-url", nowhere),
		chromedp.Flag("component-updater", "url-source="+nowhere),
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	tab, closeTab := chromedp.NewContext(allocated)
	t.Cleanup(closeTab)
	ctx, cancel := context.WithTimeout(tab, 90*time.Second)
	t.Cleanup(cancel)

	page := &browserPage{ctx: ctx, watched: watched}
	page.do(t, "start the browser")
	if err := chromedp.Listen(ctx, watched.note); err != nil {
		t.Fatal(err)
	}
	return page
}

// chromium returns the browser's path, and installs it where that is possible.
func chromium(t *testing.T) string {
	t.Helper()
	names := []string{"chromium", "chromium-browser", "google-chrome"}
	find := func() string {
		for _, name := range names {
			if path, err := exec.LookPath(name); err == nil {
				return path
			}
		}
		return ""
	}
	if path := find(); path != "" {
		return path
	}
	if apt, err := exec.LookPath("apt-get"); err == nil && os.Geteuid() == 0 {
		for _, args := range [][]string{{"update"}, {"install", "-y", "chromium"}} {
			if out, err := exec.CommandContext(t.Context(), apt, args...).CombinedOutput(); err != nil {
				t.Fatalf("apt-get %s: %v\n%s", strings.Join(args, " "), err, out)
			}
		}
	}
	path := find()
	if path == "" {
		t.Fatalf("no browser found (%s): install Chromium, on Debian with `apt-get install chromium`", strings.Join(names, ", "))
	}
	return path
}

func (p *browserPage) do(t *testing.T, what string, steps ...chromedp.Action[chromedp.Void]) {
	t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		t.Fatalf("%s: %v\nthe console shows: %s", what, err, p.watched.faults())
	}
}

func run[T any](t *testing.T, p *browserPage, action chromedp.Action[T]) T {
	t.Helper()
	value, err := chromedp.Run(p.ctx, action)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// waitForText returns the text of the element once it contains want. Monaco
// shows blanks as no-break spaces; they come back as blanks.
func (p *browserPage) waitForText(t *testing.T, selector, want string) string {
	t.Helper()
	const seen = `(selector, want) => {
		const text = (document.querySelector(selector)?.innerText ?? "").replaceAll("\u00a0", " ");
		return text.includes(want) && text;
	}`
	text, err := chromedp.Run(p.ctx, chromedp.PollFunction[string](seen,
		chromedp.WithPollingArgs(selector, want), chromedp.WithPollingTimeout(20*time.Second)))
	if err != nil {
		now, _ := chromedp.Run(p.ctx, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q)?.innerText ?? 'nothing'", selector)))
		t.Fatalf("waiting for %q in %s, which shows %q: %v\nthe console shows: %s", want, selector, now, err, p.watched.faults())
	}
	return text
}

// choose clicks the element whose whole text is label.
func (p *browserPage) choose(t *testing.T, selector, label string) {
	t.Helper()
	const place = `(selector, label) => {
		const found = [...document.querySelectorAll(selector)].find(element => element.innerText.trim() === label);
		if (!found) return false;
		found.scrollIntoView({ block: "nearest" });
		const box = found.getBoundingClientRect();
		return [box.x + box.width / 2, box.y + box.height / 2];
	}`
	at := run(t, p, chromedp.PollFunction[[]float64](place,
		chromedp.WithPollingArgs(selector, label), chromedp.WithPollingTimeout(10*time.Second)))
	p.do(t, "choose "+label, chromedp.MouseClickXY(at[0], at[1]))
}

// watch collects what a tab logs and asks for.
type watch struct {
	host string

	mu       sync.Mutex
	logged   []string
	requests []string
	refused  []string
}

func (w *watch) note(event any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning {
			return
		}
		for _, arg := range e.Args {
			w.logged = append(w.logged, fmt.Sprintf("%s: %s%s", e.Type, arg.Value, arg.Description))
		}
	case *runtime.EventExceptionThrown:
		w.logged = append(w.logged, fmt.Sprintf("exception: %v", e.ExceptionDetails))
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning {
			w.logged = append(w.logged, fmt.Sprintf("%s: %s %s", e.Entry.Level, e.Entry.Text, e.Entry.URL))
		}
	case *network.EventRequestWillBeSent:
		w.requests = append(w.requests, e.Request.URL)
	}
}

func (w *watch) refuse(out http.ResponseWriter, r *http.Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = append(w.refused, r.Method+" "+r.RequestURI)
	http.Error(out, "nothing leaves this host", http.StatusBadGateway)
}

func (w *watch) faults() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.logged)
}

// strangers returns the requests that were not for the gateway.
func (w *watch) strangers() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	found := slices.Clone(w.refused)
	for _, request := range w.requests {
		u, err := url.Parse(request)
		if err != nil || (u.Host != w.host && u.Scheme != "data" && u.Scheme != "blob") {
			found = append(found, request)
		}
	}
	return found
}

// asked reports whether a path that begins so was asked of the gateway.
func (w *watch) asked(prefix string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.requests, func(request string) bool {
		return strings.HasPrefix(request, "http://"+w.host+prefix)
	})
}
